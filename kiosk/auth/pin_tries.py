"""Tries of the PIN: who types wrong ones waits, whoever else is on the network does not.

Every try is counted before it is checked, so tries at the same moment count too. There are three counts, and each has
its own wait: of a minute, then two, four … at most fifteen; the wait is measured by the running clock from the last
try of that count or, after a restart, from this start, so turning the wall clock or the power off gains nothing, and
setting the clock back locks nobody out for ever.

- A browser that was let in before with this PIN (`kiosk.auth.known_browser`) has `TRIES` and nothing else reaches it;
  its count stands in the desk's store. A child that types on the tablet makes the tablet wait.
- Any other client, by the address of its connection, has `TRIES`. That is kept in memory, for so many clients; a
  restart forgets it, for the next count holds all the same.
- All other clients together have `TRIES_TOGETHER`, kept in the desk's store.

A right PIN clears the count of whoever typed it; one of a client that was not known yet clears that of all of these.

**What a guesser reaches.** Whoever has two hundred and fifty addresses of the desk's network is governed by the count
of all: 118 PINs within the first 24 hours, 96 within each further (one per fifteen minutes); each time somebody is let
in whose browser was not known, at most 23 more. Of the million PINs of six digits that is one in ten thousand a day,
no more than a single address reached when all were counted as one.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kiosk.desk import state
from kiosk.desk.state import State
from kiosk.desk.state_values import WrongTries
from models.clock import MINUTE_MS, Moment

TRIES, TRIES_TOGETHER = 5, 20
FIRST_WAIT_MS, LONGEST_WAIT_MS = MINUTE_MS, 900_000
#: How many clients and known browsers are remembered; the one that was quiet longest is forgotten first.
CLIENTS, BROWSERS = 1_000, 32


@dataclass(frozen=True, slots=True)
class Caller:
    """Who types: the address of the connection, and the word of a browser that is known (empty for any other)."""

    address: str
    browser: str = ""


@dataclass(frozen=True, slots=True)
class WaitTime:
    """How many seconds (0 to 900) until the next try is taken; `of_others`: because of all clients together."""

    seconds: int
    of_others: bool = False


class TooManyTries(Exception):
    """Too many wrong PINs; nothing was tried. `seconds` (1 to 900) until the next one is."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class PinTries:
    """The counts of one desk: what stands in its store, and of single clients what this process saw."""

    def __init__(self) -> None:
        self._clients: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many single clients are remembered."""
        return len(self._clients)

    def wait(self, session: Session, caller: Caller, now: Moment) -> WaitTime:
        """How long this caller waits. Changes nothing."""
        state_row = state.read_state(session)
        if caller.browser:
            tries, mono, boot = state_row.pin_known.get(caller.browser, WrongTries(0, 0, 0))
            return WaitTime(_seconds(tries, TRIES, _passed(state_row, now, mono, boot)))
        with self._lock:
            tries, mono = self._clients.get(_name(session, caller), (0, 0))
        own = _seconds(tries, TRIES, now.mono - mono if now.mono >= mono else now.mono)
        elapsed_ms = _passed(state_row, now, state_row.pin_mono, state_row.pin_boot)
        together = _seconds(state_row.pin_tries, TRIES_TOGETHER, elapsed_ms)
        return WaitTime(together, True) if together > own else WaitTime(own)

    def begin(self, session: Session, caller: Caller, now: Moment) -> str:
        """Count one try and return the hash to check it against (empty when there is no PIN). Raises `TooManyTries`.

        Commit before `pin.verify_pin`: a try that is interrupted has been counted.
        """
        seconds = self.wait(session, caller, now).seconds
        if seconds:
            raise TooManyTries(seconds)
        state_row = state.read_state(session)
        if caller.browser:
            browsers = dict(state_row.pin_known)
            tries = browsers.pop(caller.browser, WrongTries(0, 0, 0)).tries + 1
            browsers[caller.browser] = WrongTries(tries, now.mono, state_row.boot)
            _keep(session, browsers)
        else:
            name = _name(session, caller)
            with self._lock:
                self._clients[name] = self._clients.pop(name, (0, 0))[0] + 1, now.mono
                while len(self._clients) > CLIENTS:
                    self._clients.popitem(last=False)
            state.write_state(session, pin_tries=state_row.pin_tries + 1, pin_mono=now.mono, pin_boot=state_row.boot)
        return state_row.pin_hash

    def right(self, session: Session, caller: Caller) -> None:
        """The PIN was right: nothing is held against this caller, nor, if it was not known, against others like it."""
        if caller.browser:
            browsers = dict(state.read_state(session).pin_known)
            browsers.pop(caller.browser, None)
            _keep(session, browsers)
            return
        with self._lock:
            self._clients.pop(_name(session, caller), None)
        state.write_state(session, pin_tries=0)


def _seconds(tries: int, free: int, passed_ms: int) -> int:
    if tries < free:
        return 0
    wait = min(FIRST_WAIT_MS << min(tries - free, 8), LONGEST_WAIT_MS)
    return max(0, -(-(wait - passed_ms) // 1000))


def _passed(state_row: State, now: Moment, mono: int, boot: int) -> int:
    """How long ago something was, in ms of the running clock; what was before this start is as old as the start."""
    elapsed_ms = now.mono - (mono if boot == state_row.boot else state_row.boot_mono or 0)
    return elapsed_ms if elapsed_ms >= 0 else now.mono  # the running clock began anew without a start of ours


def _keep(session: Session, browsers: dict[str, WrongTries]) -> None:
    state.write_state(session, pin_known=dict(list(browsers.items())[-BROWSERS:]))


def _name(session: Session, caller: Caller) -> str:
    """What a client is counted under: with another PIN all begin anew."""
    text = f"{caller.address[:64]}\n{state.read_state(session).pin_hash}"
    return hashlib.sha256(text.encode()).hexdigest()
