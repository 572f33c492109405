"""`hailong kiosk …`: the desk's commands.

Exit 0 on success, 2 on wrong usage, 1 with one sentence on stderr. The modules here import only what is light: what a
command works with is imported when it runs, so that `--help` costs a moment.
"""

from __future__ import annotations

import click

from kiosk.cli.base import Commands
from kiosk.cli.bundle import bundle
from kiosk.cli.drill import drill
from kiosk.cli.enrol import demo_serve, enrol
from kiosk.cli.pin_and_export import export_command, pin_command, take_receipts_command
from kiosk.cli.salvage import salvage_command
from kiosk.cli.sending import sync_command
from kiosk.cli.serve import serve
from kiosk.cli.slips import slip_command
from kiosk.cli.status import status
from kiosk.cli.tablet_startup_page import starting_command
from kiosk.cli.upgrade import upgrade_command

#: What is written here only staff see (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = False


@click.group(cls=Commands)
def cli() -> None:
    """The desk: ratings on a tablet, with or without a network."""


for _command in (
    bundle, demo_serve, drill, enrol, export_command, pin_command, salvage_command, serve, slip_command,
    starting_command, status, sync_command, take_receipts_command,
    upgrade_command,
):  # fmt: skip
    cli.add_command(_command)
