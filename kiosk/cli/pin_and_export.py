"""`hailong kiosk pin`, `export`, `take-receipts`: commands of local staff at the console."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kiosk.cli.base import end_command, end_not_paired, open_store, print_result
from translations import gettext as _


@click.command(name="pin")
@click.option("--pin-stdin", is_flag=True, help="Read the new PIN from standard input.")
def pin_command(pin_stdin: bool) -> None:
    """Set a new staff PIN, 6 to 12 digits; ends the sessions that are open."""
    from kiosk.auth import pin, sessions
    from kiosk.desk import identity_copy
    from models import clock

    database, settings = open_store()
    if pin_stdin:
        typed = sys.stdin.readline().strip()
    else:
        typed = click.prompt("PIN", hide_input=True, confirmation_prompt=True)
    with database.write() as session:
        pin.set_pin(session, typed, clock.now())
        sessions.end_all_sessions(session)
        identity_copy.write_identity_copy(session, settings.instance)
    click.echo(_("The PIN has been changed."))


@click.command(name="export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def export_command(file: Path, as_json: bool) -> None:
    """Write what the centre has not signed for to FILE (or into that folder); the centre alone can read it."""
    from kiosk.auth import pin
    from kiosk.cli.status_lines import describe_unsent_ratings
    from kiosk.desk import device_key, state
    from kiosk.sync import carried_files
    from models import clock

    database, settings = open_store()
    now = clock.now()
    try:
        with database.write() as session:
            if state.read_state(session).identity is None:
                end_not_paired(settings)
            pin.log_maintenance(session, "export", now)
        done = carried_files.write_export(database, device_key.load_device_key(settings.key_file), settings, now, file)
    except carried_files.ExportNotWritten as error:
        end_command(error.code, f"{error} {describe_unsent_ratings(database, settings)}")
    print_result({"file": str(done.path), "entries": done.entries, "ratings": done.ratings, "to": done.to}, as_json)


@click.command(name="take-receipts")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def take_receipts_command(file: Path, as_json: bool) -> None:
    """Take the centre's signed receipts from FILE: what they name need not be sent again."""
    from kiosk.desk import state
    from kiosk.sync import carried_files
    from models import clock

    database, settings = open_store()
    with database.read() as session:
        identity = state.read_state(session).identity
    if identity is None:
        end_not_paired(settings)
    took = carried_files.import_receipts(database, identity, file, clock.now())
    print_result({"acked": took.acked, "ratings": took.ratings, "state": took.state}, as_json)
