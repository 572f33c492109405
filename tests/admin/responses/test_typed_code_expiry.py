"""Typed codes past their time: a desk ends a slip by what it says in time, not afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from admin.ledgers.signing_keys import WEB
from admin.responses import projection, sidecars, transaction_settlement
from models.protocol import slip
from models.storage.database import Database
from models.tables.response import OpenedSidecar, Response, ResponseName
from models.tables.slip_record import PrintedSlip
from tests.fixtures.answer_rows import make_response_row
from tests.fixtures.ledger_writer import START, LedgerWriter

Make = Callable[..., LedgerWriter]
DAY = 86_400_000
ID = "a" * 32
#: The slip that is answered, and when it was made as its desk says.
SERIAL, MADE = 7, START + DAY


def written(desk: LedgerWriter, due: int | None = None) -> None:
    """A ledger with the slip, before it others, and an entry with its serial that makes none."""
    desk.rate(5, t=START)
    desk.add("token", {"serial": SERIAL, "stage": "never"}, t=START)
    for serial in (1, 2, SERIAL):
        days = {} if due is None else {"due_days": due}
        desk.add("token", {"minute": MADE // 60_000, "serial": serial, "stage": "result", **days}, t=MADE)


def sent(
    store: Database, desk: LedgerWriter, at: int, first: int = 1, last: int | None = None, head_seq: int | None = None
) -> None:
    """What reaches the centre at `at`, and is read."""
    assert desk.send(store, desk.batch(first, last, now=at, head_seq=head_seq), now=at)[0] == 200
    with store.write() as session:
        projection.project_entries(session, desk.dev, desk.ep)


def answered(store: Database, desk: LedgerWriter, at: int) -> None:
    """An answer by the slip's typed code, tapped at `at`, as it is read."""
    with store.write() as session:
        session.add(make_response_row(ID, "code", 2, at, device_id=WEB, stage=None))
        name = slip.name_slip(desk.dev, desk.ep, SERIAL)
        session.add(OpenedSidecar(device_id=WEB, id=ID, kind="r", salt="", value=name, received_ms=at))
        session.flush()
        transaction_settlement.settle_arrived_answers(
            session, sidecars.apply_sidecars(session, {ID: ResponseName(WEB, ID)})
        )


def found(store: Database) -> tuple[str, str | None]:
    with store.read() as session:
        row = session.get_one(Response, ID)
        return row.outcome, row.reason


@pytest.mark.parametrize("sealed", ["before its ledger came", "after its ledger came"])
@pytest.mark.parametrize(("after", "outcome"), [(30, ("counted", None)), (32, ("not_counted", "slip_expired"))])
def test_what_its_desk_says_afterwards_ends_no_slip(
    store_with_agencies: Database, writer: Make, sealed: str, after: int, outcome: tuple[str, str | None]
) -> None:
    """59 days later the ledger says when the slip was made; that there was one was seen after 20 days."""
    store, desk = store_with_agencies, writer()
    written(desk, due=0)
    seen, came = MADE + 20 * DAY, MADE + 59 * DAY
    sent(store, desk, seen, last=1, head_seq=len(desk.lines))
    if sealed == "before its ledger came":
        answered(store, desk, seen + after * DAY)
    sent(store, desk, came, first=2)
    if sealed == "after its ledger came":
        answered(store, desk, seen + after * DAY)
    assert found(store) == outcome


def test_a_ledger_that_comes_at_once_says_in_time_until_when_its_slips_work(
    store_with_agencies: Database, writer: Make
) -> None:
    store, desk = store_with_agencies, writer()
    written(desk, due=3)
    sent(store, desk, MADE + DAY)
    with store.read() as session:
        assert set(session.scalars(select(PrintedSlip.counted_ms))) == {MADE // 60_000 * 60_000}
    answered(store, desk, MADE + (1 + 3 + 31) * DAY + 1)
    assert found(store) == ("not_counted", "slip_expired")


def test_a_slip_of_a_former_version_whose_day_is_later_works_as_long_as_it_said(
    store_with_agencies: Database, writer: Make
) -> None:
    store, desk = store_with_agencies, writer()
    written(desk)
    sent(store, desk, MADE)
    with store.write() as session:
        row = session.get_one(PrintedSlip, (desk.dev, desk.ep, SERIAL))
        row.minted_ms, row.counted_ms = MADE + 10 * DAY, None
    answered(store, desk, MADE + 40 * DAY)
    assert found(store) == ("counted", None)
