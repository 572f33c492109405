"""The database: the only way to a session, by `Database.read()` and `Database.write()`.

SQLite: WAL, `synchronous=FULL` (a power cut loses nothing that was committed), foreign keys, and `BEGIN IMMEDIATE`
for writers, because a deferred transaction that turns into a writer fails at once when another one writes. The
driver's own transaction handling is switched off: it breaks savepoints. Writers of one process stand in line before
they ask SQLite, which lets whoever asks at the right moment go first and turns others away after five seconds.
PostgreSQL takes the same two methods; readers ask it for REPEATABLE READ, because by default each of its statements
sees a later moment, and a page would set figures beside what was hidden of others.

SQLite 3.7.0 to 3.51.2 (but for 3.44.6 and 3.50.7) can lose commits when two connections write and checkpoint at
once ("WAL-reset bug"). `Database` therefore takes the SQLite that comes with `pysqlite3` where there is one, and
says by `two_writers_safe` whether a second process may write.

SQLite goes on writing into a file that was deleted, moved or replaced under it, and says that all is well. A store
therefore begins nothing while its address leads to another file than the one it opened (`StoreGone`), and goes on when
the file is back.

No other code but the driver by itself (`bare_store`) opens a store's file, not even to look at it or to make it: on
POSIX, closing any descriptor of a file gives up all locks that this process holds on it (fcntl(2);
sqlite.org/howtocorrupt.html, 2.2), and the next process that looks takes the store for unused and deletes the log with
what was just committed.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, exc, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from models.storage import store_faults
from models.storage.sqlite_module import BUSY_MS, load_sqlite_module
from models.storage.store_faults import BadStoreUrl, StoreFault, StoreGone

#: How long a machine with PostgreSQL that gives no sign is waited for, unless the address says otherwise.
CONNECT_SECONDS = 10
#: What people wrote stands in no error and so in no log.
_QUIET = {"hide_parameters": True}
#: How long a writer of this process waits for the others of it before it leaves the queue to SQLite.
TURN_SECONDS = 30


def _make_private(path: Path) -> None:
    """Make a new store's file, readable to its owner alone; SQLite gives the files beside it the same mode.

    The file is made under another name and takes its own only if nobody has it, so that a store in use is never opened.
    """
    if path.exists() or not path.parent.is_dir():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:  # no room, or not to be written to: what is done with the store says so in SQLite's words
        return
    try:
        os.link(draft, path)
    except OSError:  # another was first, or a file system without hard links
        if not path.exists():
            os.replace(draft, path)
    draft.unlink(missing_ok=True)


class _StoreFile:
    """The file of a store that is open: whether its path still leads to it. It is asked for by name, never opened."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._opened: tuple[int, int] | None = None

    def note(self) -> None:
        """A connection has opened the file, and it is a store."""
        if self._opened is None and self.path is not None:
            self._opened = self._found()

    def check(self) -> None:
        """Raises `StoreGone` when another file stands there, or none."""
        if self._opened is not None and self._found() != self._opened:
            raise StoreGone(errno.ENOENT, "the store's file was moved, deleted or replaced while it is open")

    def forget(self) -> None:
        """All connections are closed."""
        self._opened = None

    def _found(self) -> tuple[int, int] | None:
        try:
            file_stat = os.stat(self.path or "")
        except OSError:
            return None
        return file_stat.st_dev, file_stat.st_ino


def wal_reset_fixed(version: tuple[int, ...]) -> bool:
    """Whether this SQLite version is free of the WAL-reset bug."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def checked_url(url: str) -> str:
    """The SQLAlchemy URL of a store: `sqlite:////…` with a file's whole path, or PostgreSQL's with the driver in use,
    however its scheme was written (`postgres://`, `postgresql://`). Raises `BadStoreUrl`."""
    try:
        parts = make_url(url.strip())
    except (exc.ArgumentError, ValueError):
        raise BadStoreUrl("bad_store_url.scheme") from None
    if parts.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        if parts.port is not None and not 0 < parts.port < 65536:
            raise BadStoreUrl("bad_store_url.port", port=parts.port)
        return parts.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if parts.drivername != "sqlite":
        raise BadStoreUrl("bad_store_url.engine", engine=parts.drivername)
    if parts.host or parts.username or parts.query:
        raise BadStoreUrl("bad_store_url.more")
    if not parts.database or parts.database.startswith((":", "file:")):
        raise BadStoreUrl("bad_store_url.memory")
    if not Path(parts.database).is_absolute():  # it would be another store wherever it is started from
        raise BadStoreUrl("bad_store_url.relative", path=Path(parts.database).resolve().as_posix())
    return url.strip()


def find_store_file(url: str) -> Path | None:
    """The file of a store on SQLite, by its address (`checked_url`); None for PostgreSQL."""
    name = url.removeprefix("sqlite:///")
    return Path(name) if name != url else None


def check_store_place(url: str) -> None:
    """Ask whether a store can lie where its address says. Raises `BadStoreUrl` when that is a folder, or in none."""
    file = find_store_file(checked_url(url))
    if file is None:
        return
    if file.is_dir():
        raise BadStoreUrl("bad_store_url.folder", path=file)
    if not file.parent.is_dir():
        raise BadStoreUrl("bad_store_url.no_folder", path=file.parent)


class Database:
    """A store, opened once a process. `url` is an SQLAlchemy URL (`checked_url`). Raises `BadStoreUrl`.

    `busy_ms` is how long SQLite waits for another process's lock. Nothing is opened before the first session."""

    def __init__(self, url: str, *, synchronous: str = "FULL", busy_ms: int = BUSY_MS) -> None:
        self.url = url = checked_url(url)
        self.is_sqlite = url.startswith("sqlite")
        self._file = _StoreFile(find_store_file(url))
        self._engine = self._sqlite(self._file, url, synchronous, busy_ms) if self.is_sqlite else self._postgresql(url)
        # Whoever drops it leaves no connection behind for the garbage collector to close some day.
        weakref.finalize(self, self._engine.dispose).atexit = False
        self._turn = threading.Lock()
        self.two_writers_safe = not self.is_sqlite or wal_reset_fixed(load_sqlite_module().sqlite_version_info)

    @property
    def engine(self) -> Engine:
        """For migrations and table creation; sessions come from `read` and `write` alone."""
        return self._engine

    @property
    def path(self) -> Path | None:
        """The file of an SQLite store; None for one in memory or behind a server."""
        return self._file.path

    @property
    def engine_name(self) -> str:
        """What stands behind it, in words: `SQLite 3.53.4`, `PostgreSQL`."""
        return f"SQLite {load_sqlite_module().sqlite_version}" if self.is_sqlite else "PostgreSQL"

    @staticmethod
    def _postgresql(url: str) -> Engine:
        waits = {} if "connect_timeout" in make_url(url).query else {"connect_timeout": CONNECT_SECONDS}
        return create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=8, connect_args=waits, **_QUIET)

    @staticmethod
    def _sqlite(file: _StoreFile, url: str, synchronous: str, busy_ms: int) -> Engine:
        engine = create_engine(url, module=load_sqlite_module(), connect_args={"timeout": busy_ms / 1000}, **_QUIET)

        @event.listens_for(engine, "do_connect")
        def look(*_arguments: Any) -> None:
            file.check()  # SQLite would make an empty store in the place of one that is gone
            if file.path is not None:
                _make_private(file.path)  # each time: a damaged store may have been set aside since

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, record: Any) -> None:
            connection.isolation_level = None
            cursor = connection.cursor()
            for pragma in (
                f"busy_timeout={busy_ms}",
                "journal_mode=WAL",
                f"synchronous={synchronous}",
                "foreign_keys=ON",
                "temp_store=MEMORY",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()
            file.note()  # not before: a file that does not open may be set aside

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            file.check()
            writes = connection.get_execution_options().get("hailong_writes", False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        return engine

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading: one consistent view, rolled back at the end."""
        engine = self._engine
        if not self.is_sqlite:
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with Session(engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session for writing: committed when the block ends well, rolled back when it does not."""
        if not self.is_sqlite:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                yield session
            return
        engine = self._engine.execution_options(hailong_writes=True)
        in_turn = self._turn.acquire(timeout=TURN_SECONDS)
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                session.connection()  # take the write lock now, not at the first statement
                yield session
        finally:
            if in_turn:
                self._turn.release()

    def try_write(self, patience_ms: int) -> None:
        """Do what a writer of this file does, waiting for others so long at most, and take it back: nothing is changed,
        and what would hinder a writer is raised. PostgreSQL is not asked."""
        if not self.is_sqlite:
            return
        with self._engine.connect() as connection:  # no session: its patience is not the others'
            cursor = connection.connection.cursor()
            before = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
            statement = f"PRAGMA busy_timeout={patience_ms}"
            try:
                cursor.execute(statement)
                for statement in ("BEGIN IMMEDIATE", "CREATE TABLE room (x)", "INSERT INTO room VALUES (1)"):
                    cursor.execute(statement)
            except load_sqlite_module().Error as error:
                raise exc.OperationalError(statement, None, error) from error
            finally:
                if connection.connection.in_transaction:
                    cursor.execute("ROLLBACK")
                cursor.execute(f"PRAGMA busy_timeout={before}")
                cursor.close()

    def check(self) -> str | None:
        """None when the file is whole, else what SQLite says is wrong. PostgreSQL checks its own pages: None."""
        findings = self._checked("integrity_check") if self.is_sqlite else []
        return "; ".join(findings) or None

    def find_structure_damage(self) -> str | None:
        """What is wrong with the structure of the file itself; None when that is whole or could not be told.

        A page that the disk did not give is a doubt, not damage. Indexes that merely miss a row are no damage either:
        rows are found and written all the same."""
        findings = self._checked("quick_check") if self.is_sqlite else []
        wrong = [line for line in findings if not _IN_INDEX.match(line)]
        return None if any(map(_unread, findings)) else "; ".join(wrong) or None

    def _checked(self, pragma: str) -> list[str]:
        with self.read() as session:
            findings = [str(row[0]) for row in session.execute(text(f"PRAGMA {pragma}(5)"))]
        return [] if findings == ["ok"] else findings

    def close(self) -> None:
        """Give back all connections; the next session opens the store anew."""
        self._engine.dispose()
        self._file.forget()


#: Findings about what an index lists, not about the pages.
_IN_INDEX = re.compile(r"wrong # of entries in index |row \d+ missing from index |non-unique entry in index ")


def _unread(finding: str) -> bool:
    """Whether a finding of SQLite's check is about a page it was not given, rather than about one that is wrong."""
    if "failed to get page" in finding:
        return True
    _, marker, code = finding.partition("error code=")
    return bool(marker) and (not code.isdecimal() or store_faults.classify_code(int(code)) is not StoreFault.DAMAGED)


#: The stores this process has open, by address.
_open: weakref.WeakValueDictionary[str, Database] = weakref.WeakValueDictionary()
_opening = threading.Lock()


def open_once(url: str) -> Database:
    """The store at `url`, one and the same `Database` for everybody in this process who asks. Raises `BadStoreUrl`."""
    with _opening:
        database = _open.get(url)
        if database is None:
            database = _open[url] = Database(url)
        return database
