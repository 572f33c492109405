"""The end of a month's key, done in lots: for many as many statements as for few, cut off or not."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from admin import jobs
from admin.ledgers.signing_keys import WEB, CentreKeys
from admin.slips import code_and_dossier_keys, dossier_key_destruction
from models.clock import day_start
from models.storage import bulk
from models.storage.database import Database
from models.tables.device import Device
from models.tables.response import OpenedSidecar
from models.tables.slip_record import AnnouncedSlip, ApiKey, DossierKey, SlipReference
from tests.fixtures import sql_statements
from tests.fixtures.dossier_references import make_reference

END = day_start("2026-12-01")
OLD, LIVING, BEFORE = "2026-09", "2026-10", "2026-08"


class Cut(Exception):
    """The process ends."""


def fill(session: Session, n: int) -> None:
    """`n` dossiers that two papers each have, under two months that end, and one that a single paper has; as many
    openings, of which every other names a month that lives; and as many announced slips."""
    shared = [
        {"name": f"{who}-{at}", "reference": make_reference(at), "month": month}
        for at in range(n) for who, month in (("one", OLD), ("two", BEFORE), ("living", LIVING))
    ]  # fmt: skip
    bulk.insert(
        session, SlipReference, [*shared, {"name": "alone", "reference": make_reference("alone"), "month": OLD}]
    )
    opened = [
        {"device_id": "d-0001", "id": make_reference(at), "kind": "r", "salt": "", "received_ms": END,
         "value": f"{(OLD, LIVING)[at % 2]}={make_reference(at)}:result"} for at in range(n)
    ]  # fmt: skip
    bulk.insert(session, OpenedSidecar, opened)
    session.add(Device(id=WEB, state="active", created_ms=0))
    session.add(ApiKey(id=1, name="s", agency_key="NB-14701", digest="d", created_ms=0, per_minute=1))
    announced = [
        {"device_id": WEB, "epoch": 1, "serial": at + 1, "agency_key": "NB-14701", "stage": "result",
         "dossier": make_reference(at), "dossier_month": (OLD, LIVING)[at % 2], "last_two": "42", "announced_ms": 0,
         "api_key_id": 1} for at in range(n)
    ]  # fmt: skip
    bulk.insert(session, AnnouncedSlip, announced)
    for month, key in ((BEFORE, ""), (OLD, "0" * 64), (LIVING, "0" * 64)):
        session.add(DossierKey(month=month, key=key, destroyed_ms=None if key else 1))


def leads(store: Database, n: int) -> set[str]:
    """The names that still lead to a dossier by a month that ended, of papers, openings and announced slips."""
    with store.read() as session:
        rows = select(SlipReference.name).where(SlipReference.reference.in_([make_reference(at) for at in range(n)]))
        old = set(session.scalars(rows.where(SlipReference.month.in_([OLD, BEFORE]))))
        old |= set(session.scalars(select(OpenedSidecar.id).where(OpenedSidecar.value.like(f"%{OLD}=%"))))
        said = select(AnnouncedSlip.serial).where(AnnouncedSlip.dossier.is_not(None))
        return old | {f"slip {serial}" for serial in session.scalars(said.where(AnnouncedSlip.dossier_month == OLD))}


def together(store: Database, n: int) -> None:
    """What two papers shared they share still, under a name that leads nowhere; and what lives was not touched."""
    with store.read() as session:
        kept = {row.name: (row.reference, row.month) for row in session.scalars(select(SlipReference))}
        lives = session.scalars(select(OpenedSidecar.value)).all()
        said = select(AnnouncedSlip.serial).where(AnnouncedSlip.dossier.is_not(None), AnnouncedSlip.last_two == "42")
        assert sorted(session.scalars(said)) == [at + 1 for at in range(1, n, 2)]
    assert len(kept) == 3 * n and "alone" not in kept
    new = {at: kept[f"one-{at}"] for at in range(n)}
    assert all(new[at] == kept[f"two-{at}"] for at in range(n)) and {month for _new, month in new.values()} == {""}
    assert len({reference for reference, _month in new.values()} - {make_reference(at) for at in range(n)}) == n
    assert all(kept[f"living-{at}"] == (make_reference(at), LIVING) for at in range(n))
    assert sorted(lives) == sorted(f"{LIVING}={make_reference(at)}:result" for at in range(1, n, 2))


def key_of(store: Database, month: str) -> str:
    with store.read() as session:
        return session.get_one(DossierKey, month).key


def lot(store: Database) -> bool:
    with store.write() as session:
        return dossier_key_destruction.erase_lot(session, END)


def test_many_references_cost_as_many_statements_as_few(store_with_agencies: Database) -> None:
    """So long as they are one lot; and no more than in proportion beyond."""
    store, sent_for = store_with_agencies, dict[int, int]()
    for n in (3, 300):
        with pytest.raises(Cut), store.write() as session:
            fill(session, n)
            with sql_statements.record_statements(store) as sent:
                dossier_key_destruction.destroy_month_keys(session, [OLD], END)
                while dossier_key_destruction.erase_lot(session, END):
                    pass
            sent_for[n] = len(sent)
            raise Cut
    assert sent_for[3] == sent_for[300] < 60


def test_references_of_a_lot_are_found_by_themselves_and_not_among_all_of_a_month(
    store_with_agencies: Database,
) -> None:
    """Nor among all that were ever given a name by lot, which are without a month for ever."""
    store = store_with_agencies
    with store.write() as session:
        fill(session, 5)
        with sql_statements.record_statements(store) as sent:
            dossier_key_destruction.destroy_month_keys(session, [OLD], END)
            while dossier_key_destruction.erase_lot(session, END):
                pass
    changing = [one for one in sent if "slip_reference" in one[0] and not one[0].startswith("SELECT")]
    assert len(changing) >= 3
    if store.is_sqlite:  # PostgreSQL plans by what it counted
        with store.engine.connect() as connection:
            for statement, parameters in changing:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                assert "ix_slip_reference_reference" in str(plan) and "ix_slip_reference_month" not in str(plan)


def test_who_is_cut_off_goes_on_where_he_was(store_with_agencies: Database, keys: CentreKeys) -> None:
    """The key is gone before anything else; and the next round of the jobs does the rest, though no key is due."""
    store, n = store_with_agencies, dossier_key_destruction.LOT + 300
    with store.write() as session:
        fill(session, n)
        assert code_and_dossier_keys.find_outdated_months(session, END) == [OLD]
    with store.write() as session:
        dossier_key_destruction.destroy_month_keys(session, [OLD], END)
    before = leads(store, n)
    assert key_of(store, OLD) == "" and key_of(store, LIVING) != "" and len(before) > 2 * n
    for _lots in range(3):
        assert lot(store)
    halfway = leads(store, n)
    assert halfway < before and halfway
    with pytest.raises(Cut), store.write() as session:
        assert dossier_key_destruction.erase_lot(session, END)
        raise Cut
    assert leads(store, n) == halfway
    jobs.update_responses_and_tallies(store, keys, END)
    assert leads(store, n) == set()
    together(store, n)
    with store.read() as session:
        assert not dossier_key_destruction.is_erasure_pending(session)
    assert not lot(store)


def test_others_write_between_two_lots(store_with_agencies: Database, keys: CentreKeys) -> None:
    store, n = store_with_agencies, 2 * dossier_key_destruction.LOT
    with store.write() as session:
        fill(session, n)
    left: list[Collection[str]] = []

    def ended(_connection: object) -> None:
        left.append(leads(store, n))

    event.listen(store.engine, "commit", ended)
    jobs.update_responses_and_tallies(store, keys, END)
    event.remove(store.engine, "commit", ended)
    together(store, n)
    steps = [len(one) - len(two) for one, two in zip(left, left[1:], strict=False) if len(one) != len(two)]
    assert len(steps) >= 5 and max(steps) <= 2 * dossier_key_destruction.LOT


def test_a_month_that_ends_meanwhile_is_forgotten_with_the_one_that_was_begun(store_with_agencies: Database) -> None:
    """The centre was off for a month after it was cut off."""
    store = store_with_agencies
    with store.write() as session:
        fill(session, 2)
        dossier_key_destruction.destroy_month_keys(session, [OLD], END)
        assert dossier_key_destruction.erase_lot(session, END)
    later = day_start("2027-01-01")
    with store.write() as session:
        dossier_key_destruction.destroy_month_keys(session, [LIVING], later)
        while dossier_key_destruction.erase_lot(session, later):
            pass
        kept = {row.name: row.reference for row in session.scalars(select(SlipReference))}
        assert session.scalars(select(OpenedSidecar)).all() == []
        assert session.scalars(select(AnnouncedSlip.dossier).where(AnnouncedSlip.dossier.is_not(None))).all() == []
    assert kept.keys() == {f"{who}-{at}" for who in ("one", "two", "living") for at in range(2)}
    assert kept["one-0"] == kept["two-0"] == kept["living-0"] != make_reference(0)
