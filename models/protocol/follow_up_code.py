"""The follow-up code: given with the thanks, typed at `/c/<code>` later, known to nobody else.

Twelve characters of Crockford's base32, 60 bits that nobody can guess, in groups of four. The desk draws it by chance;
the centre makes a phone's code from the response's id under a secret of its own (`admin.survey.follow_up_lookup`).
Nothing of a slip or a dossier is in it, and only its digest is kept.
"""

from __future__ import annotations

import hashlib
import secrets

from models.protocol import crockford, vietnamese_typing
from models.protocol.crockford import ALPHABET

LENGTH = 12


def new_code() -> str:
    """A fresh code: 12 characters without spaces."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def group_code(code: str) -> str:
    """As people read it: `R8XD 3WQK 5T7M`."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def read_typed_code(text: str) -> str | None:
    """The code that somebody typed, however grouped and in whichever case (`models.protocol.crockford`); None if it
    cannot be one."""
    return crockford.read_typed_code(text, LENGTH)


def list_possible_codes(text: str) -> list[str]:
    """The codes that somebody may have typed whose Vietnamese input method was on; the one that was, if it was off."""
    return vietnamese_typing.list_possible_codes(text, LENGTH)


def digest_code(code: str) -> str:
    """Under what a code is kept: SHA-256, hex."""
    return hashlib.sha256(b"hailong follow-up\0" + code.encode()).hexdigest()


def url(base: str, code: str) -> str:
    """The look-up page, in capitals throughout (`HTTPS://HOST/C/…`)."""
    return f"{base.rstrip('/')}/C/{code}".upper()
