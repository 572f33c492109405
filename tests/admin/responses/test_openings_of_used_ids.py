"""Openings of an id that its ledger uses again: they are those of the first entry that has it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from admin.responses import projection
from models.protocol import sidecar
from models.protocol.sidecar import Sidecar
from models.storage.database import Database
from models.tables.response import FollowUp, OpenedSidecar, Response, Tie
from models.tables.slip_record import PrintedSlip, SlipReference
from tests.fixtures.dossier_references import format_references, make_reference
from tests.fixtures.ledger_writer import LedgerWriter

Make = Callable[..., LedgerWriter]
SAME, OTHER = "a" * 32, "b" * 32
R, CODE = make_reference("R"), "0f" * 32
#: After which places the ledger is cut into batches.
CUTS = ((), (1,), (2,), (1, 2, 3))


def opening(id: str, kind: str = "r", said: str = "") -> Sidecar:
    return sidecar.make_opening(id, kind, said or format_references(R))


def sent(store: Database, desk: LedgerWriter, cuts: tuple[int, ...], beside: dict[int, list[Sidecar]]) -> None:
    """The ledger, its openings beside the entries at whose places they stand."""
    ends = [*cuts, len(desk.lines)]
    for first, last in zip([0, *cuts], ends, strict=True):
        here = [one for place in range(first + 1, last + 1) for one in beside.get(place, [])]
        assert desk.send(store, desk.batch(first + 1, last, sidecars=tuple(here)))[0] == 200
        with store.write() as session:
            projection.project_entries(session, desk.dev, desk.ep)


@pytest.mark.parametrize("cuts", CUTS)
def test_what_a_later_answer_of_the_same_id_opens_is_not_the_first_one_s(
    store_with_agencies: Database, writer: Make, cuts: tuple[int, ...]
) -> None:
    store, desk = store_with_agencies, writer()
    again, code, other = opening(SAME), opening(SAME, "f", CODE), opening(OTHER)
    desk.rate(3, id=SAME, stage="result")
    desk.rate(2, id=SAME, stage="result", r=again.commitment, f=code.commitment)
    desk.rate(4, id=OTHER, stage="result", r=other.commitment)
    desk.rate(5)
    sent(store, desk, cuts, {2: [again, code], 3: [other]})
    with store.read() as session:
        assert [session.get_one(Response, id).outcome for id in (SAME, OTHER)] == ["counted", "counted"]
        assert set(session.scalars(select(OpenedSidecar.id))) == set(session.scalars(select(Tie.key))) == {OTHER}
        assert session.scalars(select(FollowUp.digest)).all() == []


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize("first", ["rating", "token"])
def test_an_answer_and_a_slip_of_one_id_have_each_what_it_said_itself(
    store_with_agencies: Database, writer: Make, first: str, cuts: tuple[int, ...]
) -> None:
    """The first of them says something, the other one something else, or nothing."""
    store, desk = store_with_agencies, writer()
    own = opening(SAME)
    p = {"serial": 7, "stage": "result"}
    if first == "rating":
        desk.rate(3, id=SAME, stage="result", r=own.commitment)
        desk.add("token", p, id=SAME)
    else:
        desk.add("token", {**p, "r": own.commitment}, id=SAME)
        desk.rate(3, id=SAME, stage="result")
    desk.add("token", {**p, "serial": 8}, id=SAME)
    desk.rate(5)
    sent(store, desk, cuts, {1: [own]})
    with store.read() as session:
        assert session.scalars(select(PrintedSlip.serial).order_by(PrintedSlip.serial)).all() == [7, 8]
        name = SAME if first == "rating" else f"{desk.dev}:{desk.ep}:7"
        assert session.scalars(select(SlipReference.name)).all() == [name]
        assert len(session.scalars(select(Tie.key)).all()) == (1 if first == "rating" else 0)


def test_what_opens_the_first_entry_is_kept_when_it_comes_with_a_later_one(
    store_with_agencies: Database, writer: Make
) -> None:
    store, desk = store_with_agencies, writer()
    own, later = opening(SAME, "c", "Cảm ơn"), opening(SAME, "c", "Không")
    desk.rate(3, id=SAME, c=own.commitment)
    desk.rate(2, id=SAME, c=later.commitment)
    sent(store, desk, (1,), {2: [later, own]})
    with store.read() as session:
        assert session.scalars(select(OpenedSidecar.value)).all() == ["Cảm ơn"]
