"""Fixtures of the centre's tests: stores with the demo's reference data or the small province."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from admin import demo
from admin.imports import agencies, procedures
from admin.instruments import store
from admin.ledgers.signing_keys import CentreKeys
from models.storage.database import Database
from models.tables.agency import Desk
from tests.fixtures import centre_keys
from tests.fixtures.ledger_writer import LedgerWriter
from tests.fixtures.phone_at_centre import the_centre, the_scene, the_token  # noqa: F401  (fixtures)
from tests.fixtures.store_templates import copy_central_store
from tests.fixtures.tally_rows import make_store as province

AGENCIES = ("NB-14701", "NB-14725")


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """A store of the small province, on SQLite and on PostgreSQL."""
    database = province(store_url)
    yield database
    database.close()


@pytest.fixture
def lone(sqlite_url: str) -> Iterator[Database]:
    """The same on one database alone, where the statements are those of others."""
    database = province(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def keys(tmp_path: Path) -> CentreKeys:
    """A centre's own keys."""
    return centre_keys.make_storeless_keys(tmp_path / "keys")


@pytest.fixture
def store_with_agencies(store_url: str) -> Iterator[Database]:
    """A migrated store, on SQLite and on PostgreSQL, with agencies, questionnaires and a desk each for two of them."""
    database = copy_central_store(store_url, _with_desks)
    yield database
    database.close()


def _with_desks(session: Session) -> None:
    store.load_documents(session)
    agencies.import_agencies(session, demo.AGENCIES)
    procedures.import_procedures(session, demo.PROCEDURES)
    for key in AGENCIES:
        for desk in (1, 2):
            session.add(Desk(code=f"{key}-Q{desk}", agency_key=key, name_vi=f"Quầy {desk}"))


@pytest.fixture
def writer(store_with_agencies: Database, keys: CentreKeys) -> Callable[..., LedgerWriter]:
    """Makes devices that write ledgers."""

    def make(desk: str = "NB-14701-Q1", agency: str | None = None) -> LedgerWriter:
        with store_with_agencies.write() as session:
            return LedgerWriter(session, keys, desk, agency or desk.rsplit("-", 1)[0])

    return make
