"""Backups: what is in them, that they are one view, and what is refused without leaving anything."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from admin.backup import BackupRefused, creation, manifest, store_facts
from admin.cli import cli
from admin.settings import Settings
from models.storage.database import Database
from models.tables.staff_account import StoreMark
from tests.fixtures import postgres
from tests.fixtures.backed_up_centre import KEYS, OTHERS, OWN, make_centre
from tests.fixtures.installation import list_files

Run = Callable[..., Result]
Kept = tuple[Settings, Database]


@pytest.fixture
def kept(tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """A centre on either database, whose folder and store the commands find."""
    yield from _kept(tmp_path, "" if store_url.startswith("sqlite") else store_url, monkeypatch)


@pytest.fixture
def lone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """The same on SQLite."""
    yield from _kept(tmp_path, "", monkeypatch)


def _kept(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    settings, database = make_centre(tmp_path / "centre", url)
    monkeypatch.setenv("HAILONG_INSTANCE", str(settings.instance))
    monkeypatch.setenv("HAILONG_PG_BIN", str(postgres.find_programs()))
    if url:
        monkeypatch.setenv("DATABASE_URL", url)
    (tmp_path / "disk").mkdir()
    yield settings, database
    database.close()


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def quiet(step: str, done: int, of: int) -> None:
    """Nobody watches."""


def test_a_backup_holds_all_of_the_centre_and_nothing_of_a_desk_beside_it(kept: Kept, tmp_path: Path) -> None:
    settings, _ = kept
    made = run("backup", tmp_path / "disk" / "night", "--json")
    assert made.exit_code == 0, made.output
    said = json.loads(made.stdout)
    assert (said["entries"], said["ledgers"], said["missing"]) == (5, 3, [])
    folder = tmp_path / "disk" / "night"
    kind = "store.db" if settings.store_file else "store.pgdump"
    (recording,) = (name for name in list_files(settings.instance) if len(Path(name).name) == 64)
    assert list_files(folder) == sorted(
        ["manifest.json", kind, *(f"instance/{name}" for name in (*KEYS, *OWN, recording))]
    )
    for name in (*KEYS, *OWN, recording):
        assert (folder / "instance" / name).read_bytes() == (settings.instance / name).read_bytes()
    assert all((settings.instance / name).exists() for name in OTHERS)
    if os.name == "posix":
        for path in (folder, *folder.rglob("*")):
            assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    assert names(tmp_path / "disk") == ["night"]


def test_figures_and_store_of_a_backup_are_one_view_whatever_is_written_meanwhile(kept: Kept, tmp_path: Path) -> None:
    settings, database = kept
    written: list[str] = []

    def write(step: str, done: int, of: int) -> None:
        with database.write() as session:
            session.add(StoreMark(name=f"meanwhile {len(written)}", value=step))
        written.append(step)

    before = creation.make_backup(settings, tmp_path / "disk" / "before", 1, quiet).facts
    assert creation.make_backup(settings, tmp_path / "disk" / "beside", 2, write).facts == before
    assert {"store", "ledgers", "files", "read"} <= set(written)
    with database.read() as session:
        assert store_facts.find_differences(before, store_facts.read_store_facts(session)) == ["store_mark"]


def test_progress_is_told_and_each_step_comes_to_its_end(lone: Kept, tmp_path: Path) -> None:
    ends: dict[str, tuple[int, int]] = {}
    creation.make_backup(lone[0], tmp_path / "disk" / "a", 1, lambda step, done, of: ends.update({step: (done, of)}))
    assert list(ends) == ["store", "check", "ledgers", "files", "read"]
    assert all(done == of for done, of in ends.values())
    told = run("backup", tmp_path / "disk" / "b").stderr.splitlines()
    assert told[0] == "kho dữ liệu" and len(told) == 5


@pytest.mark.parametrize("name", [*KEYS, "media/centre/" + "*"])
def test_what_the_centre_lacks_is_named_and_the_rest_is_kept(lone: Kept, tmp_path: Path, name: str) -> None:
    settings, _ = lone
    gone = next(path for path in settings.instance.glob(name) if not path.name.endswith(".part"))
    gone.unlink()
    made = run("backup", tmp_path / "disk" / "night")
    assert made.exit_code == 1
    assert made.stderr.splitlines()[-1].startswith("backup_incomplete: ") and gone.name in made.stderr
    assert manifest.read_manifest(tmp_path / "disk" / "night").missing == [
        f"instance/{gone.relative_to(settings.instance).as_posix()}"
    ]
    assert not gone.exists()  # a backup makes no keys


def test_a_recording_that_is_no_longer_what_was_recorded_is_named(lone: Kept, tmp_path: Path) -> None:
    (sound,) = (path for path in (lone[0].instance / "media" / "centre").iterdir() if len(path.name) == 64)
    sound.write_bytes(b"OggS rotten")
    assert creation.make_backup(lone[0], tmp_path / "disk" / "a", 1, quiet).missing == [
        f"instance/media/centre/{sound.name}"
    ]


@pytest.mark.parametrize(
    ("rot", "where"),
    [
        pytest.param("UPDATE entry SET bytes = CAST('{}' AS BLOB) WHERE seq = 3", "3", id="changed"),
        pytest.param("DELETE FROM entry WHERE seq = 3", "4", id="gone"),
        pytest.param("UPDATE entry SET h = '0' WHERE seq = 5", "5", id="hash"),
        pytest.param("UPDATE epoch SET last_h = genesis WHERE last_seq = 5", "5", id="head"),
    ],
)
def test_a_ledger_that_is_broken_is_named(lone: Kept, tmp_path: Path, rot: str, where: str) -> None:
    with lone[1].write() as session:
        session.execute(text(rot))
    made = run("backup", tmp_path / "disk" / "night")
    assert made.exit_code == 1 and "backup_incomplete: " in made.stderr
    (named,) = manifest.read_manifest(tmp_path / "disk" / "night").missing
    assert named.startswith("ledger d-") and named.endswith(f"/1/{where}")


def test_a_store_with_a_rotten_page_gives_no_backup_and_leaves_the_older_one(lone: Kept, tmp_path: Path) -> None:
    settings, database = lone
    assert run("backup", tmp_path / "disk" / "before").exit_code == 0
    for opened in (database, settings.database()):  # nobody has its pages in memory
        opened.close()
    assert settings.store_file is not None
    with settings.store_file.open("r+b") as store:
        for page in range(20, 60):
            store.seek(page * 4096)
            store.write(b"\xff" * 64)
    made = run("backup", tmp_path / "disk" / "after")
    assert made.exit_code == 1
    assert made.stderr.splitlines()[-1].startswith("store_damaged: "), made.stderr
    assert names(tmp_path / "disk") == ["before"]


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("disk/full", "not_empty"),
        ("disk/file", "not_empty"),
        ("not-mounted/night", "no_folder"),
        ("centre/backup", "inside_instance"),
        ("link/backup", "inside_instance"),
        ("/proc", "not_empty"),
    ],
)
def test_a_place_that_is_none_is_refused(lone: Kept, tmp_path: Path, place: str, code: str) -> None:
    (tmp_path / "disk" / "full").mkdir()
    (tmp_path / "disk" / "full" / "letter.txt").write_text("mine")
    (tmp_path / "disk" / "file").write_text("mine")
    (tmp_path / "link").symlink_to(lone[0].instance)
    before = list_files(tmp_path)
    refused = run("backup", tmp_path / place)
    assert refused.exit_code == 1 and refused.stderr.startswith(f"{code}: ")
    assert len(refused.stderr.splitlines()) == 1 and list_files(tmp_path) == before


def test_an_instance_without_a_store_is_refused_and_stays_empty(tmp_path: Path) -> None:
    refused = run("backup", tmp_path / "night")
    assert refused.exit_code == 1 and refused.stderr.startswith("no_store: ")
    assert list_files(tmp_path) == []


def test_an_empty_folder_is_a_place(lone: Kept, tmp_path: Path) -> None:
    (tmp_path / "disk" / "night").mkdir(mode=0o755)
    assert run("backup", tmp_path / "disk" / "night").exit_code == 0
    if os.name == "posix":
        assert (tmp_path / "disk" / "night").stat().st_mode & 0o777 == 0o700


def test_no_disk_is_filled_beside_a_centre_that_writes(
    lone: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(1 << 40, 1 << 40, 16 << 20))
    refused = run("backup", tmp_path / "disk" / "night")
    assert refused.exit_code == 1 and refused.stderr.splitlines()[-1].startswith("no_room: ")
    assert "16 MB" in refused.stderr and names(tmp_path / "disk") == []


@pytest.mark.parametrize("after", range(0, 16, 3))
def test_a_disk_that_gets_full_is_said_and_what_was_written_is_gone(
    lone: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    synced, real = 0, os.fsync

    def full(descriptor: int) -> None:
        nonlocal synced
        synced += 1
        if synced > after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    refused = run("backup", tmp_path / "disk" / "night")
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1].startswith("disk_full: Ổ đĩa của bản sao lưu đầy")
    assert names(tmp_path / "disk") == []


def test_a_file_that_cannot_be_read_is_named(lone: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.open

    def rotten(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if path == lone[0].instance / "centre.box":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(path, mode, *rest, **more)

    monkeypatch.setattr(Path, "open", rotten)
    made = creation.make_backup(lone[0], tmp_path / "disk" / "night", 1, quiet)
    assert made.missing == ["instance/centre.box"]
    assert not (tmp_path / "disk" / "night" / "instance" / "centre.box").exists()


def test_the_rows_in_a_dump_are_counted_and_another_program_can_read_it(
    postgres_store_url: str, tmp_path: Path
) -> None:
    settings, database = make_centre(tmp_path / "centre", postgres_store_url)
    made = creation.make_backup(settings, tmp_path / "night", 1, quiet)
    database.close()
    tool = postgres.find_programs() / f"pg_restore{postgres.EXE}"
    listed = subprocess.run([tool, "--list", tmp_path / "night" / made.store], capture_output=True, text=True)
    assert listed.returncode == 0
    assert listed.stdout.count("TABLE DATA") == len(made.facts["tables"]) > 20
    tool = postgres.find_programs() / f"pg_dump{postgres.EXE}"
    said = subprocess.run([tool, "--version"], capture_output=True, text=True)
    assert f"({made.engine.replace(' ', ') ')}." in said.stdout


def test_a_backup_needs_no_secret_and_names_those_that_are_not_the_store_s(lone: Kept, tmp_path: Path) -> None:
    for name in KEYS[:2]:
        (lone[0].instance / name).write_bytes(b"no key at all")
    (lone[0].instance / KEYS[2]).write_bytes(b"another centre's key, 32 bytes .")
    made = run("backup", tmp_path / "disk" / "night")
    assert made.exit_code == 1 and made.stderr.splitlines()[-1].startswith("backup_incomplete: ")
    assert sorted(manifest.read_manifest(tmp_path / "disk" / "night").missing) == sorted(
        f"instance/{name}" for name in KEYS[:3]
    )


def test_two_backups_to_one_place_do_not_meet(lone: Kept, tmp_path: Path) -> None:
    refusals: list[str] = []

    def another(step: str, done: int, of: int) -> None:
        if step == "files" and done == 0:
            with pytest.raises(BackupRefused) as refused:
                creation.make_backup(lone[0], tmp_path / "disk" / "night", 2, quiet)
            refusals.append(refused.value.code)
            creation.make_backup(lone[0], tmp_path / "disk" / "other", 2, quiet)  # and one beside it ends well

    assert creation.make_backup(lone[0], tmp_path / "disk" / "night", 1, another).missing == []
    assert refusals == ["backup_running"]
    assert names(tmp_path / "disk") == ["night", "other"]
