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
import json
import threading
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kiosk.desk import state
from models.clock import Moment

TRIES, TRIES_TOGETHER = 5, 20
FIRST_WAIT_MS, LONGEST_WAIT_MS = 60_000, 900_000
#: How many clients and known browsers are remembered; the one that was quiet longest is forgotten first.
CLIENTS, BROWSERS = 1_000, 32
#: The fact that holds the known browsers with wrong tries: word → [tries, running clock, number of the start].
_KNOWN = "pin_known"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who types: the address of the connection, and the word of a browser that is known (empty for any other)."""

    address: str
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """How many seconds (0 to 900) until the next try is taken; `of_others`: because of all clients together."""

    seconds: int
    of_others: bool = False


class Waiting(Exception):
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

    def wait(self, session: Session, caller: Caller, now: Moment) -> Wait:
        """How long this caller waits. Changes nothing."""
        if caller.browser:
            tries, mono, boot = _browsers(session).get(caller.browser, (0, 0, 0))
            return Wait(_seconds(tries, TRIES, _passed(session, now, mono, boot)))
        with self._lock:
            tries, mono = self._clients.get(_name(session, caller), (0, 0))
        own = _seconds(tries, TRIES, now.mono - mono if now.mono >= mono else now.mono)
        tries, mono, boot = (int(state.fact(session, name, "0")) for name in ("pin_tries", "pin_mono", "pin_boot"))
        together = _seconds(tries, TRIES_TOGETHER, _passed(session, now, mono, boot))
        return Wait(together, True) if together > own else Wait(own)

    def begin(self, session: Session, caller: Caller, now: Moment) -> str:
        """Count one try and return the hash to check it against (empty when there is no PIN). Raises `Waiting`.

        Commit before `pin.fits`: a try that is interrupted has been counted.
        """
        seconds = self.wait(session, caller, now).seconds
        if seconds:
            raise Waiting(seconds)
        boot = state.boot_number(session)
        if caller.browser:
            known = _browsers(session)
            tries = known.pop(caller.browser, (0, 0, 0))[0] + 1
            known[caller.browser] = tries, now.mono, boot
            _keep(session, known)
        else:
            name = _name(session, caller)
            with self._lock:
                self._clients[name] = self._clients.pop(name, (0, 0))[0] + 1, now.mono
                while len(self._clients) > CLIENTS:
                    self._clients.popitem(last=False)
            tries = int(state.fact(session, "pin_tries", "0")) + 1
            state.remember(session, pin_tries=tries, pin_mono=now.mono, pin_boot=boot)
        return state.fact(session, "pin_hash")

    def right(self, session: Session, caller: Caller) -> None:
        """The PIN was right: nothing is held against this caller, nor, if it was not known, against others like it."""
        if caller.browser:
            known = _browsers(session)
            known.pop(caller.browser, None)
            _keep(session, known)
            return
        with self._lock:
            self._clients.pop(_name(session, caller), None)
        state.remember(session, pin_tries=0)


def _seconds(tries: int, free: int, passed_ms: int) -> int:
    if tries < free:
        return 0
    wait = min(FIRST_WAIT_MS << min(tries - free, 8), LONGEST_WAIT_MS)
    return max(0, -(-(wait - passed_ms) // 1000))


def _passed(session: Session, now: Moment, mono: int, boot: int) -> int:
    """How long ago something was, in ms of the running clock; what was before this start is as old as the start."""
    same_start = boot == state.boot_number(session)
    passed = now.mono - (mono if same_start else int(state.fact(session, "boot_mono", "0")))
    return passed if passed >= 0 else now.mono  # the running clock began anew without a start of ours


def _browsers(session: Session) -> dict[str, tuple[int, int, int]]:
    kept = json.loads(state.fact(session, _KNOWN) or "{}")
    return {word: (tries, mono, boot) for word, (tries, mono, boot) in kept.items()}


def _keep(session: Session, known: dict[str, tuple[int, int, int]]) -> None:
    state.remember(session, **{_KNOWN: json.dumps(dict(list(known.items())[-BROWSERS:]))})


def _name(session: Session, caller: Caller) -> str:
    """What a client is counted under: with another PIN all begin anew."""
    said = f"{caller.address[:64]}\n{state.fact(session, 'pin_hash')}"
    return hashlib.sha256(said.encode()).hexdigest()
