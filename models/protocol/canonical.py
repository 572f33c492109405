"""The canonical profile: the one way an entry, an envelope or a reply is written as bytes.

JSON with keys sorted, no spaces, UTF-8; keys of `[a-z0-9_]`, integers below 2^53 in magnitude, NFC strings without
lone surrogates and NUL, booleans and null, no floats, depth at most 4, at most 4 KiB. Under these rules RFC 8785 gives
the same bytes. Whoever receives such bytes hashes and keeps them as they came and never writes them again.
"""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from typing import Any

MAX_BYTES = 4096
MAX_DEPTH = 4
MAX_INT = 2**53
#: The largest number a store keeps in an ordinary column; what counts or numbers something stays below it.
MAX_COLUMN = 2**31 - 1

_KEY = re.compile(r"[a-z0-9_]+\Z")
_LONG_NUMBER = re.compile(rb"\d{16}")
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


class NotCanonical(ValueError):
    """The value or the bytes break the profile; the message says which rule."""


@functools.lru_cache(maxsize=4096)
def _good_key(key: str) -> bool:
    return bool(_KEY.match(key))


def _refuse_float(text: str) -> Any:
    raise NotCanonical(f"a number that is not whole: {text[:20]}")


_decode = json.JSONDecoder(parse_float=_refuse_float, parse_constant=_refuse_float).decode


def dump(value: dict[str, Any], *, limit: int = MAX_BYTES) -> bytes:
    """The canonical bytes of `value`. Raises `NotCanonical` when it breaks the profile or exceeds `limit` bytes."""
    _check(value, 1)
    raw = _encode(value).encode()
    if len(raw) > limit:
        raise NotCanonical(f"{len(raw)} bytes, {limit} allowed")
    return raw


def parse(raw: bytes, *, limit: int = MAX_BYTES) -> dict[str, Any]:
    """The object that `raw` holds. Raises `NotCanonical` unless `raw` is exactly what `dump` would write."""
    if len(raw) > limit:
        raise NotCanonical(f"{len(raw)} bytes, {limit} allowed")
    try:
        text = raw.decode()
        value = _decode(text)
        if type(value) is not dict:
            raise NotCanonical("not an object")
        if _encode(value) != text:
            raise NotCanonical("keys not sorted, doubled keys, or spaces")
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"not JSON in UTF-8: {type(error).__name__}") from error
    # the six characters \u0000 are a NUL, or the words of somebody who wrote a backslash before them
    if raw.isascii() and not _LONG_NUMBER.search(raw) and b"\\u0000" not in raw:
        _check_plain(value, 1)
    else:
        _check(value, 1)
    return value


def _check_plain(value: Any, depth: int) -> None:
    """Keys and depth alone: for ASCII bytes without long numbers nothing else can be wrong after decoding, except
    an escaped surrogate, which `_encode` would have written otherwise."""
    if depth > MAX_DEPTH:
        raise NotCanonical(f"deeper than {MAX_DEPTH}")
    if type(value) is dict:
        for key, inner in value.items():
            if not _good_key(key):
                raise NotCanonical(f"key {key[:40]!r}")
            if type(inner) is dict or type(inner) is list:
                _check_plain(inner, depth + 1)
    else:
        for inner in value:
            if type(inner) is dict or type(inner) is list:
                _check_plain(inner, depth + 1)


def _check(value: Any, depth: int) -> None:
    kind = type(value)
    if kind is str:
        if "\0" in value:
            raise NotCanonical("text with a NUL")
        if value.isascii():
            return
        if not unicodedata.is_normalized("NFC", value):
            raise NotCanonical("text is not NFC")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise NotCanonical("lone surrogate") from None
    elif kind is int:
        if not -MAX_INT < value < MAX_INT:
            raise NotCanonical("integer of 2^53 or more")
    elif kind is dict or kind is list:
        if depth > MAX_DEPTH:
            raise NotCanonical(f"deeper than {MAX_DEPTH}")
        if kind is dict:
            for key in value:
                if type(key) is not str or not _good_key(key):
                    raise NotCanonical(f"key {str(key)[:40]!r}")
        for inner in value.values() if kind is dict else value:
            _check(inner, depth + 1)
    elif kind is not bool and value is not None:
        raise NotCanonical(f"a value of type {kind.__name__}")
