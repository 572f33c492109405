"""The typed code under a QR for whoever cannot scan: 16 characters, made at the desk offline.

80 bits in Crockford's base32: device 20, epoch 4, serial 20, and 36 bits of HMAC-SHA-256 under a key that the device
and the centre share for one epoch. It names the same slip as the QR and is spent with it. The centre could make such
codes itself, so answers that came by one are counted apart (channel `code`).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from models.protocol import crockford, vietnamese_typing
from models.protocol.crockford import ALPHABET

LENGTH = 16
KEY_BYTES = 32
MAX_DEVICE, MAX_EPOCH, MAX_SERIAL = (1 << 20) - 1, (1 << 4) - 1, (1 << 20) - 1
_CHECK_BITS = 36


class NoTypedCode(ValueError):
    """This slip cannot have a typed code: a number in it is too large. The QR works."""


@dataclass(frozen=True, slots=True)
class TypedCode:
    """What a code says, not yet proved: the number in its device's name (a hint), its epoch (the last four bits of it),
    the slip's serial, and the check that goes with them."""

    device: int
    epoch: int
    serial: int
    check: int


def make_typed_code(device: int, epoch: int, serial: int, key: bytes) -> str:
    """The code of a slip: 16 characters without spaces. Raises `NoTypedCode` when a number does not fit; epochs count
    on past 15 by their last four bits (the check tells them apart)."""
    if not (0 <= device <= MAX_DEVICE and 0 <= serial <= MAX_SERIAL and epoch >= 1):
        raise NoTypedCode(f"{device}:{epoch}:{serial}")
    number = device << 24 | (epoch & MAX_EPOCH) << 20 | serial
    return _written(number << _CHECK_BITS | _check(device, epoch, serial, key))


def parse(text: str) -> TypedCode | None:
    """What a typed text says, however grouped and in whichever case (`models.protocol.crockford`); None if it cannot be
    a code."""
    code = crockford.read_typed_code(text, LENGTH)
    return None if code is None else _said(code)


def list_possible_readings(text: str) -> list[TypedCode]:
    """What a text may say whose Vietnamese input method was on, the likeliest first; what it says, if it was off."""
    return [_said(code) for code in vietnamese_typing.list_possible_codes(text, LENGTH)]


def _said(code: str) -> TypedCode:
    number = 0
    for character in code:
        number = number << 5 | ALPHABET.index(character)
    check, slip_number = number & ((1 << _CHECK_BITS) - 1), number >> _CHECK_BITS
    return TypedCode(slip_number >> 24, slip_number >> 20 & MAX_EPOCH, slip_number & MAX_SERIAL, check)


def is_genuine(typed: TypedCode, epoch: int, key: bytes) -> bool:
    """Whether the code was made in this epoch of its device, under this key. Takes the same time for every answer."""
    expected = _check(typed.device, epoch, typed.serial, key)
    same = hmac.compare_digest(expected.to_bytes(8, "big"), typed.check.to_bytes(8, "big"))
    return same and typed.epoch == epoch & MAX_EPOCH


def group_code(code: str) -> str:
    """As it is printed: four groups of four."""
    return " ".join(code[at : at + 4] for at in range(0, LENGTH, 4))


def _check(device: int, epoch: int, serial: int, key: bytes) -> int:
    message = b"hailong typed\0" + device.to_bytes(4, "big") + epoch.to_bytes(4, "big") + serial.to_bytes(4, "big")
    return int.from_bytes(hmac.digest(key, message, hashlib.sha256)[:8], "big") >> (64 - _CHECK_BITS)


def _written(number: int) -> str:
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))
