"""The token in the QR "Viết trên điện thoại": a private page for one answer given on the tablet.

Made by the desk without a network, proved by arithmetic at the centre. 26 bytes: version 1, device 4, epoch 1, the
response's id 16, minute 4; then an Ed25519 signature of 64 bytes by the device's key over these bytes and the public
key of the centre. Base32 in capitals, 144 characters.
"""

from __future__ import annotations

import base64
import re
import struct
from dataclasses import dataclass

from models import keys
from models.clock import MINUTE_MS
from models.ids import is_id
from models.protocol import canonical, entry_chain
from models.protocol.slip import BadToken, device_number

VERSION = 2
LENGTH = 144
#: How long the page can be opened after the tap, in days.
VALID_DAYS = 7
_BODY = struct.Struct(">BIB16sI")
_MAX_MINUTE = 2**32 - 1
_SHAPE = re.compile(r"[A-Z2-7]{144}\Z")


@dataclass(frozen=True, slots=True)
class Note:
    """What a token says: the number in its device's name (a hint), epoch, the response's id (32 hex characters), and
    the minute it was made (since 1970, UTC, as far as the desk knew it; 0 where it did not)."""

    device: int
    epoch: int
    id: str
    minute: int

    def body(self) -> bytes:
        """The 26 bytes that are signed."""
        return _BODY.pack(VERSION, self.device, self.epoch, bytes.fromhex(self.id), self.minute)


def _message(body: bytes, centre: str) -> bytes:
    return b"hailong note\0" + bytes.fromhex(centre) + body


def _judge(note: Note) -> None:
    """Raise `BadToken` unless a token can say this; for whoever mints one and whoever reads one."""
    if not (0 <= note.device <= canonical.MAX_COLUMN and 0 <= note.epoch <= entry_chain.MAX_EPOCH):
        raise BadToken("a number no device has")
    if not is_id(note.id) or not 0 <= note.minute <= _MAX_MINUTE:
        raise BadToken("an id or a minute that finds no room")


def mint(device_id: str, epoch: int, id: str, now_ms: int, key: keys.SigningKey, centre: str) -> str:
    """The token for response `id`, 144 characters. `centre` is the public key (hex) of the centre it is meant for.
    Raises `BadToken` for what no token can say."""
    note = Note(device_number(device_id), epoch, id, now_ms // MINUTE_MS)
    _judge(note)
    body = note.body()
    return base64.b32encode(body + bytes.fromhex(key.sign(_message(body, centre)))).decode().rstrip("=")


def parse(token: str) -> tuple[Note, str]:
    """What a token says and its signature (hex), not yet verified. Raises `BadToken`."""
    token = token.strip().upper()
    if not _SHAPE.match(token):
        raise BadToken("not 144 characters of base32")
    data = base64.b32decode(token)
    version, device, epoch, id, minute = _BODY.unpack(data[: _BODY.size])
    if version != VERSION:
        raise BadToken("unknown version")
    note = Note(device, epoch, id.hex(), minute)
    _judge(note)
    return note, data[_BODY.size :].hex()


def is_genuine(note: Note, signature: str, vk: str, centre: str) -> bool:
    """Whether the device behind `vk` (hex) made this note for the centre behind `centre` (hex)."""
    return keys.verify(vk, signature, _message(note.body(), centre))


def url(base: str, token: str) -> str:
    """The address in the QR, in capitals throughout (`HTTPS://HOST/N/…`)."""
    return f"{base.rstrip('/')}/N/{token}".upper()
