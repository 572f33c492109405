"""Dossier keys by agency: what one agency's desks hold opens no other's references."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import text, update

from admin import jobs
from admin.ledgers.signing_keys import CentreKeys
from admin.settings import Settings
from admin.slips import code_and_dossier_keys
from admin.sync import reference_data
from models.clock import day_start
from models.protocol import dossier_code
from models.storage.database import Database
from models.tables.slip_record import DossierKey
from tests.fixtures.ledger_writer import LedgerWriter

Make = Callable[..., LedgerWriter]
ONE, TWO = "NB-14701", "NB-14725"
CODE = "G22.99-261130-0047"


def given(store: Database, keys: CentreKeys, device: str) -> dict[str, str]:
    """The month keys that a desk's device is sent."""
    with store.read() as session:
        sent = reference_data.build_reference_document(session, device, Settings(keys.instance, "sqlite://"), keys)
        found: dict[str, str] = json.loads(sent)["dossier_keys"]
        return found


def test_a_month_that_every_desk_may_have_stays_one_and_the_next_is_each_agency_s(
    store_with_agencies: Database, writer: Make, keys: CentreKeys
) -> None:
    store = store_with_agencies
    devices = [writer().dev, writer("NB-14701-Q2").dev, writer("NB-14725-Q1").dev]
    jobs.update_responses_and_tallies(store, keys, day_start("2026-11-20"))
    with store.write() as session:  # as the migration marks what was there
        session.execute(update(DossierKey).values(shared=True))
    jobs.update_responses_and_tallies(store, keys, day_start("2026-12-20"))
    first, beside, other = [given(store, keys, device) for device in devices]
    assert first == beside and first.keys() == other.keys() == {"2026-11", "2026-12", "2027-01"}
    assert {month for month in first if first[month] == other[month]} == {"2026-11", "2026-12"}
    with store.read() as session:
        secret = session.get_one(DossierKey, "2027-01").key
        assert secret not in {first["2027-01"], other["2027-01"]}
        assert session.get_one(DossierKey, "2026-11").key == first["2026-11"]
        assert (
            code_and_dossier_keys.read_dossier_keys(session, ONE) == first
            and code_and_dossier_keys.read_dossier_keys(session, TWO) == other
        )


def test_two_agencies_refer_to_one_dossier_by_names_with_nothing_in_common(
    store_with_agencies: Database, keys: CentreKeys
) -> None:
    jobs.update_responses_and_tallies(store_with_agencies, keys, day_start("2026-11-20"))
    with store_with_agencies.read() as session:
        named = [
            dossier_code.make_month_references(CODE, code_and_dossier_keys.read_dossier_keys(session, key), "2026-11")
            for key in (ONE, TWO)
        ]
    assert named[0].keys() == named[1].keys() == {"2026-11"} and named[0] != named[1]


def test_a_store_of_before_keeps_its_keys_as_they_are(store_with_agencies: Database) -> None:
    """What the migration does: a row without a mark is one that may have been handed out."""
    with store_with_agencies.write() as session:
        session.execute(
            text("INSERT INTO dossier_key (month, key) VALUES (:month, :key)"), {"month": "2026-11", "key": "a7" * 32}
        )
        assert code_and_dossier_keys.read_dossier_keys(session, ONE) == {"2026-11": "a7" * 32}


def test_an_agency_s_key_is_what_it_always_was() -> None:
    """Desks hold what was made before: another way of making it would part one dossier in two."""
    made = dossier_code.derive_agency_key(bytes.fromhex("a7" * 32), ONE).hex()
    assert made == "49ef3714951ba4476e658feb09a5f66bcf45f02208e6ff086ccd481a8a229628"
