"""Written is read: what `dump` makes `parse` takes; what `parse` refuses `dump` does not make."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from models import clock
from models.ids import is_id
from models.keys import SigningKey
from models.protocol import canonical, entry_chain, note_token, sidecar, signed_reply, slip, wire
from models.protocol.canonical import NotCanonical
from models.protocol.entry_chain import BadEntry
from models.protocol.sidecar import Sidecar
from models.protocol.signed_reply import UnsignedReply
from models.protocol.slip import BadToken, Slip
from models.protocol.wire import MalformedBatch
from models.vocabulary import STAGE_BYTES
from tests.fixtures import unchecked_lines

#: Words as people and machines type them: a backslash before u0000 is no NUL, an accent may be apart from its letter.
TEXTS = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="\\u0a\x00é\u0301\ud800\u2028\"'ở", max_size=12),
    st.sampled_from(["\\u0000", "\\\\u0000", "\x00", "\x7f", "e\u0301", "\ud800", "1234567890123456", ""]),
)
NUMBERS = st.one_of(
    st.integers(-3, 3), st.sampled_from([2**31 - 1, 2**31, 2**53 - 1, 2**53, -(2**53), 10**20]), st.booleans()
)
PLAIN = st.one_of(TEXTS, NUMBERS, st.none(), st.floats())
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.one_of(st.sampled_from(["a", "b_1", "A", "é", ""]), TEXTS), inner, max_size=3),
    max_leaves=8,
)
HASH = "a" * 64


def same(value: dict[str, Any], raw: bytes, limit: int = canonical.MAX_BYTES) -> None:
    """Reading gives what was written, down to the kind of each number."""
    assert json.dumps(canonical.parse(raw, limit=limit), sort_keys=True) == json.dumps(value, sort_keys=True)


@given(st.dictionaries(st.sampled_from(["a", "b", "c_2", "Z"]), VALUES, max_size=4))
@example({"a": "\\u0000"})
@example({"a": "x\x00"})
@example({"a": [[[[1]]]]})
def test_canonical_bytes(value: dict[str, Any]) -> None:
    try:
        raw = canonical.dump(value)
    except NotCanonical:
        # nothing else may write it either: the same text from another writer is refused
        with pytest.raises(NotCanonical):
            text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            canonical.parse(text.encode("utf-8", "surrogatepass"))
    else:
        same(value, raw)


ENTRIES = st.fixed_dictionaries(
    {
        "dev": st.sampled_from(["d-0042-k3x9w2m1", "c-web-1", "d-0042", "", "D-1", "d-" + "0" * 30]),
        "ep": st.one_of(st.just(1), NUMBERS),
        "seq": st.one_of(st.just(1), NUMBERS),
        "typ": st.sampled_from(["rating", "token", "clock", "hb", "", "Rating", "cert"]),
        "id": st.one_of(st.just("0" * 32), TEXTS),
        "t": st.one_of(st.just(1), NUMBERS),
        "mono": st.one_of(st.just(1), NUMBERS),
        "boot": st.one_of(st.just(1), NUMBERS),
        "prev": st.one_of(st.just(HASH), st.sampled_from(["", HASH.upper(), HASH[:-1]])),
        "p": st.dictionaries(st.sampled_from(["a", "b"]), VALUES, max_size=2),
    }
)
GOOD = {
    "dev": "d-0042", "ep": 1, "seq": 1, "typ": "rating", "id": "0" * 32, "t": 1, "mono": 1, "boot": 1, "prev": HASH,
    "p": {"a": "Cán bộ ghi \\u0000"},
}  # fmt: skip


@given(ENTRIES)
@example(GOOD)
@example({**GOOD, "t": -1})
@example({**GOOD, "ep": True})
@example({**GOOD, "seq": 2**31})
def test_entries(said: dict[str, Any]) -> None:
    text = json.dumps({**said, "v": 1}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        raw = entry_chain.dump(**said)
    except (BadEntry, NotCanonical):
        with pytest.raises(BadEntry):
            entry_chain.parse(text.encode("utf-8", "surrogatepass"))
    else:
        entry = entry_chain.parse(raw)
        assert {name: getattr(entry, name) for name in said} == said
        assert entry == entry_chain.parse_trusted_entry(raw)


@given(
    st.one_of(st.just("0" * 32), TEXTS), st.sampled_from([*sidecar.KINDS, "n", ""]),
    st.sampled_from(["0f" * 16, "0F" * 16, "", "0f" * 15, "zz" * 16]), st.one_of(TEXTS, st.just("ở" * 3000)),
)  # fmt: skip
@example("0" * 32, "c", "0f" * 16, "C:\\u0000")
def test_sidecars(id: str, kind: str, salt: str, value: str) -> None:
    said = Sidecar(id, kind, salt, value)
    whole = {"id": id, "k": kind, "salt": salt, "typ": "side", "v": 1, "value": value}
    text = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        raw = said.dump()
    except NotCanonical:
        with pytest.raises(NotCanonical):
            sidecar.parse(text.encode("utf-8", "surrogatepass"))
    else:
        assert sidecar.parse(raw) == said


KEY = SigningKey(b"k" * 32)
#: Numbers at the bounds of whatever keeps one.
BOUNDS = st.one_of(
    st.integers(-2, 2),
    st.sampled_from([15, 16, 255, 256, 499, 500, 65_534, 65_535, 65_536, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53]),
)
HASHES = st.sampled_from([HASH, "", HASH.upper(), HASH[:-1], HASH + "a", "ế" * 64])
NAMES = st.one_of(st.sampled_from(["d-0042-k3x9w2m1", "c-web-1", "", "D!", "d" * 24, "d" * 25]), TEXTS)
RQ = st.one_of(st.sampled_from(["aa", "a" * 64, "a" * 65]), TEXTS)


def mostly(usual: Any, odd: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The usual value in most draws: several odd ones at once hide each other."""
    return st.one_of(*[st.just(usual)] * 6, odd)


SENT: dict[str, Any] = {
    "dev": "d-0042", "ep": 1, "from_": 1, "to": 0, "h": HASH, "head_seq": 0, "head": HASH, "backlog": 0, "t": 1,
    "mono": 1, "boot": 1, "app": "1", "disk_mb": 1, "rq": "aa",
}  # fmt: skip
BATCHES = st.fixed_dictionaries(
    {
        name: mostly(
            usual, BOUNDS | NUMBERS if type(usual) is int else HASHES if name in ("h", "head") else NAMES | RQ
        )
        for name, usual in SENT.items()
    }
)


@given(BATCHES, st.integers(0, 3) | st.sampled_from([500, 501]), st.booleans())
@example({**SENT, "boot": 2**31}, 0, False)
@example({**SENT, "backlog": -1}, 0, False)
@example({**SENT, "to": 501}, 501, False)
@example({**SENT, "to": 500}, 500, True)
@example({**SENT, "app": "1" * 25}, 0, True)
def test_batches(said: dict[str, Any], count: int, fits: bool) -> None:
    said = {**said, "to": said["from_"] + count - 1} if fits and type(said["from_"]) is int else said
    lines = [b"{}"] * count
    try:
        body = wire.build_batch(KEY, **said, lines=lines)
    except MalformedBatch:
        with pytest.raises(MalformedBatch):
            wire.parse(unchecked_lines.make_batch(KEY, **said, lines=lines))
    else:
        assert body == unchecked_lines.make_batch(KEY, **said, lines=lines)
        batch = wire.parse(body)
        assert {name: getattr(batch.envelope, name) for name in said} == said and list(batch.lines) == lines


@given(TEXTS, st.one_of(TEXTS, NUMBERS, st.just("ef" * 64)))
@example("{}", "ef" * 64)
@example("{}", 5)
def test_lines_of_certificates(text: str, signature: Any) -> None:
    assume(text.encode("utf-8", "replace").decode() == text)
    presented = (text.encode(), signature)
    theirs = unchecked_lines.make_batch(KEY, **SENT, lines=[], certificate=presented)
    try:
        body = wire.build_batch(KEY, **SENT, lines=[], certificate=presented)
    except NotCanonical:
        with pytest.raises(MalformedBatch):
            wire.parse(theirs)
    else:
        assert body == theirs and wire.parse(body).certificate == presented


ISSUED = {"dev": "d-0042", "ep": 1, "vk": HASH, "desk": "Q3", "t": 1, "pe_seq": 0, "pe_h": ""}
CERTIFICATES = st.fixed_dictionaries(
    {
        name: mostly(
            usual, BOUNDS | NUMBERS if type(usual) is int else HASHES if name in ("vk", "pe_h") else NAMES | NUMBERS
        )
        for name, usual in ISSUED.items()
    }
)


@given(CERTIFICATES)
@example({**ISSUED, "dev": "D!"})
@example({**ISSUED, "ep": 255, "pe_seq": 2**31 - 1, "pe_h": HASH})
@example({**ISSUED, "ep": 256})
@example({**ISSUED, "pe_seq": 2**31})
@example({**ISSUED, "desk": 5})
def test_certificates(said: dict[str, Any]) -> None:
    try:
        raw = entry_chain.make_certificate(**said).raw
    except (BadEntry, NotCanonical):
        with pytest.raises(BadEntry):
            entry_chain.parse_certificate(unchecked_lines.dump_plain({**said, "typ": "cert", "v": 1}))
    else:
        found = entry_chain.parse_certificate(raw)
        assert {name: getattr(found, name) for name in said} == said


USUAL = {str: "a" * 64, int: 1}
REPLIES = st.sampled_from(sorted(signed_reply.FIELDS)).flatmap(
    lambda typ: st.fixed_dictionaries(
        {
            "typ": mostly(typ, st.sampled_from(["", "x", "batch", 1])),
            "rq": mostly("aa", RQ | NUMBERS),
            "v": mostly(1, NUMBERS),
            **{name: mostly(USUAL[kind], BOUNDS | PLAIN) for name, kind in signed_reply.FIELDS[typ].items()},
        },
        optional={"ck": BOUNDS, "bl": TEXTS, "also": TEXTS},
    )
)
RECEIPT = {"typ": "rcpt", "rq": "aa", "v": 1, "dev": "d-0042", "ep": 1, "t": 1, "seq": 1, "h": HASH}


@given(REPLIES)
@example(RECEIPT)
@example({**RECEIPT, "typ": "x"})
@example({**RECEIPT, "rq": "a" * 65})
@example({**RECEIPT, "seq": 2**31})
@example({name: value for name, value in RECEIPT.items() if name != "h"})
def test_replies(said: dict[str, Any]) -> None:
    def read(body: bytes) -> signed_reply.Reply:
        return signed_reply.parse(body, centre=KEY.public, rq=said["rq"])

    try:
        body = signed_reply.dump(said, KEY)
    except NotCanonical:
        with pytest.raises(UnsignedReply):
            read(unchecked_lines.make_reply(said, KEY))
    else:
        assert body == unchecked_lines.make_reply(said, KEY) and read(body).value == said


PRINTED = {"device": 42, "epoch": 1, "serial": 1, "seq": 1, "procedure": 0, "minute": 1, "due_days": 3}
LAST = clock.LAST_MS // 60_000
SLIPS = st.fixed_dictionaries(
    {name: mostly(usual, BOUNDS | st.sampled_from([LAST, LAST + 1])) for name, usual in PRINTED.items()}
)


@given(SLIPS, st.sampled_from(STAGE_BYTES), st.booleans(), mostly(8, st.integers(0, 9)))
@example({**PRINTED, "serial": 2**31}, STAGE_BYTES[0], False, 8)
@example({**PRINTED, "minute": LAST}, STAGE_BYTES[0], True, 8)
@example({**PRINTED, "minute": LAST}, STAGE_BYTES[0], False, 8)
@example({**PRINTED, "due_days": 65_535}, STAGE_BYTES[0], False, 8)
def test_slips(said: dict[str, Any], stage: Any, open_end: bool, length: int) -> None:
    paper = Slip(**{**said, "due_days": None if open_end else said["due_days"]}, head=bytes(length), stage=stage)
    try:
        token = slip.mint(paper, KEY, KEY.public)
    except BadToken:
        try:
            theirs = unchecked_lines.make_token(paper.body(), b"slip", KEY, KEY.public)
        except struct.error:
            return  # there is no such token
        try:
            assert slip.parse(theirs)[0] != paper  # what a token cannot say reads as something else
        except BadToken:
            pass
    else:
        assert token == unchecked_lines.make_token(paper.body(), b"slip", KEY, KEY.public)
        read, signature = slip.parse(token)
        assert read == paper and slip.is_genuine(read, signature, KEY.public, KEY.public)
        assert clock.local_day(paper.due_ms or paper.minted_ms) <= "9999-12-31"


@given(
    mostly("d-0042", st.sampled_from(["d-0042-k3x9w2m1", "d-2147483647", "c-web-1"])), mostly(1, BOUNDS),
    mostly("0" * 32, TEXTS | st.sampled_from(["0" * 31, "g" * 32, "A" * 32])),
    st.integers(-120_000, 120_000) | st.sampled_from([clock.LAST_MS, 2**32 * 60_000 - 1, 2**32 * 60_000]),
)  # fmt: skip
@example("d-0042", 1, "0" * 32, -60_001)
@example("d-0042", 256, "0" * 32, 1)
def test_notes(device: str, epoch: int, id: str, ms: int) -> None:
    try:
        token = note_token.mint(device, epoch, id, ms, KEY, KEY.public)
    except BadToken:
        assert not (0 <= epoch <= 255 and is_id(id) and 0 <= ms < 2**32 * 60_000), "a token could say it"
    else:
        read, signature = note_token.parse(token)
        assert read == note_token.Note(slip.device_number(device), epoch, id, ms // 60_000)
        assert note_token.is_genuine(read, signature, KEY.public, KEY.public)


@given(st.integers(0, 2**32 - 1))
@example(2**31)
def test_a_note_of_a_number_that_no_device_has_is_none(number: int) -> None:
    body = note_token.Note(number, 1, "0" * 32, 1).body()
    try:
        note_token.parse(unchecked_lines.make_token(body, b"note", KEY, KEY.public))
    except BadToken:
        assert number > canonical.MAX_COLUMN
