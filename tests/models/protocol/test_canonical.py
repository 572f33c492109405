"""The canonical profile: one way to write a thing, and every other way refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.protocol import canonical
from models.protocol.canonical import NotCanonical

NUMBERS = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")).map(
    lambda text: __import__("unicodedata").normalize("NFC", text)
)
KEYS = st.from_regex(r"\A[a-z0-9_]{1,8}\Z")
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.dictionaries(KEYS, st.one_of(LEAVES, st.lists(LEAVES, max_size=4), st.dictionaries(KEYS, LEAVES)))


@given(VALUES)
def test_what_is_dumped_is_parsed_to_the_same_and_back_to_the_same_bytes(value: dict[str, object]) -> None:
    raw = canonical.dump(value, limit=1 << 20)
    assert canonical.parse(raw, limit=1 << 20) == value
    assert raw == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b'{"b":1,"a":2}',  # not sorted
        b'{"a":1,"a":1}',  # doubled
        b'{"a": 1}',  # a space
        b'{"a":1.0}',
        b'{"a":1e400}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":9007199254740992}',  # 2^53
        b'{"a":123456789012345678901234567890}',
        b'{"A":1}',
        b'{"a":"\\u0061"}',  # an escape nobody needs
        b'{"a":"e\xcc\xa3\xcc\x82"}',  # NFD
        b'{"a":"\\ud800"}',
        b'{"a":{"b":{"c":{"d":{}}}}}',
        b"[1]",
        b"1",
        b"",
        b"\xff",
        b'{"a":1}\n',
        b'{"a":"\\u0000"}',
        b"[" * 5000,
        b'{"a":"' + b"x" * 5000 + b'"}',
    ],
)
def test_every_other_way_is_refused(raw: bytes) -> None:
    with pytest.raises(NotCanonical):
        canonical.parse(raw)


@pytest.mark.parametrize(
    "value", [{"a": 1.5}, {"a": 2**53}, {"a": "e\u0323\u0302"}, {"a": "\ud800"}, {"Ä": 1}, {"a": b"x"}]
)
def test_what_breaks_the_profile_is_not_written(value: dict[str, object]) -> None:
    with pytest.raises(NotCanonical):
        canonical.dump(value)


@given(st.binary(max_size=200))
def test_noise_never_raises_anything_else(raw: bytes) -> None:
    try:
        canonical.parse(raw)
    except NotCanonical:
        pass
