"""Slips at the centre: printed ones from the ledgers, and the secrets that desks get for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from admin import jobs
from admin.desks import dossier_formats
from admin.ledgers.signing_keys import CentreKeys
from admin.responses import projection
from admin.settings import Settings
from admin.slips import code_and_dossier_keys
from admin.sync import reference_data
from models.clock import day_start
from models.migrations import migrate, run_alembic
from models.protocol import dossier_code
from models.storage.database import Database
from models.tables.declarative_base import CENTRAL
from models.tables.slip_record import DossierKey, PrintedSlip
from tests.fixtures.ledger_writer import START, LedgerWriter

NOVEMBER = day_start("2026-11-20")
DAY = 86_400_000
Make = Callable[..., LedgerWriter]


def printed(store: Database) -> list[tuple[Any, ...]]:
    with store.read() as session:
        rows = session.scalars(select(PrintedSlip).order_by(PrintedSlip.serial)).all()
        return [(r.serial, r.agency_key, r.desk_code, r.stage, r.procedure_code, r.due_days, r.month) for r in rows]


def sent(store: Database, writer: LedgerWriter) -> None:
    """A ledger with good and odd `token` entries, accepted and read."""
    writer.add("token", {"serial": 1, "stage": "submission", "procedure": "1.001193", "due_days": 5})
    writer.add("token", {"serial": 2, "stage": "result"}, t=START + 40 * DAY)
    odd: list[dict[str, Any]] = [
        {"serial": 1, "stage": "result"}, {"serial": 0, "stage": "result"}, {"serial": "x", "stage": "result"},
        {"serial": 5, "stage": "tea"}, {"serial": 2**40, "stage": "result"}, {},
    ]  # fmt: skip
    for p in odd:
        writer.add("token", p)
    writer.rate(5)
    assert writer.send(store, writer.batch(certificate=True))[0] == 200
    with store.write() as session:
        projection.project_entries(session, writer.dev, 1)


def test_the_ledgers_say_which_slips_were_made(store_with_agencies: Database, writer: Make) -> None:
    sent(store_with_agencies, writer())
    assert printed(store_with_agencies) == [
        (1, "NB-14701", "NB-14701-Q1", "submission", "1.001193", 5, "2025-10"),
        (2, "NB-14701", "NB-14701-Q1", "result", None, None, "2025-11"),
    ]


def test_a_store_that_was_before_knows_its_slips_after_the_migration(
    store_with_agencies: Database, writer: Make
) -> None:
    sent(store_with_agencies, writer())
    before = printed(store_with_agencies)
    run_alembic.move_to_revision(store_with_agencies, CENTRAL, "central_0003")
    assert migrate.upgrade_store(store_with_agencies, CENTRAL)
    assert printed(store_with_agencies) == before and len(before) == 2


def document(store: Database, keys: CentreKeys, device: str) -> dict[str, Any]:
    settings = Settings(keys.instance, "sqlite://")
    with store.read() as session:
        found: dict[str, Any] = json.loads(reference_data.build_reference_document(session, device, settings, keys))
    return found


def test_a_desk_gets_the_key_of_its_own_epoch(store_with_agencies: Database, writer: Make, keys: CentreKeys) -> None:
    one, two = writer(), writer("NB-14725-Q1")
    first, second = (document(store_with_agencies, keys, w.dev)["typed_keys"] for w in (one, two))
    assert first.keys() == second.keys() == {"1"} and first != second and len(first["1"]) == 64
    assert document(store_with_agencies, keys, one.dev)["typed_keys"] == first
    assert code_and_dossier_keys.derive_typed_key(keys.codes, one.dev, 1).hex() == first["1"]
    assert code_and_dossier_keys.derive_typed_key(keys.codes, one.dev, 2).hex() != first["1"]


def test_a_desk_gets_the_province_s_formats_of_dossier_codes(
    store_with_agencies: Database, writer: Make, keys: CentreKeys
) -> None:
    device = writer().dev
    assert document(store_with_agencies, keys, device)["dossier_patterns"] == list(dossier_code.PATTERNS)
    own = r"(?P<agency>VN\d+)/(?P<day>\d{6})/\d+"
    (keys.instance / dossier_formats.FILE).write_text(json.dumps({"patterns": [own]}), encoding="utf-8")
    assert document(store_with_agencies, keys, device)["dossier_patterns"] == [own]


def test_month_keys_are_made_ahead_kept_and_destroyed(
    store_with_agencies: Database, writer: Make, keys: CentreKeys
) -> None:
    store, device = store_with_agencies, writer().dev
    assert document(store, keys, device)["dossier_keys"] == {}
    jobs.update_responses_and_tallies(store, keys, NOVEMBER)
    first = document(store, keys, device)["dossier_keys"]
    assert first.keys() == {"2026-11", "2026-12"} and len(set(first.values())) == 2
    jobs.update_responses_and_tallies(store, keys, NOVEMBER + 9 * DAY)
    assert document(store, keys, device)["dossier_keys"] == first
    jobs.update_responses_and_tallies(store, keys, day_start("2026-12-01"))
    later = document(store, keys, device)["dossier_keys"]
    assert later.keys() == {"2026-11", "2026-12", "2027-01"} and first.items() <= later.items()
    with store.read() as session:
        row = session.get_one(DossierKey, "2026-11")
        own = dossier_code.derive_agency_key(bytes.fromhex(row.key), "NB-14701").hex()
        assert not row.shared and own == first["2026-11"] != row.key


@pytest.mark.parametrize(("day", "kept"), [("2027-01-29", True), ("2027-01-30", False), ("2027-03-02", False)])
def test_a_month_s_key_is_destroyed_60_days_after_its_end(
    store_with_agencies: Database, keys: CentreKeys, day: str, kept: bool
) -> None:
    jobs.update_responses_and_tallies(store_with_agencies, keys, NOVEMBER)
    jobs.update_responses_and_tallies(store_with_agencies, keys, day_start(day))
    with store_with_agencies.read() as session:
        row = session.get_one(DossierKey, "2026-11")
        assert (row.key != "") is kept and (row.destroyed_ms is None) is kept
