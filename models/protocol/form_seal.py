"""The seal of a form: proof, on its way back, that this server drew it for this one response.

It stands in for a session cookie against forged requests: a tablet or phone that loses its cookies must not lose a
tap. The page carries the seal in a hidden field beside the response id; the server recomputes it. It has no time
limit, because a page with faces may rest for hours before somebody touches it.
"""

from __future__ import annotations

import hashlib
import hmac

_LABEL = b"hailong page seal 1\x00"
_LENGTH = 32


def make_seal(key: bytes | str, subject: str) -> str:
    """The seal of `subject` (a response id, or a slip and a response id): 32 hex characters, 128 bits of HMAC-SHA-256.

    `key` is the app's secret key, text or bytes. Raises ValueError when it is empty: a seal without a secret is none.
    """
    secret = key.encode() if isinstance(key, str) else key
    if not secret:
        raise ValueError("a page cannot be sealed without a secret key")
    return hmac.new(secret, _LABEL + subject.encode(), hashlib.sha256).hexdigest()[:_LENGTH]


def is_valid_seal(key: bytes | str, subject: str, seal: str) -> bool:
    """Whether `seal` is the seal of `subject` under `key`; takes the same time for every wrong seal."""
    return hmac.compare_digest(make_seal(key, subject).encode(), seal.encode())
