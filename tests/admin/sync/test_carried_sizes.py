"""The sizes of a carried file: read part by part in bounds, and nothing is kept of a refused one."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import func, select

from admin.error_catalogue.command_errors import CARRIED_FILES
from admin.ledgers.signing_keys import CentreKeys
from admin.sync import usb_import
from models.keys import SigningKey
from models.protocol import sealed_file, sidecar, wire
from models.storage.database import Database
from models.tables.ledger_entry import StoredEntry
from tests.fixtures.ledger_writer import START, LedgerWriter

Make = Callable[..., LedgerWriter]
MIB = 1 << 20


def carry(store: Database, device: LedgerWriter, bodies: Sequence[bytes]) -> usb_import.IngestedFile:
    box = device.centre.box.public
    raw = sealed_file.seal_file(box, device.dev, device.ep, START, [wire.compress(body) for body in bodies])
    return usb_import.ingest_file(store, device.centre, raw, START + 1000)


def refusal(store: Database, device: LedgerWriter, bodies: Sequence[bytes]) -> str:
    with pytest.raises(usb_import.FileRefused) as refused:
        carry(store, device, bodies)
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(StoredEntry)) == 0
    assert refused.value.code in CARRIED_FILES
    return refused.value.code


def three(device: LedgerWriter) -> list[bytes]:
    """Three batches of one entry."""
    for score in (5, 4, 3):
        device.rate(score)
    return [device.batch(seq, seq) for seq in (1, 2, 3)]


def test_a_file_that_inflates_to_much_takes_the_memory_of_one_part(
    store_with_agencies: Database, writer: Make
) -> None:
    device = writer()
    device.rate(5)
    much = tuple(sidecar.make_opening("e" * 32, "r", "a" * 7000) for _ in range(300))
    bodies = [device.batch(sidecars=much)] * 12 + [b"a" * (wire.MAX_INFLATED - 1) + b"\n"]
    assert sum(map(len, bodies)) > 25 * MIB
    tracemalloc.start()
    try:
        assert refusal(store_with_agencies, device, bodies) == "damaged"
        assert tracemalloc.get_traced_memory()[1] < 18 * MIB
    finally:
        tracemalloc.stop()


def test_bounds_of_a_file_are_told_apart_from_damage(
    store_with_agencies: Database, writer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, device = store_with_agencies, writer()
    bodies = three(device)
    assert refusal(store, device, [bytes(wire.MAX_INFLATED + 1)]) == "too_large"
    monkeypatch.setattr(sealed_file, "MAX_INFLATED", sum(map(len, bodies)) - 1)
    assert refusal(store, device, bodies) == "too_large"
    monkeypatch.undo()
    monkeypatch.setattr(sealed_file, "MAX_PARTS", 2)
    assert refusal(store, device, bodies) == "too_large"
    monkeypatch.undo()
    monkeypatch.setattr(sealed_file, "MAX_PARTS", 3)
    monkeypatch.setattr(sealed_file, "MAX_INFLATED", sum(map(len, bodies)))
    done = carry(store, device, bodies)
    assert (done.batches, done.entries, done.accepted, done.seq) == (3, 3, 3, 3)


@pytest.mark.parametrize("how", ["signature", "device", "entry"])
def test_a_part_that_is_false_keeps_those_before_it_out(
    store_with_agencies: Database, writer: Make, keys: CentreKeys, how: str
) -> None:
    store, device = store_with_agencies, writer()
    good = three(device)
    if how == "signature":
        device.key = SigningKey(bytes(32))
        last = device.batch(3, 3)
    elif how == "device":
        other = writer("NB-14725-Q1")
        other.rate(5)
        last = other.batch()
    else:
        last = device.batch(3, 3, lines=device.lines[1:2])
    assert refusal(store, device, [*good[:2], last]) == "damaged"
