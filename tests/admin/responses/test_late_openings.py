"""Openings that come in a later batch than their entry: they do the same as those that came with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from admin.ledgers.signing_keys import WEB
from admin.responses import connected_answers, projection, sidecars, transaction_settlement
from models.protocol import sidecar, slip
from models.protocol.sidecar import Sidecar
from models.storage.database import Database
from models.tables.response import FollowUp, OpenedSidecar, Response, ResponseName, Tie
from models.tables.slip_record import SlipReference
from tests.fixtures import next_epoch
from tests.fixtures.answer_rows import make_response_row
from tests.fixtures.dossier_references import format_references, make_reference
from tests.fixtures.ledger_writer import START, LedgerWriter

Make = Callable[..., LedgerWriter]
CODE = "0f" * 32
A, B, C, D = (make_reference(name) for name in "ABCD")


def said(id: str, tie: str, kind: str = "r") -> Sidecar:
    return sidecar.make_opening(id, kind, tie)


def ledger(desk: LedgerWriter) -> list[Sidecar]:
    """Answers about one dossier, a slip of it, an answer on that slip, and a slip that was made twice."""
    name = slip.name_slip(desk.dev, desk.ep, 7)
    openings = [
        said(A, format_references(make_reference("R"))),
        said(A, CODE, "f"),
        said(A, "Cảm ơn", "c"),
        said(B, format_references(make_reference("R"))),
        said(C, format_references(make_reference("R"))),
        said(D, name),
        said(make_reference("again"), format_references(make_reference("elsewhere"))),
        said(make_reference("odd"), "d-1:1:1"),
    ]
    p = {"serial": 7, "stage": "result"}
    beside: dict[str, dict[str, Any]] = {}
    for one in openings:
        beside.setdefault(one.id, {})[one.kind] = one.commitment
    desk.rate(3, id=A, stage="result", **beside[A])
    desk.rate(4, id=B, stage="result", **beside[B])
    desk.add("token", {**p, **beside[C]}, id=C)
    desk.rate(5, id=D, stage="result", **beside[D])
    desk.add("token", {**p, **beside[make_reference("again")]}, id=make_reference("again"))
    desk.rate(1, id=make_reference("odd"), stage="result", **beside[make_reference("odd")])
    return openings


def phone(store: Database, desk: LedgerWriter) -> None:
    with store.write() as session:
        session.add(make_response_row("p" * 32, "qr", 2, START, device_id=WEB, stage="result"))
        name = slip.name_slip(desk.dev, desk.ep, 7)
        session.add(OpenedSidecar(device_id=WEB, id="p" * 32, kind="r", salt="", value=name, received_ms=START))
        session.flush()
        transaction_settlement.settle_arrived_answers(
            session, sidecars.apply_sidecars(session, {"p" * 32: ResponseName(WEB, "p" * 32)})
        )


def send(store: Database, desk: LedgerWriter, openings: list[Sidecar], first: int, last: int) -> None:
    assert desk.send(store, desk.batch(first, last, sidecars=tuple(openings)))[0] == 200
    with store.write() as session:
        projection.project_entries(session, desk.dev, desk.ep)


def found(store: Database) -> tuple[Any, ...]:
    with store.read() as session:
        answers = {one.id: (one.outcome, one.ignored) for one in session.scalars(select(Response))}
        ties = set(session.scalars(select(Tie.response_id)))
        codes = set(session.execute(select(FollowUp.digest, FollowUp.response_id)).all())
        references = set(session.scalars(select(SlipReference.reference)))
        return answers, ties, codes, references, len(session.scalars(select(OpenedSidecar)).all())


WAYS = ("with their entries", "after them", "the first with them", "each by itself", "with the batch again")


@pytest.mark.parametrize("way", WAYS)
def test_what_comes_late_is_tied_and_settled_as_what_came_at_once(
    store_with_agencies: Database, writer: Make, way: str
) -> None:
    store, desk = store_with_agencies, writer()
    openings = ledger(desk)
    phone(store, desk)
    end = len(desk.lines)
    early = {"with their entries": openings, "the first with them": openings[:1]}.get(way, [])
    send(store, desk, early, 1, end)
    late = [one for one in openings if one not in early]
    if way == "each by itself":
        for one in reversed(late):
            send(store, desk, [one], end + 1, end)
    elif late:
        send(store, desk, late, *((1, end) if way == "with the batch again" else (end + 1, end)))
    answers, ties, codes, references, kept = found(store)
    assert answers == {
        "p" * 32: ("counted", None),
        **{id: ("superseded", None) for id in (A, B, D)},
        make_reference("odd"): ("counted", ["tie"]),
    }
    assert ties == {A, B, D, "p" * 32} and codes == {(CODE, A)} and references == {make_reference("R")} and kept == 9


def test_what_comes_late_of_a_former_ledger_is_tied_too(store_with_agencies: Database, writer: Make) -> None:
    store, desk = store_with_agencies, writer()
    first, second = said(A, format_references(make_reference("R"))), said(B, format_references(make_reference("R")))
    desk.rate(3, id=A, stage="result", r=first.commitment)
    send(store, desk, [], 1, 1)
    with store.write() as session:
        new = next_epoch.pair_again(session, desk)
    new.rate(4, id=B, stage="result", r=second.commitment)
    send(store, new, [second], 1, 1)
    send(store, new, [first], 2, 1)
    assert found(store)[0] == {A: ("counted", None), B: ("superseded", None)}


def test_a_code_that_comes_late_ties_nothing_that_was_passed_over(store_with_agencies: Database, writer: Make) -> None:
    store, desk = store_with_agencies, writer()
    ids = [make_reference("tablet", n) for n in range(connected_answers.MOST + 1)]
    ties = [said(id, format_references(make_reference("R"))) for id in ids]
    code = said(ids[-1], CODE, "f")
    for one in ties:
        more: dict[str, Any] = {"f": code.commitment} if one.id == code.id else {}
        desk.rate(4, id=one.id, stage="result", r=one.commitment, **more)
    send(store, desk, ties, 1, len(ids))
    before = found(store)
    send(store, desk, [code], len(ids) + 1, len(ids))
    answers, tied, codes, *_rest = found(store)
    assert (answers, tied) == before[:2] and answers[ids[-1]] == ("counted", ["tie"])
    with store.read() as session:
        assert set(session.scalars(select(SlipReference.name))) == set(ids[:-1])
    assert codes == {(CODE, ids[-1])}
