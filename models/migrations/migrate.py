"""Migration of a store to the present schema, done only when there is something to do.

The desk migrates itself at start, so the question "is there anything to do?" must be cheap: one query, and alembic is
imported only when the answer is yes. The centre is migrated by an explicit command.
"""

from __future__ import annotations

from sqlalchemy import Connection, exc, inspect, text

from models.migrations.revisions import HEADS as HEADS
from models.migrations.revisions import MARK, judge_schema
from models.migrations.revisions import SchemaState as SchemaState
from models.storage.database import Database
from models.storage.store_faults import StoreFault, UnfitStore
from models.tables.declarative_base import tables


class NotOurStore(UnfitStore):
    """A store that this version cannot bring to its schema; `read_schema_state` says why. Nothing was changed."""

    def __init__(self, schema_state: SchemaState) -> None:
        fault = StoreFault.NEWER if schema_state is SchemaState.NEWER else StoreFault.FOREIGN
        super().__init__(fault, schema_state.value)
        self.standing = schema_state


def read_revision(database: Database) -> str | None:
    """The revision a store is at, or None for an empty one."""
    with database.engine.connect() as connection:
        return _current(connection)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table(MARK):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def read_schema_state(database: Database, store: str) -> SchemaState:
    """How the store stands to this version's `store` (`kiosk` or `central`); changes nothing. A database of PostgreSQL
    may hold what others keep there, a file may not."""
    with database.engine.connect() as connection:
        names = set(inspect(connection).get_table_names())
        if MARK not in names:
            ours = {table.name for table in tables(store)}
            return judge_schema(names if database.is_sqlite or names & ours else set(), None, store)
        try:
            revision = _current(connection)
        except (exc.OperationalError, exc.ProgrammingError):
            connection.rollback()
            if "version_num" in {column["name"] for column in inspect(connection).get_columns(MARK)}:
                raise
            return SchemaState.FOREIGN
    return judge_schema(names, revision, store)


def upgrade_store(database: Database, store: str, revision: str = "head") -> bool:
    """Create or migrate the store (`kiosk` or `central`); returns whether anything was done. Raises `NotOurStore`."""
    if revision == "head":
        schema_state = read_schema_state(database, store)
        if schema_state is SchemaState.PRESENT:
            return False
        if schema_state not in (SchemaState.EMPTY, SchemaState.OLDER):
            raise NotOurStore(schema_state)
    from models.migrations.run_alembic import move_to_revision

    move_to_revision(database, store, revision)
    return True
