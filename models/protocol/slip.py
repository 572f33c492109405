"""The token in a slip's QR: made at the desk without a network, proved by arithmetic at the centre.

31 bytes: version 1, device 4, epoch 1, serial 4, seq 4, head 8, procedure 2, stage 1, minute 4, days until the result
is due 2; then an Ed25519 signature of 64 bytes by the device's key. Base32 in capitals, 152 characters, so that the
QR needs only its alphanumeric mode (version 8 at most, with a long host name). `seq` and `head` (the first 8 bytes of
the hash) tell the centre what the desk's ledger was when the slip was printed: every phone is a witness.
The signature also covers the public key of the centre the slip is meant for. The number of the device is a hint:
several may have it, and the signature says whose slip it is.
"""

from __future__ import annotations

import base64
import re
import struct
from dataclasses import dataclass

from models import clock, ids, keys
from models.clock import DAY_MS, MINUTE_MS
from models.protocol import canonical, entry_chain
from models.vocabulary import STAGE_BYTES, Stage

VERSION = 1
NO_DUE = 0xFFFF
NO_PROCEDURE, _MAX_PROCEDURE = 0, 0xFFFF
LENGTH = 152
#: Days a token stays valid after the result is due (after minting, if no date is known), and the tolerance for clocks.
VALID_DAYS = 30
TOLERANCE_DAYS = 1
_BODY = struct.Struct(">BIBII8sHBIH")
_SHAPE = re.compile(r"[A-Z2-7]{152}\Z")
#: The centre's own recorder mints too, for other systems; its number in a token is 0.
CENTRE_NUMBER = 0
CENTRE_ID = "c-web-1"


class BadToken(ValueError):
    """Not a token at all: mistyped, cut, or made up."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What a token says. `device` is the number in its device's name, which proves nothing; `minute` counts from 1970
    (UTC), 0 where the desk knew no time; `due_days` from the minting day, None if no date is known; `procedure` is the
    centre's number of a procedure, 0 for none."""

    device: int
    epoch: int
    serial: int
    seq: int
    head: bytes
    procedure: int
    stage: Stage
    minute: int
    due_days: int | None

    @property
    def minted_ms(self) -> int:
        """When it was minted, ms since 1970 (UTC), by the desk's clock."""
        return self.minute * MINUTE_MS

    @property
    def due_ms(self) -> int | None:
        """When the result is due, ms since 1970 (UTC), or None."""
        return None if self.due_days is None else self.minted_ms + self.due_days * DAY_MS

    def body(self) -> bytes:
        """The 31 bytes that are signed."""
        return _BODY.pack(
            VERSION,
            self.device,
            self.epoch,
            self.serial,
            self.seq,
            self.head,
            self.procedure,
            STAGE_BYTES.index(self.stage),
            self.minute,
            NO_DUE if self.due_days is None else self.due_days,
        )


def find_last_valid_ms(counted_ms: int, due_days: int | None) -> int:
    """The last moment a slip works whose days count from `counted_ms` (ms since 1970, UTC): 30 days after the result is
    due, or after the minting, a day tolerated."""
    return counted_ms + ((due_days or 0) + VALID_DAYS + TOLERANCE_DAYS) * DAY_MS


def name_slip(dev: str, epoch: int, serial: int) -> str:
    """The name under which a slip is spent: one per device (its whole name), epoch and serial."""
    return f"{dev}:{epoch}:{serial}"


def device_number(dev: str) -> int:
    """The number of a device from its name; ValueError for one that mints no slips."""
    number = CENTRE_NUMBER if dev == CENTRE_ID else ids.device_number(dev)
    if number is None:
        raise ValueError(f"{dev} mints no slips")
    return number


def _message(body: bytes, centre: str) -> bytes:
    return b"hailong slip\0" + bytes.fromhex(centre) + body


def is_in_calendar(minute: int, due_days: int | None) -> bool:
    """Whether a slip of this minute can be said in days: the calendar ends with the year 9999."""
    return minute * MINUTE_MS + (due_days or 0) * DAY_MS <= clock.LAST_MS


def _judge(slip: Slip) -> None:
    """Raise `BadToken` unless a token can say this; for whoever mints one and whoever reads one."""
    if not all(0 <= number <= canonical.MAX_COLUMN for number in (slip.device, slip.serial, slip.seq)):
        raise BadToken("a number no ledger counts to")
    if not (0 <= slip.epoch <= entry_chain.MAX_EPOCH and 0 <= slip.procedure <= _MAX_PROCEDURE and len(slip.head) == 8):
        raise BadToken("a number or a hash that finds no room")
    if slip.minute < 0 or not 0 <= (slip.due_days or 0) < NO_DUE or not is_in_calendar(slip.minute, slip.due_days):
        raise BadToken("a day after the end of the calendar, or before its beginning")


def mint(slip: Slip, key: keys.SigningKey, centre: str) -> str:
    """The token, 152 characters. `centre` is the public key (hex) of the centre it is meant for. Raises `BadToken` for
    what `parse` would refuse."""
    _judge(slip)
    body = slip.body()
    return base64.b32encode(body + bytes.fromhex(key.sign(_message(body, centre)))).decode()


def parse(token: str) -> tuple[Slip, str]:
    """What a token says and its signature (hex), not yet verified. Raises `BadToken`."""
    token = token.strip().upper()
    if not _SHAPE.match(token):
        raise BadToken("not 152 characters of base32")
    data = base64.b32decode(token)
    version, device, epoch, serial, seq, head, procedure, stage, minute, due = _BODY.unpack(data[: _BODY.size])
    if version != VERSION or stage >= len(STAGE_BYTES):
        raise BadToken("unknown version or stage")
    slip = Slip(
        device, epoch, serial, seq, head, procedure, STAGE_BYTES[stage], minute, None if due == NO_DUE else due
    )
    _judge(slip)
    return slip, data[_BODY.size :].hex()


def is_genuine(slip: Slip, signature: str, vk: str, centre: str) -> bool:
    """Whether the device behind `vk` (hex) signed this slip for the centre behind `centre` (hex)."""
    return keys.verify(vk, signature, _message(slip.body(), centre))


def url(base: str, token: str) -> str:
    """The address in the QR, in capitals throughout (`HTTPS://HOST/R/…`)."""
    return f"{base.rstrip('/')}/R/{token}".upper()
