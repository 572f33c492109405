"""The making of a backup beside a serving centre: copied, read again, and only then under its name.

The store is taken first, as one view; what lies in the instance afterwards, so that a key or a recording that the store
speaks of is there. No secret is read but copied.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from admin.backup import (
    FILES,
    PARTIAL,
    STORES,
    BackupRefused,
    durable_files,
    manifest,
    postgresql_tools,
    state_files,
    store_facts,
)
from admin.backup.durable_files import FileDigest
from admin.backup.manifest import Manifest
from admin.ledgers import centre_key_register
from admin.settings import Settings
from models import keys
from models.migrations import migrate
from models.migrations.migrate import NotOurStore, SchemaState
from models.storage import sqlite_copy
from models.storage.database import Database, open_once
from models.storage.process_lock import WriterLock
from models.tables.declarative_base import CENTRAL

#: Hears what is being done (`store`, `files`, `check` …), how much of it is done, and of how much (0: unknown).
Told = Callable[[str, int, int], None]
LOCK = "lock"
#: What a folder holds that a backup was being written into, and no other does.
_PARTS = {LOCK, manifest.NAME, FILES, *(f"{name}{end}" for name in STORES.values() for end in state_files.BESIDE)}
_RECORDING = re.compile(rf"{FILES}/{state_files.MEDIA}/{state_files.CENTRE_MEDIA}/([0-9a-f]{{64}})\Z")


def make_backup(settings: Settings, folder: Path, now_ms: int, progress: Told) -> Manifest:
    """Back the centre up to `folder`, which is new or empty. What the manifest calls `missing` the centre lacked.

    `now_ms` is the centre's clock (ms since 1970, UTC). Raises `BackupRefused` and what a store or a disk raises
    (`store_faults.FAILURES`); then nothing is left of it, and an older backup elsewhere is as it was.
    """
    folder = Path(os.path.abspath(folder))
    _check_place(folder, settings)
    if settings.store_file is not None and not settings.store_file.is_file():
        raise BackupRefused("nothing_to_back_up")
    database = settings.database()
    at = migrate.read_schema_state(database, CENTRAL)
    if at not in (SchemaState.PRESENT, SchemaState.OLDER):  # an older one is backed up as it is, before it is upgraded
        raise NotOurStore(at)
    partial = folder.with_name(folder.name + PARTIAL)
    lock = _create_partial_folder(partial)
    try:
        _remove_cut_off(folder.parent, partial, progress)
        backup = _write_backup(settings, database, partial, now_ms, progress)
        durable_files.sync_tree(partial)
        if os.name == "nt":  # where a folder with an open file keeps its name
            lock.release()
        if folder.is_dir():
            folder.rmdir()
        os.rename(partial, folder)
        durable_files.sync_to_disk(folder.parent)
    except BaseException:
        lock.release()
        shutil.rmtree(partial, ignore_errors=True)
        raise
    lock.release()
    (folder / LOCK).unlink(missing_ok=True)
    return backup


def _check_place(folder: Path, settings: Settings) -> None:
    """Raises `BackupRefused`: `no_folder`, `not_empty`, `mount_point`, `inside_instance`."""
    if not folder.parent.is_dir():
        raise BackupRefused("no_folder", folder=folder.parent)
    if os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupRefused("not_empty.backup", folder=folder)
    if os.path.ismount(folder):
        raise BackupRefused("mount_point", folder=folder)
    if folder.resolve().is_relative_to(settings.instance.resolve()):
        raise BackupRefused("inside_instance", folder=folder)


def _create_partial_folder(partial: Path) -> WriterLock:
    """An empty folder for what is not whole yet, locked; what an earlier run left there when it was cut off is gone.
    Raises `BackupRefused`: `backup_running`."""
    partial.mkdir(mode=0o700, exist_ok=True)
    lock = WriterLock(partial / LOCK)
    if not lock.taken:
        lock.release()
        raise BackupRefused("backup_running", folder=partial)
    for path in partial.iterdir():
        if path.name != LOCK:
            durable_files.remove_path(path)
    partial.chmod(0o700)
    return lock


def _remove_cut_off(place: Path, own: Path, progress: Told) -> None:
    """Remove what backups under other names left in this folder when they were cut off; those at work keep theirs."""
    for partial in place.glob(f"*{PARTIAL}"):
        if partial == own or partial.is_symlink() or not (partial / LOCK).is_file():
            continue
        if not {path.name for path in partial.iterdir()} <= _PARTS:
            continue
        lock = WriterLock(partial / LOCK)
        if lock.taken:
            shutil.rmtree(partial, ignore_errors=True)
            progress("removed", 1, 1)
        lock.release()


def _write_backup(settings: Settings, database: Database, partial: Path, now_ms: int, progress: Told) -> Manifest:
    schema = migrate.read_revision(database)
    assert schema is not None  # or it would have no standing
    kind = "sqlite" if database.is_sqlite else "postgresql"
    take = _copy_sqlite if database.is_sqlite else _dump_postgresql
    store, engine, facts, needed = take(settings, database, partial / STORES[kind], progress)
    files, unread = _copy_files(settings, partial / FILES, progress)
    backup = Manifest(
        created_ms=now_ms,
        software=settings.version,
        schema=schema,
        kind=kind,
        engine=engine,
        facts=facts,
        files={STORES[kind]: store, **{f"{FILES}/{name}": digest for name, digest in files.items()}},
        missing=[],
    )
    lacking = [*unread, *_other_keys(partial / FILES, needed.keys), *_find_missing_files(backup, needed.paths)]
    backup = replace(backup, missing=list(dict.fromkeys(lacking)))
    backup.write(partial)
    check_backup_files(partial, manifest.read_manifest(partial), progress)
    return backup


def check_backup_files(folder: Path, kept: Manifest, told: Told) -> None:
    """Read every file of a backup and compare it with the manifest. Raises `BackupRefused` (`file_damaged`)."""
    done = 0

    def more(size: int) -> None:
        nonlocal done
        done += size
        told("read", done, kept.size)

    for name, promised in sorted(kept.files.items()):
        path = folder / name
        if path.is_symlink() or not path.is_file() or durable_files.compute_digest(path, more) != promised:
            raise BackupRefused("file_damaged", file=name)
    told("read", kept.size, kept.size)


def check_store_copy(database: Database, facts: dict[str, Any]) -> None:
    """Whether a store is whole and holds what was promised.

    Raises `BackupRefused`: `store_damaged`, `store_differs`.
    """
    problem = database.check()
    if problem is not None:
        raise BackupRefused("store_damaged", reason=problem[:200])
    with database.read() as session:
        differences = store_facts.find_differences(facts, store_facts.read_store_facts(session))
    if differences:
        raise BackupRefused("store_differs", tables=", ".join(differences))


@dataclass(frozen=True)
class RequiredFiles:
    """What a store cannot do without: key files with what the register knows each by (""; it has none), paths in the
    backup; and `ledger …` for each of its ledgers that is broken."""

    keys: dict[str, str]
    paths: list[str]


Taken = tuple[FileDigest, str, dict[str, Any], RequiredFiles]


def _copy_sqlite(settings: Settings, database: Database, target: Path, progress: Told) -> Taken:
    """The store copied as one view, and the copy opened: its digest, engine, facts, and what it needs or has broken."""
    with database.read() as session:
        facts = store_facts.read_store_facts(session)
        durable_files.require_disk_room(target.parent, sqlite_copy.find_copy_size(session) + _measure_size(settings))
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        sqlite_copy.copy_store(session, target, lambda done, of: progress("store", done, of))
    durable_files.sync_to_disk(target)
    progress("check", 0, 0)
    copied = open_once(f"sqlite:///{target.as_posix()}")
    try:
        check_store_copy(copied, facts)
        with copied.read() as session:
            needed = _find_required_files(session, facts, progress)
    finally:
        copied.close()
    return durable_files.compute_digest(target), database.engine_name, facts, needed


def _dump_postgresql(settings: Settings, database: Database, target: Path, progress: Told) -> Taken:
    """The same by pg_dump: what the session reads is the dump's own view; the rows in the dump are counted."""
    with database.read() as session:
        version = postgresql_tools.read_server_version(session)
        tools = postgresql_tools.find_tools(settings.pg_bin, version)
        facts = store_facts.read_store_facts(session)
        file = postgresql_tools.dump_store(
            tools, database, session, target, lambda done, of: progress("store", done, of)
        )
        needed = _find_required_files(session, facts, progress)
    of = sum(facts["tables"].values())
    counts = postgresql_tools.count_archive_rows(tools, target, lambda done: progress("check", done, of))
    wrong = sorted(name for name, rows in facts["tables"].items() if counts.get(name) != rows)
    if wrong:
        raise BackupRefused("store_differs", tables=", ".join(wrong))
    return file, f"PostgreSQL {version}", facts, needed


def _find_required_files(session: Session, facts: dict[str, Any], progress: Told) -> RequiredFiles:
    broken = store_facts.find_broken_ledgers(session, facts, lambda done, of: progress("ledgers", done, of))
    media = f"{FILES}/{state_files.MEDIA}/{state_files.CENTRE_MEDIA}"
    needed_keys = store_facts.find_needed_keys(session, facts)
    paths = [
        *(f"{FILES}/{name}" for name in needed_keys),
        *(f"{media}/{sha}" for sha in store_facts.find_named_recordings(session, facts)),
        *(f"ledger {where}" for where in broken),
    ]
    return RequiredFiles(needed_keys, paths)


def _other_keys(folder: Path, public_keys: dict[str, str]) -> Iterator[str]:
    """The copied key files that are not what the register knows: damaged, or another store's."""
    for name, public in public_keys.items():
        with contextlib.suppress(FileNotFoundError):
            try:
                public_half = centre_key_register.derive_public_half(name, keys.read_secret(folder / name))
            except keys.DamagedSecret:
                public_half = "damaged"
            if public and public_half != public:
                yield f"{FILES}/{name}"


def _find_missing_files(backup: Manifest, needed: list[str]) -> Iterator[str]:
    for name in needed:
        digest = backup.files.get(name)
        recording = _RECORDING.match(name)
        if digest is None or (recording is not None and digest.sha256 != recording[1]):
            yield name


def _copy_files(settings: Settings, target: Path, progress: Told) -> tuple[dict[str, FileDigest], list[str]]:
    """The files of the instance, copied: path → digest; and those that cannot be read. One that is gone meanwhile was
    replaced or removed by the centre, and is left out."""
    names = state_files.list_state_files(settings)
    files: dict[str, FileDigest] = {}
    unread = []
    durable_files.create_folder(target)
    for number, name in enumerate(names):
        progress("files", number, len(names))
        copy = target / name
        durable_files.create_folder(copy.parent)
        try:
            files[name] = durable_files.write_file(copy, _require_readable(settings.instance / name))
        except FileNotFoundError:
            copy.unlink(missing_ok=True)
        except _Unreadable:
            copy.unlink(missing_ok=True)
            unread.append(f"{FILES}/{name}")
    progress("files", len(names), len(names))
    return files, unread


class _Unreadable(Exception):
    """A file of the instance that cannot be read: not the backup's disk, but the centre's."""


def _require_readable(path: Path) -> Iterator[bytes]:
    try:
        yield from durable_files.read_chunks(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _Unreadable from error



def _measure_size(settings: Settings) -> int:
    """The bytes of the centre's files in the instance."""
    size = 0
    for name in state_files.list_state_files(settings):
        with contextlib.suppress(OSError):
            size += (settings.instance / name).stat().st_size
    return size
