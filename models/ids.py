"""Ids of responses: made when the page with the faces is drawn, the key of each everywhere after."""

from __future__ import annotations

import re
import secrets

from models import clock

_SHAPE = re.compile(r"[0-9a-f]{32}\Z")


def new_id(ms: int | None = None) -> str:
    """A fresh id: 32 hex characters in the layout of UUIDv7 (RFC 9562), 48 bits of milliseconds and 74 random bits.

    `ms` is milliseconds since 1970 (UTC); without it the wall clock is read.
    """
    stamp = (clock.wall_ms() if ms is None else ms) & ((1 << 48) - 1)
    return shaped_id(stamp, secrets.randbits(74))


def shaped_id(ms: int, random_bits: int) -> str:
    """The id with a given time (48 bits) and given 74 random bits; for ids that must be reproducible."""
    high = random_bits >> 62 & 0xFFF
    low = random_bits & ((1 << 62) - 1)
    return f"{ms << 80 | 7 << 76 | high << 64 | 0b10 << 62 | low:032x}"


def is_id(text: str) -> bool:
    """Whether `text` has the shape of an id."""
    return bool(_SHAPE.match(text))
