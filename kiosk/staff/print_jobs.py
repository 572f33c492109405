"""Printing of slips at the officer's page: once for each time that a person asks.

A page names the print that its button asks for by its number. Begun is begun: the number is written down before
anything is sent, so a second click, a page that is loaded again and a restart in between print nothing. The printer is
waited for in a thread of its own, in no transaction and by no request; what is known of it is written down afterwards.
"""

from __future__ import annotations

import logging
import secrets
import threading
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from kiosk.desk import state
from kiosk.desk.state_values import SlipPrint
from kiosk.slips import printer
from kiosk.slips.printer import PrinterPatience, PrintOutcome, PrintResult
from models.clock import Moment
from models.storage.database import Database

log = logging.getLogger(__name__)
#: What a print is that this process waits for, and one of a process that ended meanwhile.
GOING, INTERRUPTED = "going", "interrupted"
#: By this a start of the program knows its own prints.
_RUN = secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class PrintJob:
    """The newest print of a slip: its number (0: there was none), `GOING`, or what is known of it and why no more, and
    when it began (ms since 1970, UTC)."""

    number: int = 0
    known: str = ""
    why: str = ""
    t: int = 0

    @property
    def going(self) -> bool:
        """Whether the printer is being waited for."""
        return self.known == GOING


def read_print(session: Session, epoch: int, serial: int) -> PrintJob:
    """How the newest print of this slip stands."""
    newest = _newest(session)
    if newest is None or (newest.epoch, newest.serial) != (epoch, serial):
        return PrintJob()
    outcome, why = newest.known, newest.why
    if outcome == GOING and newest.run != _RUN:
        outcome, why = PrintOutcome.UNSURE.value, INTERRUPTED
    return PrintJob(newest.number, outcome, why, newest.t)


def begin_print(session: Session, epoch: int, serial: int, number: int, now: Moment) -> bool:
    """Write down that print `number` of this slip begins, within the caller's write transaction. False, and nothing is
    to be sent, if it is not the next one, or while one is going."""
    newest = read_print(session, epoch, serial)
    if newest.going or number != newest.number + 1:
        return False
    state.write_state(session, slip_print=SlipPrint(epoch, serial, number, _RUN, GOING, "", now.t))
    return True


def start_printing(
    database: Database, data: bytes, to: str, epoch: int, serial: int, number: int, patience: PrinterPatience
) -> threading.Thread:
    """Send what was begun to the printer `to`, beside the caller, who waits for nothing."""
    job = threading.Thread(
        target=_go, args=(database, data, to, epoch, serial, number, patience), name="slip", daemon=True
    )
    job.start()
    return job


def _go(
    database: Database, data: bytes, to: str, epoch: int, serial: int, number: int, patience: PrinterPatience
) -> None:
    result = PrintResult(PrintOutcome.UNSURE, INTERRUPTED)
    try:
        result = printer.print_out(data, to, patience)
    except Exception:  # whatever it was: the paper tells
        log.exception("printing a slip")
    if result.outcome is not PrintOutcome.PRINTED:
        log.warning("slip %d, print %d: %s %s %s", serial, number, result.outcome.value, result.why, result.detail)
    try:
        with database.write() as session:
            newest = _newest(session)
            if newest and (newest.epoch, newest.serial, newest.number, newest.run) == (epoch, serial, number, _RUN):
                state.write_state(session, slip_print=replace(newest, known=result.outcome.value, why=result.why))
    except Exception:
        log.exception("what is known of a print was not written down")
        _lost.add((epoch, serial, number))


#: Prints that ended and of which that could not be written down.
_lost: set[tuple[int, int, int]] = set()


def _newest(session: Session) -> SlipPrint | None:
    newest = state.read_state(session).slip_print
    if newest and newest.known == GOING and (newest.epoch, newest.serial, newest.number) in _lost:
        return replace(newest, known=PrintOutcome.UNSURE.value, why=INTERRUPTED)
    return newest
