"""`hailong kiosk status`: how the desk is, and what to do about it."""

from __future__ import annotations

import sys

import click

from kiosk.cli.base import opened, say


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(as_json: bool) -> None:
    """Say how the desk is, and what to do about it."""
    from kiosk.cli import status_lines
    from kiosk.desk import desk_figures
    from models import clock
    from translations.formats import folded

    database, settings = opened()
    with database.read() as session:
        if as_json:
            say(desk_figures.read_figures(session, settings), as_json)
        else:
            for line in status_lines.lines(session, settings, clock.now()):
                click.echo(folded(line, sys.stdout, status_lines.hang(line)))
