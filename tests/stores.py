"""Central stores that tests begin with: on SQLite made once a process and then copied, since to migrate and fill one
costs a hundred times as much."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.orm import Session

from models.database import Database
from models.migrate import upgrade
from models.tables.base import CENTRAL

FILE = "sqlite:///"


def begun(url: str, fill: Callable[[Session], None]) -> Database:
    """A migrated central store at `url`, where there is none yet, with what `fill` (a function of a module, which asks
    no clock) puts into it."""
    if not url.startswith(FILE):
        return _made(url, fill)
    Path(url.removeprefix(FILE)).write_bytes(_file(fill))
    return Database(url)


@cache
def _file(fill: Callable[[Session], None]) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        _made(FILE + path.as_posix(), fill).close()
        assert [found.name for found in path.parent.iterdir()] == [path.name]  # nothing of it is left in another file
        return path.read_bytes()


def _made(url: str, fill: Callable[[Session], None]) -> Database:
    database = Database(url)
    upgrade(database, CENTRAL)
    with database.write() as session:
        fill(session)
    return database
