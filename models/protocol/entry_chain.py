"""The entry chain, a ledger: one hash-chained list of entries per device and epoch.

An entry is one line of canonical bytes, stored and sent verbatim; each names the hash of the one before, the first
one the hash of the epoch's certificate, which the centre signed. Judging a chain is arithmetic on bytes and belongs
here; writing one belongs to the desk and to the centre's own recorder.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from models.protocol import canonical
from models.protocol.canonical import NotCanonical

VERSION = 1
#: Entry types: a rating; a rehearsal; a minted slip token; start of the machine; heartbeat; opening and closing of the
#: day; a step of the clock; a copy of the centre's last receipt; a new configuration; local maintenance; an entry
#: carried over from an older epoch; a key rotation.
TYPES = frozenset(
    {"rating", "drill", "token", "boot", "hb", "open", "close", "clock", "anchor", "cfg", "admin", "carry", "rot"}
)
_HASH = re.compile(r"[0-9a-f]{64}\Z")
_ID = re.compile(r"[0-9A-Za-z_\-]{1,64}\Z")
_DEVICE = re.compile(r"[a-z0-9\-]{1,24}\Z")
#: A token keeps its epoch in one byte: after this one a name is used no more.
MAX_EPOCH = 255
_OF_CERTIFICATE = {"desk", "dev", "ep", "pe_h", "pe_seq", "t", "typ", "v", "vk"}
_FIELDS = {"boot", "dev", "ep", "id", "mono", "p", "prev", "seq", "t", "typ", "v"}


class BadEntry(ValueError):
    """The bytes are not an entry of the ledger they claim to belong to; the message names the rule."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One parsed entry together with its exact bytes. `t` is a claimed wall clock (ms since 1970, UTC), `mono` ms
    since the machine's start, `boot` the number of that start."""

    dev: str
    ep: int
    seq: int
    typ: str
    id: str
    t: int
    mono: int
    boot: int
    prev: str
    p: dict[str, Any]
    raw: bytes


def is_device(name: Any) -> bool:
    """Whether this has the shape of a device's name."""
    return type(name) is str and bool(_DEVICE.match(name))


def entry_hash(raw: bytes) -> str:
    """H(0x00 ‖ bytes) with SHA-256, in hex. The leading zero keeps leaves apart from the nodes of a tree (RFC 6962)."""
    return hashlib.sha256(b"\0" + raw).hexdigest()


def dump(
    *, dev: str, ep: int, seq: int, typ: str, id: str, t: int, mono: int, boot: int, prev: str, p: dict[str, Any]
) -> bytes:
    """The canonical bytes of an entry. Raises `BadEntry` for what `parse` would refuse, `NotCanonical` when the payload
    breaks the profile: a line that nobody can read again would stop its ledger for ever."""
    value = {
        "boot": boot,
        "dev": dev,
        "ep": ep,
        "id": id,
        "mono": mono,
        "p": p,
        "prev": prev,
        "seq": seq,
        "t": t,
        "typ": typ,
        "v": VERSION,
    }
    _judge(value)
    return canonical.dump(value)


def parse(raw: bytes) -> Entry:
    """The entry that `raw` holds. Raises `BadEntry`."""
    try:
        value = canonical.parse(raw)
    except NotCanonical as error:
        raise BadEntry(str(error)) from error
    _judge(value)
    return Entry(
        value["dev"], value["ep"], value["seq"], value["typ"], value["id"], value["t"], value["mono"], value["boot"],
        value["prev"], value["p"], raw,
    )  # fmt: skip


def _judge(value: dict[str, Any]) -> None:
    """Raise `BadEntry` unless these are the fields of an entry; for whoever writes one and whoever reads one."""
    if value.keys() != _FIELDS or type(value["v"]) is not int or value["v"] != VERSION:
        raise BadEntry("fields of another kind of entry")
    typ, id, prev, p, dev = value["typ"], value["id"], value["prev"], value["p"], value["dev"]
    if type(typ) is not str or type(id) is not str or type(dev) is not str or type(p) is not dict:
        raise BadEntry("a field of another type")
    if not _ID.match(id) or not _DEVICE.match(dev):
        raise BadEntry("an id of another shape")
    if not (type(prev) is str and _HASH.match(prev)):
        raise BadEntry("prev is not a hash")
    ep, seq, t, mono, boot = value["ep"], value["seq"], value["t"], value["mono"], value["boot"]
    for number in (ep, seq, t, mono, boot):
        if type(number) is not int or number < 0:
            raise BadEntry("a number is missing or negative")
    if ep > canonical.MAX_COLUMN or seq > canonical.MAX_COLUMN:
        raise BadEntry("a number that is too large")
    if typ not in TYPES:
        raise BadEntry("unknown type")


def parse_trusted_entry(raw: bytes) -> Entry:
    """The entry in bytes that `parse` accepted before (a store's own entries): read, not judged again."""
    value = json.loads(raw.decode())
    return Entry(
        value["dev"], value["ep"], value["seq"], value["typ"], value["id"], value["t"], value["mono"], value["boot"],
        value["prev"], value["p"], raw,
    )  # fmt: skip


def check_run(lines: Sequence[bytes], *, dev: str, ep: int, start: int, prev: str | None) -> tuple[list[Entry], str]:
    """Parse a run of entries `start`, `start`+1 … and check that each names the hash of the one before.

    `prev` is the hash that the first must name; None means: not known here, take the first's word. Returns the
    entries and
    the hash of the last (or `prev`, for no lines). Raises `BadEntry` naming the first place that does not fit.
    """
    entries: list[Entry] = []
    hash = prev or ""
    for offset, raw in enumerate(lines):
        entry = parse(raw)
        if entry.dev != dev or entry.ep != ep or entry.seq != start + offset:
            raise BadEntry(f"line {offset + 1} belongs to {entry.dev}/{entry.ep}/{entry.seq}")
        if hash and entry.prev != hash:
            raise BadEntry(f"line {offset + 1} does not follow the one before")
        hash = entry_hash(raw)
        entries.append(entry)
    return entries, hash


@dataclass(frozen=True, slots=True)
class Certificate:
    """The centre's word that a device may keep a ledger under a key: `pe_seq`, `pe_h` are the last accepted head of
    the epoch before (0 and the empty text for the first), so the epochs of a device form a chain too."""

    dev: str
    ep: int
    vk: str
    desk: str
    t: int
    pe_seq: int
    pe_h: str
    raw: bytes

    @property
    def genesis(self) -> str:
        """What the first entry of the epoch names as its predecessor."""
        return entry_hash(self.raw)


def make_certificate(*, dev: str, ep: int, vk: str, desk: str, t: int, pe_seq: int = 0, pe_h: str = "") -> Certificate:
    """A certificate ready to be signed over its `raw` bytes. `t` in ms since 1970 (UTC), the centre's clock. Raises
    `BadEntry` for what `parse_certificate` would refuse (an epoch after the last one a name can have), `NotCanonical`
    when a text breaks the profile."""
    value = {
        "desk": desk,
        "dev": dev,
        "ep": ep,
        "pe_h": pe_h,
        "pe_seq": pe_seq,
        "t": t,
        "typ": "cert",
        "v": VERSION,
        "vk": vk,
    }
    _judge_certificate(value)
    return Certificate(dev, ep, vk, desk, t, pe_seq, pe_h, canonical.dump(value))


def parse_certificate(raw: bytes) -> Certificate:
    """The certificate that `raw` holds (its signature is checked by the caller). Raises `BadEntry`."""
    try:
        value = canonical.parse(raw)
    except NotCanonical as error:
        raise BadEntry(f"not a certificate: {error}") from error
    _judge_certificate(value)
    return Certificate(
        value["dev"], value["ep"], value["vk"], value["desk"], value["t"], value["pe_seq"], value["pe_h"], raw
    )


def _judge_certificate(value: dict[str, Any]) -> None:
    """Raise `BadEntry` unless these are the fields of a certificate; for whoever writes one and whoever reads one."""
    if value.keys() != _OF_CERTIFICATE or value["typ"] != "cert" or value["v"] != VERSION:
        raise BadEntry("not a certificate")
    if not (is_device(value["dev"]) and type(value["ep"]) is int and 0 < value["ep"] <= MAX_EPOCH):
        raise BadEntry("a certificate for no epoch of a device")
    vk, pe_h, pe_seq = value["vk"], value["pe_h"], value["pe_seq"]
    if not all(type(text) is str for text in (vk, pe_h, value["desk"])):
        raise BadEntry("a field of another type")
    if not _HASH.match(vk) or pe_h and not _HASH.match(pe_h):
        raise BadEntry("a key or a hash that is none")
    if type(value["t"]) is not int or value["t"] < 0 or type(pe_seq) is not int:
        raise BadEntry("a number is missing or negative")
    if not 0 <= pe_seq <= canonical.MAX_COLUMN:
        raise BadEntry("a number that is negative or too large")


def find_bad_links(entries: Iterable[tuple[int, bytes, str]], genesis: str, signed: dict[int, str]) -> list[int]:
    """The sequence numbers at which a stored chain is not what was accepted.

    `entries` are (seq, stored bytes, stored hash) in order from 1; `signed` are heads (seq → hash) that a device
    signed. Walking down from the last signed head, the hash that each entry must have is known from its successor;
    where a link is broken or missing the stored hash says how to go on. Any changed byte is thereby named at its own
    entry.
    """
    rows = list(entries)
    bad: set[int] = set()
    covered = max(signed, default=0)
    expected: dict[int, str] = dict(signed)
    for seq, raw, stored in reversed(rows):
        actual = entry_hash(raw)
        if seq > covered or actual != stored or expected.get(seq, stored) != actual:
            bad.add(seq)
            continue
        try:
            entry = parse_trusted_entry(raw)  # the hash already proves the bytes; what they say is all that is asked
        except (ValueError, KeyError, TypeError):
            bad.add(seq)
            continue
        if entry.seq != seq or expected.setdefault(seq - 1, entry.prev) != entry.prev:
            bad.add(seq)
    if rows and rows[0][0] == 1 and expected.get(0, genesis) != genesis:
        bad.add(1)
    return sorted(bad)
