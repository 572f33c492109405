"""All that came in, counted: by outcome, notes and agency it adds up to the store.

A store with a response of every kind, each through the intake it really comes by, on both databases.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from admin import jobs
from admin.cli import uncounted_reason_words
from admin.ledgers import recorder
from admin.ledgers.signing_keys import IMPORT, CentreKeys
from admin.responses import listings, projection, rejudgement
from admin.slips import slip_proof
from admin.statistics import queries, response_outcomes, slips_missing_in_ledger
from admin.statistics.response_outcomes import ResponseOutcomes
from admin.statistics.slips_missing_in_ledger import DoubtfulSlipCounts
from admin.statistics.tallies import recount, staleness
from admin.survey import phone_drafts
from models.migrations.run_alembic import move_to_revision
from models.protocol import dossier_code, sidecar, slip
from models.storage.database import Database
from models.tables.agency import Agency, Desk
from models.tables.device import Device, Epoch
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response
from models.tables.tally import TallyBrief
from models.vocabulary import Stage
from tests.fixtures.ledger_writer import START, LedgerWriter

Make = Callable[..., LedgerWriter]
OWN, OTHER, MONTH, DAY = "NB-14701", "NB-14725", "2025-10", 86_400_000
MINUTE, LATER = START // 60_000, START + DAY
STEP = dossier_code.make_transaction_name({MONTH: "5a" * 16}, Stage.RESULT)
#: Every reason for which a response of the store below is not counted.
REASONS = {
    "declined", "withdrawn", "drill", "foreign_agency", "wrong_agency", "wrong_channel", "unknown_instrument",
    "no_answer", "unknown_item", "bad_score", "bad_payload", "duplicate_id", "unknown_agency", "unknown_desk",
}  # fmt: skip


class Intake:
    """A store and the ways by which responses come into it."""

    def __init__(self, store: Database, keys: CentreKeys) -> None:
        self.store, self.keys = store, keys

    def send(self, device: LedgerWriter, *opened: sidecar.Sidecar, last: int | None = None) -> None:
        """What a desk has written, up to one place, is taken in and read."""
        body = device.batch(1, last, now=LATER, head_seq=last or len(device.lines), sidecars=opened)
        assert device.send(self.store, body, now=LATER)[0] == 200
        with self.store.write() as session:
            projection.project_entries(session, device.dev, 1)

    def token(self, device: LedgerWriter, serial: int, seq: int) -> str:
        """A slip that the desk's key signs, in its ledger or beside it."""
        head = bytes.fromhex(device.head(min(seq, len(device.lines))))[:8]
        paper = slip.Slip(slip.device_number(device.dev), 1, serial, seq, head, 0, Stage.RESULT, MINUTE, None)
        return slip.mint(paper, device.key, self.keys.public)

    def phone(self, token: str, score: int) -> None:
        """Somebody with a browser of their own answers on a slip."""
        id = secrets.token_hex(16)
        with self.store.write() as session:
            proved = slip_proof.prove_slip(session, token, self.keys, LATER)
            phone_drafts.record_face_tap(session, self.keys, proved, phone_drafts.FaceTap(id, score, id, "vi", LATER))
        self._finish(id)

    def poster(self, desk: str, score: int) -> None:
        """Somebody answers behind a poster."""
        id = secrets.token_hex(16)
        with self.store.write() as session:
            posted = phone_drafts.find_poster_desk(session, desk)
            assert posted is not None
            phone_drafts.record_poster_tap(session, self.keys, posted, phone_drafts.FaceTap(id, score, id, "vi", LATER))
        self._finish(id)

    def _finish(self, id: str) -> None:
        with self.store.write() as session:
            phone_drafts.seal_draft(session, self.keys, id, LATER)

    def paper(self, **says: Any) -> None:
        """A form is typed in."""
        payload = {
            "agency": OWN, "answers": [["overall", 4]], "channel": "paper", "instrument": "short", "lang": "vi",
            "state": "complete", "version": 1, "month": MONTH, **says,
        }  # fmt: skip
        with self.store.write() as session:
            recorder.record_answers(
                session, self.keys, IMPORT, [recorder.RecordedAnswer(secrets.token_hex(16), payload, LATER)], LATER
            )

    def document(self, agency: str, period: str = MONTH) -> dict[str, Any]:
        """What `index --json --unsuppressed` says of what came in."""
        with self.store.read() as session:
            entry: dict[str, Any] = queries.build_index_document(session, agency, period, unsuppressed=True)["received"]
        return entry


def at_desks(intake: Intake, writer: Make) -> LedgerWriter:
    """What desks send: answers that count, and every kind that does not. Returns the first desk's device."""
    first, second, other, lost, former = (
        writer(desk) for desk in ("NB-14701-Q1", "NB-14701-Q2", "NB-14725-Q1", "NB-14701-Q2", "NB-14725-Q2")
    )
    for serial in (1, 2, 3):
        first.add("token", {"serial": serial, "stage": "result", "minute": MINUTE}, t=START)
    says: list[dict[str, Any]] = [
        {}, {}, {"state": "partial"}, {"state": "declined", "answers": []}, {"state": "withdrawn"}, {"drill": True},
        {"agency": OTHER}, {"agency": OTHER, "decider": OTHER}, {"desk": "NB-14725-Q1"}, {"channel": "qr"},
        {"channel": "poster"}, {"instrument": "nps"}, {"answers": [["Z", 4]]}, {"answers": []},
        {"answers": [["overall", 9]]}, {"answers": "none"}, {"decider": OTHER, "procedure": "9.9"},
        {"procedure": "9.9"},
    ]  # fmt: skip
    for one in says:
        first.rate(4, t=START + 1, **one)
    first.rate(5, id="d" * 32, t=START + 1)
    first.rate(5, id="d" * 32, t=START + 2)
    openings = []
    mine, theirs = f"{first.dev}:1:1", f"{first.dev}:1:2"
    for device, value in ((first, STEP), (second, STEP), (first, mine), (other, theirs)):
        id = secrets.token_hex(16)
        openings.append((device, sidecar.make_opening(id, "r", value)))
        device.rate(5, id=id, t=START + 3, stage="result", r=openings[-1][1].commitment)
    other.rate(2, t=START + 4)
    lost.rate(3, t=START + 4)
    former.rate(3, t=START + 4, agency=OWN)
    with intake.store.write() as session:
        session.execute(update(Epoch).where(Epoch.device_id == lost.dev).values(agency_key=None, desk_code="gone"))
        session.execute(update(Epoch).where(Epoch.device_id == former.dev).values(first_rules_seq=1))
    for device in (first, second, other, lost, former):
        intake.send(device, *(side for by, side in openings if by is device))
    return first


def by_other_ways(intake: Intake, first: LedgerWriter, behind: LedgerWriter) -> None:
    """What phones, posters and papers bring; `behind` is a desk of which nothing has come yet."""
    for serial, place, score in ((1, 1, 4), (2, 2, 4), (2, 2, 2), (3, 3, 5), (900, 3, 5)):
        intake.phone(intake.token(first, serial, place), score)
    behind.rate(5, t=START)
    behind.add("token", {"serial": 7, "stage": "result", "minute": MINUTE}, t=START)
    intake.phone(intake.token(behind, 7, 2), 3)
    intake.poster("NB-14701-Q1", 5)
    intake.paper()
    intake.paper(instrument="sipas23", answers=[["SIPAS23-A1", 4]])
    intake.paper(agency="NB-99999")
    intake.paper(answers="none")


@pytest.fixture(name="intake")
def the_intake(store_with_agencies: Database, keys: CentreKeys, writer: Make) -> Intake:
    """Such a store, settled; one counted answer is under an exclusion."""
    intake = Intake(store_with_agencies, keys)
    first = at_desks(intake, writer)
    by_other_ways(intake, first, writer("NB-14725-Q2"))
    with intake.store.write() as session:
        row = session.scalars(select(Response).where(Response.outcome == "counted", Response.agency_key == OWN)).first()
        assert row is not None
        row.excluded = True
        staleness.mark_stale(session, {(OWN, MONTH)})
    jobs.update_responses_and_tallies(intake.store, keys, LATER)
    return intake


def test_everything_that_came_in_stands_somewhere_once(intake: Intake) -> None:
    with intake.store.read() as session:
        rows = list(session.scalars(select(Response)))
        came = session.scalar(select(func.count()).where(StoredEntry.typ == "rating"))
        above = {key: parent for key, parent in session.execute(select(Agency.key, Agency.parent_key))}
        recounted = recount.find_stale_pairs(session)
    (top,) = [key for key, parent in above.items() if parent is None]
    whole = intake.document(top)
    nowhere = [row for row in rows if row.agency_key not in above]
    assert len(rows) == came and {row.month for row in rows} == {MONTH} and recounted == []
    assert {row.reason for row in rows} == {None, *REASONS}
    assert all(uncounted_reason_words.describe_reason(one) != one for one in REASONS)
    assert Counter(row.agency_key for row in nowhere) == {"": 2, "NB-99999": 1}
    assert (whole["n"] + whole["no_agency"], whole["no_agency"]) == (came, len(nowhere))
    parts = [intake.document(key) for key, parent in above.items() if parent == top]
    assert sum(part["n"] for part in parts) == whole["n"] and {part["no_agency"] for part in parts} == {None}
    for agency, entry in ((top, whole), (OWN, intake.document(OWN)), (OTHER, intake.document(OTHER))):
        own = [row for row in rows if row.agency_key in above and agency in (row.agency_key, top)]
        outcomes = Counter(row.outcome for row in own)
        assert {name: entry[name] for name in outcomes} == outcomes and entry["n"] == len(own) > 0
        assert entry["reasons"] == Counter(row.reason for row in own if row.reason)
        assert sum(entry["counted_as"].values()) == entry["counted"]
        assert entry["counted_as"]["others"] == sum(
            row.outcome == "counted" and (row.channel == "poster" or row.instrument != "short") for row in own
        )
    assert intake.document(top, "2025-11")["n"] == 0


def test_what_is_noted_is_as_many_as_stand_on_its_list(intake: Intake) -> None:
    with intake.store.read() as session:
        for agency in (OWN, OTHER):
            flags = intake.document(agency)["flags"]
            rows = [row for row in session.scalars(select(Response)) if row.agency_key == agency]
            slips = [
                slips_missing_in_ledger.list_unrecorded(session),
                slips_missing_in_ledger.list_unconfirmed(session),
            ]
            assert flags == {
                "partial": sum(row.state == "partial" and row.outcome == "counted" for row in rows),
                "excluded": sum(row.excluded for row in rows),
                "ignored": len(listings.list_responses(session, "ignored", agency)),
                "joined": len(listings.list_responses(session, "joined", agency)),
                "unrecorded_slips": sum(one.agency == agency for one in slips[0]),
                "unconfirmed_slips": sum(one.agency == agency for one in slips[1]),
            }
            refused = listings.list_responses(session, "not-counted", agency)
            assert len(refused) == intake.document(agency)["not_counted"]
        everywhere, whole = listings.list_responses(session, "not-counted"), intake.document("NB")
        assert len(everywhere) == whole["not_counted"] + whole["no_agency"]
    assert intake.document(OWN)["flags"] == {
        "partial": 1, "excluded": 1, "ignored": 3, "joined": 2, "unrecorded_slips": 1, "unconfirmed_slips": 0,
    }  # fmt: skip
    assert intake.document(OTHER)["flags"] == {
        "partial": 0, "excluded": 0, "ignored": 1, "joined": 0, "unrecorded_slips": 0, "unconfirmed_slips": 1,
    }  # fmt: skip


def test_a_slip_is_not_confirmed_as_long_as_no_ledger_says_more(intake: Intake, writer: Make) -> None:
    """Not before its ledger has come so far; and not where that is forked or its device is lost."""
    device = writer("NB-14701-Q2")
    device.rate(5, t=START)
    device.add("token", {"serial": 7, "stage": "result", "minute": MINUTE}, t=START)
    for serial in (7, 77):
        intake.phone(intake.token(device, serial, 2), 4)

    def told() -> dict[int, str]:
        with intake.store.read() as session:
            lists = [
                slips_missing_in_ledger.list_unrecorded(session),
                slips_missing_in_ledger.list_unconfirmed(session),
            ]
            found = {one.serial: one.why or "denied" for one in sum(lists, []) if one.device == device.dev}
            asked = (session, [OWN], [MONTH])
            denied, n = (
                slips_missing_in_ledger.count_unrecorded(*asked),
                slips_missing_in_ledger.count_unconfirmed(*asked),
            )
        assert (denied, n) == (1 + list(found.values()).count("denied"), len(found) - ("denied" in found.values()))
        return found

    assert told() == {7: "not_come", 77: "not_come"}
    intake.send(device, last=1)
    assert told() == {7: "not_come", 77: "not_come"}
    intake.send(device)
    assert told() == {77: "denied"}
    for kind, state in ((Device, "lost"), (Epoch, "forked")):
        with intake.store.write() as session:
            row: Any = session.get_one(kind, device.dev if kind is Device else (device.dev, 1))
            before, row.state = row.state, state
        assert told() == {77: state}
        with intake.store.write() as session:
            row = session.get_one(kind, device.dev if kind is Device else (device.dev, 1))
            row.state = before
    assert told() == {77: "denied"}


def test_an_answer_whose_desk_becomes_known_moves_to_its_agency(intake: Intake) -> None:
    top, before = intake.document("NB"), intake.document(OWN)
    with intake.store.write() as session:
        session.add(Desk(code="gone", agency_key=OWN, name_vi="Quầy 9"))
    assert rejudgement.rejudge_responses(intake.store, "unknown_desk") == 1
    jobs.update_responses_and_tallies(intake.store, intake.keys, LATER)
    after, own = intake.document("NB"), intake.document(OWN)
    assert (after["n"], after["no_agency"]) == (top["n"] + 1, top["no_agency"] - 1)
    assert (own["n"], own["counted"]) == (before["n"] + 1, before["counted"] + 1)


@pytest.mark.parametrize("left", ["ignored", "joined", "nowhere"])
def test_a_store_of_the_version_before_is_counted_anew(intake: Intake, left: str) -> None:
    """Its tallies told not what was passed over or joined, nor what stands under no agency; one of these is left."""
    with intake.store.write() as session:
        for name in {"ignored", "joined"} - {left}:
            session.execute(update(Response).values({name: None}))
        if left != "nowhere":
            session.execute(delete(Response).where(Response.agency_key == ""))
        for table in recount.TABLES:
            session.execute(delete(table).where(table.agency_key == ""))
    move_to_revision(intake.store, "central", "central_0016")
    move_to_revision(intake.store, "central", "head")
    jobs.update_responses_and_tallies(intake.store, intake.keys, LATER)
    with intake.store.write() as session:
        tallied = session.scalar(select(func.sum(TallyBrief.n)).where(TallyBrief.item == f"_{left}"))
        assert (tallied or 0) > 0 or left == "nowhere"
        assert [pair for pair in recount.find_all_pairs(session) if recount.count_recount_changes(session, *pair)] == []


SMALL = st.integers(0, 9)
OUTCOMES = st.dictionaries(
    st.sampled_from(["superseded", "contested", "not_counted:declined", "not_counted:drill", "not_counted:withdrawn"]),
    SMALL,
)  # fmt: skip
WAYS = st.dictionaries(st.tuples(st.sampled_from(["short", "sipas23"]), st.booleans()), SMALL)


@settings(max_examples=300)
@given(OUTCOMES, WAYS, SMALL, SMALL, st.booleans(), st.booleans())
def test_it_adds_up_where_the_others_may_be_told_and_else_nothing_follows(
    outcomes: dict[str, int], counted: dict[tuple[str, bool], int], some: int, more: int, others: bool, excluded: bool
) -> None:
    totals = ResponseOutcomes({**outcomes, "counted": sum(counted.values())}, counted, {}, some, more, {"tie": some})
    make_entry = partial(
        response_outcomes.make_outcome_entry, totals, DoubtfulSlipCounts(some, more), "short",
        others=others, excluded=excluded, elsewhere=more,
    )  # fmt: skip
    public, whole = make_entry(), make_entry(unsuppressed=True)
    assert whole["n"] == sum(totals.outcomes.values()) == sum(
        whole[name] for name in ("counted", "superseded", "contested", "not_counted")
    )  # fmt: skip
    assert whole["not_counted"] == sum(whole["reasons"].values())
    assert whole["counted"] == sum(whole["counted_as"].values())
    flags = {name: n if n == 0 or n >= 5 else None for name, n in whole["flags"].items()}
    hidden = {} if others else {"n": None, "counted": None,
                                "counted_as": {"index": whole["counted_as"]["index"], "others": None}}  # fmt: skip
    assert public == {**whole, "flags": flags, **hidden}
