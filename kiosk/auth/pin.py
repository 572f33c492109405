"""The staff PIN of one desk: made at pairing, checked on this machine alone.

Kept as an argon2id hash in the desk's store. How many wrong ones are taken is `kiosk.auth.pin_tries`'s to say.
"""

from __future__ import annotations

import itertools
import secrets
import threading
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from kiosk.desk import ledger, state
from kiosk.error_catalogue.command_errors import BadPin as BadPin
from models.clock import Moment

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 6, 12
#: argon2id as OWASP's ASVS 5.0 asks (appendix C): two rounds over 19 MiB; one check at a time, so memory stays bounded.
ROUNDS, MEMORY_KIB = 2, 19_456
_one_at_a_time = threading.Lock()


def validate_pin(pin: str) -> None:
    """Raise `BadPin` unless `pin` is 6 to 12 of the digits 0…9 (`pin_length`) and not one that is tried first: one
    digit or a short group over and over, or a run (`pin_guessable`)."""
    if not (pin.isascii() and pin.isdecimal() and SHORTEST <= len(pin) <= LONGEST):
        raise BadPin("pin_length")
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}
    repeated = any((pin[:size] * LONGEST)[: len(pin)] == pin for size in (1, 2, 3))
    if repeated or steps in ({1}, {9}):
        raise BadPin("pin_guessable")


def draw_pin() -> str:
    """A random PIN of six digits that `validate_pin` accepts."""
    while True:
        pin = f"{secrets.randbelow(10**SHORTEST):0{SHORTEST}d}"
        try:
            validate_pin(pin)
        except BadPin:
            continue
        return pin


def set_pin(session: Session, pin: str, now: Moment) -> None:
    """Take a PIN into use and forget wrong tries; written into the ledger (not the PIN). Raises `BadPin`."""
    validate_pin(pin)
    state.write_state(session, pin_hash=_hash(pin), pin_tries=0, pin_known={})
    log_maintenance(session, "pin_set", now)


def has_pin(session: Session) -> bool:
    """Whether this desk has a PIN."""
    return bool(state.read_state(session).pin_hash)


def verify_pin(hash: str, typed: str) -> bool:
    """Whether `typed` is the PIN behind `hash`. Takes some 40 ms; hold no transaction meanwhile."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if not hash or len(typed) > LONGEST:
        return False
    with _one_at_a_time:
        try:
            return _hasher().verify(hash, typed)
        except (VerificationError, InvalidHashError):
            return False


def log_maintenance(session: Session, act: str, now: Moment, **more: str | int) -> None:
    """Write an `admin` entry: local maintenance, by its kind and never with what was typed. Nothing on a desk that
    was never paired."""
    if state.read_state(session).identity is not None:
        ledger.append_entry(session, "admin", {"act": act, **more}, now)


def _hash(pin: str) -> str:
    return str(_hasher().hash(pin))


def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=1)
