"""`hailong admin ingest-file`: a file carried by hand from a desk without a network, taken in."""

from __future__ import annotations

from pathlib import Path

import click

from admin.cli.base import fail, open_store, print_result, require_signing_clock
from admin.error_catalogue.command_errors import CARRIED_FILES
from translations import gettext, lazy
from translations.terminal.system_errors import system_reason

_STATES = {
    "gap": lazy(
        "The device must export again from an earlier line. Carry the file of receipts to the device, then "
        "export again."
    ),
    "fork": lazy(
        "The device's ledger contradicts the ledger taken in before. Both are kept; carry the file of "
        "receipts to the device and look at the device."
    ),
    "stopped": lazy(
        "The device is suspended or revoked, so nothing more was taken. The device keeps its answers until it"
        " has receipts."
    ),
}


@click.command(name="ingest-file")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--reply", type=click.Path(path_type=Path, dir_okay=False), help="Where to write the signed receipts.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def ingest_file(file: Path, reply: Path | None, as_json: bool) -> None:
    """Take in a FILE that a desk exported; write the receipts to carry back beside it."""
    from admin.ledgers import signing_keys
    from admin.sync import usb_import
    from models.protocol import sealed_file
    from models.storage import whole_file

    database, settings = open_store()
    try:
        raw = whole_file.read_file(file, sealed_file.MAX_FILE)
    except OSError as error:
        fail("not_found", gettext(
            "The file %(file)s cannot be read (%(why)s). Nothing has changed.", file=file.name, why=system_reason(error)
        ))  # fmt: skip
    if len(raw) > sealed_file.MAX_FILE:
        fail("not_carried", CARRIED_FILES["not_carried"].message)
    try:
        at = require_signing_clock(database)
        done = usb_import.ingest_file(
            database, signing_keys.load_centre_keys(settings), raw, at.ms, at.confirmed_ms or 0
        )
    except usb_import.FileRefused as error:
        fail(error.code, str(error))
    name = file.stem if done.device in file.stem else f"{file.stem}-{done.device}"
    back = reply or file.with_name(name + sealed_file.REPLY_SUFFIX)
    try:
        whole_file.write_file(back, done.replies)
    except OSError as error:
        fail("not_written", gettext(
            "The answers are taken in, the receipts could not be written (%(why)s). Run it again with --reply.",
            why=system_reason(error),
        ))  # fmt: skip
    result = {
        "device": done.device, "epoch": done.epoch, "batches": done.batches, "entries": done.entries,
        "accepted": done.accepted, "state": done.state, "seq": done.seq, "reply": str(back),
    }  # fmt: skip
    print_result(result, as_json)
    if done.state != "ok":
        fail(done.state, str(_STATES[done.state]))
