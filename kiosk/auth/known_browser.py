"""The mark of a browser that was let in with the present PIN before: a cookie under this desk's seal.

It lets nobody in. Its wrong tries are counted by themselves (`kiosk.auth.pin_tries`), so whoever makes everybody else
wait does not make the staff wait (the "device cookies" of OWASP). It carries a random word and the seal of the word and
the PIN's hash: a new PIN makes all that were given before worthless.
"""

from __future__ import annotations

from models.protocol import browser_token

COOKIE = "hailong_known"
#: How long a browser keeps it (seconds): a year from the last time it was let in.
KEPT_SECONDS = 365 * 86_400


def read_browser_word(key: str, pin_hash: str, value: str) -> str:
    """The random word of a browser that is known; empty where its cookie's `value` is none of ours, or of another PIN.
    `key` is the desk's secret, `pin_hash` empty where there is no PIN."""
    return browser_token.read_browser_token(key, _subject(pin_hash), value) if pin_hash else ""


def make_cookie_value(key: str, pin_hash: str, word: str = "") -> str:
    """What the cookie carries; `read_browser_word` is that of a browser which is known already."""
    return browser_token.make_browser_token(key, _subject(pin_hash), word)


def _subject(pin_hash: str) -> str:
    return f"known browser\n{pin_hash}"
