"""The batch on the wire: whole or refused, and nothing in it can be changed."""

from __future__ import annotations

import gzip
import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import keys
from models.keys import SigningKey
from models.protocol import canonical, entry_chain, sidecar, signed_reply, wire
from models.protocol.wire import MalformedBatch
from tests.fixtures import unchecked_lines
from tests.fixtures.entry_chains import CERTIFICATE, make_chain

KEY = SigningKey(bytes(range(32)))
LINES = make_chain(4)
HEAD = entry_chain.entry_hash(LINES[-1])
SIDE = sidecar.make_opening("0" * 32, "c", "Chờ lâu quá", salt="ab" * 16)


FIELDS: dict[str, object] = {
    "dev": "d-0042",
    "ep": 3,
    "from_": 1,
    "to": 4,
    "h": HEAD,
    "head_seq": 4,
    "head": HEAD,
    "backlog": 2,
    "t": 1,
    "mono": 2,
    "boot": 3,
    "app": "1",
    "disk_mb": 4,
    "rq": "aa",
    "lines": LINES,
    "sidecars": [SIDE],
    "certificate": (CERTIFICATE.raw, "ef" * 64),
}


class Line:
    """A line behind the entries, whatever it says."""

    def __init__(self, raw: bytes) -> None:
        self.dump = lambda: raw


def body(**changes: object) -> bytes:
    return unchecked_lines.make_batch(KEY, **{**FIELDS, **changes})  # type: ignore[arg-type]


def test_a_batch_comes_out_as_it_went_in() -> None:
    written = wire.build_batch(KEY, **FIELDS)  # type: ignore[arg-type]
    assert written == body()
    batch = wire.parse(wire.inflate(wire.compress(written)))
    assert keys.verify(KEY.public, batch.envelope.signature, batch.envelope.raw)
    assert list(batch.lines) == LINES
    assert batch.sidecars == (SIDE,)
    assert batch.certificate == (CERTIFICATE.raw, "ef" * 64)
    assert wire.check_entries(batch, CERTIFICATE.genesis)[-1].raw == LINES[-1]


@settings(max_examples=150)
@given(st.data())
def test_no_byte_can_be_changed_unnoticed(data: st.DataObject) -> None:
    plain = body()
    place = data.draw(st.integers(0, len(plain) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda b: b != plain[place]))
    changed = plain[:place] + bytes([value]) + plain[place + 1 :]
    try:
        batch = wire.parse(changed)
        noticed = not keys.verify(KEY.public, batch.envelope.signature, batch.envelope.raw)
        noticed = noticed or bool(wire.check_entries(batch, CERTIFICATE.genesis) is None)
        # a certificate or sidecar line is covered by the digest in the signed envelope
    except MalformedBatch:
        return
    lower = changed.lower() == plain.lower()  # a hex signature reads the same in capitals
    assert noticed or lower


@given(st.integers(0, 1500))
def test_a_cut_batch_is_damage_not_dishonesty(length: int) -> None:
    data = wire.compress(body())
    if length >= len(data):
        return
    with pytest.raises(MalformedBatch):
        wire.inflate(data[:length])
    with pytest.raises(MalformedBatch):
        wire.check_complete(data[:length], str(len(data)), wire.make_digest_header(data))


def test_a_bomb_is_refused_before_it_is_inflated() -> None:
    with pytest.raises(MalformedBatch) as refused:
        wire.inflate(gzip.compress(bytes(64 << 20)))
    assert refused.value.code == "too_large"
    with pytest.raises(MalformedBatch) as refused:
        wire.inflate(secrets.token_bytes(wire.MAX_COMPRESSED + 1))
    assert refused.value.code == "too_large"


def test_a_body_of_just_the_limit_is_taken_and_one_byte_more_is_too_large() -> None:
    packed = wire.compress(b"x" * 1000)
    assert wire.inflate(packed, 1000) == b"x" * 1000
    with pytest.raises(MalformedBatch) as refused:
        wire.inflate(packed, 999)
    assert refused.value.code == "too_large"


@pytest.mark.parametrize(
    ("length", "digest", "code"),
    [
        (None, None, "no_digest"),
        ("3", "sha-256=:AAAA:", "bad_digest"),
        ("4", "x", "truncated"),
        ("-1", "x", "truncated"),
    ],
)
def test_completeness_is_judged_first(length: str | None, digest: str | None, code: str) -> None:
    with pytest.raises(MalformedBatch) as refused:
        wire.check_complete(b"abc", length, digest)
    assert refused.value.code == code


def test_a_reply_counts_only_signed_and_for_this_request() -> None:
    centre = SigningKey(bytes(range(5, 37)))
    reply = signed_reply.dump(
        {"typ": "rcpt", "v": 1, "dev": "d-0042", "ep": 3, "seq": 4, "h": HEAD, "t": 9, "rq": "aa"}, centre
    )
    assert signed_reply.parse(reply, centre=centre.public, rq="aa").value["seq"] == 4
    for wrong in (
        reply.replace(b'"seq":4', b'"seq":5'),
        b"<html>Welcome</html>",
        b"",
        reply[:40],
        reply.replace(b'"aa"', b'"bb"'),
    ):
        with pytest.raises(signed_reply.UnsignedReply):
            signed_reply.parse(wrong, centre=centre.public, rq="aa")
    with pytest.raises(signed_reply.UnsignedReply):
        signed_reply.parse(reply, centre=centre.public, rq="bb")
    with pytest.raises(signed_reply.UnsignedReply):
        signed_reply.parse(reply, centre=KEY.public, rq="aa")


def test_a_sidecar_opens_its_commitment_and_no_other() -> None:
    assert sidecar.parse(SIDE.dump()) == SIDE
    assert SIDE.commitment == sidecar.commitment("ab" * 16, "Chờ lâu quá")
    assert SIDE.commitment != sidecar.commitment("ac" * 16, "Chờ lâu quá")


@pytest.mark.parametrize(
    "beyond", [{"ep": 2**31}, {"head_seq": 2**53 - 1}, {"backlog": 2**31}, {"disk_mb": -1}, {"rq": "a" * 65},
               {"app": "a" * 25}, {"h": HEAD[:-1]}, {"head": HEAD + "0"}, {"head": "\u1ebf" * 64}],
    ids=str,
)  # fmt: skip
def test_what_no_column_takes_is_no_envelope(beyond: dict[str, object]) -> None:
    with pytest.raises(wire.MalformedBatch) as refused:
        wire.parse(body(**beyond))
    assert refused.value.code == "bad_envelope"
    with pytest.raises(wire.MalformedBatch) as refused:
        wire.build_batch(KEY, **{**FIELDS, **beyond})  # type: ignore[arg-type]
    assert refused.value.code == "bad_envelope"


def test_a_signature_of_a_certificate_that_is_no_text_is_none() -> None:
    line = canonical.dump({"cert": CERTIFICATE.raw.decode(), "sig": 5, "typ": "cert", "v": 1})
    with pytest.raises(wire.MalformedBatch) as refused:
        wire.parse(body(sidecars=[Line(line)], certificate=None))
    assert refused.value.code == "bad_line"


@pytest.mark.parametrize("salt", ["ab" * 15, "ab" * 17, "zz" * 16, " ".join(["ab"] * 16), "\u0661" * 32])
def test_a_salt_is_32_hex_characters_and_nothing_between(salt: str) -> None:
    line = canonical.dump({"id": "0" * 32, "k": "c", "salt": salt, "typ": "side", "v": 1, "value": "x"})
    with pytest.raises(canonical.NotCanonical):
        sidecar.parse(line)
