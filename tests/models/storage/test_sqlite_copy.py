"""A copy of a SQLite store: one view, however much is written meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from models.migrations import migrate
from models.storage import sqlite_copy, store_faults
from models.storage.database import Database
from models.storage.store_faults import StoreFault
from models.tables.declarative_base import KIOSK
from models.tables.desk_store import DeskState


@pytest.fixture
def large(sqlite_url: str) -> Database:
    """A store that is copied in several steps."""
    database = Database(sqlite_url)
    migrate.upgrade_store(database, KIOSK)
    with database.write() as session:
        session.add(DeskState(name="a", value="1"))
        session.execute(text("CREATE TABLE weight (bytes BLOB)"))
        session.execute(text("INSERT INTO weight VALUES (zeroblob(:n))"), {"n": 3 * 4096 * sqlite_copy.PAGES})
    return database


def test_what_is_written_meanwhile_is_not_in_the_copy_and_does_not_make_it_begin_again(
    large: Database, tmp_path: Path
) -> None:
    heard: list[int] = []

    def write(done: int, of: int) -> None:
        heard.append(done)
        assert len(heard) < 20, "it begins again and again"
        with large.write() as session:
            session.add(DeskState(name=f"meanwhile {len(heard)}", value="1"))

    target = tmp_path / "copy.sqlite"
    with large.read() as session:
        size = sqlite_copy.find_copy_size(session)
    with large.read() as session:
        sqlite_copy.copy_store(session, target, write)
    assert len(heard) >= 3 and heard == sorted(set(heard))
    assert target.stat().st_size == size
    copied = Database(f"sqlite:///{target.as_posix()}")
    with copied.read() as session:
        assert session.scalars(select(DeskState.name)).all() == ["a"]
    assert copied.check() is None
    with large.read() as session:
        assert session.scalar(select(func.count()).select_from(DeskState)) == 1 + len(heard)
    copied.close()
    large.close()


def test_a_place_that_takes_no_copy_is_a_failure_of_a_store(large: Database, tmp_path: Path) -> None:
    with pytest.raises(store_faults.FAILURES) as failed, large.read() as session:
        sqlite_copy.copy_store(session, tmp_path / "no" / "copy.sqlite", lambda done, of: None)
    assert store_faults.classify_fault(failed.value) is StoreFault.UNREACHABLE
    large.close()
