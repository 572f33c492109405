"""The file carried by hand: what opens it, and that a damaged copy is told without any key."""

from __future__ import annotations

import tracemalloc

import pytest

from models.protocol import sealed_file
from models.protocol.sealed_file import (
    CarriedFileKey,
    UnreadableFile,
    make_reply_file,
    read_header,
    read_replies,
    seal_file,
)

BOX = CarriedFileKey(bytes(range(32)))
RAW = seal_file(BOX.public, "d-0312", 2, 1_791_937_875_000, [b"first", b"second" * 1000])


def test_it_opens_for_its_centre_alone() -> None:
    head, parts = BOX.open(RAW)
    assert (head.dev, head.ep, head.n, head.box, parts) == ("d-0312", 2, 2, BOX.public, [b"first", b"second" * 1000])
    with pytest.raises(UnreadableFile) as refused:
        CarriedFileKey(bytes(32)).open(RAW)
    assert refused.value.code == "other_centre"
    assert b"second" not in RAW and seal_file(BOX.public, "d-0312", 2, 1, [b"first"]) != seal_file(
        BOX.public, "d-0312", 2, 1, [b"first"]
    )


@pytest.mark.parametrize("at", [300, 400, len(RAW) - 1])
def test_a_damaged_copy_is_told_without_the_key(at: int) -> None:
    for raw in (RAW[:at], RAW[:at] + bytes([RAW[at] ^ 1]) + RAW[at + 1 :]):
        with pytest.raises(UnreadableFile) as refused:
            read_header(raw)
        assert refused.value.code == "damaged"


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"dev":"d-0312"', b'"dev":"d-0313"'), (b'"ep":2', b'"ep":3'), (b'"n":2', b'"n":3'), (b'"t":1', b'"t":2')],
    ids=["device", "epoch", "count", "time"],
)
def test_the_header_is_bound_to_what_it_seals(old: bytes, new: bytes) -> None:
    with pytest.raises(UnreadableFile) as refused:
        BOX.open(RAW.replace(old, new, 1))
    assert refused.value.code == "damaged"


@pytest.mark.parametrize(("dev", "ep"), [("../../d-0312", 2), ("", 2), ("x" * 25, 2), ("d-0312", 2**31)])
def test_a_file_names_a_device_and_an_epoch_that_can_be(dev: str, ep: int) -> None:
    """The name becomes part of a file's at the centre; anybody can seal a file to it."""
    with pytest.raises(UnreadableFile) as refused:
        read_header(seal_file(BOX.public, dev, ep, 1, []))
    assert refused.value.code == "not_carried"
    with pytest.raises(UnreadableFile):
        read_replies(make_reply_file(dev, ep, 1, []))


def test_replies_are_whole_or_nothing() -> None:
    raw = make_reply_file("d-0312", 2, 7, [b"a\nsig\n", b"b\nsig\n"])
    assert read_replies(raw) == ("d-0312", 2, [b"a\nsig\n", b"b\nsig\n"])
    for cut in range(raw.index(b"\n") + 1, len(raw)):
        with pytest.raises(UnreadableFile) as refused:
            read_replies(raw[:cut])
        assert refused.value.code == "damaged"
    with pytest.raises(UnreadableFile):
        read_replies(RAW)


@pytest.mark.parametrize("n", [0, 2, sealed_file.MAX_PARTS + 1])
def test_a_file_of_replies_is_not_taken_apart_further_than_it_says(n: int) -> None:
    raw = make_reply_file("d-0312", 2, 7, []).replace(b'"n":0', b'"n":%d' % n) + b"\n" * (4 << 20)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableFile) as refused:
            read_replies(raw)
        assert refused.value.code == "damaged" and tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
