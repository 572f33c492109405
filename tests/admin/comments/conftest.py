"""Stores and centres with comments that may be released."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from admin.instruments import store as questionnaires
from models.storage.database import Database
from models.tables.agency import StoredInstrument
from tests.fixtures import tally_rows
from tests.fixtures.centre_scene import CentreScene, open_centre


@pytest.fixture
def store(store_url: str) -> Iterator[Database]:
    database = tally_rows.make_store(store_url)
    yield database
    database.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[CentreScene]:
    with open_centre(tmp_path, filled=False) as scene:
        with scene.database.write() as session:
            session.execute(delete(StoredInstrument))
            questionnaires.load_documents(session)
        yield scene
