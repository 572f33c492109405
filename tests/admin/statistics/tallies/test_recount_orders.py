"""The recount against a full scan: late, doubled, overtaken, left out and newly judged answers.

Whatever comes, counting again gives what a full scan gives. The scan is written from the descriptions of the tables
alone. Months are those of Asia/Ho_Chi_Minh, seven hours ahead of UTC.
"""

from __future__ import annotations

import datetime
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from admin.ledgers import recorder
from admin.ledgers.signing_keys import IMPORT, CentreKeys
from admin.responses import projection, rejudgement
from admin.statistics.tallies import recount, staleness
from models.protocol import sidecar
from models.protocol.sidecar import Sidecar
from models.storage.database import Database
from models.tables.agency import Desk, StoredInstrument
from models.tables.device import Epoch
from models.tables.response import Response, Tie
from models.tables.tally import StaleTally, TallyBrief, TallyDay, TallyMonth
from tests.fixtures import tally_rows
from tests.fixtures.first_rules import read_under_first_rules
from tests.fixtures.ledger_writer import LedgerWriter

SECOND_VERSION = {**tally_rows.SHORT, "version": 2}
ITEMS = "ABCDE"
ISSUED = 1_735_800_000_000  # 2025-01-02
RECEIVED = 1_830_000_000_000  # 2027-12-28
#: claimed moment in UTC → local day
BOUNDARIES = {
    "2025-07-31T16:59:59.999": "2025-07-31",
    "2025-07-31T17:00:00.000": "2025-08-01",
    "2025-07-31T17:30:00.000": "2025-08-01",
    "2025-12-31T16:59:59.999": "2025-12-31",
    "2025-12-31T17:00:00.000": "2026-01-01",
    "2026-02-28T16:59:59.999": "2026-02-28",
    "2026-02-28T17:00:00.000": "2026-03-01",
    "2026-03-01T00:00:00.000": "2026-03-01",
    "2026-10-31T16:59:59.999": "2026-10-31",
    "2026-10-31T17:00:00.000": "2026-11-01",
    "2026-10-31T23:59:59.999": "2026-11-01",
}


def ms(moment: str) -> int:
    """Milliseconds since 1970 of a moment in UTC, without floating point."""
    at = datetime.datetime.fromisoformat(moment) - datetime.datetime(1970, 1, 1)
    return (at.days * 86_400 + at.seconds) * 1000 + at.microseconds // 1000


# The full scan ---------------------------------------------------------------------------------------------------

#: agency, month, day, desk, channel, stage, procedure, instrument, version, item, excluded, value
Fact = tuple[str, str, str, str, str, str, str, str, int, str, int, str]


def facts(row: Response) -> list[Fact]:
    """Everything that one response says, and of whom."""
    found: list[Fact] = []

    def say(agency: str, item: str, value: object) -> None:
        found.append((
            agency, row.month, row.day, row.desk_code or "", row.channel, row.stage or "", row.procedure_code or "",
            row.instrument, row.version, item, 1 if row.excluded else 0, str(value),
        ))  # fmt: skip

    ours = row.agency_key
    say(ours, "_responses", ":".join(part for part in (row.outcome, row.reason) if part))
    if row.ignored:
        say(ours, "_ignored", " ".join(row.ignored))
    if row.joined:
        say(ours, "_joined", 1)
    if row.outcome in ("counted", "superseded", "contested") and None not in (row.score, row.later_score):
        say(ours, "_paired", ":".join("1" if score in (4, 5) else "0" for score in (row.score, row.later_score)))
    if row.outcome != "counted":
        return found
    if row.state == "partial":
        say(ours, "_partial", 1)
    scores = {item: score for item, score in row.answers.items() if score}
    say(ours, "_all_top2", int(bool(scores) and min(scores.values()) > 3))
    for topic in row.topics:
        say(ours, f"topic:{topic}", row.score)
    owners = {item: row.decider_key if item == "D" and row.decider_key else ours for item in row.answers}
    for item, owner in owners.items():
        say(owner, item, row.answers[item])
    for agency in {*owners.values()}:
        own = {item: score for item, score in scores.items() if owners[item] == agency}
        marks = "".join("-" if item not in own else "1" if own[item] > 3 else "0" for item in ITEMS)
        if set(marks) != {"-"}:
            say(agency, "_pattern", marks)
    return found


def scanned(rows: list[Response]) -> dict[str, Counter[tuple[Any, ...]]]:
    """The three tables, each row a count of facts."""
    days: Counter[tuple[Any, ...]] = Counter()
    months: Counter[tuple[Any, ...]] = Counter()
    brief: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        for fact in facts(row):
            agency, month, day, desk, channel, stage, procedure, instrument, version, item, excluded, value = fact
            days[agency, day or month, desk, channel, stage, instrument, version, item, excluded, value, month] += 1
            months[agency, month, channel, stage, procedure, instrument, version, item, excluded, value] += 1
            told = [(item, value)]
            if (item, value) == ("_responses", "counted"):
                told += [("_stage", stage), ("_procedure", procedure), ("_desk", desk)]
            for name, said in told:
                brief[agency, month, instrument, name, channel, excluded, version, said] += 1
    return {"tally_day": days, "tally_month": months, "tally_brief": brief}


def tallied(session: Session) -> dict[str, Counter[tuple[Any, ...]]]:
    """What stands in the three tables."""
    found = {}
    for table in (TallyDay, TallyMonth, TallyBrief):
        columns = [column for column in table.__table__.columns if column.name != "n"]
        rows = session.execute(select(*columns, table.__table__.c.n))
        found[table.__tablename__] = Counter({tuple(key): n for *key, n in rows})
    return found


# What may happen -------------------------------------------------------------------------------------------------


class World:
    """A store with two desks, and what happens to it, drawn from a seed."""

    def __init__(self, database: Database, keys: CentreKeys) -> None:
        self.database, self.keys = database, keys
        with database.write() as session:
            self.desks = {
                agency: LedgerWriter(session, keys, f"{agency}-1", agency, ISSUED) for agency in ("SNV", "HL")
            }
        read_under_first_rules(database)  # a desk's device says more
        self.sent = dict.fromkeys(self.desks, 0)
        self.sides: dict[str, list[Sidecar]] = {agency: [] for agency in self.desks}
        self.names = 0

    def tap(self, rng: random.Random) -> None:
        """Somebody answers at a desk, or on the phone with a slip of it; a few come on one slip."""
        agency = rng.choice(list(self.desks))
        self.names += 1
        id = f"{self.names:032x}"
        state = rng.choice(("complete", "complete", "complete", "partial", "declined", "withdrawn"))
        answers = [["overall", rng.randint(1, 5)]] if state != "declined" else []
        answers += [[item, rng.randint(0, 5)] for item in ITEMS if state != "declined" and rng.random() < 0.4]
        changes: dict[str, Any] = {
            "state": state, "answers": answers, "channel": rng.choice(("kiosk", "kiosk", "qr", "code")),
            "version": rng.choice((1, 1, 1, 2)), "desk": rng.choice((f"{agency}-1", None)),
            "stage": rng.choice(("submission", "result", None)), "procedure": rng.choice(("1.000001", None)),
            "decider": rng.choice((None, "STC", "HL", agency)), "topics": [],
        }  # fmt: skip
        if rng.random() < 0.6:
            side = sidecar.make_opening(id, "r", f"d-0001:1:{rng.randrange(3)}")
            changes["r"] = side.commitment
            self.sides[agency].append(side)
        changes = {name: value for name, value in changes.items() if value is not None}
        self.desks[agency].rate(5, id=id, t=ms(rng.choice(list(BOUNDARIES))), **changes)

    def send(self, rng: random.Random) -> None:
        """A desk sends what it has; some of it is read at once."""
        agency = rng.choice(list(self.desks))
        desk, sent = self.desks[agency], self.sent[agency]
        if len(desk.lines) > sent:
            body = desk.batch(sent + 1, sidecars=tuple(self.sides[agency]))
            assert desk.send(self.database, body, now=RECEIVED)[0] == 200
            self.sent[agency], self.sides[agency] = len(desk.lines), []
        with self.database.write() as session:
            projection.project_entries(session, desk.dev, 1, limit=rng.choice((1, 2, 1000)))

    def paper(self, rng: random.Random) -> None:
        """Papers are typed in that name no day."""
        self.names += 1
        payload = {
            "agency": "HL", "answers": [["overall", rng.randint(1, 5)], ["D", rng.randint(0, 5)]], "channel": "paper",
            "instrument": "short", "lang": "vi", "state": "complete", "version": 1,
            "month": rng.choice(("2025-12", "2026-01")),
        }  # fmt: skip
        with self.database.write() as session:
            answer = recorder.RecordedAnswer(f"{self.names:032x}", payload, ISSUED)
            epoch = recorder.record_answers(session, self.keys, IMPORT, [answer], RECEIVED)
            projection.project_entries(session, IMPORT, epoch.epoch)

    def exclude(self, rng: random.Random) -> None:
        """Two persons leave an answer out, or an appeal brings it back."""
        with self.database.write() as session:
            rows = session.scalars(select(Response).order_by(Response.id)).all()
            if rows:
                row = rng.choice(rows)
                row.excluded = not row.excluded
                touch(session, [row])

    def ask(self, rng: random.Random) -> None:
        """Questions come, or go, and what waited for them is judged again."""
        with self.database.write() as session:
            stored = session.get(StoredInstrument, ("short", 2))
            if stored is None:
                session.add(StoredInstrument(id="short", version=2, status="open", document=SECOND_VERSION))
        rejudgement.rejudge_responses(self.database, "unknown_instrument")

    def again(self, rng: random.Random) -> None:
        """All responses of a desk are thrown away and projected again from its entries."""
        device = self.desks[rng.choice(list(self.desks))].dev
        with self.database.write() as session:
            rows = session.scalars(select(Response).where(Response.device_id == device)).all()
            touch(session, rows)
            session.execute(delete(Tie).where(Tie.response_id.in_([row.id for row in rows])))
            session.execute(delete(Response).where(Response.device_id == device))
            session.execute(update(Epoch).where(Epoch.device_id == device).values(projected_seq=0))
            session.expire_all()
            projection.project_entries(session, device, 1)

    def freshen(self, rng: random.Random) -> None:
        """Some or all of what is stale is counted."""
        with self.database.write() as session:
            recount.recount_stale(session, rng.choice((None, ["SNV"], ["HL", "STC"])), rng.choice((None, ["2026-01"])))

    def check(self) -> None:
        """Now, if everything stale were counted: is every row of every table what a scan finds?"""
        with pytest.raises(_Undone), self.database.write() as session:
            recount.recount_stale(session)
            assert session.scalars(select(StaleTally)).all() == []
            rows = list(session.scalars(select(Response)))
            found, wanted = tallied(session), scanned(rows)
            for table in wanted:
                assert found[table] == wanted[table], table
            for row in rows:
                if row.channel != "paper":
                    local = datetime.datetime(1970, 1, 1) + datetime.timedelta(hours=7, milliseconds=row.claimed_ms)
                    assert (row.day, row.month) == (f"{local:%Y-%m-%d}", f"{local:%Y-%m}")
            raise _Undone


class _Undone(Exception):
    """Takes a check's own recount back, so that marks and tallies stay as they were."""


def touch(session: Session, rows: Any) -> None:
    """Whoever changes a response marks its tallies."""
    staleness.mark_stale(
        session, {(key, row.month) for row in rows for key in (row.agency_key, row.decider_key) if key}
    )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with agencies, questions and two desks, copied for every run."""
    path = tmp_path_factory.mktemp("orders") / "template.sqlite"
    database = tally_rows.make_store(f"sqlite:///{path}")
    with database.write() as session:
        for agency in ("SNV", "HL"):
            session.add(Desk(code=f"{agency}-1", agency_key=agency, name_vi="Quầy 1"))
    database.close()
    return path


EVENTS = ("tap", "tap", "tap", "send", "send", "paper", "exclude", "ask", "again", "freshen")


@pytest.fixture
def database(template: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(template, tmp_path / "store.sqlite")
    database = Database(f"sqlite:///{tmp_path / 'store.sqlite'}", synchronous="OFF")
    yield database
    database.close()


@pytest.mark.parametrize("seed", range(3))
def test_after_any_order_of_events_the_tallies_are_a_full_scan(database: Database, keys: CentreKeys, seed: int) -> None:
    world, rng = World(database, keys), random.Random(seed)
    for event in ["tap"] * 4 + rng.choices(EVENTS, k=13) + ["send"] * 3:
        getattr(world, event)(rng)
        if event not in ("tap", "freshen"):
            world.check()
    with database.read() as session:
        met = {row.outcome for row in session.scalars(select(Response))}
    assert {"counted", "not_counted"} <= met


def test_every_kind_of_thing_happens_in_these_orders(database: Database, keys: CentreKeys) -> None:
    """One long order, checked at its end alone: answers are counted, overtaken, contested and left out, and pairs are
    made; so what the other orders check is there."""
    world, rng = World(database, keys), random.Random("long")
    for _ in range(60):
        world.tap(rng)
    for event in ("send", "send", "exclude", "freshen", "ask", "send", "again", "exclude", "paper", "paper", "send"):
        getattr(world, event)(rng)
    world.check()
    with database.write() as session:
        recount.recount_stale(session)
        found = tallied(session)["tally_month"]
    items = {key[7] for key in found}
    assert {"_paired", "_partial", "_pattern", "_all_top2", "overall", *ITEMS} <= items
    outcomes = {key[9] for key in found if key[7] == "_responses"}
    assert {"counted", "superseded", "contested", "not_counted:declined", "not_counted:withdrawn"} <= outcomes
    assert {key[8] for key in found} == {0, 1} and {key[6] for key in found} == {1, 2}


def test_a_change_that_marks_nothing_is_found_by_the_scan(database: Database, keys: CentreKeys) -> None:
    """The check can fail: an answer left out without a mark stays in the tallies as it was."""
    world, rng = World(database, keys), random.Random(1)
    world.paper(rng)
    with database.write() as session:
        recount.recount_stale(session)
        session.execute(update(Response).values(excluded=True))
    with pytest.raises(AssertionError, match="tally_day"):
        world.check()


def test_a_tap_counts_in_its_local_month(database: Database, keys: CentreKeys) -> None:
    world = World(database, keys)
    desk = world.desks["SNV"]
    ids = {desk.rate(4, t=ms(moment)): day for moment, day in BOUNDARIES.items()}
    assert desk.send(database, desk.batch(), now=RECEIVED)[0] == 200
    with database.write() as session:
        projection.project_entries(session, desk.dev, 1)
        recount.recount_stale(session)
        assert dict(session.execute(select(Response.id, Response.day)).all()) == ids
        found = tallied(session)
    days = {key[1]: n for key, n in found["tally_day"].items() if key[7] == "overall"}
    months = {key[1]: n for key, n in found["tally_month"].items() if key[7] == "overall"}
    brief = {key[1]: n for key, n in found["tally_brief"].items() if key[3] == "overall"}
    assert days == Counter(BOUNDARIES.values())
    assert months == brief == Counter(day[:7] for day in BOUNDARIES.values())


def test_papers_of_two_months_without_days_are_counted_in_each(database: Database, keys: CentreKeys) -> None:
    world = World(database, keys)
    for seed in range(6):
        world.paper(random.Random(seed))
    with database.write() as session:
        assert recount.recount_stale(session) == 2
        rows = session.scalars(select(TallyDay).where(TallyDay.item == "_responses")).all()
        assert sorted((row.day, row.month) for row in rows) == [("2025-12", "2025-12"), ("2026-01", "2026-01")]
        assert sum(row.n for row in rows) == 6
