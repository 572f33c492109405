"""The staff PIN of one desk: made at pairing, checked on this machine alone, with a lock-out.

The lock-out heals by itself. Kept as an argon2id hash in the desk's store. Every try is counted before it is checked,
so tries at the same moment count too. After `TRIES` wrong ones the next has to wait a minute, then two, four … at most
fifteen; a right PIN after the wait clears the count. The wait is measured by the running clock from the last try or,
after a restart, from this start: turning the wall clock or the power off gains nothing, and setting the clock back
locks nobody out for ever.
"""

from __future__ import annotations

import itertools
import secrets
import threading
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from kiosk.desk import ledger, state
from models.clock import Moment

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 6, 12
TRIES = 5
FIRST_WAIT_MS, LONGEST_WAIT_MS = 60_000, 900_000
#: argon2id as OWASP's ASVS 5.0 asks (appendix C): two rounds over 19 MiB; one check at a time, so memory stays bounded.
ROUNDS, MEMORY_KIB = 2, 19_456
_one_at_a_time = threading.Lock()


class BadPin(ValueError):
    """Not a PIN this desk takes; `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Waiting(Exception):
    """Too many wrong PINs; nothing was tried. `seconds` (1 to 900) until the next one is."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def judge(pin: str) -> None:
    """Raise `BadPin` unless `pin` is 6 to 12 of the digits 0…9 (`pin_length`) and not one that is tried first: one
    digit or a short group over and over, or a run (`pin_guessable`)."""
    if not (pin.isascii() and pin.isdecimal() and SHORTEST <= len(pin) <= LONGEST):
        raise BadPin("pin_length")
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}
    repeated = any((pin[:size] * LONGEST)[: len(pin)] == pin for size in (1, 2, 3))
    if repeated or steps in ({1}, {9}):
        raise BadPin("pin_guessable")


def new() -> str:
    """A random PIN of six digits that `judge` accepts."""
    while True:
        pin = f"{secrets.randbelow(10**SHORTEST):0{SHORTEST}d}"
        try:
            judge(pin)
        except BadPin:
            continue
        return pin


def set_pin(session: Session, pin: str, now: Moment) -> None:
    """Take a PIN into use and forget wrong tries; written into the ledger (not the PIN). Raises `BadPin`."""
    judge(pin)
    state.remember(session, pin_hash=_hash(pin), pin_tries=0)
    note(session, "pin_set", now)


def known(session: Session) -> bool:
    """Whether this desk has a PIN."""
    return bool(state.fact(session, "pin_hash"))


def begin(session: Session, now: Moment) -> str:
    """Count one try and return the hash to check it against (empty when there is no PIN). Raises `Waiting`.

    Commit before `fits`: a try that is interrupted has been counted.
    """
    seconds = wait_seconds(session, now)
    if seconds:
        raise Waiting(seconds)
    tries = int(state.fact(session, "pin_tries", "0")) + 1
    state.remember(session, pin_tries=tries, pin_mono=now.mono, pin_boot=state.boot_number(session))
    return state.fact(session, "pin_hash")


def fits(hash: str, typed: str) -> bool:
    """Whether `typed` is the PIN behind `hash`. Takes some 40 ms; hold no transaction meanwhile."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if not hash or len(typed) > LONGEST:
        return False
    with _one_at_a_time:
        try:
            return _hasher().verify(hash, typed)
        except (VerificationError, InvalidHashError):
            return False


def right(session: Session) -> None:
    """The PIN was right: nothing is held against anybody."""
    state.remember(session, pin_tries=0)


def wait_seconds(session: Session, now: Moment) -> int:
    """Seconds until the next try is taken (0 to 900). Changes nothing."""
    tries = int(state.fact(session, "pin_tries", "0"))
    if tries < TRIES:
        return 0
    wait = min(FIRST_WAIT_MS << min(tries - TRIES, 8), LONGEST_WAIT_MS)
    same_start = state.fact(session, "pin_boot") == str(state.boot_number(session))
    since = int(state.fact(session, "pin_mono" if same_start else "boot_mono", "0"))
    passed = now.mono - since
    if passed < 0:  # the running clock began anew without a start of ours: wait, from its beginning, no longer
        passed = now.mono
    return max(0, -(-(wait - passed) // 1000))


def note(session: Session, act: str, now: Moment, **more: str | int) -> None:
    """Write an `admin` entry: local maintenance, by its kind and never with what was typed. Nothing on a desk that
    was never paired."""
    if state.identity(session) is not None:
        ledger.append(session, "admin", {"act": act, **more}, now)


def _hash(pin: str) -> str:
    return str(_hasher().hash(pin))


def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=1)
