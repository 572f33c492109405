"""A sealed word: a random word that a browser carries, with the seal of the server that gave it.

What a browser brings back is known again by its word, for the subject it was sealed for and no other; nothing about it
is kept here.
"""

from __future__ import annotations

import re
import secrets

from models.protocol import form_seal

_TEXT = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{32})", re.ASCII)


def make_browser_token(key: bytes | str, subject: str, word: str = "") -> str:
    """The text that a browser carries for `subject`, of 65 characters; `word` is its own if it has one, else it is
    drawn. `key` is the app's secret key."""
    own_word = word or secrets.token_hex(16)
    return f"{own_word}.{form_seal.make_seal(key, _of(subject, own_word))}"


def read_browser_token(key: bytes | str, subject: str, text: str) -> str:
    """The word in `text`, 32 hex characters; empty where it is none of ours, or of another subject. Takes the same time
    whatever comes."""
    match = _TEXT.fullmatch(text)
    word, seal = (match[1], match[2]) if match else ("0" * 32, "0" * 32)
    return word if form_seal.is_valid_seal(key, _of(subject, word), seal) and match else ""


def _of(subject: str, word: str) -> str:
    return f"{subject}\n{word}"
