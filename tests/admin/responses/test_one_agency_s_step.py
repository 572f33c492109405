"""One count for a dossier's step at one agency; no desk speaks of another agency's answers."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from admin.ledgers.signing_keys import IMPORT, WEB
from admin.responses import issued_slips, listings, projection, sidecars, transaction_rules, transaction_settlement
from admin.responses.transaction_rules import TransactionMember
from admin.statistics.tallies import recount
from models.protocol import sidecar
from models.storage.database import Database
from models.tables.device import Epoch
from models.tables.response import OpenedSidecar, Response, ResponseName, Tie
from models.tables.slip_record import SlipReference
from tests.fixtures.answer_rows import make_response_row
from tests.fixtures.ledger_writer import START, LedgerWriter

Make = Callable[..., LedgerWriter]
ONE, TWO = "NB-14701", "NB-14725"
#: A dossier under a key that every desk of the province has.
SHARED = f"2026-11={'ab' * 16}:submission"
MINE = "8" * 32


def printed(session: Session, device: str, agency: str, value: str = SHARED) -> None:
    """A slip of a desk, tied to the dossier."""
    id = f"e-{device}"
    session.add(OpenedSidecar(device_id=device, id=id, kind="r", salt="", value=value, received_ms=START))
    row = {
        "device_id": device, "epoch": 1, "serial": 1, "agency_key": agency, "desk_code": None, "stage": "submission",
        "procedure_code": None, "due_days": None, "minted_ms": START, "month": "2026-11",
    }  # fmt: skip
    transaction_settlement.settle_arrived_answers(session, issued_slips.store_issued_slips(session, [(id, row)])[0])


def answered(
    session: Session, id: str, device: str, agency: str, score: int, value: str, t: int = 0, **more: Any
) -> None:
    channel = "qr" if device == WEB else "kiosk"
    session.add(
        make_response_row(
            id, channel, score, START + t, device_id=device, agency_key=agency, stage="submission", **more
        )
    )
    session.add(OpenedSidecar(device_id=device, id=id, kind="r", salt="", value=value, received_ms=START))
    session.flush()
    transaction_settlement.settle_arrived_answers(
        session, sidecars.apply_sidecars(session, {id: ResponseName(device, id)})
    )


def found(session: Session) -> dict[str, tuple[str, list[str] | None]]:
    return {row.id: (row.outcome, row.joined) for row in session.scalars(select(Response))}


def test_a_dossier_served_at_two_agencies_is_two_steps(store_with_agencies: Database, writer: Make) -> None:
    """Also under the key that all share, and whatever came first."""
    one, other, two = writer().dev, writer("NB-14701-Q2").dev, writer("NB-14725-Q1").dev
    events: list[Callable[[Session], None]] = [
        lambda session: printed(session, one, ONE),
        lambda session: printed(session, two, TWO),
        lambda session: answered(session, "k1", other, ONE, 5, SHARED),
        lambda session: answered(session, "k2", two, TWO, 4, SHARED, t=-9),
        lambda session: answered(session, "p1", WEB, ONE, 3, f"{one}:1:1", t=9),
        lambda session: answered(session, "p2", WEB, TWO, 1, f"{two}:1:1", t=1),
    ]
    orders = random.Random(7).sample(list(permutations(events)), 10)
    for order in orders:
        with store_with_agencies.write() as session:
            for event in order:
                event(session)
            both = sorted([one, other])
            assert found(session) == {
                "k1": ("superseded", both), "p1": ("counted", both),
                "k2": ("superseded", None), "p2": ("counted", None),
            }  # fmt: skip
            assert session.get_one(Response, "k1").later_score == 3
            session.rollback()


def test_with_whom_an_answer_was_joined_stays_when_the_references_go(
    store_with_agencies: Database, writer: Make
) -> None:
    one, other = writer().dev, writer("NB-14701-Q2").dev
    with store_with_agencies.write() as session:
        printed(session, one, ONE)
        answered(session, "k", other, ONE, 5, SHARED)
        answered(session, "p", WEB, ONE, 3, f"{one}:1:1")
        session.execute(delete(SlipReference))
        answered(session, "q", WEB, ONE, 4, f"{one}:1:1")
        assert found(session) == {
            "k": ("superseded", sorted([one, other])), "p": ("counted", sorted([one, other])),
            "q": ("contested", None),
        }  # fmt: skip


def test_whoever_is_joined_is_counted_anew_though_it_counts_as_before(
    store_with_agencies: Database, writer: Make
) -> None:
    one, other = writer().dev, writer("NB-14701-Q2").dev
    with store_with_agencies.write() as session:
        answered(session, "k1", one, ONE, 5, SHARED)
        recount.recount_stale(session)
        assert recount.find_stale_pairs(session) == []
        answered(session, "k2", other, ONE, 5, SHARED, t=9, month="2026-11")
        both = sorted([one, other])
        assert found(session) == {"k1": ("counted", both), "k2": ("superseded", both)}
        assert set(recount.find_stale_pairs(session)) == {(ONE, "2026-10"), (ONE, "2026-11")}


def test_a_desk_names_its_own_slips_and_no_other_s(store_with_agencies: Database, writer: Make) -> None:
    """Through the witness: the rogue's entry is genuine, and what it says of another desk's slip is passed over, which
    stands on the list of such; its answer counts as it would without."""
    honest, rogue = writer(), writer("NB-14725-Q1")
    with store_with_agencies.write() as session:
        answered(session, "p", WEB, ONE, 3, f"{honest.dev}:1:1")
        answered(session, "k", honest.dev, ONE, 2, f"{honest.dev}:1:2")
    for id, value in ((MINE, f"{honest.dev}:1:2"), ("9" * 32, "k"), ("a" * 32, f"{rogue.dev}:2:7")):
        opened = sidecar.make_opening(id, "r", value)
        rogue.rate(5, id=id, t=START - 10**9, r=opened.commitment)
        assert rogue.send(store_with_agencies, rogue.batch(len(rogue.lines), sidecars=(opened,)))[0] == 200
    with store_with_agencies.write() as session:
        projection.project_entries(session, rogue.dev, 1)
        outcomes = {row.id: row.outcome for row in session.scalars(select(Response))}
        assert set(outcomes.values()) == {"counted"} and len(outcomes) == 5
        ties = {response: key for response, key in session.execute(select(Tie.response_id, Tie.key))}
        assert ties == {"p": f"{honest.dev}:1:1", "k": f"{honest.dev}:1:2", "a" * 32: f"{rogue.dev}:2:7"}
        noted = [(one.device, one.seq, one.ignored) for one in listings.list_responses(session, "ignored")]
        assert noted == [(rogue.dev, 1, ("tie",)), (rogue.dev, 2, ("tie",))]


def test_a_tie_that_is_passed_over_stands_beside_other_fields(store_with_agencies: Database, writer: Make) -> None:
    """And not at all beside an answer that was read under the first rules, where it was believed."""
    rogue, before = writer("NB-14725-Q1"), writer("NB-14725-Q2")
    with store_with_agencies.write() as session:
        session.get_one(Epoch, (before.dev, 1)).first_rules_seq = 1
    for device in (rogue, before):
        id = secrets.token_hex(16)
        opened = sidecar.make_opening(id, "r", "d-0001:1:2")
        device.rate(5, id=id, decider=ONE, procedure="9.9", r=opened.commitment)
        assert device.send(store_with_agencies, device.batch(sidecars=(opened,)))[0] == 200
        with store_with_agencies.write() as session:
            projection.project_entries(session, device.dev, 1)
    with store_with_agencies.read() as session:
        noted = {row.device_id: row.ignored for row in session.scalars(select(Response))}
        assert noted == {rogue.dev: ["decider", "procedure", "tie"], before.dev: None}
        assert [key for (key,) in session.execute(select(Tie.key))] == ["d-0001:1:2"]


@pytest.mark.parametrize(
    ("device", "value", "may"),
    [("d-0001", "d-0001:3:7", True), ("d-0001", "d-0002:1:7", False), ("d-0001", "d-00011:1:7", False),
     ("d-0001", SHARED, True), ("d-0001", "k" * 32, False), ("d-0001", "", False), ("d-0001", "d-0001:1:07", False),
     ("d-0001", "d-0001:1:9999999999", False), ("d-0001", "d-0001:1:7 ", False), ("d-0001", "D-0001:1:7", False),
     (WEB, "d-0002:1:7", True), (WEB, f"{WEB}:1:1", True), (WEB, "k" * 32, False),
     (IMPORT, "d-0002:1:7", False), (IMPORT, f"{IMPORT}:1:7", False), (IMPORT, SHARED, False)],
)  # fmt: skip
def test_who_may_tie_an_answer_to_what(device: str, value: str, may: bool) -> None:
    assert sidecars.may_tie(device, value) is may


def test_the_first_is_told_by_corrected_time_then_by_its_place() -> None:
    def counted(*members: Response) -> str:
        settled = transaction_rules.decide_outcomes([TransactionMember(response, "d-1:1:1") for response in members])
        (id,) = [id for id, one in settled.items() if one.outcome == "counted"]
        return id

    early = make_response_row("z", "kiosk", 5, 20, claimed_ms=1)
    assert counted(make_response_row("a", "kiosk", 5, 10, claimed_ms=30), early) == "a"
    assert (
        counted(make_response_row("b", "qr", 2, 10, claimed_ms=30), make_response_row("a", "qr", 2, 20, claimed_ms=1))
        == "b"
    )
    same = {"at_ms": 5, "epoch": 1}
    assert (
        counted(
            make_response_row("a", "kiosk", 1, 5, seq=9, **same), make_response_row("b", "kiosk", 1, 5, seq=8, **same)
        )
        == "b"
    )
    assert (
        counted(
            make_response_row("a", "kiosk", 1, 5, epoch=2, seq=1), make_response_row("b", "kiosk", 1, 5, epoch=1, seq=8)
        )
        == "b"
    )
    assert (
        counted(
            make_response_row("a", "kiosk", 1, 5, device_id="d-2", seq=1),
            make_response_row("b", "kiosk", 1, 5, device_id="d-1", seq=8),
        )
        == "b"
    )


AGENCIES, REFERENCES = (ONE, TWO), ("r1", "r2", "r3")


def member(place: tuple[int, str, str, int, int, frozenset[str], int]) -> TransactionMember:
    """An answer on a slip of its agency's desk, or at the desk itself."""
    number, agency, channel, score, t, references, rule = place
    id, desk = f"a{number:02d}", f"d-{AGENCIES.index(agency)}{number % 2}"
    device = WEB if channel == "qr" else desk
    response = make_response_row(
        id, channel, score, t, device_id=device, agency_key=agency, stage="result", seq=number, rule=rule,
        claimed_ms=50 - t,
    )  # fmt: skip
    key = f"{desk}:1:{number % 3 + 1}" if channel == "qr" else id
    return TransactionMember(
        response, key, references if channel == "kiosk" else frozenset({f"{REFERENCES[number % 3]}"})
    )


def places(rules: st.SearchStrategy[int]) -> st.SearchStrategy[list[TransactionMember]]:
    one = st.tuples(
        st.integers(0, 30), st.sampled_from(AGENCIES), st.sampled_from(["kiosk", "qr"]), st.integers(1, 5),
        st.integers(0, 5), st.frozensets(st.sampled_from(REFERENCES), max_size=2), rules,
    )  # fmt: skip
    return st.lists(one, max_size=9, unique_by=lambda place: place[0]).map(lambda some: [member(one) for one in some])


def outcomes(members: list[TransactionMember]) -> dict[str, str]:
    return {id: one.outcome.value for id, one in transaction_rules.decide_outcomes(members).items()}


@settings(max_examples=300, deadline=None)
@given(places(st.just(2)), st.randoms(use_true_random=False))
def test_one_agency_s_answers_are_what_they_would_be_alone(members: list[TransactionMember], dice: Any) -> None:
    whole = transaction_rules.decide_outcomes(members)
    mixed = list(members)
    dice.shuffle(mixed)
    assert transaction_rules.decide_outcomes(mixed) == whole
    for agency in AGENCIES:
        own = [one for one in members if one.response.agency_key == agency]
        assert transaction_rules.decide_outcomes(own) == {one.response.id: whole[one.response.id] for one in own}


@settings(max_examples=300, deadline=None)
@given(places(st.sampled_from([1, 2])), st.randoms(use_true_random=False))
def test_what_stood_before_keeps_what_it_had(members: list[TransactionMember], dice: Any) -> None:
    """Old answers among themselves as they were; a new one may take the place of an old one of its own agency and
    brings none back; of two that are joined at one agency no two count."""
    mixed = list(members)
    dice.shuffle(mixed)
    whole = outcomes(members)
    assert outcomes(mixed) == whole
    old = [one for one in members if one.response.rule == 1]
    before = outcomes(old)
    for one in old:
        id, agency = one.response.id, one.response.agency_key
        assert before[id] == "counted" or whole[id] == before[id]
        newer = [m for m in members if m.response.rule == 2 and m.response.agency_key == agency]
        assert whole[id] == before[id] or newer
    by_step: dict[Any, list[str]] = {}
    for one in members:
        for reference in one.references:
            by_step.setdefault((one.response.agency_key, reference), []).append(whole[one.response.id])
    assert all(step.count("counted") <= 1 for step in by_step.values())
