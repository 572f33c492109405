"""The alembic runner of one store, imported only when there is something to migrate."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from models.storage.database import Database
from models.tables import (  # noqa: F401  (all tables are known)
    agency,
    centre_key,
    desk_store,
    device,
    ledger_entry,
    released_words,
    response,
    slip_record,
    staff_account,
    tally,
)
from models.tables.declarative_base import tables

HERE = Path(__file__).resolve().parent


def build_configuration(store: str) -> Config:
    """Alembic's configuration for one store; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", HERE.as_posix())
    config.set_main_option("version_locations", (HERE / store / "versions").as_posix())
    config.set_main_option("path_separator", "os")
    config.attributes["store"] = store
    return config


def move_to_revision(database: Database, store: str, revision: str) -> None:
    """Upgrade or downgrade the store to `revision` in one transaction."""
    config = build_configuration(store)
    with database.engine.execution_options(hailong_writes=True).begin() as connection:
        config.attributes["connection"] = connection
        if revision == "head" or revision.startswith("+"):
            command.upgrade(config, revision)
        else:
            command.downgrade(config, revision)


def find_differences(database: Database, store: str) -> list[object]:
    """What the models say beyond what the store has; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    names = {table.name for table in tables(store)}

    def ours(name: str | None, kind: str, parents: object) -> bool:
        return kind != "table" or name in names

    def wanted(item: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
        return kind != "table" or name in names

    from models.tables.declarative_base import Base

    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": ours, "include_object": wanted, "compare_type": False}
        )
        return list(compare_metadata(context, Base.metadata))
