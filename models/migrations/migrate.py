"""Migration of a store to the present schema, done only when there is something to do.

The desk migrates itself at start, so the question "is there anything to do?" must be cheap: one query, and alembic is
imported only when the answer is yes. The centre is migrated by an explicit command.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from models.storage.database import Database
from models.tables.declarative_base import CENTRAL, KIOSK

#: The newest revision of each store; a test holds it equal to alembic's own head.
HEADS = {KIOSK: "kiosk_0003", CENTRAL: "central_0008"}


def current(database: Database) -> str | None:
    """The revision a store is at, or None for an empty one."""
    with database.engine.connect() as connection:
        return _current(connection)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def upgrade(database: Database, store: str, revision: str = "head") -> bool:
    """Create or migrate the store (`kiosk` or `central`); returns whether anything was done."""
    if revision == "head" and current(database) == HEADS[store]:
        return False
    from models.migrations.run_alembic import move

    move(database, store, revision)
    return True
