"""Retention at the desk: the age of an entry is counted in days of the centre alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from kiosk.desk import ledger, state
from kiosk.desk.clock_reading import record_start
from kiosk.settings import KEEP_DAYS, Settings
from kiosk.sync import carried_files, centre_receipts, client, retention
from kiosk.sync.retention import KEEP_SIDECAR_DAYS
from kiosk.sync.transport import HttpAnswer
from models import clock, keys
from models.clock import Moment
from models.protocol import sealed_file, signed_reply, wire
from models.storage.database import Database
from models.tables.desk_store import StoredReceipt, WaitingSidecar
from models.tables.ledger_entry import StoredEntry
from tests.fixtures import desk_state_rows
from tests.fixtures.paired_desk import make_paired_app

DAY = 86_400_000
#: 2026-03-01 10:00 in Vietnam.
BEGUN = 1_772_334_000_000


class Signer:
    """A centre that signs for everything it is sent, at the time it is given; it expects what comes after `has`."""

    def __init__(self, key: keys.SigningKey) -> None:
        self.key, self.t, self.has = key, BEGUN, 0
        self.replies: list[bytes] = []

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> HttpAnswer:
        """Answer a batch."""
        if path != client.PATH:
            return HttpAnswer(503, b"")
        line = json.loads(wire.inflate(body).split(b"\n", 1)[0])
        value = {"dev": line["dev"], "ep": line["ep"], "rq": line["rq"], "t": self.t, "v": 1}
        if line["from"] > self.has + 1:
            return HttpAnswer(
                409, signed_reply.dump({**value, "typ": "gap", "expected": self.has + 1, "h": "0" * 64}, self.key)
            )
        self.has = max(self.has, line["to"])
        said = {**value, "typ": "rcpt", "seq": line["to"], "h": line["h"], "bl": "0" * 64}
        self.replies.append(signed_reply.dump(said, self.key))
        return HttpAnswer(200, self.replies[-1])


class OwnDesk:
    """A desk whose wall clock a test sets."""

    def __init__(self, folder: Path) -> None:
        self.database: Database = make_paired_app(folder, online=False).extensions["database"]
        self.settings = Settings(folder)
        self.centre = Signer(keys.read_or_make_key(folder / "centre.key"))
        self.wall, self.mono = BEGUN, 1_000

    def now(self) -> Moment:
        self.mono += 10
        return Moment(self.wall, self.mono)

    def write(self, count: int = 1) -> None:
        """Entries, each with something that travels beside it."""
        with self.database.write() as session:
            for _ in range(count):
                seq, h = ledger.append_entry(session, "hb", {}, self.now())
                session.add(
                    WaitingSidecar(id=h[:32], kind="c", salt="0" * 32, value="x", epoch=1, seq=seq, t=self.wall)
                )

    def sync(self) -> client.SyncResult:
        return client.sync_once(self.database, self.centre, self.now, self.settings)

    def facts(self) -> tuple[int, int, int]:
        """The first entry that is kept, the newest, and the first with an opening."""
        with self.database.read() as session:
            low, high = session.execute(select(func.min(StoredEntry.seq), func.max(StoredEntry.seq))).one()
            return low, high, session.scalar(select(func.min(WaitingSidecar.seq))) or 0


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnDesk]:
    desk = OwnDesk(tmp_path)
    yield desk
    desk.database.close()


def test_entries_go_after_180_days_of_the_centre_and_openings_after_30(own: OwnDesk) -> None:
    firsts = []
    for day in range(KEEP_DAYS + 3):
        own.centre.t = BEGUN + day * DAY
        own.write()
        assert own.sync().state == "ok"
        firsts.append(own.facts())
    assert [first for first, _last, _opening in firsts[:KEEP_DAYS]] == [1] * KEEP_DAYS
    assert [opening for _first, _last, opening in firsts[:KEEP_SIDECAR_DAYS]] == [1] * KEEP_SIDECAR_DAYS
    assert firsts[KEEP_DAYS][0] > 1 and firsts[KEEP_DAYS + 1][0] > firsts[KEEP_DAYS][0]
    assert firsts[KEEP_SIDECAR_DAYS][2] > 1
    assert own.centre.has == firsts[-1][1]


@pytest.mark.parametrize("far", [-400, 730, -20_000])
def test_no_clock_of_the_desk_prunes(own: OwnDesk, far: int) -> None:
    for wall in (0, far * DAY, 0, far * DAY, 2 * far * DAY):
        own.wall = BEGUN + wall
        with own.database.write() as session:
            record_start(session, own.now())
        own.write(3)
        own.centre.t += 60_000
        assert own.sync().state == "ok"
    assert own.facts()[0] == 1 and own.facts()[2] == 1


def test_a_clock_of_the_centre_that_leaps_is_one_day_more(own: OwnDesk) -> None:
    for ahead in (0, 730 * DAY, 0, 10_000 * DAY, -BEGUN, DAY):
        own.centre.t = BEGUN + ahead
        own.write()
        assert own.sync().state == "ok"
    assert own.facts()[0] == 1 and own.facts()[2] == 1


def test_after_a_restore_of_the_centre_the_days_are_counted_anew(own: OwnDesk) -> None:
    for day in range(KEEP_DAYS - 1):
        own.centre.t = BEGUN + day * DAY
        own.write()
        own.sync()
    assert own.facts()[0] == 1
    before = own.facts()[1]
    own.centre.has = 5  # last night's copy is an old one
    for day in range(KEEP_DAYS - 1, KEEP_DAYS + 20):
        own.centre.t = BEGUN + day * DAY
        own.write()
        assert own.sync().state == "ok"
        low, high, opening = own.facts()
        assert own.centre.has == high and low <= 6 and opening <= before
    assert own.facts()[0] == 1  # the first five are as old, but few days are left that the centre still knows of


def test_receipts_by_hand_count_the_same_and_old_ones_not_at_all(own: OwnDesk, tmp_path: Path) -> None:
    own.write(2)
    own.sync()
    own.write(2)
    own.centre.t += DAY
    own.sync()
    old = tmp_path / "old.bien-nhan"
    old.write_bytes(sealed_file.make_reply_file("d-0312", 1, own.centre.t, own.centre.replies))
    own.centre.has, own.centre.t = 1, own.centre.t + DAY
    own.centre.replies.clear()
    own.write()
    real = own.centre.post
    lost: list[int] = []

    def once(path: str, body: bytes, headers: dict[str, str]) -> HttpAnswer:
        lost.append(1)
        return real(path, body, headers) if len(lost) == 1 else HttpAnswer(503, b"")

    own.centre.post = once  # type: ignore[method-assign]
    own.sync()  # the gap alone is heard, then the network goes
    with own.database.read() as session:
        identity = state.read_state(session).identity
        assert identity is not None and desk_state_rows.read_text(session, "acked_seq") == "1"
    took = carried_files.import_receipts(own.database, identity, old, own.now())
    assert (took.acked, took.state) == (1, "active")
    own.centre.post = real  # type: ignore[method-assign]
    assert own.sync().state == "ok" and own.centre.has == own.facts()[1]


def test_an_old_file_about_what_was_pruned_accuses_nobody(own: OwnDesk, tmp_path: Path) -> None:
    own.write(2)
    own.sync()
    old = tmp_path / "old.bien-nhan"
    old.write_bytes(sealed_file.make_reply_file("d-0312", 1, own.centre.t, own.centre.replies))
    for day in range(1, KEEP_DAYS + 2):
        own.centre.t = BEGUN + day * DAY
        own.write()
        own.sync()
    assert own.facts()[0] > 2
    with own.database.read() as session:
        identity = state.read_state(session).identity
    assert identity is not None
    assert carried_files.import_receipts(own.database, identity, old, own.now()).state == "active"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnDesk]:
    desk = OwnDesk(tmp_path_factory.mktemp("desk"))
    yield desk
    desk.database.close()


#: A receipt on one of a few days that covers so many entries more, or a centre that has lost all but so many.
STEPS = st.one_of(
    st.tuples(st.just("receipt"), st.integers(0, 6), st.integers(1, 3)),
    st.tuples(st.just("gap"), st.integers(0, 12), st.just(0)),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=25), st.integers(1, 4))
def test_the_age_is_the_number_of_days_that_came_after(
    plain: OwnDesk, steps: list[tuple[str, int, int]], days: int
) -> None:
    holds: list[tuple[int, str]] = []
    with plain.database.write() as session:
        session.execute(delete(StoredReceipt))
        desk_state_rows.put_texts(session, acked_seq=0)
        identity = state.read_state(session).identity
        assert identity is not None
        acked = 0
        for number, (kind, at, more) in enumerate(steps):
            if kind == "gap":
                acked = min(acked, at)
                gap = {"expected": acked + 1, "t": BEGUN + number}
                centre_receipts.void_receipts(session, identity, signed_reply.Reply("gap", gap, b"{}", ""))
                holds = [(seq, day) for seq, day in holds if seq <= acked]
            else:
                acked += more
                t = BEGUN + at * DAY + number
                value = {"seq": acked, "h": "0" * 64, "t": t}
                centre_receipts.store_receipt(
                    session, identity, signed_reply.Reply("rcpt", value, b"{}", ""), Moment(number * DAY, 1)
                )
                holds.append((acked, clock.local_day(t)))
        expected = 0
        for place, (seq, _day) in enumerate(holds):
            if len({day for _seq, day in holds[place + 1 :]}) >= days:
                expected = seq
        assert retention.find_aged_seq(session, identity.epoch, days) == expected
