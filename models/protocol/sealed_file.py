"""The sealed file carried by hand from a desk without a network, and the replies that go back.

Out go batches of the wire, sealed to the centre; back come the centre's signed replies.

    out    line 1   header: box, dev, ep, n, sha, size, t, typ `carried`, v
           rest     HPKE (RFC 9180: X25519, HKDF-SHA-256, ChaCha20-Poly1305) over the batches, each gzip behind its
                    length in four bytes; the header without `sha` and `size` is its `info`
    back   line 1   header: dev, ep, n, t, typ `replies`, v
           then     2 n lines: a reply and its signature

`sha` and `size` tell a damaged file from one for somebody else; secrecy and integrity are HPKE's, truth is the device's
and the centre's own signatures inside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from models.protocol import canonical, entry_chain
from models.protocol.canonical import NotCanonical

MAX_FILE = 256 << 20
#: The most batches in a file, and the most bytes that all of them inflate to: a desk writes less than 30 MB a year.
MAX_PARTS, MAX_INFLATED = 10_000, 512 << 20
#: The names such files end with.
SUFFIX, REPLY_SUFFIX = ".hailong", ".bien-nhan"
_INFO = b"hailong carried 1\n"
_OUT = {"box", "dev", "ep", "n", "sha", "size", "t", "typ", "v"}
_BACK = {"dev", "ep", "n", "t", "typ", "v"}
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class UnreadableFile(ValueError):
    """Not such a file (`not_carried`), a damaged one (`damaged`), one sealed to another centre (`other_centre`), or one
    that names more parts than a file may have (`too_large`). `code` is stable; nothing of it was used."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CarriedFileKey:
    """The centre's key for such files, from 32 secret bytes; `public` (hex) is what desks seal to."""

    def __init__(self, secret: bytes) -> None:
        self._key = X25519PrivateKey.from_private_bytes(secret)
        self.public = self._key.public_key().public_bytes_raw().hex()

    def open(self, raw: bytes) -> tuple[Header, list[bytes]]:
        """The header and the batches (compressed, as on the wire) of a file. Raises `UnreadableFile`."""
        head, sealed = read_header(raw)
        if head.box != self.public:
            raise UnreadableFile("other_centre")
        if head.n > MAX_PARTS:
            raise UnreadableFile("too_large")
        try:
            plain = _SUITE.decrypt(sealed, self._key, head.info)
        except (InvalidTag, ValueError) as error:
            raise UnreadableFile("damaged") from error
        return head, _parts(plain, head.n)


@dataclass(frozen=True, slots=True)
class Header:
    """Line 1: the device and epoch, the centre's key it is sealed to (hex), how many parts, when it was written (ms
    since 1970, UTC, the writer's clock), and what the sealed part is bound to."""

    dev: str
    ep: int
    box: str
    n: int
    t: int
    info: bytes


def seal_file(box: str, dev: str, ep: int, t: int, batches: Sequence[bytes]) -> bytes:
    """The file that carries `batches` (each compressed) to the centre whose key is `box` (hex). ValueError for a key
    that is none."""
    bound = {"box": box, "dev": dev, "ep": ep, "n": len(batches), "t": t, "typ": "carried", "v": 1}
    public = X25519PublicKey.from_public_bytes(bytes.fromhex(box))
    plain = b"".join(len(batch).to_bytes(4, "big") + batch for batch in batches)
    sealed = _SUITE.encrypt(plain, public, _INFO + canonical.dump(bound))
    line = canonical.dump({**bound, "sha": hashlib.sha256(sealed).hexdigest(), "size": len(sealed)})
    return line + b"\n" + sealed


def read_header(raw: bytes) -> tuple[Header, bytes]:
    """The header of a file and its sealed part, whole. Raises `UnreadableFile` (`not_carried`, `damaged`)."""
    line, _, sealed = raw.partition(b"\n")
    value = _line(line, "carried", _OUT)
    for name, kind in {"box": str, "sha": str, "size": int}.items():
        if type(value[name]) is not kind:
            raise UnreadableFile("not_carried")
    if len(sealed) != value["size"] or hashlib.sha256(sealed).hexdigest() != value["sha"]:
        raise UnreadableFile("damaged")
    bound = {name: inner for name, inner in value.items() if name not in ("sha", "size")}
    info = _INFO + canonical.dump(bound)
    return Header(value["dev"], value["ep"], value["box"], value["n"], value["t"], info), sealed


def make_reply_file(dev: str, ep: int, t: int, bodies: Sequence[bytes]) -> bytes:
    """The file that carries the centre's replies back; each body is a line and its signature (`receipt.dump`)."""
    value = {"dev": dev, "ep": ep, "n": len(bodies), "t": t, "typ": "replies", "v": 1}
    return canonical.dump(value) + b"\n" + b"".join(bodies)


def read_replies(raw: bytes) -> tuple[str, int, list[bytes]]:
    """Device, epoch and the replies of a file, unproved as yet. Raises `UnreadableFile`."""
    line, _, rest = raw.partition(b"\n")
    value = _line(line, "replies", _BACK)
    if value["n"] > MAX_PARTS:
        raise UnreadableFile("damaged")  # a centre replies to what one file may hold
    lines = rest.split(b"\n", 2 * value["n"])  # no more of them than are told, whatever follows
    if lines[-1] != b"" or len(lines) != 2 * value["n"] + 1:
        raise UnreadableFile("damaged")
    bodies = [b"\n".join((*lines[at : at + 2], b"")) for at in range(0, len(lines) - 1, 2)]
    return value["dev"], value["ep"], bodies


def _line(line: bytes, typ: str, fields: set[str]) -> dict[str, Any]:
    try:
        value = canonical.parse(line)
    except NotCanonical as error:
        raise UnreadableFile("not_carried") from error
    if value.keys() != fields or value["typ"] != typ or value["v"] != 1:
        raise UnreadableFile("not_carried")
    if any(type(value[name]) is not int or value[name] < 0 for name in ("ep", "n", "t")):
        raise UnreadableFile("not_carried")
    if not entry_chain.is_device(value["dev"]) or value["ep"] > canonical.MAX_COLUMN:
        raise UnreadableFile("not_carried")
    return value


def _parts(plain: bytes, n: int) -> list[bytes]:
    parts, at = [], 0
    for _ in range(n):
        size = int.from_bytes(plain[at : at + 4], "big")
        part = plain[at + 4 : at + 4 + size]
        if len(part) != size or not size:
            raise UnreadableFile("damaged")
        parts.append(part)
        at += 4 + size
    if at != len(plain):
        raise UnreadableFile("damaged")
    return parts
