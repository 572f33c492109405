"""The words for what is known of a print: what happened, what is safe, what to do."""

from __future__ import annotations

from kiosk.slips import escpos, printer
from kiosk.slips.printer import PrintOutcome
from kiosk.staff.print_jobs import INTERRUPTED, PrintJob
from kiosk.staff.status_text import Banner
from translations import gettext as _


def describe_print(newest: PrintJob, time: str) -> Banner | None:
    """What the page says of the newest print, begun at `time`; None where there was none."""
    if not newest.number:
        return None
    if newest.going:
        title = _("The slip is on its way to the printer.")
        return Banner("wait", "print", title, _("This page looks again by itself."))
    if newest.known == PrintOutcome.PRINTED:
        return Banner("good", "check", _("The printer says that the slip is printed."), _("At %(time)s.", time=time))
    safe = _("The slip holds: the citizen can scan it on this screen.")
    if newest.known == PrintOutcome.TAKEN:
        title = _("The printer took the slip and does not say whether it printed it.")
        return Banner("wait", "warning", title, f"{_look()} {safe}")
    why, do = _why(newest.why), _TO_DO.get(newest.why, _power)()
    if newest.known == PrintOutcome.NOT_PRINTED:
        nothing = _("Nothing was printed.")
        return Banner("bad", "warning", f"{why} {nothing}", f"{safe} {do} (HL-P1)")
    if newest.known == PrintOutcome.CUT_SHORT:
        part = _("The slip is not printed whole.")
        return Banner("bad", "warning", f"{why} {part}", f"{safe} {_throw_away()} {do} (HL-P2)")
    unknown = _("Nobody knows whether the slip was printed.")
    do = _wait_for_it() if newest.why in _STOPPED else _look()
    return Banner("wait", "warning", f"{why} {unknown}", f"{safe} {do} (HL-P3)")


#: What stops a printer that has the slip: it may go on by itself.
_STOPPED = (escpos.PAPER_OUT, escpos.COVER_OPEN, escpos.ERROR, escpos.OFFLINE)


def _why(why: str) -> str:
    return {
        escpos.PAPER_OUT: _("The printer has no paper."),
        escpos.COVER_OPEN: _("The printer's cover is open."),
        escpos.ERROR: _("The printer reports a fault."),
        escpos.OFFLINE: _("The printer is not ready."),
        printer.UNREACHABLE: _("The printer cannot be reached."),
        printer.ABSENT: _("No printer is connected to this machine."),
        printer.DENIED: _("This machine may not use the printer."),
        printer.BUSY: _("The printer is busy with something else."),
        printer.CLOSED: _("The printer ended the connection."),
        printer.RESET: _("The printer broke off the connection."),
        printer.SLOW: _("The printer took nothing more."),
        INTERRUPTED: _("The program was interrupted while printing."),
    }.get(why, _("The printer does not answer."))


def _power() -> str:
    return _("See that the printer is on and its cable is in, then print again.")


_TO_DO = {
    escpos.PAPER_OUT: lambda: _("Put in paper, then print again."),
    escpos.COVER_OPEN: lambda: _("Close the cover, then print again."),
    escpos.ERROR: lambda: _("Switch the printer off and on, then print again."),
    printer.BUSY: lambda: _("Wait until it is free, then print again."),
    printer.DENIED: lambda: _("Please call whoever looks after this machine."),
    printer.SLOW: lambda: _("Switch the printer off and on, then print again."),
}


def _look() -> str:
    return _("Look at the paper: if the whole QR is there, hand it out; if not, print again.")


def _wait_for_it() -> str:
    return _("Put it right and wait: it may print by itself. Print again only if no whole slip comes out.")


def _throw_away() -> str:
    return _("Throw away what came out.")
