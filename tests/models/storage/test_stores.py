"""Both stores: migrations up, down and with data; sessions; secrets in files."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest
from sqlalchemy import select, text

from models import keys
from models.migrations import migrate, revisions, run_alembic
from models.migrations.migrate import SchemaState
from models.storage import bare_store, store_faults, whole_file
from models.storage.database import Database, wal_reset_fixed
from models.storage.store_faults import StoreFault, StoreGone
from models.tables.declarative_base import CENTRAL, KIOSK, tables
from models.tables.desk_store import DeskState
from models.tables.staff_account import StoreMark


@pytest.fixture(params=[(CENTRAL, "sqlite"), (CENTRAL, "postgresql"), (KIOSK, "sqlite")], ids=str)
def store(request: pytest.FixtureRequest) -> tuple[Database, str]:
    name, engine = request.param
    database = Database(request.getfixturevalue("sqlite_url" if engine == "sqlite" else "postgres_store_url"))
    request.addfinalizer(database.close)
    return database, name


def test_a_store_goes_up_down_and_up_again_and_agrees_with_the_models(store: tuple[Database, str]) -> None:
    database, name = store
    assert migrate.upgrade_store(database, name)
    assert not migrate.upgrade_store(database, name)
    assert run_alembic.find_differences(database, name) == []
    run_alembic.move_to_revision(database, name, "base")
    assert migrate.read_revision(database) is None
    assert migrate.upgrade_store(database, name)
    assert migrate.read_revision(database) == migrate.HEADS[name]


def test_the_heads_are_alembic_s_own() -> None:
    from alembic.script import ScriptDirectory

    for name, head in migrate.HEADS.items():
        assert ScriptDirectory.from_config(run_alembic.build_configuration(name)).get_current_head() == head


def test_desk_and_centre_share_one_table_alone() -> None:
    desk, centre = ({table.name for table in tables(name)} for name in (KIOSK, CENTRAL))
    assert desk & centre == {"entry"}


def test_what_fails_leaves_nothing_behind(store: tuple[Database, str]) -> None:
    database, name = store
    migrate.upgrade_store(database, name)
    model = StoreMark if name == CENTRAL else DeskState
    with pytest.raises(RuntimeError), database.write() as session:
        session.add(model(name="a", value="1"))
        session.flush()
        raise RuntimeError
    with database.read() as session:
        assert session.scalars(select(model)).first() is None


def test_the_desk_s_disk_is_asked_at_every_commit(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA synchronous")) == 2  # FULL
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
    database.close()


@pytest.mark.parametrize(
    ("version", "fixed"),
    [
        ((3, 40, 1), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
    ],
)
def test_sqlite_versions_with_the_wal_reset_bug_are_known(version: tuple[int, ...], fixed: bool) -> None:
    assert wal_reset_fixed(version) is fixed


def _count(url: str, times: int) -> None:
    database = Database(url)
    for _ in range(times):
        with database.write() as session:
            row = session.get(DeskState, "n")
            assert row is not None
            row.value = str(int(row.value) + 1)
    database.close()


def test_two_processes_that_read_then_write_lose_nothing(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    migrate.upgrade_store(database, KIOSK)
    with database.write() as session:
        session.add(DeskState(name="n", value="0"))
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_count, args=(sqlite_url, 40)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    with database.read() as session:
        assert session.get_one(DeskState, "n").value == "80"
    database.close()


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.key"
    first = keys.read_or_make_secret(path)
    assert keys.read_or_make_secret(path) == first and len(first) == 32
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
    path.write_bytes(b"short")
    with pytest.raises(OSError, match="damaged"):
        keys.read_or_make_secret(path)


def test_a_new_store_is_for_its_owner_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{(tmp_path / 'a.sqlite').as_posix()}")
    migrate.upgrade_store(database, KIOSK)
    with database.write() as session:
        session.add(DeskState(name="a", value="1"))
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert set(modes) >= {"a.sqlite", "a.sqlite-wal"} and set(modes.values()) == {0o600}
    database.close()


@pytest.mark.parametrize("how", ["moved", "deleted", "replaced"])
def test_nothing_is_written_into_a_file_that_is_no_longer_the_store(tmp_path: Path, how: str) -> None:
    """SQLite itself would take it all and say that it is safe."""
    path, away = tmp_path / "a.sqlite", tmp_path / "away.sqlite"
    database = Database(f"sqlite:///{path.as_posix()}")
    migrate.upgrade_store(database, KIOSK)
    os.link(path, away)
    path.unlink()
    if how == "replaced":
        path.write_bytes(away.read_bytes())
    for use in (database.read, database.write):
        with pytest.raises(StoreGone) as gone, use() as session:
            session.execute(text("SELECT 1"))
        assert store_faults.classify_fault(gone.value) is StoreFault.UNREACHABLE
    assert path.exists() == (how == "replaced"), "no empty store in its place"
    os.replace(away, path)  # whoever moved it puts it back
    if how == "moved":
        with database.write() as session:
            session.add(DeskState(name="a", value="1"))
    database.close()
    with database.read() as session:
        assert len(session.scalars(select(DeskState)).all()) == (how == "moved")
    database.close()


def test_how_a_store_stands_is_known_before_anything_is_changed(store: tuple[Database, str]) -> None:
    database, name = store
    other = CENTRAL if name == KIOSK else KIOSK
    assert _standing(database, name) is SchemaState.EMPTY
    migrate.upgrade_store(database, name)
    assert _standing(database, name) is SchemaState.PRESENT
    assert _standing(database, other) is SchemaState.OTHER
    older, newer = f"{name}_0001", f"{name}_9999"
    for revision, standing in ((older, SchemaState.OLDER), (newer, SchemaState.NEWER), ("abc", SchemaState.FOREIGN)):
        _run(database, f"UPDATE alembic_version SET version_num = '{revision}'")
        assert _standing(database, name) is standing
    with pytest.raises(migrate.NotOurStore):
        migrate.upgrade_store(database, name)
    for statement in ("DELETE FROM alembic_version", "ALTER TABLE alembic_version RENAME COLUMN version_num TO other",
                      "DROP TABLE alembic_version"):  # fmt: skip
        _run(database, statement)
        assert _standing(database, name) is SchemaState.FOREIGN
    with pytest.raises(migrate.NotOurStore):
        migrate.upgrade_store(database, name)


def test_tables_of_others_may_stand_in_a_database_and_not_in_a_file(store: tuple[Database, str]) -> None:
    database, name = store
    _run(database, "CREATE TABLE theirs (n integer)")
    assert _standing(database, name) is (SchemaState.FOREIGN if database.is_sqlite else SchemaState.EMPTY)


def _standing(database: Database, name: str) -> SchemaState:
    """How the store stands, as sessions see it; whoever only looks at a file sees the same."""
    standing = migrate.read_schema_state(database, name)
    if database.path is not None:
        assert (
            bare_store.read_bare_store(database.path, lambda store: revisions.read_file_schema_state(store, name))
            is standing
        )
    return standing


def _run(database: Database, statement: str) -> None:
    with database.write() as session:
        session.execute(text(statement))


def test_a_file_is_written_whole_or_what_was_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    whole_file.write_file(path, b"first", 0o600)
    assert whole_file.read_file(path, 2) == b"fir"
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
    for wrong in (tmp_path, tmp_path / "missing" / "a", path / "a", tmp_path / ("x" * 400)):
        with pytest.raises(OSError) as refused:
            whole_file.write_file(wrong, b"second")
        assert refused.value.filename == str(wrong) and refused.value.strerror
    assert path.read_bytes() == b"first" and list(tmp_path.iterdir()) == [path]
