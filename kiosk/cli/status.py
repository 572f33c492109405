"""`hailong kiosk status`: how the desk is, and what to do about it.

It only looks: the bare driver reads the store, beside a server or without one, and nothing is made, changed or
migrated. A store that was not made yet is shown as the desk it will be, one of an older version is named.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from kiosk.cli.base import fail, print_result, require_whole_store

if TYPE_CHECKING:
    from kiosk.settings import Settings
    from models.storage.bare_store import BareStore


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(as_json: bool) -> None:
    """Say how the desk is, and what to do about it."""
    from models.storage import bare_store
    from translations.formats import fold_text

    settings = require_whole_store()
    if as_json:
        print_result(bare_store.read_bare_store(settings.store_file, lambda store: _figures(store, settings)), as_json)
        return
    from kiosk.cli import status_lines

    for line in bare_store.read_bare_store(settings.store_file, lambda store: _lines(store, settings)):
        click.echo(fold_text(line, sys.stdout, status_lines.hanging_indent(line)))


def _figures(store: BareStore, settings: Settings) -> dict[str, Any]:
    from kiosk.desk import status_figures

    return status_figures.read_figures(_usable(store), settings)


def _lines(store: BareStore, settings: Settings) -> list[str]:
    from kiosk.cli import status_lines
    from models import clock

    return status_lines.build_status_lines(_usable(store), settings, clock.now())


def _usable(store: BareStore) -> BareStore:
    """The store, where its schema is this version's, or an empty one where it has none yet; else the command ends."""
    from models.migrations import revisions
    from models.migrations.revisions import SchemaState
    from models.storage.bare_store import BareStore

    schema_state = revisions.read_file_schema_state(store, "kiosk")
    if schema_state is SchemaState.PRESENT:
        return store
    if schema_state is SchemaState.EMPTY:
        return BareStore(None)
    if schema_state is SchemaState.OLDER:
        from kiosk.error_catalogue import command_errors

        fail(command_errors.STATUS, "store_older")
    from models.migrations.migrate import NotOurStore

    raise NotOurStore(schema_state)
