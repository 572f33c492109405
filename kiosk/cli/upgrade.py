"""`hailong kiosk upgrade`: this machine's store brought to this version, and read once through."""

from __future__ import annotations

import click

from kiosk.cli.base import open_store, print_result


@click.command(name="upgrade")
def upgrade_command() -> None:
    """Bring this machine's store to this version; hailong kiosk serve does so by itself.

    The installer tries it on a copy before an update takes over. Prints the desk in figures, as status --json does.
    """
    from kiosk.desk import status_figures

    database, settings = open_store()
    with database.read() as session:
        print_result(status_figures.read_figures(session, settings), as_json=True)
