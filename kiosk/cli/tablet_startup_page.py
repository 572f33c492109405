"""`hailong kiosk starting`: the page a tablet opens first, as one file."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk.cli.base import escape_undecodable

#: The server on the same machine.
ADDRESS = "http://127.0.0.1:8001"


@click.command(name="starting")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--address", default=ADDRESS, show_default=True, help="The desk's server, as the tablet reaches it.")
def starting_command(file: Path, address: str) -> None:
    """Write the page a tablet opens first to FILE."""
    from kiosk.tablet import startup_page

    file.write_text(startup_page.render_startup_page(escape_undecodable(address)), encoding="utf-8")
    click.echo(file.resolve().as_uri())
