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

#: The longest name of a request, in characters; the reply repeats it and must stay one line of the profile.
MAX_RQ = 64
_OF_EPOCH = {"dev": str, "ep": int, "t": int}
#: Type of a reply → what it says without fail, beside `rq`, `typ` and `v`. More may stand there; `_NUMBERS` are numbers
#: wherever they stand.
FIELDS: dict[str, dict[str, type]] = {
    "rcpt": {**_OF_EPOCH, "seq": int, "h": str},
    "gap": {**_OF_EPOCH, "expected": int},
    "fork": {**_OF_EPOCH, "seq": int},
    "stop": {**_OF_EPOCH, "state": str},
    "ref": {**_OF_EPOCH, "sha": str},
    "media": {**_OF_EPOCH, "sha": str},
    "enrolled": {"cert": str, "centre_key": str, "public_url": str, "sig": str, "t": int},
}
_NUMBERS = {"ep": canonical.MAX_COLUMN, "seq": canonical.MAX_COLUMN, "expected": canonical.MAX_COLUMN,
            "t": canonical.MAX_INT - 1, "ck": canonical.MAX_INT - 1}  # fmt: skip


class UnsignedReply(ValueError):
    """Not a reply of this centre to this request: to a device that is the same as no network."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A verified reply. `value` holds the fields of its type; `raw` the exact signed bytes."""

    typ: str
    value: dict[str, Any]
    raw: bytes
    signature: str


def dump(value: dict[str, Any], key: keys.SigningKey) -> bytes:
    """The body of a reply: its canonical line and the line of its signature. Raises `NotCanonical` for what
    `read_reply_fields` would refuse."""
    _judge(value)
    raw = canonical.dump(value)
    return raw + b"\n" + key.sign(raw).encode() + b"\n"


def parse(body: bytes, *, centre: str, rq: str) -> Reply:
    """The reply in `body`. `centre` is the pinned public key (hex), `rq` the request's nonce. Raises
    `UnsignedReply`."""
    lines = body.split(b"\n")
    if len(lines) < 2:
        raise UnsignedReply("no signed reply")
    raw, signature = lines[0], lines[1].decode("ascii", "replace")
    if not keys.verify(centre, signature, raw):
        raise UnsignedReply("the signature is not the centre's")
    try:
        value = read_reply_fields(raw)
    except NotCanonical as error:
        raise UnsignedReply(str(error)) from error
    if value["rq"] != rq:
        raise UnsignedReply("an answer to another request")
    return Reply(value["typ"], value, raw, signature)


def read_reply_fields(raw: bytes) -> dict[str, Any]:
    """The fields of a reply's line, whoever signed it. Raises `NotCanonical`."""
    value = canonical.parse(raw)
    _judge(value)
    return value


def _judge(value: dict[str, Any]) -> None:
    """Raise `NotCanonical` unless these are the fields of a reply; for whoever writes one and whoever reads one."""
    typ, rq = value.get("typ"), value.get("rq")
    if type(typ) is not str or typ not in FIELDS or value.get("v") != 1:
        raise NotCanonical("not a reply")
    if type(rq) is not str or len(rq) > MAX_RQ:
        raise NotCanonical("a reply to no request")
    if any(type(value.get(name)) is not kind for name, kind in FIELDS[typ].items()):
        raise NotCanonical("a field is missing or of another type")
    for name, most in _NUMBERS.items():
        if name in value and not (type(value[name]) is int and 0 <= value[name] <= most):
            raise NotCanonical("a number that is negative or too large")


def looks_like_reply(body: bytes) -> bool:
    """Whether this looks like a reply, whoever signed it: it proves nothing, but a person may be told."""
    try:
        return canonical.parse(body.split(b"\n")[0]).get("typ") in [*FIELDS]
    except NotCanonical:
        return False
