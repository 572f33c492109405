"""The lines that commands print of slips that went to a printer."""

from __future__ import annotations

import sys

import click

from kiosk.cli.base import escape_undecodable, fail
from kiosk.error_catalogue.slip_errors import PRINTER
from kiosk.slips import escpos, printer
from kiosk.slips.printer import PrintOutcome, PrintResult
from translations import gettext as _
from translations import lazy
from translations.formats import fold_text

_WHY = {
    escpos.PAPER_OUT: lazy("the printer is out of paper"), escpos.COVER_OPEN: lazy("the printer's cover is open"),
    escpos.ERROR: lazy("the printer reports an error"), escpos.OFFLINE: lazy("the printer is not ready"),
    printer.UNREACHABLE: lazy("the printer cannot be reached"),
    printer.ABSENT: lazy("this machine has no such printer"),
    printer.DENIED: lazy("this machine may not use the printer"), printer.BUSY: lazy("the printer is busy"),
    printer.CLOSED: lazy("the printer closes the connection"), printer.RESET: lazy("the printer broke the connection"),
    printer.SLOW: lazy("the printer takes no more"),
}  # fmt: skip
_CODES = {PrintOutcome.NOT_PRINTED: "not_printed", PrintOutcome.CUT_SHORT: "print_cut_short"}


def report_print(state: PrintResult, to: str, serial: int, count: int, paper: str) -> str:
    """What is known of `count` slips from `serial` on that went to the printer `to`, for a result: `printed`, or
    `taken`, which a line on stderr explains. Ends the command with exit code 1 for anything less."""
    more = "" if count == 1 else f" --count {count}"
    again = f"hailong kiosk slip --again {serial}{more} --paper {paper} --print {to}"
    if state.outcome is PrintOutcome.PRINTED:
        return state.outcome.value
    if state.outcome is PrintOutcome.TAKEN:
        text = _("The printer took all of it but does not say whether it was printed. Look at the paper; if not all "
                 "came out: %(again)s", again=again)  # fmt: skip
        click.echo(fold_text(escape_undecodable(text), sys.stderr), err=True)
        return state.outcome.value
    slips = (
        _("Slip number %(serial)s", serial=serial)
        if count == 1
        else _("Slips number %(first)s–%(last)s", first=serial, last=serial + count - 1)
    )
    why = str(_WHY.get(state.why) or _("the printer does not answer")) + (f": {state.detail}" if state.detail else "")
    fail(PRINTER, _CODES.get(state.outcome, "print_unsure"), why=why, slips=slips, again=again)
