"""The end of a month's key: its references go, each with the month that it names itself.

What somebody says of another's reference, under whichever month, erases nothing of the other's and keeps nothing.
"""

from __future__ import annotations

import pytest
from sqlalchemy import select

from admin.slips import slip_keys
from models.clock import day_start
from models.storage.database import Database
from models.tables.slip_record import SlipReference

END = day_start("2026-12-01")
REFERENCE, LONE = "ab" * 16, "cd" * 16
OLD, LIVING = "2026-09", "2026-10"


def after(store: Database, *rows: tuple[str, str, str]) -> dict[str, tuple[str, str]]:
    """What is kept of (name, reference, month) once the old month's key is destroyed: name → reference, month."""
    with store.write() as session:
        for name, reference, month in rows:
            session.add(SlipReference(name=name, reference=reference, month=month))
        session.flush()
        slip_keys.destroy(session, [OLD], END)
    with store.read() as session:
        return {row.name: (row.reference, row.month) for row in session.scalars(select(SlipReference))}


def test_what_is_joined_stays_so_under_a_name_drawn_by_lot(store_with_agencies: Database) -> None:
    kept = after(store_with_agencies, ("one", REFERENCE, OLD), ("two", REFERENCE, OLD), ("three", LONE, OLD))
    assert kept.keys() == {"one", "two"} and kept["one"] == kept["two"]
    assert kept["one"][0] != REFERENCE and kept["one"][1] == ""


@pytest.mark.parametrize("month", [LIVING, "9999-12"])
def test_a_reference_under_a_month_that_lives_is_not_touched(store_with_agencies: Database, month: str) -> None:
    """Another names it under an older month: its own row alone goes with that month's key."""
    kept = after(
        store_with_agencies, ("one", REFERENCE, month), ("two", REFERENCE, month), ("rogue", REFERENCE, OLD)
    )
    assert kept == {"one": (REFERENCE, month), "two": (REFERENCE, month)}


def test_nobody_keeps_others_references_by_naming_them_under_a_later_month(store_with_agencies: Database) -> None:
    kept = after(
        store_with_agencies, ("one", REFERENCE, OLD), ("two", REFERENCE, OLD), ("three", LONE, OLD),
        ("rogue", REFERENCE, "9999-12"), ("other rogue", LONE, LIVING),
    )  # fmt: skip
    assert kept.keys() == {"one", "two", "rogue", "other rogue"}
    assert kept["one"] == kept["two"] and kept["one"][0] != REFERENCE


def test_what_former_versions_wrote_without_a_month_goes_with_its_month(store_with_agencies: Database) -> None:
    kept = after(store_with_agencies, ("former", REFERENCE, ""), ("one", REFERENCE, OLD), ("other", LONE, ""))
    assert kept["former"] == kept["one"] and kept["one"][0] != REFERENCE
    assert kept["other"] == (LONE, "")


def test_what_former_versions_wrote_without_a_month_stays_with_a_month_that_lives(
    store_with_agencies: Database,
) -> None:
    kept = after(
        store_with_agencies, ("former", REFERENCE, ""), ("one", REFERENCE, LIVING), ("rogue", REFERENCE, OLD)
    )
    assert kept == {"former": (REFERENCE, ""), "one": (REFERENCE, LIVING)}
