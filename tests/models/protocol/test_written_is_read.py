"""Written is read: what `dump` makes `parse` takes; what `parse` refuses `dump` does not make."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.protocol import canonical, entry_chain, sidecar
from models.protocol.canonical import NotCanonical
from models.protocol.entry_chain import BadEntry
from models.protocol.sidecar import Sidecar

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
        assert entry == entry_chain.reread(raw)


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
