"""Errors of what is carried by hand: export, receipts, what is salvaged of a damaged store."""

from __future__ import annotations

from models.errors import CodedError, ErrorKind, ErrorTable
from translations import lazy

EXPORT = ErrorTable(
    "hailong kiosk export, and the staff's page",
    ErrorKind("not_paired", lazy("This device is not paired yet. Run: hailong kiosk enrol URL CODE")),
    ErrorKind("no_box", lazy("The machine has not received the centre's key: connect it to the network once and try "
                             "again.")),
    ErrorKind("damaged", lazy("The ledger on this machine has a damaged entry, so no file was written. Leave the "
                              "machine as it is; see: hailong kiosk status")),
    ErrorKind("not_written", lazy("The file was not written: look for free room and for who may write there, then try "
                                  "again.")),
)  # fmt: skip

RECEIPTS = ErrorTable(
    "hailong kiosk take-receipts, and the staff's page",
    ErrorKind("not_found", lazy("The file cannot be read. Nothing has changed; check the file's name.")),
    ErrorKind("not_carried", lazy("This file is not one of the centre's receipts. Nothing has changed.")),
    ErrorKind("damaged", lazy("The file of receipts is damaged or incomplete. Nothing has changed; copy it from the "
                              "centre again.")),
    ErrorKind("other_device", lazy("These receipts are another device's. Nothing has changed; choose the right file.")),
    ErrorKind("other_centre", lazy("The paired centre did not sign these receipts. Nothing has changed.")),
)  # fmt: skip

SALVAGE = ErrorTable(
    "hailong kiosk salvage",
    ErrorKind("not_found", lazy("No store named %(name)s was set aside on this machine. There are: %(names)s.")),
    ErrorKind("serve_syncs", lazy("%(engine)s lets one process write. Stop serve and run it again.")),
)


class ExportNotWritten(CodedError):
    """No file was written: `not_paired`, `no_box` (the centre's key has not come yet), `damaged` (the ledger on this
    machine) or `not_written` (the disk)."""

    table = EXPORT


class ReceiptsNotTaken(CodedError):
    """Nothing was taken from a file of receipts."""

    table = RECEIPTS
