"""A tie that names a slip with numbers no column holds ties, and stops nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from admin.responses import issued_slips, projection
from models.protocol import sidecar
from models.storage.database import Database
from models.tables.response import Response, Tie
from models.vocabulary import CountOutcome
from tests.fixtures.ledger_writer import START, LedgerWriter

ODD = ("d-0001:2147483648:1", "d-0001:1:4294967295", f"d-0001:1:{'9' * 60}", "d-0001:1:٣", f"{'d' * 60}:1:1", ":1:1")


@pytest.mark.parametrize("key", ODD)
def test_a_slip_that_cannot_be_stops_no_ledger(
    store_with_agencies: Database, writer: Callable[..., LedgerWriter], key: str
) -> None:
    device = writer()
    side = sidecar.make_opening("a" * 32, "r", key)
    device.rate(5, id="a" * 32, t=START + 1, r=side.commitment)
    device.rate(4, t=START + 2)
    assert device.send(store_with_agencies, device.batch(sidecars=(side,)))[0] == 200
    with store_with_agencies.write() as session:
        projection.project_entries(session, device.dev, 1)
        row = session.get_one(Response, "a" * 32)
        row.channel, row.outcome = "code", CountOutcome.COUNTED.value  # as a phone's answer by a typed code stands
        if not session.scalars(select(Tie).where(Tie.key == key)).all():
            session.add(Tie(response_id=row.id, key=key))
        session.flush()
        issued_slips.copy_slip_facts_to_answers(session, {key})
    with store_with_agencies.read() as session:
        assert len(session.scalars(select(Response)).all()) == 2
