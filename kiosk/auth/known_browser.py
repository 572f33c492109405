"""The mark of a browser that was let in with the present PIN before: a cookie under this desk's seal.

It lets nobody in. Its wrong tries are counted by themselves (`kiosk.auth.pin_tries`), so whoever makes everybody else
wait does not make the staff wait (the "device cookies" of OWASP). It carries a random word and the seal of the word and
the PIN's hash: a new PIN makes all that were given before worthless.
"""

from __future__ import annotations

import re
import secrets

from models.protocol import form_seal

COOKIE = "hailong_known"
#: How long a browser keeps it (seconds): a year from the last time it was let in.
KEPT_SECONDS = 365 * 86_400
_VALUE = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{32})", re.ASCII)


def word(key: str, pin_hash: str, value: str) -> str:
    """The random word of a browser that is known; empty where its cookie's `value` is none of ours, or of another PIN.
    `key` is the desk's secret, `pin_hash` empty where there is no PIN."""
    found = _VALUE.fullmatch(value)
    return found[1] if found and pin_hash and form_seal.holds(key, _subject(pin_hash, found[1]), found[2]) else ""


def value(key: str, pin_hash: str, word: str = "") -> str:
    """What the cookie carries; `word` is that of a browser which is known already."""
    said = word or secrets.token_hex(16)
    return f"{said}.{form_seal.make(key, _subject(pin_hash, said))}"


def _subject(pin_hash: str, word: str) -> str:
    return f"known browser\n{word}\n{pin_hash}"
