"""The driver of SQLite in use: one copy of SQLite a process, for every door to a store's file."""

from __future__ import annotations

import importlib
from types import ModuleType

#: How long SQLite waits for another process's lock (milliseconds).
BUSY_MS = 5000


def load_sqlite_module() -> ModuleType:
    """The SQLite module in use: `pysqlite3` if installed, else the one of the standard library. Never both at once:
    two copies of SQLite in one process may not open one file."""
    try:
        return importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        return importlib.import_module("sqlite3")
