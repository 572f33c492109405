"""The restoring of a backup into an empty place.

As long as it is under way the place is marked (`settings.UNFINISHED`): nothing is opened there, and the next restore
removes what the mark names and begins anew. Files wait under other names, the store is opened and compared with the
manifest, then all take their names, and the mark goes last.
"""

from __future__ import annotations

import configparser
import contextlib
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import inspect

from admin.backup import (
    FILES,
    PARTIAL,
    BackupRefused,
    durable_files,
    manifest,
    postgresql_tools,
    state_files,
    store_facts,
)
from admin.backup.creation import LOCK, Told, check_backup_files, check_store_copy
from admin.backup.manifest import Manifest
from admin.settings import UNFINISHED, Settings
from models.migrations.migrate import HEADS
from models.storage import store_faults
from models.storage.database import open_once
from models.storage.process_lock import WriterLock
from models.tables.declarative_base import CENTRAL

#: Where files wait in the instance until all of them are there.
STAGE = f"restore{PARTIAL}"


@dataclass(frozen=True)
class RestoredBackup:
    """A restored backup; `elsewhere`: its `admin.cfg` names another store than the one that DATABASE_URL named and that
    was filled."""

    backup: Manifest
    elsewhere: bool


def restore_backup(folder: Path, target: Settings, progress: Told) -> RestoredBackup:
    """Restore the backup in `folder` to the instance of `target`, which holds nothing of a centre yet.

    The store goes where DATABASE_URL says, else where the backup's `admin.cfg` does, else into the instance. Raises
    `BackupRefused` and what a store or a disk raises (`store_faults.FAILURES`); then the place is as empty as before.
    """
    folder = Path(os.path.abspath(folder))
    backup = manifest.read_manifest(folder)
    if backup.schema > HEADS[CENTRAL]:
        raise BackupRefused("newer_backup", folder=folder)
    configured, pg_bin = _configuration(folder / FILES)
    home = f"sqlite:///{(target.instance / state_files.STORE).as_posix()}"
    url = os.environ.get("DATABASE_URL") or configured or home
    settings = replace(target, database_url=url, pg_bin=target.pg_bin or pg_bin)
    if (settings.store_file is None) != (backup.kind == "postgresql"):
        raise BackupRefused("other_database", kind={"sqlite": "SQLite", "postgresql": "PostgreSQL"}[backup.kind])
    check_backup_files(folder, backup, progress)
    place = _Place(settings, backup)
    place.lock()
    try:
        filled = place.begin()
        try:
            place.stage_files(folder, progress)
            place.fill(folder, progress, filled)
            place.name_files(progress)
        except BaseException:
            place.give_up()
            raise
    finally:
        place.unlock()
    place.finish()
    return RestoredBackup(backup, bool(configured) and configured != url)


def _configuration(folder: Path) -> tuple[str, Path | None]:
    """The store's address and the folder of PostgreSQL's programs, as a backup's own `admin.cfg` has them."""
    config = configparser.ConfigParser(interpolation=None)
    with contextlib.suppress(configparser.Error, UnicodeDecodeError):
        config.read(folder / "admin.cfg", encoding="utf-8")
    section = config["admin"] if config.has_section("admin") else {}
    pg_bin = section.get("pg_bin") or ""
    return section.get("database_url") or "", Path(pg_bin) if pg_bin else None


class _Place:
    """The place of one restore: what stands in it at each step, and how it is emptied again."""

    def __init__(self, settings: Settings, backup: Manifest) -> None:
        self.settings, self.backup = settings, backup
        self.instance = settings.instance
        self.mark = self.instance / UNFINISHED
        self.stage = self.instance / STAGE
        self.store = settings.store_file
        self.staged_store = Path(f"{self.store}{PARTIAL}") if self.store else None
        self._lock: WriterLock | None = None

    def lock(self) -> None:
        """Keep other restores out. Raises `BackupRefused` (`restore_running`)."""
        durable_files.create_folder(self.stage)
        self._lock = WriterLock(self.stage / LOCK)
        if not self._lock.taken:
            self._lock.release()
            raise BackupRefused("restore_running")

    def unlock(self) -> None:
        """Let others in; the stage goes, of which nothing is needed any more."""
        assert self._lock is not None
        self._lock.release()
        durable_files.remove_path(self.stage)

    def begin(self) -> bool:
        """Remove what a restore that was cut off left, see that the place is empty, and mark it. Returns whether the
        database holds this backup already: the restore that was cut off had come that far. Raises `BackupRefused`:
        `not_empty`, `no_room`."""
        again = self.mark.exists()
        self._clear()
        state_paths = state_files.list_state_files(self.settings)
        if state_paths:
            raise BackupRefused("not_empty", found=state_paths[0])
        filled = self._filled(again)
        in_database = self.backup.files[self.backup.store].size if self.store is None else 0
        durable_files.require_disk_room(self.instance, self.backup.size - in_database)
        if not again:
            draft = self.stage / UNFINISHED
            marked = {"files": list(self.backup.state_files()), "store": str(self.store or "")}
            durable_files.write_file(draft, [json.dumps(marked).encode()])
            durable_files.replace_file(draft, self.mark)
        return filled

    def _filled(self, again: bool) -> bool:
        """Whether the database holds this backup; False: it is empty. Raises `BackupRefused` (`not_empty`)."""
        self._nothing_beside()
        if self.store is not None and not os.path.lexists(self.store):
            return False
        if self.store is None and again:
            database = open_once(self.settings.database_url)
            try:
                postgresql_tools.wait_for_other_restores(database)
            finally:
                database.close()
        if self._has_tables():
            if not (again and self.store is None and self._holds_backup()):
                raise BackupRefused("not_empty", found=self.store or "DATABASE_URL")
            return True
        self._nothing_beside()  # would be there if somebody else had it open
        return False

    def _nothing_beside(self) -> None:
        for end in state_files.BESIDE[1:]:
            if self.store is not None and os.path.lexists(f"{self.store}{end}"):
                raise BackupRefused("not_empty", found=f"{self.store}{end}")

    def _has_tables(self) -> bool:
        database = open_once(self.settings.database_url)
        try:
            with database.engine.connect() as connection:
                return bool(inspect(connection).get_table_names())
        finally:
            database.close()

    def _holds_backup(self) -> bool:
        database = open_once(self.settings.database_url)
        try:
            with database.read() as session:
                return not store_facts.find_differences(self.backup.facts, store_facts.read_store_facts(session))
        finally:
            database.close()

    def stage_files(self, folder: Path, progress: Told) -> None:
        """Copy the files of the instance to the stage. Raises `BackupRefused` (`file_damaged`)."""
        files = self.backup.state_files()
        for number, (name, promised) in enumerate(files.items()):
            progress("files", number, len(files))
            copy = self.stage / FILES / name
            durable_files.create_folder(copy.parent)
            if durable_files.write_file(copy, durable_files.read_chunks(folder / FILES / name)) != promised:
                raise BackupRefused("file_damaged", file=f"{FILES}/{name}")
        progress("files", len(files), len(files))

    def fill(self, folder: Path, told: Told, filled: bool) -> None:
        """Put the store beside its place, or fill the database unless it is `filled`; open it and compare it with the
        manifest. Raises `BackupRefused`: `file_damaged`, `pg_…`, `store_damaged`, `store_differs`."""
        source, promised = folder / self.backup.store, self.backup.files[self.backup.store]
        done = 0

        def more(size: int) -> None:
            nonlocal done
            done += size
            told("store", done, promised.size)

        if self.staged_store is not None:
            durable_files.create_folder(self.staged_store.parent)
            if durable_files.write_file(self.staged_store, durable_files.read_chunks(source, more)) != promised:
                raise BackupRefused("file_damaged", file=self.backup.store)
        staged = f"sqlite:///{self.staged_store.as_posix()}" if self.staged_store else ""
        database = open_once(staged or self.settings.database_url)
        try:
            if self.staged_store is None and not filled:
                with database.read() as session:
                    version = postgresql_tools.read_server_version(session)
                postgresql_tools.restore_archive(
                    postgresql_tools.find_tools(self.settings.pg_bin, version), database, source, more
                )
            told("check", 0, 0)
            check_store_copy(database, self.backup.facts)
        finally:
            database.close()

    def name_files(self, progress: Told) -> None:
        """Give everything its name."""
        names = list(self.backup.state_files())
        for number, name in enumerate(names):
            progress("place", number, len(names))
            durable_files.replace_file(self.stage / FILES / name, self.instance / name)
        if self.staged_store is not None and self.store is not None:
            durable_files.replace_file(self.staged_store, self.store)
        progress("place", len(names), len(names))

    def finish(self) -> None:
        """Take the mark away: the place is whole."""
        self.mark.unlink()
        durable_files.sync_to_disk(self.instance)

    def give_up(self) -> None:
        """Empty the place again. A database that is filled by now, or cannot be asked, keeps the mark, and the next
        restore goes on from there."""
        self._clear()
        with contextlib.suppress(*store_faults.FAILURES):
            if self.store is not None or not self._has_tables():
                self.mark.unlink(missing_ok=True)

    def _clear(self) -> None:
        """Remove what the mark says a restore put here, and what waits beside it."""
        for path in self.stage.iterdir():
            if path.name != LOCK:
                durable_files.remove_path(path)
        for end in state_files.BESIDE:
            if self.staged_store is not None:
                durable_files.remove_path(Path(f"{self.staged_store}{end}"))
        marked: dict[str, object] = {}
        with contextlib.suppress(FileNotFoundError, ValueError):
            marked = json.loads(self.mark.read_bytes())
        names = marked.get("files")
        for name in names if isinstance(names, list) else []:
            path = self.instance / str(name)
            durable_files.remove_path(path)
            with contextlib.suppress(OSError):  # a folder that holds something else stays
                while (path := path.parent) != self.instance:
                    path.rmdir()
        if marked.get("store") and marked["store"] == str(self.store or ""):
            durable_files.remove_path(Path(str(marked["store"])))
