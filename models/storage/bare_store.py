"""A store of SQLite, looked at by the bare driver alone.

It is opened for reading, never made, changed or migrated.

A store whose log is empty stands whole in its file, which is read as one that does not change: so no log and no index
of one is made beside it, for which a full or read-only disk has no room. Whether it did change meanwhile is asked
afterwards, and then, as always where something stands in its log, it is read beside its writers.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from models.storage.sqlite_module import BUSY_MS, load_sqlite_module

T = TypeVar("T")


class BareStore:
    """One consistent view of a store. `connection` is the driver's; None: there is no store yet, and no row in it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def read_rows(self, statement: str, parameters: Sequence[object] = ()) -> Iterator[Any]:
        """The rows of `statement`. Raises what a session would raise (`store_faults.FAILURES`)."""
        if self._connection is None:
            return
        try:
            yield from self._connection.execute(statement, parameters)
        except load_sqlite_module().Error as error:
            from sqlalchemy import exc

            raise exc.OperationalError(statement, None, error) from error


def read_bare_store(file: Path, read: Callable[[BareStore], T]) -> T:
    """What `read` makes of the store in `file`; it may be called twice and must do nothing but read. A file that is
    not there, or is empty, is a store without rows. Raises what a session would raise (`store_faults.FAILURES`)."""
    if not file.exists() or not file.stat().st_size:
        if not file.parent.is_dir():
            from models.storage.store_faults import StoreGone

            raise StoreGone(errno.ENOENT, "there is no folder for the store")
        return read(BareStore(None))
    if not _has_log(file):
        before = _state(file)
        try:
            result = _look(file, "mode=ro&immutable=1", read)
        except Exception:
            if not _has_log(file) and _state(file) == before:
                raise
        else:
            if not _has_log(file) and _state(file) == before:
                return result
    return _look(file, "mode=ro", read)


def _look(file: Path, how: str, read: Callable[[BareStore], T]) -> T:
    driver, connection = load_sqlite_module(), None
    try:
        connection = driver.connect(
            f"{file.as_uri()}?{how}", uri=True, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        store = BareStore(connection)
        list(store.read_rows("BEGIN"))
        return read(store)
    except driver.Error as error:
        from sqlalchemy import exc

        raise exc.OperationalError("open", None, error) from error
    finally:
        if connection is not None:
            connection.close()


def _has_log(file: Path) -> bool:
    """Whether something stands beside the file that belongs to its contents."""
    log, journal = (file.with_name(f"{file.name}-{end}") for end in ("wal", "journal"))
    return journal.exists() or (log.exists() and log.stat().st_size > 0)


def _state(file: Path) -> tuple[int, int, int]:
    file_stat = file.stat()
    return file_stat.st_ino, file_stat.st_mtime_ns, file_stat.st_size
