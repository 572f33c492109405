"""Points of ledgers seen from outside, and statements that contradict each other: kept within bounds.

On both databases.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func, select

from admin.ledgers import sightings
from models.storage.database import Database
from models.tables.device import Device, Epoch, Evidence, Sighting
from models.tables.ledger_entry import StoredEntry
from tests.fixtures.ledger_writer import LedgerWriter

Make = Callable[..., LedgerWriter]


def kept(store: Database) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Sighting)) or 0


def test_a_device_that_reports_ever_new_heads_fills_no_store(store_with_agencies: Database, writer: Make) -> None:
    device = writer()
    for number in range(1, sightings.HEADS_MOST + 20):
        body = device.batch(1, 0, head_seq=number, head=f"{number:064x}", h=device.certificate.genesis)
        assert device.send(store_with_agencies, body)[0] == 200
    assert kept(store_with_agencies) == sightings.HEADS_MOST


def test_the_first_heads_bind_however_many_came_after_them(store_with_agencies: Database, writer: Make) -> None:
    device = writer()
    for score in (5, 4, 3):
        device.rate(score)
    early = device.t + 1
    head = device.batch(1, 0, h=device.certificate.genesis)
    assert device.send(store_with_agencies, head, now=early)[0] == 200
    for number in range(10, sightings.HEADS_MOST + 30):
        body = device.batch(1, 0, head_seq=number, head=f"{number:064x}", h=device.certificate.genesis)
        assert device.send(store_with_agencies, body, now=early + 1000)[0] == 200
    honest = list(device.lines)
    device.lines = []
    for score in (1, 1, 1):
        device.rate(score)
    other = device.batch()
    device.lines = honest
    assert device.send(store_with_agencies, device.batch(1, 2, head_seq=3), now=early + 9_000)[0] == 200
    assert device.send(store_with_agencies, device.batch(3, 3), now=early + 9_000)[0] == 200
    with store_with_agencies.read() as session:
        assert set(session.scalars(select(StoredEntry.covered_ms))) == {early}
    assert device.send(store_with_agencies, other)[0] == 422


def test_of_a_disputed_ledger_only_an_earlier_place_is_further_evidence(
    store_with_agencies: Database, writer: Make
) -> None:
    device = writer()
    for score in (5, 4, 3, 2, 1):
        device.rate(score)
    device.send(store_with_agencies, device.batch())
    for seq in (3, 3, 4, 5, 2, 3):
        with store_with_agencies.write() as session:
            sightings.record_sightings(
                session, [sightings.SightedPoint(device.dev, 1, seq, "00" * 8, "slip", device.t, b"token")]
            )
    with store_with_agencies.read() as session:
        assert session.scalars(select(Evidence.seq).order_by(Evidence.number)).all() == [3, 2]
        assert session.get_one(Epoch, (device.dev, 1)).state == "forked"
        assert session.get_one(Device, device.dev).state == "forked"


def test_what_a_person_said_of_a_device_stays(store_with_agencies: Database, writer: Make) -> None:
    """A slip that contradicts the ledger of a lost device does not make it one that is merely forked."""
    device = writer()
    device.rate(5)
    device.send(store_with_agencies, device.batch())
    with store_with_agencies.write() as session:
        session.get_one(Device, device.dev).state = "lost"
        sightings.record_sightings(
            session, [sightings.SightedPoint(device.dev, 1, 1, "00" * 8, "slip", device.t, b"token")]
        )
    with store_with_agencies.read() as session:
        assert session.get_one(Device, device.dev).state == "lost"
        assert session.get_one(Epoch, (device.dev, 1)).state == "forked"
