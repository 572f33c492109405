"""Migration of a store to the present schema, done only when there is something to do.

The desk migrates itself at start, so the question "is there anything to do?" must be cheap: one query, and alembic is
imported only when the answer is yes. The centre is migrated by an explicit command.
"""

from __future__ import annotations

import enum
import re

from sqlalchemy import Connection, exc, inspect, text

from models.storage.database import Database
from models.storage.store_faults import StoreFault, UnfitStore
from models.tables.declarative_base import CENTRAL, KIOSK, tables

#: The newest revision of each store; a test holds it equal to alembic's own head.
HEADS = {KIOSK: "kiosk_0005", CENTRAL: "central_0021"}
_REVISION = re.compile(r"(kiosk|central)_(\d{4})\Z", re.ASCII)


class Standing(enum.Enum):
    """How a store stands to this version."""

    EMPTY = "empty"
    OLDER = "older"
    PRESENT = "present"
    NEWER = "newer"
    #: of the other application
    OTHER = "other"
    #: tables of something else, or a mark of the schema that says nothing
    FOREIGN = "foreign"


class NotOurStore(UnfitStore):
    """A store that this version cannot bring to its schema; `standing` says why. Nothing was changed."""

    def __init__(self, standing: Standing) -> None:
        fault = StoreFault.NEWER if standing is Standing.NEWER else StoreFault.FOREIGN
        super().__init__(fault, standing.value)
        self.standing = standing


def current(database: Database) -> str | None:
    """The revision a store is at, or None for an empty one."""
    with database.engine.connect() as connection:
        return _current(connection)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def standing(database: Database, store: str) -> Standing:
    """How the store stands to this version's `store` (`kiosk` or `central`); changes nothing. A database of PostgreSQL
    may hold what others keep there, a file may not."""
    with database.engine.connect() as connection:
        names = set(inspect(connection).get_table_names())
        if "alembic_version" not in names:
            ours = {table.name for table in tables(store)}
            return Standing.FOREIGN if names and (database.is_sqlite or names & ours) else Standing.EMPTY
        try:
            found = _current(connection)
        except (exc.OperationalError, exc.ProgrammingError):
            connection.rollback()
            if "version_num" in {column["name"] for column in inspect(connection).get_columns("alembic_version")}:
                raise
            return Standing.FOREIGN
    if found is None:
        return Standing.FOREIGN if names - {"alembic_version"} else Standing.EMPTY
    return _stands(found, store)


def _stands(revision: str, store: str) -> Standing:
    named, head = _REVISION.match(revision), _REVISION.match(HEADS[store])
    if named is None or head is None:
        return Standing.FOREIGN
    if named[1] != head[1]:
        return Standing.OTHER
    if int(named[2]) > int(head[2]):
        return Standing.NEWER
    return Standing.PRESENT if revision == HEADS[store] else Standing.OLDER


def upgrade(database: Database, store: str, revision: str = "head") -> bool:
    """Create or migrate the store (`kiosk` or `central`); returns whether anything was done. Raises `NotOurStore`."""
    if revision == "head":
        found = standing(database, store)
        if found is Standing.PRESENT:
            return False
        if found not in (Standing.EMPTY, Standing.OLDER):
            raise NotOurStore(found)
    from models.migrations.run_alembic import move

    move(database, store, revision)
    return True
