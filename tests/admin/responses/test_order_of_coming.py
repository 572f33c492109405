"""Bounds by the order of coming: however a ledger is cut into pieces, the same answers count.

A device says what its papers belong to; what comes beyond the bounds is passed over. It decides how it cuts its
batches, and a centre that reads a ledger again cuts it otherwise: neither may change what counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.ledgers.signing_keys import WEB
from admin.responses import connected_answers, projection, sidecars, transaction_settlement
from models.protocol import sidecar, slip
from models.storage.database import Database
from models.tables.response import OpenedSidecar, Response, ResponseName, Tie
from models.tables.slip_record import SlipReference
from tests.fixtures.answer_rows import make_response_row
from tests.fixtures.dossier_references import format_references, make_reference
from tests.fixtures.ledger_writer import START, LedgerWriter

Make = Callable[..., LedgerWriter]
MOST = connected_answers.MOST
#: How many entries are read at once.
CUTS = (1, 3, MOST, 1000)
SLIPS = (2, 4, 5, 8, 15, 18)


def phone(session: Session, id: str, name: str, at: int) -> None:
    """A phone's answer on a slip whose ledger has not come."""
    session.add(make_response_row(id, "qr", 1 + at % 5, START + at, device_id=WEB, stage="result"))
    session.add(OpenedSidecar(device_id=WEB, id=id, kind="r", salt="", value=name, received_ms=START))
    session.flush()
    transaction_settlement.settle_arrived_answers(
        session, sidecars.apply_sidecars(session, {id: ResponseName(WEB, id)})
    )


def write(store: Database, desk: LedgerWriter, dossier: str, n: int) -> None:
    """`n` papers of one dossier: tablets' answers, and among them slips that were answered by phones already."""
    openings = []
    for at in range(n):
        id = make_reference(dossier, at)
        opened = sidecar.make_opening(id, "r", format_references(make_reference(dossier)))
        if at in SLIPS:
            with store.write() as session:
                phone(session, make_reference(dossier, "phone", at), slip.name_slip(desk.dev, 1, at), at)
            desk.add("token", {"serial": at, "stage": "result", "r": opened.commitment}, id=id)
        else:
            desk.rate(4, id=id, t=START + 10**7 - at, stage="result", r=opened.commitment)
        openings.append(opened)
    assert desk.send(store, desk.batch(sidecars=tuple(openings)))[0] == 200


def read(store: Database, desk: LedgerWriter, most: int) -> None:
    while True:
        with store.write() as session:
            if projection.project_entries(session, desk.dev, desk.ep, limit=most) < most:
                return


def found(store: Database, dossier: str, n: int) -> list[tuple[str, bool] | None]:
    """Place by place: the outcome of the answer, and whether it was passed over."""
    with store.read() as session:
        rows = {one.id: one for one in session.scalars(select(Response))}
    at_places = [
        rows.get(make_reference(dossier, at)) or rows.get(make_reference(dossier, "phone", at)) for at in range(n)
    ]
    return [None if one is None else (one.outcome, one.ignored == ["tie"]) for one in at_places]


def test_however_a_ledger_is_cut_the_first_papers_are_joined(store_with_agencies: Database, writer: Make) -> None:
    n, outcomes = MOST + 10, []
    for most in CUTS:
        desk = writer()
        write(store_with_agencies, desk, str(most), n)
        read(store_with_agencies, desk, most)
        outcomes.append(found(store_with_agencies, str(most), n))
    assert all(one == outcomes[0] for one in outcomes), "not as the batches were cut"
    joined, beyond = outcomes[0][:MOST], outcomes[0][MOST:]
    assert beyond == [("counted", True)] * 10
    assert sum(1 for one in joined if one == ("counted", False)) == 1 and ("counted", True) not in joined
    assert all(joined[at] in (("counted", False), ("contested", False)) for at in SLIPS if at < MOST)


def test_an_answer_more_on_a_paper_that_is_joined_takes_nobody_s_place(
    store_with_agencies: Database, writer: Make
) -> None:
    """The paper was first: what came after it stands beside, also where both are settled at once."""
    desk = writer()
    write(store_with_agencies, desk, "a", MOST)
    read(store_with_agencies, desk, 1000)
    name = slip.name_slip(desk.dev, 1, SLIPS[0])
    openings = [
        sidecar.make_opening(make_reference("late"), "r", format_references(make_reference("a"))),
        sidecar.make_opening(make_reference("again"), "r", name),
    ]
    for one in openings:
        desk.rate(1, id=one.id, stage="result", r=one.commitment)
    assert desk.send(store_with_agencies, desk.batch(MOST + 1, sidecars=tuple(openings)))[0] == 200
    read(store_with_agencies, desk, 1000)
    with store_with_agencies.read() as session:
        late, again = (
            session.get_one(Response, make_reference("late")),
            session.get_one(Response, make_reference("again")),
        )
        assert (late.outcome, late.ignored) == ("counted", ["tie"])
        assert (again.outcome, again.ignored) == ("superseded", None)
        assert session.scalar(select(SlipReference.reference).where(SlipReference.name == name)) == make_reference("a")


@pytest.mark.parametrize("most", CUTS)
def test_what_brings_two_dossiers_together_does_so_while_there_is_room(
    store_with_agencies: Database, writer: Make, most: int
) -> None:
    """Two halves, one that joins them, and those after it."""
    desk, half = writer(), MOST // 2
    ties = [format_references(make_reference(side)) for side in (1, 2) for _n in range(half - 1)]
    ties += [
        format_references(make_reference(1), make_reference(2)),
        format_references(make_reference(1)),
        format_references(make_reference(2)),
        format_references(make_reference(1)),
    ]
    ids = [make_reference("half", at) for at in range(len(ties))]
    openings = tuple(sidecar.make_opening(id, "r", tie) for id, tie in zip(ids, ties, strict=True))
    for one in openings:
        desk.rate(4, id=one.id, stage="result", r=one.commitment)
    assert desk.send(store_with_agencies, desk.batch(sidecars=openings))[0] == 200
    read(store_with_agencies, desk, most)
    with store_with_agencies.read() as session:
        rows = {one.id: one for one in session.scalars(select(Response))}
    outcome = [(rows[id].outcome, rows[id].ignored is not None) for id in ids]
    assert outcome[0] == ("counted", False) and outcome[1:-2] == [("superseded", False)] * (2 * half - 1)
    assert outcome[-2:] == [("counted", True)] * 2


@pytest.mark.parametrize("most", CUTS)
def test_of_many_tablets_on_one_slip_the_first_are_tied(
    store_with_agencies: Database, writer: Make, most: int
) -> None:
    desk = writer()
    name, n = slip.name_slip(desk.dev, 1, 7), sidecars.MOST_TABLETS + 5
    openings = tuple(sidecar.make_opening(make_reference("tablet", n - at), "r", name) for at in range(n))
    for one in openings:
        desk.rate(4, id=one.id, stage="result", r=one.commitment)
    assert desk.send(store_with_agencies, desk.batch(sidecars=openings))[0] == 200
    read(store_with_agencies, desk, most)
    with store_with_agencies.read() as session:
        rows = {one.id: one.ignored for one in session.scalars(select(Response))}
    assert [rows[one.id] for one in openings] == [None] * sidecars.MOST_TABLETS + [["tie"]] * 5


def test_what_was_joined_stays_joined_when_its_paper_names_more(store_with_agencies: Database, writer: Make) -> None:
    """A slip that superseded an honest answer gets an answer about another stage, where the dossier is full: that one
    stands for itself, and the honest one is still superseded by somebody who counts."""
    desk = writer()
    name, says = slip.name_slip(desk.dev, 1, 7), format_references(make_reference("r"), make_reference("q"))
    full = [(make_reference("full", at), "guidance", format_references(make_reference("q"))) for at in range(MOST - 1)]
    plan = [
        *full,
        (make_reference("honest"), "result", format_references(make_reference("r"))),
        (make_reference("slip"), None, says),
    ]
    plan += [
        (make_reference("first"), "result", name),
        (make_reference("second"), "guidance", name),
        (make_reference("third"), "guidance", name),
    ]
    for at, (id, stage, tie) in enumerate(plan):
        opened = sidecar.make_opening(id, "r", tie)
        if stage is None:
            desk.add("token", {"serial": 7, "stage": "result", "r": opened.commitment}, id=id)
        else:
            desk.rate(3, id=id, t=START + 10**7 - at, stage=stage, r=opened.commitment)
        assert desk.send(store_with_agencies, desk.batch(at + 1, sidecars=(opened,)))[0] == 200
        read(store_with_agencies, desk, 1000)
    asked = [make_reference("honest"), make_reference("first"), make_reference("second"), make_reference("third")]

    def stands() -> list[tuple[str, bool]]:
        with store_with_agencies.read() as session:
            rows = [session.get_one(Response, id) for id in asked]
            return [(one.outcome, one.ignored == ["tie"]) for one in rows]

    before = stands()
    assert [outcome for outcome, _noted in before].count("counted") == 1 and before[0][1] is before[1][1] is False
    assert before[2][1] and before[3][1], "what came to the link that was passed over is passed over too"
    with store_with_agencies.write() as session:
        transaction_settlement.settle_transactions(session, set(session.scalars(select(Tie.key))))
    assert stands() == before, "settled again, the same comes out"


STAGES = ("result", "result", "submission", None)
DOSSIERS = st.lists(st.integers(0, 2), min_size=1, max_size=2, unique=True)
SERIALS = st.integers(1, 3)
RATED = st.tuples(st.just("rate"), st.sampled_from(STAGES), st.none() | SERIALS | DOSSIERS)
MADE = st.tuples(st.just("token"), st.sampled_from(STAGES[:3]), SERIALS, st.none() | DOSSIERS)
PHONED = st.tuples(st.just("phone"), st.sampled_from(STAGES), SERIALS)
PLAN = st.lists(st.one_of(RATED, RATED, MADE, PHONED), min_size=4, max_size=16)


def play(store: Database, desk: LedgerWriter, plan: Sequence[tuple[object, ...]], cuts: set[int]) -> list[object]:
    """What becomes of the answers of a plan, place by place, when the ledger is cut before these places."""
    openings: list[sidecar.Sidecar] = []
    sent, ids = 0, []

    def flush() -> None:
        nonlocal sent
        if len(desk.lines) > sent:
            body = desk.batch(sent + 1, sidecars=tuple(openings))
            assert desk.send(store, body)[0] == 200
            read(store, desk, 1000)
        sent = len(desk.lines)
        openings.clear()

    for at, (kind, stage, *said) in enumerate(plan):
        id = make_reference(desk.dev, at)
        ids.append(id)
        if at in cuts or kind == "phone":
            flush()
        if kind == "phone":
            with store.write() as session:
                channel = "qr" if stage else "code"
                session.add(make_response_row(id, channel, 1 + at % 5, START + at, device_id=WEB, stage=stage, seq=at))
                assert isinstance(said[0], int)
                name = slip.name_slip(desk.dev, 1, said[0])
                session.add(OpenedSidecar(device_id=WEB, id=id, kind="r", salt="", value=name, received_ms=START))
                session.flush()
                transaction_settlement.settle_arrived_answers(
                    session, sidecars.apply_sidecars(session, {id: ResponseName(WEB, id)})
                )
            continue
        tie = said[-1]
        text = slip.name_slip(desk.dev, 1, tie) if isinstance(tie, int) else None
        if isinstance(tie, list):
            text = format_references(*(make_reference(desk.dev, "dossier", one) for one in tie))
        opened = [sidecar.make_opening(id, "r", text)] if text else []
        says = {one.kind: one.commitment for one in opened} | ({"stage": stage} if stage else {})
        openings += opened
        if kind == "token":
            desk.add("token", {"serial": said[0], **says}, id=id, t=START + 10**7 + at)
        else:
            desk.rate(1 + at % 5, id=id, t=START + 10**7 + 7919 * at % 1000, **says)
    flush()
    with store.read() as session:
        rows = {one.id: one for one in session.scalars(select(Response).where(Response.id.in_(ids)))}
    return [(one.outcome, one.ignored, one.stage, one.later_score) if one else None for one in map(rows.get, ids)]


def outcome_of(session: Session) -> dict[str, str]:
    return {id: outcome for id, outcome in session.execute(select(Response.id, Response.outcome))}


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=PLAN, cuts=st.sets(st.integers(0, 15)))
def test_any_plan_comes_out_the_same_however_it_is_cut(
    store_with_agencies: Database, writer: Make, monkeypatch: pytest.MonkeyPatch,
    plan: list[tuple[object, ...]], cuts: set[int],
) -> None:  # fmt: skip
    """With small bounds, which many plans reach; and settled again, nothing changes."""
    for name, most in (("MOST", 3), ("MOST_BEFORE", 6)):
        monkeypatch.setattr(connected_answers, name, most)
    monkeypatch.setattr(sidecars, "MOST_TABLETS", 2)
    outcomes = [play(store_with_agencies, writer(), plan, one) for one in (set[int](), cuts, set(range(16)))]
    assert outcomes[0] == outcomes[1] == outcomes[2]
    with store_with_agencies.write() as session:
        before = outcome_of(session)
        transaction_settlement.settle_transactions(session, set(session.scalars(select(Tie.key))))
        assert outcome_of(session) == before
