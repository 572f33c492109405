"""Sidecars: ties of an answer to a text, a slip or a transaction, beside its entry, not in it.

The entry holds only a commitment, SHA-256(salt ‖ value); the sidecar is its opening. Erasing the sidecar after its
window leaves the chain verifiable and the answer anonymous.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any

from models.protocol import canonical, province_only_answers
from models.protocol.canonical import NotCanonical

#: `c` a comment, `f` the digest of a follow-up code, `r` the reference to a slip or a transaction, `x` the answers that
#: go to the province alone.
KINDS = ("c", "f", "r", "x")
MAX_BYTES = 8192
#: Longest comment that is kept, in characters: what may be typed (1,000) with room for the words that mask a number.
LONGEST_COMMENT = 4000
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_SALT = re.compile(r"[0-9A-Fa-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The opening of one commitment of the response `id`."""

    id: str
    kind: str
    salt: str
    value: str

    @property
    def commitment(self) -> str:
        """What the entry holds under this kind."""
        return commitment(self.salt, self.value)

    def dump(self) -> bytes:
        """The line that travels. Raises `NotCanonical` for what `parse` would refuse."""
        value = {"id": self.id, "k": self.kind, "salt": self.salt, "typ": "side", "v": 1, "value": self.value}
        _judge(value)
        return canonical.dump(value, limit=MAX_BYTES)


def commitment(salt: str, value: str) -> str:
    """SHA-256(salt ‖ value): `salt` 32 hex characters (16 bytes), `value` text, UTF-8."""
    return hashlib.sha256(bytes.fromhex(salt) + value.encode()).hexdigest()


def is_well_formed(kind: str, value: str) -> bool:
    """Whether a text can be what is said under this kind: a comment of usual length, a digest, answers. What a tie
    names is judged where it is believed (`dossier_code.parse_transaction_name`, `slip_name.parse`), so that one which
    is not stays visible beside its answer."""
    match kind:
        case "c":
            return len(value) <= LONGEST_COMMENT
        case "f":
            return _DIGEST.match(value) is not None
        case "x":
            try:
                province_only_answers.parse(value)
            except NotCanonical:
                return False
            return True
    return kind == "r"


def make_opening(id: str, kind: str, value: str, salt: str | None = None) -> Sidecar:
    """A new opening with a random salt (or a given one)."""
    return Sidecar(id, kind, salt or secrets.token_hex(16), value)


def parse(raw: bytes) -> Sidecar:
    """The sidecar that a line holds. Raises `NotCanonical`."""
    value = canonical.parse(raw, limit=MAX_BYTES)
    _judge(value)
    return Sidecar(value["id"], value["k"], value["salt"], value["value"])


def _judge(value: dict[str, Any]) -> None:
    """Raise `NotCanonical` unless these are the fields of a sidecar; for whoever writes one and whoever reads one."""
    if value.keys() != {"id", "k", "salt", "typ", "v", "value"} or value["typ"] != "side" or value["k"] not in KINDS:
        raise NotCanonical("not a sidecar")
    if not all(type(value[key]) is str for key in ("id", "salt", "value")):
        raise NotCanonical("a field of another type")
    if not _SALT.match(value["salt"]):
        raise NotCanonical("salt is not 32 hex characters")
