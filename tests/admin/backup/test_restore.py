"""Restores: into an empty place only, whole or not at all, from nothing but a whole backup."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from admin.backup import creation, manifest, restoration, store_facts
from admin.cli import cli
from admin.settings import UNFINISHED, Settings, UnfinishedRestore
from models.migrations import migrate, run_alembic
from models.storage.database import Database
from models.tables.declarative_base import CENTRAL
from tests.fixtures import postgres
from tests.fixtures.backed_up_centre import OWN, make_backup, make_centre, make_settings
from tests.fixtures.installation import list_files
from tests.fixtures.ledger_writer import START


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def quiet(step: str, done: int, of: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Scene:
    """A backup of a centre, and an empty place of the same kind, which the commands find."""

    backup: Path
    place: Settings

    def restore(self) -> Result:
        return run("restore", self.backup)

    def facts(self) -> dict[str, object]:
        database = Database(self.place.database_url)
        with database.read() as session:
            facts = store_facts.read_store_facts(session)
        database.close()
        return facts


@pytest.fixture
def scene(
    request: pytest.FixtureRequest, tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    """On either database."""
    if store_url.startswith("sqlite"):
        yield _scene(tmp_path, "", "", monkeypatch)
        return
    server: postgres.PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        yield _scene(tmp_path, store_url, url, monkeypatch)


@pytest.fixture
def lone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """On SQLite."""
    return _scene(tmp_path, "", "", monkeypatch)


def _scene(tmp_path: Path, url: str, new: str, monkeypatch: pytest.MonkeyPatch) -> Scene:
    if url:
        settings, database = make_centre(tmp_path / "centre", url)
        creation.make_backup(settings, tmp_path / "backup", START, quiet)
        database.close()
    else:
        make_backup(tmp_path / "backup")
    place = tmp_path / "place"
    monkeypatch.setenv("HAILONG_INSTANCE", str(place))
    monkeypatch.setenv("HAILONG_PG_BIN", str(postgres.find_programs()))
    return Scene(tmp_path / "backup", make_settings(place, new))


def test_what_was_backed_up_is_there_again_and_served(scene: Scene) -> None:
    done = scene.restore()
    assert done.exit_code == 0, done.output
    backup = manifest.read_manifest(scene.backup)
    assert scene.facts() == backup.facts
    store = ["admin.sqlite"] if scene.place.store_file else []
    assert list_files(scene.place.instance) == sorted([*backup.state_files(), *store])
    for name in backup.state_files():
        assert (scene.place.instance / name).read_bytes() == (scene.backup / "instance" / name).read_bytes()
    if os.name == "posix":
        assert {path.stat().st_mode & 0o777 for path in scene.place.instance.rglob("*") if path.is_file()} == {0o600}
    for word in ("hailong admin upgrade", "hailong admin serve", "quầy còn giữ thì tự gửi lại", "phiếu điện thoại"):
        assert word in done.stderr
    verified = run("verify", "--json")
    assert verified.exit_code == 0, verified.output
    assert run("upgrade").exit_code == 0
    again = scene.restore()
    assert again.exit_code == 1 and again.stderr.splitlines()[-1].startswith("not_empty: ")


def test_a_store_where_admin_cfg_says_it_is(lone: Scene, tmp_path: Path) -> None:
    settings, database = make_centre(tmp_path / "second")
    database.close()
    elsewhere = tmp_path / "fast-disk" / "centre.sqlite"
    (settings.instance / "admin.cfg").write_text(f"[admin]\ndatabase_url = sqlite:///{elsewhere.as_posix()}\n")
    creation.make_backup(settings, tmp_path / "night", 1, quiet)
    assert restoration.restore_backup(tmp_path / "night", lone.place, quiet).elsewhere is False
    assert elsewhere.is_file() and not (lone.place.instance / "admin.sqlite").exists()


def test_an_address_that_admin_cfg_does_not_know_is_said(
    lone: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, database = make_centre(tmp_path / "centre")
    (settings.instance / "admin.cfg").write_text("[admin]\ndatabase_url = sqlite:////nowhere/any.sqlite\n")
    creation.make_backup(settings, tmp_path / "night", 1, quiet)
    database.close()
    monkeypatch.setenv("DATABASE_URL", lone.place.database_url)
    done = run("restore", tmp_path / "night")
    assert done.exit_code == 0 and "admin.cfg vừa khôi phục chỉ tới một kho khác" in done.stderr


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("centre.key", "centre.key"),
        ("languages/xx/messages.po", "languages/xx/messages.po"),
        ("admin.sqlite-wal", "admin.sqlite-wal"),
        ("admin.sqlite-journal", "admin.sqlite-journal"),
        ("admin.sqlite", "admin.sqlite"),
    ],
)
def test_a_place_that_is_not_empty_is_left_as_it_is(lone: Scene, name: str, found: str) -> None:
    path = lone.place.instance / name
    path.parent.mkdir(parents=True)
    path.write_text("the centre's")
    if name == "admin.sqlite":
        path.unlink()
        assert run("upgrade").exit_code == 0
        for key in path.parent.glob("c*"):
            key.unlink()
    before = {name: (lone.place.instance / name).stat().st_size for name in list_files(lone.place.instance)}
    refused = lone.restore()
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1].startswith("not_empty: ") and found in refused.stderr
    assert {name: (lone.place.instance / name).stat().st_size for name in list_files(lone.place.instance)} == before


def test_a_desk_s_folder_and_a_store_without_tables_are_empty_places(scene: Scene) -> None:
    scene.place.instance.mkdir()
    (scene.place.instance / "kiosk.key").write_text("a desk's")
    assert run("verify").exit_code == 1  # leaves a store without tables behind
    scene.place.database().close()
    assert scene.restore().exit_code == 0
    assert (scene.place.instance / "kiosk.key").read_text() == "a desk's"
    assert scene.facts() == manifest.read_manifest(scene.backup).facts


def test_a_database_with_tables_is_left_as_it_is(
    postgres_server: postgres.PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres_server.database() as url, postgres_server.database() as other:
        monkeypatch.setenv("DATABASE_URL", other)
        made = _scene(tmp_path, url, other, monkeypatch)
        database = Database(other)
        migrate.upgrade_store(database, CENTRAL)
        database.close()
        refused = made.restore()
        assert refused.exit_code == 1 and refused.stderr.splitlines()[-1].startswith("not_empty: ")
        assert list_files(made.place.instance) == []
        monkeypatch.setenv("DATABASE_URL", "sqlite:///" + str(tmp_path / "x.sqlite"))
        refused = made.restore()
        assert refused.exit_code == 1
        assert refused.stderr.startswith("other_database: ") and "PostgreSQL" in refused.stderr


def _cut(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes()[:-100])


def _change_manifest(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"entry": 5', '"entry": 6'))


def _flip(name: str) -> Callable[[Path], None]:
    def flip(folder: Path) -> None:
        raw = bytearray((folder / name).read_bytes())
        raw[len(raw) // 2] ^= 1
        (folder / name).write_bytes(raw)

    return flip


def _forged(name: str) -> Callable[[Path], None]:
    """A manifest that is whole in itself and names a file outside."""

    def forge(folder: Path) -> None:
        value = json.loads((folder / "manifest.json").read_text())
        value["backup"]["files"][name] = value["backup"]["files"]["instance/centre.key"]
        value["sha256"] = manifest._sha(manifest._text(value["backup"]))
        (folder / "manifest.json").write_text(json.dumps(value))

    return forge


def _newer(folder: Path) -> None:
    value = json.loads((folder / "manifest.json").read_text())
    value["backup"]["schema"] = "central_9999"
    value["sha256"] = manifest._sha(manifest._text(value["backup"]))
    (folder / "manifest.json").write_text(json.dumps(value))


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        pytest.param(lambda folder: (folder / "manifest.json").unlink(), "no_backup", id="none"),
        pytest.param(_cut, "bad_manifest", id="cut"),
        pytest.param(_change_manifest, "bad_manifest", id="changed"),
        pytest.param(lambda folder: (folder / "manifest.json").write_text("[" * 60_000), "bad_manifest", id="deep"),
        pytest.param(lambda folder: (folder / "manifest.json").write_text("[]"), "bad_manifest", id="list"),
        pytest.param(_forged("../outside.key"), "bad_manifest", id="up"),
        pytest.param(_forged("instance/../../outside.key"), "bad_manifest", id="through"),
        pytest.param(_forged("/outside.key"), "bad_manifest", id="absolute"),
        pytest.param(_newer, "newer_backup", id="newer"),
        pytest.param(_flip("store.db"), "file_damaged", id="store"),
        pytest.param(_flip("instance/centre.key"), "file_damaged", id="key"),
        pytest.param(lambda folder: (folder / "instance" / "hours.json").unlink(), "file_damaged", id="gone"),
        pytest.param(lambda folder: shutil.rmtree(folder), "no_backup", id="folder"),
    ],
)
def test_a_backup_that_is_not_whole_restores_nothing(lone: Scene, harm: Callable[[Path], None], code: str) -> None:
    harm(lone.backup)
    refused = lone.restore()
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1].startswith(f"{code}: "), refused.stderr
    assert list_files(lone.place.instance.parent / "place") == []


@pytest.mark.parametrize("after", range(0, 28, 5))
def test_a_disk_that_gets_full_leaves_the_place_empty(
    lone: Scene, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    synced, real = 0, os.fsync

    def full(descriptor: int) -> None:
        nonlocal synced
        synced += 1
        if synced > after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    refused = lone.restore()
    assert refused.exit_code == 1 and refused.stderr.splitlines()[-1].startswith("disk_full: Ổ đĩa đầy.")
    assert [path for path in lone.place.instance.rglob("*")] == []
    monkeypatch.undo()


def test_a_database_that_refuses_stays_empty(
    postgres_server: postgres.PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres_server.database() as url, postgres_server.database() as other:
        monkeypatch.setenv("DATABASE_URL", other)
        made = _scene(tmp_path, url, other, monkeypatch)
        database = Database(other)
        with database.engine.begin() as connection:  # a type of a table's name: the last tables cannot be made
            connection.exec_driver_sql("CREATE TYPE tally_stamp AS ENUM ('a')")
        refused = made.restore()
        assert refused.exit_code == 1
        assert refused.stderr.splitlines()[-1].startswith("pg_restore_failed: ") and "tally_stamp" in refused.stderr
        assert list_files(made.place.instance) == [] and migrate.read_revision(database) is None
        with database.engine.begin() as connection:
            connection.exec_driver_sql("DROP TYPE tally_stamp")
        database.close()
        assert made.restore().exit_code == 0


def test_an_older_store_is_restored_and_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = f"central_{int(migrate.HEADS[CENTRAL][-4:]) - 1:04d}"
    settings, database = make_centre(tmp_path / "centre")
    run_alembic.move_to_revision(database, CENTRAL, older)
    creation.make_backup(settings, tmp_path / "backup", 1, quiet)
    database.close()
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path / "place"))
    assert run("restore", tmp_path / "backup").exit_code == 0
    assert run("verify").stderr.startswith("not_upgraded: ")
    assert run("upgrade").exit_code == 0
    assert run("verify").exit_code == 0


@pytest.mark.parametrize("command", ["upgrade", "verify", "serve", "backup"])
def test_nothing_is_opened_where_a_restore_was_cut_off(lone: Scene, tmp_path: Path, command: str) -> None:
    lone.place.instance.mkdir()
    (lone.place.instance / UNFINISHED).write_text('{"files": [], "store": ""}')
    (lone.place.instance / "admin.sqlite").write_bytes(b"")
    refused = run(command, *([tmp_path / "again"] if command == "backup" else []))
    assert refused.exit_code == 1 and refused.stderr.startswith("restore_unfinished: ")
    assert len(refused.stderr.splitlines()) == 1
    assert list_files(lone.place.instance) == ["admin.sqlite", UNFINISHED]
    with pytest.raises(UnfinishedRestore):
        lone.place.database()
    assert lone.restore().exit_code == 0 and run("verify").exit_code == 0


def test_two_restores_do_not_meet(lone: Scene) -> None:
    refusals: list[str] = []

    def another(step: str, done: int, of: int) -> None:
        if step == "files" and done == 0:
            refusals.append(lone.restore().stderr.splitlines()[-1])

    restoration.restore_backup(lone.backup, lone.place, another)
    assert len(refusals) == 1 and refusals[0].startswith("restore_running: ")
    assert set(OWN) < set(list_files(lone.place.instance))
