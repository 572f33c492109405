"""Ids of responses, made when the page with the faces is drawn, and the names of devices at desks."""

from __future__ import annotations

import re
import secrets

from models import clock

#: Numbers of devices lie between 1 and this: 20 bits, so that a typed code can say one.
MAX_NUMBER = (1 << 20) - 1
NAME_BITS = 40
_SHAPE = re.compile(r"[0-9a-f]{32}\Z")
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_DEVICE = re.compile(rf"d-(\d{{4,10}})(?:-([{_LETTERS}]{{8}}))?\Z", re.ASCII)


def new_id(ms: int | None = None) -> str:
    """A fresh id: 32 hex characters in the layout of UUIDv7 (RFC 9562), 48 bits of milliseconds and 74 random bits.

    `ms` is milliseconds since 1970 (UTC); without it the wall clock is read.
    """
    stamp = (clock.wall_ms() if ms is None else ms) & ((1 << 48) - 1)
    return build_id(stamp, secrets.randbits(74))


def build_id(ms: int, random_bits: int) -> str:
    """The id with a given time (48 bits) and given 74 random bits; for ids that must be reproducible."""
    high = random_bits >> 62 & 0xFFF
    low = random_bits & ((1 << 62) - 1)
    return f"{ms << 80 | 7 << 76 | high << 64 | 0b10 << 62 | low:032x}"


def is_id(text: str) -> bool:
    """Whether `text` has the shape of an id."""
    return bool(_SHAPE.match(text))


def device_name(number: int, random_bits: int) -> str:
    """The name of a device at a desk, `d-0042-k3v7q2mn`: its number (1 to `MAX_NUMBER`) and 40 random bits. The number
    alone is a hint, which several may share after a store was lost; the whole name is nobody else's."""
    tail = "".join(_LETTERS[random_bits >> 5 * place & 31] for place in reversed(range(8)))
    return f"d-{number:04d}-{tail}"


def device_number(name: str) -> int | None:
    """The number in the name of a device at a desk, of either form (`d-0042` for those paired before names were drawn);
    None in any other name."""
    match = _DEVICE.match(name)
    return int(match[1]) if match and int(match[1]) <= 2**31 - 1 else None


def device_label(name: str) -> str:
    """What people read out and compare: the number and the first two characters, `HL-0042-k3` (`HL-0042`)."""
    match = _DEVICE.match(name)
    if match is None:
        return "HL-" + name.removeprefix("d-")
    return f"HL-{match[1]}-{match[2][:2]}" if match[2] else f"HL-{match[1]}"
