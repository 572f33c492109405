"""The end of a month's key: its references go, each with the month that it names itself.

What somebody says of another's reference, under whichever month, erases nothing of the other's and keeps nothing.
"""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.slips import code_and_dossier_keys, dossier_key_destruction
from models.clock import day_start, months_before
from models.storage.database import Database
from models.tables.response import OpenedSidecar
from models.tables.slip_record import DossierKey, SlipReference

END, DAY = day_start("2026-12-01"), 86_400_000
REFERENCE, LONE = "ab" * 16, "cd" * 16
OLD, LIVING = "2026-09", "2026-10"


def forgotten(session: Session, months: list[str], now_ms: int) -> None:
    """The keys of these months are destroyed, and all that was kept under them is forgotten."""
    dossier_key_destruction.destroy_month_keys(session, months, now_ms)
    while dossier_key_destruction.erase_lot(session, now_ms):
        pass


def after(store: Database, *rows: tuple[str, str, str]) -> dict[str, tuple[str, str]]:
    """What is kept of (name, reference, month) once the old month's key is destroyed: name → reference, month."""
    with store.write() as session:
        for name, reference, month in rows:
            session.add(SlipReference(name=name, reference=reference, month=month))
        for month in (OLD, LIVING):
            session.add(DossierKey(month=month, key="0" * 64, destroyed_ms=None))
        session.flush()
        forgotten(session, [OLD], END)
    with store.read() as session:
        return {row.name: (row.reference, row.month) for row in session.scalars(select(SlipReference))}


def test_what_is_joined_stays_so_under_a_name_drawn_by_lot(store_with_agencies: Database) -> None:
    kept = after(store_with_agencies, ("one", REFERENCE, OLD), ("two", REFERENCE, OLD), ("three", LONE, OLD))
    assert kept.keys() == {"one", "two"} and kept["one"] == kept["two"]
    assert kept["one"][0] != REFERENCE and kept["one"][1] == ""


@pytest.mark.parametrize("older", [OLD, "1000-01"])
def test_a_reference_under_a_month_that_lives_is_not_touched(store_with_agencies: Database, older: str) -> None:
    """Another names it under an older month: its own row alone goes with that month's key."""
    kept = after(
        store_with_agencies, ("one", REFERENCE, LIVING), ("two", REFERENCE, LIVING), ("rogue", REFERENCE, older)
    )
    assert kept == {"one": (REFERENCE, LIVING), "two": (REFERENCE, LIVING)}


@pytest.mark.parametrize("month", ["9999-12", "2026-07"], ids=["never was", "destroyed before"])
def test_months_without_a_key_are_not_kept_for_ever(store_with_agencies: Database, month: str) -> None:
    """Invented ones, and those of answers that came when their month had ended; what they joined stays joined."""
    with store_with_agencies.write() as session:
        session.add(DossierKey(month="2026-07", key="", destroyed_ms=1))
    kept = after(
        store_with_agencies, ("one", REFERENCE, month), ("two", REFERENCE, month), ("three", LONE, month),
        ("living", LONE, LIVING),
    )  # fmt: skip
    assert kept.keys() == {"one", "two", "living"} and kept["living"] == (LONE, LIVING)
    assert kept["one"] == kept["two"] and kept["one"][0] != REFERENCE and kept["one"][1] == ""


@pytest.mark.parametrize("month", ["2026-11", "2026-12", "2027-01"], ids=["in between", "present", "next"])
def test_a_month_whose_key_a_restored_store_has_lost_is_forgotten_when_it_has_ended_as_long_ago(
    store_with_agencies: Database, month: str
) -> None:
    """Its papers and answers came in again; the keys of the months before are destroyed one after the other."""
    rows = [("one", REFERENCE, month), ("two", REFERENCE, month), ("three", LONE, month)]
    value = f"{month}={LONE}:result"
    with store_with_agencies.write() as session:
        session.add(OpenedSidecar(device_id="d", id="o", kind="r", salt="", value=value, received_ms=END))
    assert after(store_with_agencies, *rows) == {name: (reference, month) for name, reference, month in rows}
    ended = day_start(months_before(month, -1) + "-01") + code_and_dossier_keys.KEPT_DAYS * DAY
    for now_ms, openings, lives in ((ended - 1, 1, True), (ended, 0, False)):
        with store_with_agencies.write() as session:
            forgotten(session, code_and_dossier_keys.find_outdated_months(session, now_ms), now_ms)
            kept = {row.name: (row.reference, row.month) for row in session.scalars(select(SlipReference))}
            assert len(session.scalars(select(OpenedSidecar.id)).all()) == openings
        assert (kept == {name: (reference, month) for name, reference, month in rows}) is lives
    assert kept.keys() == {"one", "two"} and kept["one"] == kept["two"] != (REFERENCE, month)


@pytest.mark.parametrize("month", ["2027-02", "2026-1", "2026-13"], ids=["after the next", "none", "none either"])
def test_what_names_no_month_that_could_have_a_key_goes_at_once(store_with_agencies: Database, month: str) -> None:
    assert after(store_with_agencies, ("one", REFERENCE, month)) == {}


def test_openings_go_with_the_months_they_name(store_with_agencies: Database) -> None:
    texts = {
        "living": f"{LIVING}={REFERENCE}:result", "slip": "d-0001:1:7",
        "old": f"{OLD}={REFERENCE},{LIVING}={LONE}:result", "invented": f"2099-12={REFERENCE}:result",
        "nameless": f"{REFERENCE}:result", "odd": f"9999-12={REFERENCE}:result", "nothing": "?",
        "not a slip": f"a:b:{OLD}={REFERENCE}",
    }  # fmt: skip
    with store_with_agencies.write() as session:
        for received in (END, END - 61 * DAY):
            for id, value in texts.items():
                session.add(
                    OpenedSidecar(device_id=f"{received}", id=id, kind="r", salt="", value=value, received_ms=received)
                )
        session.add(OpenedSidecar(device_id="-", id="odd", kind="c", salt="", value="9999-12=", received_ms=0))
    after(store_with_agencies)
    with store_with_agencies.read() as session:
        kept = session.execute(select(OpenedSidecar.received_ms, OpenedSidecar.id))
        fresh = {"living", "slip", "nameless", "odd", "nothing", "not a slip"}
        expected = {(END, id) for id in fresh} | {(END - 61 * DAY, id) for id in ("living", "slip")} | {(0, "odd")}
        assert {(received, id) for received, id in kept} == expected


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


@pytest.mark.parametrize("month", [LIVING, "2026-11"], ids=["with a key", "without"])
def test_what_former_versions_wrote_without_a_month_stays_with_a_month_that_lives(
    store_with_agencies: Database, month: str
) -> None:
    kept = after(
        store_with_agencies, ("former", REFERENCE, ""), ("one", REFERENCE, month), ("rogue", REFERENCE, OLD)
    )
    assert kept == {"former": (REFERENCE, ""), "one": (REFERENCE, month)}
