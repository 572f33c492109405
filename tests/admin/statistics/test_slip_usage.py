"""Slip usage: per desk, stage and month, announced ones apart, and small numbers given away nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from admin.statistics import queries
from models.storage.database import Database
from models.tables.agency import DossierMonth
from tests.fixtures.slip_rows import add_recorders, store_printed_slips, store_slip_answers
from tests.fixtures.tally_rows import add_outcome


@pytest.fixture
def database(database: Database) -> Database:
    return add_recorders(database)


def document(database: Database, period: str = "2026-10", **more: Any) -> dict[str, Any]:
    with database.read() as session:
        return queries.build_index_document(session, "HL", period, **more)


def test_use_and_coverage_are_told_per_desk_stage_and_month(database: Database) -> None:
    with database.write() as session:
        store_printed_slips(session, 80, "Q1")
        store_printed_slips(session, 40, "Q2", stage="result")
        store_printed_slips(session, 30, None, device_id="c-web-1")
        store_printed_slips(session, 10, "Q1", month="2026-09")
        store_printed_slips(session, 99, "X", agency="YM")
        store_slip_answers(session, 40, "Q1")
        store_slip_answers(session, 32, "Q1", channel="code")
        store_slip_answers(session, 50, "Q2", stage="result")
        store_slip_answers(session, 500, "Q1", channel="kiosk")
        add_outcome(session, "HL", "contested", 500, channel="qr")
        store_slip_answers(session, 500, "Q1", instrument="sipas23")
        session.add(DossierMonth(agency_key="HL", month="2026-10", received=120, closed=0, overdue=0))
    index_document = document(database)
    assert index_document["slip_use_rate"] == {"value": "81.33", "denominator": 150}
    assert index_document["slip_coverage"] == {"value": "125.00", "denominator": 120}  # never clipped
    assert index_document["slips"] == {
        "made": 150, "announced": 30,
        "by_desk": {
            "": {"slips": 30, "announced": 30, "use_rate": "0.00"},
            "Q1": {"slips": 80, "announced": 0, "use_rate": "90.00"},
            "Q2": {"slips": 40, "announced": 0, "use_rate": "125.00"},
        },
        "by_stage": {
            "result": {"slips": 40, "announced": 0, "use_rate": "125.00"},
            "submission": {"slips": 110, "announced": 30, "use_rate": "65.45"},
        },
        "by_month": {"2026-10": {"slips": 150, "announced": 30, "use_rate": "81.33"}},
    }  # fmt: skip
    quarter = document(database, "2026-Q4")
    assert quarter["slip_coverage"]["value"] == "125.00"
    two = document(database, "2026-09..2026-10")
    assert two["slips"]["made"] == 160 and two["slip_coverage"]["value"] == "125.00"  # September has no dossiers


def test_few_uses_are_not_given_away(database: Database) -> None:
    with database.write() as session:
        store_printed_slips(session, 50, "Q1")
        store_printed_slips(session, 50, "Q2")
        store_slip_answers(session, 4, "Q1")
    index_document = document(database)
    assert index_document["slip_use_rate"] == {"value": None, "denominator": 100}
    assert index_document["slips"]["by_desk"]["Q1"]["use_rate"] is None
    assert document(database, unsuppressed=True)["slip_use_rate"]["value"] == "4.00"
    with database.write() as session:
        store_slip_answers(session, 40, "Q2")
    desks = document(database)["slips"]["by_desk"]
    assert desks["Q1"]["use_rate"] is None and desks["Q2"]["use_rate"] is None  # not found by subtraction either
