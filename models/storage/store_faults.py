"""The kinds of failure of a store, read from what the driver or the machine says.

Whoever reports a failure (a page, a command, `/healthz`) asks here what it is and says it in words of its own, so that
a full disk is nowhere called a wrong address.
"""

from __future__ import annotations

import enum
import errno
import os
import shutil
from pathlib import Path

from sqlalchemy import exc


class StoreFault(enum.Enum):
    """A kind of failure; its value is the stable code."""

    FULL = "disk_full"
    READ_ONLY = "read_only"
    BUSY = "store_busy"
    DAMAGED = "store_damaged"
    NEWER = "store_newer"
    FOREIGN = "other_store"
    UNREACHABLE = "no_store"
    BAD_URL = "bad_store_url"
    OTHER = "store_failed"


class StoreGone(OSError):
    """The file of an open SQLite store was moved, deleted or replaced: what is written now would be in no store."""


class BadStoreUrl(ValueError):
    """The address of the store is none this system knows: `name` says why (`admin.error_catalogue.store_address_errors`
    has the sentences), `values` holds no password."""

    def __init__(self, name: str, /, **values: object) -> None:
        super().__init__(" ".join((name, *map(str, values.values()))))
        self.name, self.values = name, values


class UnfitStore(RuntimeError):
    """A store whose schema this version cannot use; `fault` says why. Nothing was changed."""

    def __init__(self, fault: StoreFault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


#: Primary result codes of SQLite (https://www.sqlite.org/rescode.html).
_SQLITE = {
    3: StoreFault.READ_ONLY, 5: StoreFault.BUSY, 6: StoreFault.BUSY, 8: StoreFault.READ_ONLY,
    11: StoreFault.DAMAGED, 13: StoreFault.FULL, 14: StoreFault.UNREACHABLE, 26: StoreFault.DAMAGED,
}  # fmt: skip
#: SQLSTATE of PostgreSQL, a class of two characters or a whole code (its manual, appendix A).
_POSTGRESQL = {
    "53100": StoreFault.FULL, "25006": StoreFault.READ_ONLY, "55P03": StoreFault.BUSY, "40001": StoreFault.BUSY,
    "40P01": StoreFault.BUSY, "53300": StoreFault.BUSY, "57014": StoreFault.BUSY, "08": StoreFault.UNREACHABLE,
    "28": StoreFault.UNREACHABLE, "3D": StoreFault.UNREACHABLE, "57": StoreFault.UNREACHABLE,
    "XX001": StoreFault.DAMAGED, "XX002": StoreFault.DAMAGED,
}  # fmt: skip
_SYSTEM = {
    errno.ENOSPC: StoreFault.FULL, errno.EDQUOT: StoreFault.FULL, errno.EROFS: StoreFault.READ_ONLY,
    errno.EACCES: StoreFault.READ_ONLY, errno.EPERM: StoreFault.READ_ONLY,
}  # fmt: skip
#: What may be asked for its kind: everything a store throws that is not a fault of the program.
FAILURES = (exc.DBAPIError, exc.TimeoutError, BadStoreUrl, UnfitStore, OSError)
#: With less room than this nothing is written (bytes).
NO_ROOM = 64 << 10


def classify_fault(error: BaseException) -> StoreFault:
    """The kind of failure behind `error`: one of `FAILURES`, or what the driver raised by itself."""
    if isinstance(error, BadStoreUrl):
        return StoreFault.BAD_URL
    if isinstance(error, UnfitStore):
        return error.fault
    if isinstance(error, StoreGone):
        return StoreFault.UNREACHABLE
    if isinstance(error, exc.TimeoutError):
        return StoreFault.BUSY
    if isinstance(error, exc.DBAPIError):
        return classify_fault(error.orig) if error.orig is not None else StoreFault.OTHER
    if isinstance(error, OSError):
        return _SYSTEM.get(error.errno or 0, StoreFault.OTHER)
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return classify_code(code)
    state = getattr(error, "sqlstate", None)
    if state:
        return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2], StoreFault.OTHER)
    if type(error).__module__.startswith("psycopg") and type(error).__name__ in ("OperationalError", "InterfaceError"):
        return StoreFault.UNREACHABLE  # psycopg gives no SQLSTATE where no server answered
    if type(error).__module__.startswith("psycopg") and "connection option" in str(error):
        return StoreFault.BAD_URL
    return StoreFault.OTHER


def classify_code(code: int) -> StoreFault:
    """The kind behind a result code of SQLite, primary or extended."""
    return _SQLITE.get(code & 0xFF, StoreFault.OTHER)


def classify_fault_in(error: BaseException, folder: Path) -> StoreFault:
    """The same for a store of SQLite in `folder`: where SQLite only says that it could not open or use its files, the
    disk itself is asked whether it is full or may not be written to."""
    fault = classify_fault(error)
    if fault not in (StoreFault.UNREACHABLE, StoreFault.OTHER):
        return fault
    try:
        if not folder.is_dir():
            return fault
        if not os.access(folder, os.W_OK):
            return StoreFault.READ_ONLY
        return StoreFault.FULL if shutil.disk_usage(folder).free < NO_ROOM else fault
    except OSError:
        return fault
