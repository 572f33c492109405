"""The centre's signed word to a device: receipt, gap, fork, stop.

Success is never an HTTP status: a captive portal answers 200 too. A reply counts only if its signature is the centre's
and it names the request (`rq`) it answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models import keys
from models.protocol import canonical
from models.protocol.canonical import NotCanonical

TYPES = frozenset({"rcpt", "gap", "fork", "stop", "ref", "media"})


class Unsigned(ValueError):
    """Not a reply of this centre to this request: to a device that is the same as no network."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A verified reply. `value` holds the fields of its type; `raw` the exact signed bytes."""

    typ: str
    value: dict[str, Any]
    raw: bytes
    signature: str


def dump(value: dict[str, Any], key: keys.SigningKey) -> bytes:
    """The body of a reply: its canonical line and the line of its signature."""
    raw = canonical.dump(value)
    return raw + b"\n" + key.sign(raw).encode() + b"\n"


def parse(body: bytes, *, centre: str, rq: str) -> Reply:
    """The reply in `body`. `centre` is the pinned public key (hex), `rq` the request's nonce. Raises `Unsigned`."""
    lines = body.split(b"\n")
    if len(lines) < 2:
        raise Unsigned("no signed reply")
    raw, signature = lines[0], lines[1].decode("ascii", "replace")
    if not keys.verify(centre, signature, raw):
        raise Unsigned("the signature is not the centre's")
    try:
        value = canonical.parse(raw)
    except NotCanonical as error:
        raise Unsigned(str(error)) from error
    if value.get("typ") not in TYPES or value.get("rq") != rq:
        raise Unsigned("an answer to another request")
    return Reply(value["typ"], value, raw, signature)


def shaped(body: bytes) -> bool:
    """Whether this looks like a reply, whoever signed it: it proves nothing, but a person may be told."""
    try:
        return canonical.parse(body.split(b"\n")[0]).get("typ") in TYPES
    except NotCanonical:
        return False
