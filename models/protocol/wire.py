"""The batch: how a stretch of a ledger crosses the network.

    line 1   envelope: app, backlog, boot, dev, disk_mb, ep, from, h, head, head_seq, mono, rq, side, t, to, typ, v
    line 2   Ed25519 signature over line 1, hex
    line 3…  the entries from..to, exact stored bytes (none: a head report)
    then     sidecars, and the certificate where the centre may not know it

The signature covers `h`, the hash at `to`, and thereby every byte of every entry; `side` is the SHA-256 of all lines
behind the entries. The body is gzip, at most 1 MiB, at most 4 MiB inflated, at most 500 entries, and comes with
`Content-Length` and `Content-Digest: sha-256=:…:` (RFC 9530), because servers hand on truncated bodies as if whole.
Behind the entries stands at most one opening for each kind of each entry that a batch may have.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from models.keys import SigningKey
from models.protocol import canonical, entry_chain, sidecar, signed_reply
from models.protocol.canonical import NotCanonical
from models.protocol.sidecar import Sidecar

MAX_COMPRESSED = 1 << 20
MAX_INFLATED = 4 << 20
MAX_ENTRIES = 500
MAX_SIDECARS = MAX_ENTRIES * len(sidecar.KINDS)
#: The longest name of a device or a version, in characters.
MAX_NAME = 24
_ENVELOPE = {
    "app": str,
    "backlog": int,
    "boot": int,
    "dev": str,
    "disk_mb": int,
    "ep": int,
    "from": int,
    "h": str,
    "head": str,
    "head_seq": int,
    "mono": int,
    "rq": str,
    "side": str,
    "t": int,
    "to": int,
    "typ": str,
    "v": int,
}
#: What may be larger than `canonical.MAX_COLUMN`: the two clocks.
_LONG = frozenset({"t", "mono"})
_HASH = re.compile(r"[0-9a-f]{64}\Z")


#: The codes of what is too much at once: a desk sends half of it then.
TOO_MUCH = frozenset({"too_large", "too_many_openings"})


class MalformedBatch(ValueError):
    """Transport damage or nonsense: nothing was stored, send again. `code` is stable, the text says what is wrong."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Envelope:
    """Line 1, parsed, with its exact bytes and the signature of line 2. `from_` to `to` is the stretch; `head_seq`,
    `head` the device's whole ledger; `backlog` ratings not yet acknowledged; `t` ms since 1970 as claimed."""

    dev: str
    ep: int
    from_: int
    to: int
    h: str
    head_seq: int
    head: str
    backlog: int
    t: int
    mono: int
    boot: int
    app: str
    disk_mb: int
    rq: str
    side: str
    raw: bytes
    signature: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it came: entries still bytes, because judging them needs to know the ledger."""

    envelope: Envelope
    lines: tuple[bytes, ...]
    sidecars: tuple[Sidecar, ...]
    certificate: tuple[bytes, str] | None


def _side_digest(lines: Sequence[bytes]) -> str:
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def certificate_line(raw: bytes, signature: str) -> bytes:
    """The line by which a device presents its certificate. Raises `NotCanonical` for what `parse` would refuse."""
    value = {"cert": raw.decode(), "sig": signature, "typ": "cert", "v": 1}
    _judge_certificate(value)
    return canonical.dump(value)


def _judge_certificate(value: dict[str, Any]) -> None:
    """Raise `NotCanonical` unless these are the fields of such a line; for whoever writes one and whoever reads one."""
    if value.keys() != {"cert", "sig", "typ", "v"} or value["typ"] != "cert":
        raise NotCanonical("not the line of a certificate")
    if type(value["cert"]) is not str or type(value["sig"]) is not str:
        raise NotCanonical("a field of another type")


class EnvelopeFields(TypedDict):
    """What a sender writes into an envelope, by its names there (`from_`: `from`): device and epoch, the first and the
    last line and the hash before it, the ledger's head and what waits behind it, its clocks and starts (ms), its
    version, free disk (MB), and the number of this request."""

    dev: str
    ep: int
    from_: int
    to: int
    h: str
    head_seq: int
    head: str
    backlog: int
    t: int
    mono: int
    boot: int
    app: str
    disk_mb: int
    rq: str


def build_batch(
    key: SigningKey,
    *,
    lines: Sequence[bytes],
    sidecars: Sequence[Sidecar] = (),
    certificate: tuple[bytes, str] | None = None,
    **fields: Unpack[EnvelopeFields],
) -> bytes:
    """The plain body of a batch (not yet compressed). Raises `MalformedBatch` for what `parse` would refuse,
    `NotCanonical` for a line behind the entries that it would."""
    behind = [side.dump() for side in sidecars]
    if certificate is not None:
        behind.append(certificate_line(*certificate))
    _judge_size(fields["from_"], fields["to"], len(lines), len(behind))
    if any(b"\n" in line for line in lines):
        raise MalformedBatch("truncated", "An entry is more than one line.")
    envelope, signature = sign_envelope(key, behind=behind, **fields)
    return b"\n".join([envelope, signature.encode(), *lines, *behind]) + b"\n"


def sign_envelope(
    key: SigningKey, *, behind: Sequence[bytes] = (), **fields: Unpack[EnvelopeFields]
) -> tuple[bytes, str]:
    """An envelope and its signature (hex), for entries that do not travel: those of the centre's own recorder may be
    more than a batch can hold. Raises `MalformedBatch` for what `parse_envelope` would refuse."""
    field_values = {"from" if name == "from_" else name: value for name, value in fields.items()}
    value = {**field_values, "side": _side_digest(behind), "typ": "batch", "v": 1}
    _judge_envelope(value)
    try:
        envelope = canonical.dump(value)
    except NotCanonical as error:
        raise MalformedBatch("bad_envelope", f"The envelope breaks the profile: {error}.") from error
    return envelope, key.sign(envelope)


def parse(body: bytes) -> Batch:
    """The batch in an inflated body. Raises `MalformedBatch`; entries are split, not yet judged."""
    if not body.endswith(b"\n"):
        raise MalformedBatch("truncated", "The batch ends in the middle of a line.")
    lines = body[:-1].split(b"\n")
    if len(lines) < 2:
        raise MalformedBatch("truncated", "The batch has no signature line.")
    envelope = parse_envelope(lines[0], lines[1].decode("ascii", "replace"))
    count = max(0, envelope.to - envelope.from_ + 1)
    entries, behind = lines[2 : 2 + count], lines[2 + count :]
    _judge_size(envelope.from_, envelope.to, len(entries), len(behind))
    if _side_digest(behind) != envelope.side:
        raise MalformedBatch("bad_digest", "The lines behind the entries are not those the envelope names.")
    sidecars: list[Sidecar] = []
    certificate = None
    for raw in behind:
        try:
            if b'"typ":"cert"' in raw:
                value = canonical.parse(raw)
                _judge_certificate(value)
                certificate = (value["cert"].encode(), value["sig"])
            else:
                sidecars.append(sidecar.parse(raw))
        except NotCanonical as error:
            raise MalformedBatch("bad_line", f"A line behind the entries cannot be read: {error}.") from error
    return Batch(envelope, tuple(entries), tuple(sidecars), certificate)


def clamp_number(number: int) -> int:
    """The number nearest to `number` that an envelope can say of a machine (its starts, its disk)."""
    return max(0, min(number, canonical.MAX_COLUMN))


def _judge_size(from_: int, to: int, entries: int, behind: int) -> None:
    """Raise `MalformedBatch` unless a batch of entries `from_` to `to` may hold so many, and so many lines behind
    them."""
    count = to - from_ + 1
    if count < 0 or count > MAX_ENTRIES or from_ < 1:
        raise MalformedBatch("bad_range", f"The envelope names {count} entries; 0 to {MAX_ENTRIES} are allowed.")
    if entries != count:
        raise MalformedBatch("truncated", f"{entries} entries came, {count} were announced.")
    if behind > MAX_SIDECARS + 1:  # and the certificate
        raise MalformedBatch("too_many_openings", f"{behind} lines behind the entries, {MAX_SIDECARS} are allowed.")


def parse_envelope(raw: bytes, signature: str) -> Envelope:
    """The envelope of a batch. Raises `MalformedBatch`; the signature is kept, not judged."""
    try:
        value: dict[str, Any] = canonical.parse(raw)
    except NotCanonical as error:
        raise MalformedBatch("bad_envelope", f"The envelope cannot be read: {error}.") from error
    _judge_envelope(value)
    value["from_"] = value.pop("from")
    del value["typ"], value["v"]
    return Envelope(**value, raw=raw, signature=signature)


def _judge_envelope(value: dict[str, Any]) -> None:
    """Raise `MalformedBatch` unless these are the fields of an envelope; for whoever writes one and whoever reads
    one."""
    if value.keys() != _ENVELOPE.keys() or value["typ"] != "batch" or value["v"] != 1:
        raise MalformedBatch("bad_envelope", "The envelope has fields of another kind.")
    if any(type(value[name]) is not kind for name, kind in _ENVELOPE.items()):
        raise MalformedBatch("bad_envelope", "A field of the envelope has another type.")
    numbers = [value[name] for name, kind in _ENVELOPE.items() if kind is int and name not in _LONG]
    if not all(0 <= number <= canonical.MAX_COLUMN for number in numbers):
        raise MalformedBatch("bad_envelope", "A number of the envelope is negative or too large.")
    if len(value["dev"]) > MAX_NAME or len(value["app"]) > MAX_NAME or len(value["rq"]) > signed_reply.MAX_RQ:
        raise MalformedBatch("bad_envelope", "A name in the envelope is too long.")
    if not (_HASH.match(value["h"]) and _HASH.match(value["head"])):
        raise MalformedBatch("bad_envelope", "A hash in the envelope is none.")


def check_entries(batch: Batch, prev: str | None) -> list[entry_chain.Entry]:
    """The batch's entries, parsed and chained up to the signed hash `h`. `prev` as in `entry_chain.check_run`.
    Raises `MalformedBatch`: a batch that does not fit itself is damage, not dishonesty."""
    envelope = batch.envelope
    try:
        entries, last = entry_chain.check_run(
            batch.lines, dev=envelope.dev, ep=envelope.ep, start=envelope.from_, prev=prev
        )
    except entry_chain.BadEntry as error:
        raise MalformedBatch("bad_entry", f"An entry cannot be read: {error}.") from error
    if entries and last != envelope.h:
        raise MalformedBatch("bad_hash", "The entries do not lead to the hash that was signed.")
    own = {entry.seq - 1: entry.prev for entry in entries} | ({envelope.to: envelope.h} if entries else {})
    if own.get(envelope.head_seq, envelope.head) != envelope.head or envelope.head_seq < envelope.to:
        raise MalformedBatch("bad_head", "The head that was signed is not that of the entries beside it.")
    return entries


def compress(body: bytes) -> bytes:
    """The body as it is sent. The same bytes give the same result."""
    return gzip.compress(body, compresslevel=6, mtime=0)


def inflate(data: bytes, limit: int = MAX_INFLATED) -> bytes:
    """The inflated body. Raises `MalformedBatch` (`too_large`, `truncated`) before more than `limit` bytes are made."""
    if len(data) > MAX_COMPRESSED:
        raise MalformedBatch("too_large", f"{len(data)} bytes came, {MAX_COMPRESSED} are allowed.")
    stream = zlib.decompressobj(31)
    try:
        body = stream.decompress(data, limit + 1)
    except zlib.error as error:
        raise MalformedBatch("truncated", "The body is not complete gzip data.") from error
    if len(body) > limit:
        raise MalformedBatch("too_large", f"The body inflates to more than {limit} bytes.")
    if not stream.eof or stream.unused_data:
        raise MalformedBatch("truncated", "The body is not complete gzip data.")
    return body


def make_digest_header(data: bytes) -> str:
    """The value of `Content-Digest` for a body."""
    return "sha-256=:" + base64.b64encode(hashlib.sha256(data).digest()).decode() + ":"


def check_complete(data: bytes, length: str | None, digest: str | None) -> None:
    """Raise `MalformedBatch` unless `data` is as long as `Content-Length` says and has the digest that was sent."""
    if length is None or digest is None:
        raise MalformedBatch("no_digest", "Content-Length and Content-Digest are needed.")
    if not length.isdecimal() or int(length) != len(data):
        raise MalformedBatch("truncated", f"{len(data)} bytes came, {length[:12]} were announced.")
    if digest != make_digest_header(data):
        raise MalformedBatch("bad_digest", "The body is not the one whose digest was sent.")
