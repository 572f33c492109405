"""Passwords: the rules for accepting one, and the hash that is kept.

Argon2id with parameters of OWASP ASVS 5.0 (appendix C). Length is the only rule besides being hard to guess: no rules
of composition, no forced change. A word that everybody tries first is refused from a list that lies beside this file.
"""

from __future__ import annotations

import threading
import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from admin.error_catalogue.account_errors import PASSWORDS
from models.errors import CodedError
from translations.collation import unmarked

SHORTEST = 12
LONGEST = 128

#: 46 MiB a hash; two at a time bound the memory that strangers can make the centre use.
_hasher = PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1)
_at_once = threading.BoundedSemaphore(2)

#: Words of this place: a password made of them alone is a guess away.
_CONTEXT = ("hailong", "motcua", "ninhbinh", "vietnam", "matkhau", "password", "admin", "quantri")


class WeakPassword(CodedError):
    """The password is not accepted."""

    table = PASSWORDS


def check_password(password: str, email: str) -> None:
    """Raises `WeakPassword` when `password` is too short, too long or easily guessed for this person."""
    text = _normalise_password(password)
    if len(text) < SHORTEST:
        raise WeakPassword("password_short", n=SHORTEST)
    if len(text) > LONGEST:
        raise WeakPassword("password_long", n=LONGEST)
    bare = "".join(c for c in unmarked(text) if c.isalnum())
    words = (*_CONTEXT, *(word for word in email.casefold().replace("@", ".").split(".") if len(word) > 2))
    rest = bare
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(unmarked(word), "")
    guessable = (
        bare in _read_common_passwords() or bare.rstrip("0123456789") in _read_common_passwords() or len(set(bare)) < 5
    )
    if guessable or (rest != bare and len(rest.strip("0123456789")) < 4) or _is_repetition(bare):
        raise WeakPassword("password_common")


def hash_password(password: str) -> str:
    """The Argon2id hash to store. Takes some 50 ms: call it outside a transaction."""
    with _at_once:
        return _hasher.hash(_normalise_password(password))


def password_matches(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind the hash. Without a hash the same time is spent, and the answer is no."""
    with _at_once:
        try:
            _hasher.verify(stored or _dummy_hash(), _normalise_password(password))
        except (Argon2Error, InvalidHashError):
            return False
    return stored is not None


@cache
def _dummy_hash() -> str:
    """The hash that is tried for people who do not exist."""
    return _hasher.hash("nobody")


@cache
def _read_common_passwords() -> frozenset[str]:
    text = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


def _is_repetition(text: str) -> bool:
    """Whether a short piece repeated makes the whole: abcabcabcabc."""
    return any(text == (text[:size] * (len(text) // size + 1))[: len(text)] for size in range(1, 5))


def _normalise_password(password: str) -> str:
    """One spelling for what looks the same: Vietnamese keyboards write marks in more than one way."""
    return unicodedata.normalize("NFKC", password[: LONGEST * 4])
