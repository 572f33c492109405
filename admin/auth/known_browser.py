"""The mark of a browser that signed in to an account before: a cookie under the centre's seal.

It lets nobody in. Its wrong tries are counted by themselves (`admin.auth.sign_in_limits`), so that whoever locks
everybody else does not lock the owner (the "device cookies" of OWASP). An account has a cookie of its own, named by a
hash of its address, so several people may share a machine; it carries a random word and the seal of word, account and
present password. Another password, also one chosen behind a one-time link, makes all that were given before worthless;
while an account is disabled none is one.
"""

from __future__ import annotations

import hashlib

from models.protocol import browser_token, form_seal

COOKIE = "hailong_known"
#: How long a browser keeps it (seconds): a year from the last sign-in.
KEPT_SECONDS = 365 * 86_400


def cookie_name(key: str, email: str, *, https: bool) -> str:
    """What the account's cookie is called; `key` is the centre's, `email` the address as it is kept."""
    name = f"{COOKIE}_{form_seal.make_seal(key, f'known browser of {email}')[:12]}"
    return f"__Host-{name}" if https else name


def read_browser_word(key: str, email: str, password: str | None, value: str) -> str:
    """The random word of a browser that is known to this account; empty where its cookie's `value` is none of ours, or
    of another password. `password` is the stored hash, None where nobody may sign in."""
    browser_word = browser_token.read_browser_token(key, _subject(email, password or ""), value)
    return browser_word if password else ""


def make_cookie_value(key: str, email: str, password: str, word: str = "") -> str:
    """What the cookie carries; `read_browser_word` is that of a browser which is known already."""
    return browser_token.make_browser_token(key, _subject(email, password), word)


def _subject(email: str, password: str) -> str:
    return f"known browser\n{email}\n{hashlib.sha256(password.encode()).hexdigest()}"
