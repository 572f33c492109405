"""The printer: what is known of a slip that was sent to it, and nothing more than that.

A slip goes to the printer once. Before it the printer is asked how it is, and one that says that it cannot print gets
nothing; behind it goes a question that is answered in its turn (`kiosk.slips.escpos`). Many printers answer nothing:
then all that is known is that they took everything. Whatever happens, nothing is sent a second time here, and of a slip
that was given up no rest arrives later.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from kiosk.slips import escpos, printer_connection
from kiosk.slips.escpos import PrinterAnswers
from kiosk.slips.printer_connection import PrinterConnection, PrinterGone

#: Why it is not known that a slip was printed, besides what a printer says of itself (`kiosk.slips.escpos`). It says
#: nothing, or nothing that can be understood; it closed the line, or broke it off; it took nothing more for too long;
#: it cannot be reached, is not there, is not to be used by this account; another slip is being printed.
SILENT, GARBAGE, CLOSED, RESET, SLOW = "silent", "garbage", "closed", "reset", "slow"
UNREACHABLE, ABSENT, DENIED, BUSY = "unreachable", "absent", "denied", "busy"

#: One slip at a time on each printer.
_turns: dict[str, threading.Lock] = defaultdict(threading.Lock)


class PrintOutcome(StrEnum):
    """What is known. `NOT_PRINTED`: nothing of the slip was sent; `CUT_SHORT`: not all of it was taken, so it did not
    come out whole; `UNSURE`: all was sent, and the paper alone tells; `TAKEN`: all was taken, and the printer says no
    more; `PRINTED`: the printer answered behind it that it is well."""

    PRINTED = "printed"
    TAKEN = "taken"
    UNSURE = "unsure"
    CUT_SHORT = "cut_short"
    NOT_PRINTED = "not_printed"


@dataclass(frozen=True, slots=True)
class PrintResult:
    """What is known of a slip that was to be printed, why no more (one of the words above), and the system's words."""

    outcome: PrintOutcome
    why: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PrinterPatience:
    """How long a printer is waited for, in seconds. `connect`: to be there; `answer`: to say how it is; `closing`: to
    close when nothing more comes; `taking` and `printing`: to take everything, and to come to its end, beside what the
    slowest printer needs for that much (`rate`, bytes a second)."""

    connect: float = 5.0
    answer: float = 1.5
    taking: float = 5.0
    printing: float = 5.0
    closing: float = 1.5
    rate: float = 10_000.0

    def longest(self, size: int) -> float:
        """The longest that `size` bytes can take."""
        answers = 3 * self.answer + 3 * self.closing
        return self.connect + answers + self.taking + self.printing + 2 * size / self.rate


PATIENCE = PrinterPatience()


def print_out(data: bytes, printer: str, patience: PrinterPatience = PATIENCE) -> PrintResult:
    """Send the commands of a slip to a device (`/dev/usb/lp0`, `LPT1`, `\\\\.\\COM3`) or to `host:9100`, once, and say
    what is known of it. Never raises for what a printer does; waits no longer than `patience`."""
    turn = _turns[printer]
    if not turn.acquire(timeout=patience.longest(len(data))):
        return PrintResult(PrintOutcome.NOT_PRINTED, BUSY)
    try:
        if printer_connection.parse_network_address(printer) is None and not printer_connection.DEVICES:
            return print_by_thread(data, printer, patience)
        try:
            line = PrinterConnection.open(printer, patience.connect)
        except OSError as error:
            return PrintResult(PrintOutcome.NOT_PRINTED, _why(error, printer), error.strerror or str(error))
        return _Job(line, patience).run(data)
    finally:
        turn.release()


class _Job:
    """One slip on an open line."""

    def __init__(self, line: PrinterConnection, patience: PrinterPatience) -> None:
        self._line, self._patience, self._said = line, patience, PrinterAnswers()
        self._rate = min(patience.rate, line.rate or patience.rate)

    def run(self, data: bytes) -> PrintResult:
        """Print, and close the line."""
        result = PrintResult(PrintOutcome.CUT_SHORT, RESET)
        try:
            result = self._asked_first() or self._sent(data) or self._asked_behind(data)
        finally:
            if result.outcome in (PrintOutcome.CUT_SHORT, PrintOutcome.UNSURE):
                self._line.drop()
            else:
                self._line.close()
        return result

    def _asked_first(self) -> PrintResult | None:
        """Why nothing is sent; None when all may go well."""
        if not self._line.hears:
            return None
        try:
            wrong = self._how_it_is()
        except PrinterGone as error:
            return PrintResult(PrintOutcome.NOT_PRINTED, RESET, error.strerror or "")
        if self._line.closed:
            return PrintResult(PrintOutcome.NOT_PRINTED, CLOSED)
        return PrintResult(PrintOutcome.NOT_PRINTED, wrong) if wrong else None

    def _sent(self, data: bytes) -> PrintResult | None:
        """Why not all was taken; None when all was."""
        patience, whole, heard = self._patience, data + (escpos.ASK_IN_TURN if self._line.hears else b""), bytearray()
        until = time.monotonic() + patience.taking + len(data) / self._rate
        try:
            done = self._line.write(whole, until, heard)
        except PrinterGone as error:
            return PrintResult(PrintOutcome.CUT_SHORT, RESET, error.strerror or "")
        self._said.take(bytes(heard))
        self._said.in_turn = None  # what came before the question is not its answer
        if done < len(data):
            return PrintResult(PrintOutcome.CUT_SHORT, CLOSED if self._line.closed else self._stuck() or SLOW)
        return None

    def _asked_behind(self, data: bytes) -> PrintResult:
        """What is known once all was sent."""
        patience, answers, line = self._patience, self._said, self._line
        began = time.monotonic()
        try:
            while answers.in_turn is None and not line.closed and not answers.garbage:
                talks = answers.told is not None
                patient = patience.printing + len(data) / self._rate if talks else patience.answer
                if not (raw := line.read(began + patient)):
                    break
                answers.take(raw)
            if answers.in_turn is not None and escpos.is_out_of_paper(answers.in_turn):
                return PrintResult(PrintOutcome.UNSURE, escpos.PAPER_OUT)
            wrong = self._how_it_is() if answers.told is not None and not line.closed else None
            if wrong:
                return PrintResult(PrintOutcome.UNSURE, wrong)
            if wrong == "" and answers.in_turn is not None:
                return PrintResult(PrintOutcome.PRINTED)
            return self._parted()
        except PrinterGone as error:
            return PrintResult(PrintOutcome.UNSURE, RESET, error.strerror or "")

    def _parted(self) -> PrintResult:
        """What is known of a printer that did not say how it went: whether it took everything."""
        line, until = self._line, time.monotonic() + self._patience.closing
        if not line.settle(until):
            return PrintResult(PrintOutcome.CUT_SHORT, SLOW)
        line.finish()
        until = time.monotonic() + self._patience.closing
        while line.hears and not line.closed and time.monotonic() < until:
            self._said.take(line.read(until))
        return PrintResult(PrintOutcome.TAKEN, GARBAGE if self._said.garbage else CLOSED if line.closed else SILENT)

    def _how_it_is(self) -> str | None:
        """What the printer says is wrong, "" for nothing, None when it does not say. Raises `Gone`."""
        line, answers = self._line, self._said
        until, heard = time.monotonic() + self._patience.answer, bytearray()
        del answers.now[:]
        line.write(escpos.ASK_NOW, until, heard)
        answers.take(bytes(heard))
        while len(answers.now) < escpos.ANSWERS and not answers.garbage and (raw := line.read(until)):
            answers.take(raw)
        status = answers.told
        return None if status is None else escpos.find_trouble(status)

    def _stuck(self) -> str:
        """What a printer that takes nothing more says is wrong; "" where it does not say."""
        try:
            return (self._line.hears and self._how_it_is()) or ""
        except PrinterGone:
            return ""


def print_by_thread(data: bytes, printer: str, patience: PrinterPatience = PATIENCE) -> PrintResult:
    """The same for a device of a system on which every opening and writing waits (Windows): in a thread of its own,
    which is waited for as long as any printer and then left behind; it hands over nothing more once it gets on."""
    going, begun, over = threading.Event(), threading.Event(), threading.Event()
    failed: list[OSError] = []
    going.set()

    def write() -> None:
        try:
            device = os.open(printer, os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0))
            try:
                view = memoryview(data)
                while view and going.is_set():
                    begun.set()
                    view = view[os.write(device, view[:4_096]) :]
            finally:
                os.close(device)
        except (OSError, ValueError) as error:
            failed.append(error if isinstance(error, OSError) else OSError(str(error)))
        over.set()

    threading.Thread(target=write, name="printer", daemon=True).start()
    done = over.wait(patience.connect + patience.taking + len(data) / patience.rate)
    going.clear()
    outcome = PrintOutcome.CUT_SHORT if begun.is_set() else PrintOutcome.NOT_PRINTED
    if not done:
        return PrintResult(outcome, SLOW if begun.is_set() else UNREACHABLE)
    if failed:
        why = RESET if begun.is_set() else _why(failed[0], printer)
        return PrintResult(outcome, why, failed[0].strerror or str(failed[0]))
    return PrintResult(PrintOutcome.TAKEN, SILENT)


def _why(error: OSError, printer: str) -> str:
    """Why a line did not open."""
    if isinstance(error, PermissionError):
        return DENIED
    if error.errno == errno.EBUSY:
        return BUSY
    return UNREACHABLE if printer_connection.parse_network_address(printer) else ABSENT
