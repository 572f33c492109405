"""Migration of a store to the present schema, done only when there is something to do.

The desk migrates itself at start, so the question "is there anything to do?" must be cheap: one query, and alembic is
imported only when the answer is yes. The centre is migrated by an explicit command.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from models.storage.database import Database
from models.storage.store_faults import NewerStore
from models.tables.declarative_base import CENTRAL, KIOSK

#: The newest revision of each store; a test holds it equal to alembic's own head.
HEADS = {KIOSK: "kiosk_0004", CENTRAL: "central_0008"}


def current(database: Database) -> str | None:
    """The revision a store is at, or None for an empty one."""
    with database.engine.connect() as connection:
        return _current(connection)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _older(revision: str, head: str) -> bool:
    """Whether a revision is one that comes before `head`; they are numbered (`kiosk_0003`)."""
    number = revision.removeprefix(head[:-4])
    return len(number) == 4 and number.isdecimal() and number < head[-4:]


def upgrade(database: Database, store: str, revision: str = "head") -> bool:
    """Create or migrate the store (`kiosk` or `central`); returns whether anything was done. Raises `NewerStore`."""
    if revision == "head":
        found = current(database)
        if found == HEADS[store]:
            return False
        if found is not None and not _older(found, HEADS[store]):
            raise NewerStore(found)
    from models.migrations.run_alembic import move

    move(database, store, revision)
    return True
