"""Ledgers that a later certificate closed: what is up to their end is taken, and nothing after it.

On both databases.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, func, select

from admin.ledgers import recorder, verification, witness
from admin.ledgers.signing_keys import WEB, CentreKeys
from models.protocol import sidecar, wire
from models.storage.database import Database
from models.tables.device import BatchLog, Device, Epoch, Evidence, Sighting
from models.tables.ledger_entry import StoredEntry
from models.tables.response import OpenedSidecar
from models.tables.staff_account import StoreMark
from tests.fixtures.ledger_writer import START, LedgerWriter
from tests.fixtures.next_epoch import pair_again

Make = Callable[..., LedgerWriter]
MINE = "c" * 32


def stored(store: Database, epoch: int = 1) -> list[int]:
    with store.read() as session:
        seqs = select(StoredEntry.seq).where(StoredEntry.epoch == epoch).order_by(StoredEntry.seq)
        return list(session.scalars(seqs))


def checked(store: Database, device: LedgerWriter, epoch: int = 1) -> verification.CheckedLedger:
    with store.read() as session:
        assert verification.find_log_problem(session) is None
        found = verification.verify_ledgers(session, device.centre.public, device.dev)
    return next(one for one in found if one.epoch == epoch)


@pytest.fixture(name="old")
def a_device_with_three_entries(store_with_agencies: Database, writer: Make) -> LedgerWriter:
    device = writer()
    for score in (5, 4, 3):
        device.rate(score)
    device.send(store_with_agencies, device.batch())
    return device


def closed(store: Database, old: LedgerWriter, **more: object) -> LedgerWriter:
    with store.write() as session:
        return pair_again(session, old, **more)  # type: ignore[arg-type]


def test_the_old_key_adds_nothing_after_the_end(store_with_agencies: Database, old: LedgerWriter) -> None:
    store = store_with_agencies
    closed(store, old)
    side = sidecar.make_opening(MINE, "c", "Chờ lâu")
    old.rate(1, id=MINE, c=side.commitment)
    old.rate(1)
    for body in (old.batch(4, sidecars=(side,)), old.batch(), old.batch(2, 4, head_seq=4), old.batch(4, 3, head_seq=5)):
        status, reply = old.send(store, body)
        assert (status, reply["typ"], reply["state"]) == (403, "stop", "closed")
        assert (reply["seq"], reply["h"]) == (3, old.head(3))
    assert old.send(store, old.batch(5, 5))[1]["typ"] == "stop"  # no gap: nothing of it is missing
    assert stored(store) == [1, 2, 3] and checked(store, old).wrong == []
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(BatchLog)) == 1
        assert [session.scalar(select(func.count()).select_from(one)) for one in (Sighting, Evidence)] == [0, 0]
        assert session.scalars(select(OpenedSidecar)).all() == []
        assert (session.get_one(Epoch, (old.dev, 1)).state, session.get_one(Device, old.dev).state) == (
            "closed", "active"
        )  # fmt: skip


def test_what_was_taken_before_the_end_is_receipted_again(store_with_agencies: Database, old: LedgerWriter) -> None:
    closed(store_with_agencies, old)
    status, reply = old.send(store_with_agencies, old.batch())
    assert (status, reply["typ"], reply["seq"], reply["h"]) == (200, "rcpt", 3, old.head())


def test_a_device_that_has_nothing_more_to_say_hears_that_its_ledger_is_closed(
    store_with_agencies: Database, old: LedgerWriter
) -> None:
    """Else it would promise the next citizen what nobody takes. What the centre lacks up to the end, it asks for."""
    end = (4, "ab" * 32)
    closed(store_with_agencies, old)
    status, reply = old.send(store_with_agencies, old.batch(4, 3))
    assert (status, reply["typ"], reply["state"], reply["seq"]) == (403, "stop", "closed", 3)
    with store_with_agencies.write() as session:
        other = LedgerWriter(session, old.centre, "NB-14701-Q1", "NB-14701")
        pair_again(session, other, end=end)
    assert other.send(store_with_agencies, other.batch(1, 0))[1]["typ"] == "rcpt"


def test_the_new_key_speaks_for_the_device_from_its_first_entry(
    store_with_agencies: Database, old: LedgerWriter
) -> None:
    """Its ledger is shorter than the one before; an old one says nothing of the machine any more."""
    store = store_with_agencies
    new = closed(store, old)
    new.rate(5)
    assert new.send(store, new.batch(backlog=7), now=START + 9_000_000)[0] == 200
    old.send(store, old.batch(backlog=9), now=START + 99_000_000)
    with store.read() as session:
        device = session.get_one(Device, old.dev)
        assert (device.last_seen_ms, device.head_seq, device.backlog) == (START + 9_000_000, 1, 7)
    assert stored(store, 2) == [1]


def forgotten(store: Database, old: LedgerWriter) -> None:
    """A centre that was restored from a backup of when it had one entry."""
    with store.write() as session:
        session.execute(delete(StoredEntry).where(StoredEntry.seq > 1))
        session.execute(delete(BatchLog))
        session.execute(delete(StoreMark).where(StoreMark.name == "batch_head"))
        epoch = session.get_one(Epoch, (old.dev, 1))
        epoch.last_seq, epoch.last_h = 1, old.head(1)


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize("last", [2, 3, 5])
def test_what_is_up_to_the_end_is_taken_however_late(
    store_with_agencies: Database, old: LedgerWriter, first: int, last: int
) -> None:
    store, end = store_with_agencies, (3, old.head(3))
    forgotten(store, old)
    closed(store, old, end=end)
    said = checked(store, old)
    assert said.wrong == ["entries up to 3 were accepted before it was closed, and are not here"]
    old.rate(1)
    old.rate(1)
    status, reply = old.send(store, old.batch(first, last, head_seq=last))
    assert (status, reply["typ"]) == ((200, "rcpt") if last <= 3 else (403, "stop"))
    assert stored(store) == list(range(1, min(last, 3) + 1))
    if last >= 3:
        assert checked(store, old).wrong == [] and checked(store, old).first_bad is None
    assert old.send(store, old.batch(4, 5))[1]["typ"] == ("gap" if last < 3 else "stop")
    old.send(store, old.batch(2, 3, head_seq=3))
    assert stored(store) == [1, 2, 3]
    with store.read() as session:
        assert session.get_one(Epoch, (old.dev, 1)).last_h == old.head(3)


def test_another_history_up_to_the_end_disputes_the_old_ledger_alone(
    store_with_agencies: Database, old: LedgerWriter
) -> None:
    store, end = store_with_agencies, (3, old.head(3))
    forgotten(store, old)
    new = closed(store, old, end=end)
    old.lines[1:] = []
    for score in (1, 1, 1):
        old.rate(score)
    assert old.send(store, old.batch(2))[0] == 422
    assert stored(store) == [1]
    with store.read() as session:
        assert session.scalars(select(Evidence.seq)).all() == [3]
        assert session.get_one(Epoch, (old.dev, 1)).state == "forked"
        assert session.get_one(Device, old.dev).state == "active"
    new.rate(5)
    assert new.send(store, new.batch())[0] == 200


def test_of_a_ledger_whose_end_nobody_knows_nothing_more_is_taken(
    store_with_agencies: Database, old: LedgerWriter
) -> None:
    """A restored centre knows a later epoch by its certificate, and not the one between."""
    closed(store_with_agencies, old, skipped=1)
    old.rate(1)
    assert old.send(store_with_agencies, old.batch())[1]["state"] == "closed"
    assert stored(store_with_agencies) == [1, 2, 3] and checked(store_with_agencies, old).wrong == []


def test_verify_names_what_stands_after_the_end_or_is_not_what_it_was(
    store_with_agencies: Database, old: LedgerWriter
) -> None:
    store = store_with_agencies
    closed(store, old, end=(1, old.head(1)))
    said = checked(store, old)
    assert (said.after_end, said.wrong) == ([2, 3], ["2 entries after number 1, at which it was closed"])
    with store.write() as session:
        session.execute(delete(Epoch).where(Epoch.epoch == 2))
    closed(store, old, end=(3, "0" * 64))
    assert checked(store, old).wrong == ["entry 3 is not the one at which it was closed"]


def test_a_recorder_of_the_centre_is_heard_from_nobody(store_with_agencies: Database, keys: CentreKeys) -> None:
    """Whoever took its key, before it was replaced and after, sends in vain."""
    with store_with_agencies.write() as session:
        epoch = recorder.lock_open_epoch(session, keys, WEB, START)
        body = wire.build_batch(
            keys.recorder_keys[WEB], dev=WEB, ep=1, from_=1, to=0, h=epoch.genesis, head_seq=0, head=epoch.genesis,
            backlog=0, t=START, mono=1, boot=1, app="1", disk_mb=1, rq="aa", lines=[],
            certificate=(epoch.certificate, epoch.certificate_signature),
        )  # fmt: skip
    with store_with_agencies.read() as session, pytest.raises(witness.UnknownDevice):
        witness.verify_batch_body(session, body, keys.public)
