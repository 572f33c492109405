"""The payload of a rating at its limits, and the bytes of an opening, as every desk has written them."""

from __future__ import annotations

from typing import Any

import pytest

from models.protocol.rating import BadRating, parse
from models.protocol.sidecar import Sidecar

PAYLOAD: dict[str, Any] = {
    "agency": "NB-1", "answers": [["overall", 4]], "channel": "kiosk", "instrument": "short", "lang": "vi",
    "state": "complete", "version": 1,
}  # fmt: skip


@pytest.mark.parametrize("version", [1, 32_767])
def test_a_version_within_the_column_is_read(version: int) -> None:
    assert parse({**PAYLOAD, "version": version}).version == version


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 0}, {"version": 32_768}, {"agency": "NB-1\0"}, {"decider": "\0"}, {"topics": ["wait", "a\0b"]},
        {"answers": [["over\0all", 4]]},
    ],
    ids=["no version", "too late a version", "agency", "decider", "topic", "question"],
)  # fmt: skip
def test_what_no_column_holds_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRating, match="bad_payload"):
        parse({**PAYLOAD, **wrong})


def test_the_bytes_of_an_opening_stay_as_they_are() -> None:
    line = b'{"id":"r-1","k":"c","salt":"' + b"0f" * 16 + b'","typ":"side","v":1,"value":"Nhanh"}'
    assert Sidecar("r-1", "c", "0f" * 16, "Nhanh").dump() == line
