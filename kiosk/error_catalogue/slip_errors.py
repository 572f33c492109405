"""Errors of `hailong kiosk slip`: minting, drawing, printing."""

from __future__ import annotations

from models.errors import ErrorKind, ErrorTable
from translations import lazy

SLIP = ErrorTable(
    "hailong kiosk slip",
    ErrorKind(
        "unknown_slip",
        lazy("This machine's ledger has no slip number %(serial)s, or not %(count)s slips from it on. Nothing was "
             "printed."),
    ),
    ErrorKind(
        "not_drawn",
        lazy("The slip was not drawn (%(why)s). The slip is in the ledger: look for free room, then run it again "
             "with --again %(serial)s."),
    ),
    ErrorKind(
        "unknown_procedure",
        lazy("The centre has not sent the procedure %(procedure)s. No slip was printed; check the procedure's code."),
    ),
    ErrorKind(
        "device_withdrawn",
        lazy("The centre takes nothing from this device any more, so slips would not work. No slip was printed; call "
             "the province."),
    ),
    ErrorKind("bad_due", lazy("The day the result is due must be today or later. No slip was printed.")),
)  # fmt: skip

#: `slips` names the slips, `again` is the command that prints them again.
PRINTER = ErrorTable(
    "hailong kiosk slip --print",
    ErrorKind(
        "not_printed",
        lazy("Nothing was printed (%(why)s). In the ledger and still valid: %(slips)s. Look at the printer, then: "
             "%(again)s"),
    ),
    ErrorKind(
        "print_cut_short",
        lazy("It was not printed to the end (%(why)s). In the ledger and still valid: %(slips)s. Throw the unfinished "
             "paper away, look at the printer, then: %(again)s"),
    ),
    ErrorKind(
        "print_unsure",
        lazy("Whether all was printed is not known (%(why)s). In the ledger and still valid: %(slips)s. Look at the "
             "paper; only if not all came out: %(again)s"),
    ),
)  # fmt: skip
