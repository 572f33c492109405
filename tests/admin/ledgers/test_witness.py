"""The witness: a contiguous prefix of one chain, receipts after the commit, no one-sided accusation.

It accuses nobody without two signatures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from admin.ledgers import sightings, verification, witness
from admin.ledgers.signing_keys import CentreKeys
from models.protocol import entry_chain, sidecar, slip, wire
from models.storage.database import Database
from models.tables.device import BatchLog, Device, Epoch, Evidence, Sighting
from models.tables.ledger_entry import StoredEntry
from models.tables.response import OpenedSidecar
from models.vocabulary import Stage
from tests.fixtures import sql_statements
from tests.fixtures.ledger_writer import LedgerWriter

Make = Callable[..., LedgerWriter]


def stored(database: Database, device: str) -> list[int]:
    with database.read() as session:
        return list(
            session.scalars(select(StoredEntry.seq).where(StoredEntry.device == device).order_by(StoredEntry.seq))
        )


def test_a_batch_is_taken_once_however_often_it_comes(store_with_agencies: Database, writer: Make) -> None:
    device = writer()
    for score in (5, 4, 3):
        device.rate(score)
    body = device.batch()
    for _ in range(3):
        status, reply = device.send(store_with_agencies, body)
        assert (status, reply["typ"], reply["seq"], reply["h"]) == (200, "rcpt", 3, device.head())
    assert stored(store_with_agencies, device.dev) == [1, 2, 3]
    with store_with_agencies.read() as session:
        assert session.scalar(select(func.count()).select_from(BatchLog)) == 1


def test_overlap_is_harmless_and_a_gap_names_what_is_expected(store_with_agencies: Database, writer: Make) -> None:
    device = writer()
    for score in (5, 4, 3, 2, 1):
        device.rate(score)
    assert device.send(store_with_agencies, device.batch(1, 2, head_seq=2))[1]["seq"] == 2
    status, reply = device.send(store_with_agencies, device.batch(4, 5))
    assert (status, reply["typ"], reply["expected"], reply["h"]) == (409, "gap", 3, device.head(2))
    assert stored(store_with_agencies, device.dev) == [1, 2]
    assert device.send(store_with_agencies, device.batch(2, 4, head_seq=4))[1]["seq"] == 4
    assert device.send(store_with_agencies, device.batch(1, 2, head_seq=2))[1]["seq"] == 4  # old, delayed: no step back
    assert device.send(store_with_agencies, device.batch(5, 5))[1]["seq"] == 5
    assert stored(store_with_agencies, device.dev) == [1, 2, 3, 4, 5]


def test_another_history_under_the_same_key_is_a_fork_with_evidence(
    store_with_agencies: Database, writer: Make
) -> None:
    device = writer()
    device.rate(1, id="a" * 32)
    device.rate(2)
    device.send(store_with_agencies, device.batch())
    honest = list(device.lines)
    device.lines = []
    device.rate(5, id="a" * 32)
    device.rate(2)
    device.rate(4)
    status, reply = device.send(store_with_agencies, device.batch())
    assert (status, reply["typ"]) == (422, "fork")
    with store_with_agencies.read() as session:
        assert [row.bytes for row in session.scalars(select(StoredEntry).order_by(StoredEntry.seq))] == honest
        evidence = session.scalars(select(Evidence)).one()
        envelope = evidence.presented.split(b"\n")[0]
        assert wire.parse_envelope(envelope, "").head == device.head()
        assert evidence.stored != evidence.presented and b"batch" in evidence.stored
        assert session.get_one(Device, device.dev).state == "forked"
    assert device.send(store_with_agencies, device.batch())[1]["typ"] == "stop"


@pytest.mark.parametrize("first", [1, 2, 20, 41])
def test_a_report_reads_of_a_long_ledger_what_it_is_compared_with(
    store_with_agencies: Database, writer: Make, first: int
) -> None:
    """However far back the report begins that brings no entries; and a false head is found all the same."""
    store, device = store_with_agencies, writer()
    for at in range(40):
        device.rate(1 + at % 5)
    device.send(store, device.batch())
    with sql_statements.record_statements(store) as sent:
        assert device.send(store, device.batch(first, first - 1))[0] == 200
    assert 0 < sql_statements.count_rows_read(store, StoredEntry.__tablename__, sent) <= 2
    assert device.send(store, device.batch(first, first - 1, head="0" * 64))[0] == 422


def test_a_head_seen_before_its_entries_binds_them(store_with_agencies: Database, writer: Make) -> None:
    """A device that reports a head and later delivers another history is caught, though nothing had been delivered."""
    device = writer()
    device.rate(1)
    device.rate(1)
    head_only = device.batch(1, 0, h=device.certificate.genesis)
    assert device.send(store_with_agencies, head_only)[0] == 200
    device.lines = []
    device.rate(5)
    device.rate(5)
    assert device.send(store_with_agencies, device.batch())[0] == 422


def test_a_slip_seen_on_a_phone_binds_the_desk(store_with_agencies: Database, writer: Make, keys: CentreKeys) -> None:
    device = writer()
    device.rate(1)
    device.add("token", {"serial": 1, "stage": "result"})
    paper = slip.Slip(
        slip.device_number(device.dev), 1, 1, 2, bytes.fromhex(device.head())[:8], 0, Stage.RESULT, 1, None
    )
    point = sightings.SightedPoint(device.dev, 1, 2, paper.head.hex(), "slip", device.t, b"token")
    with store_with_agencies.write() as session:
        sightings.record_sightings(session, [point])
    device.lines = []
    device.rate(5)
    device.add("token", {"serial": 1, "stage": "result"})
    assert device.send(store_with_agencies, device.batch())[0] == 422


def test_a_slip_that_contradicts_what_is_stored_stops_the_ledger(store_with_agencies: Database, writer: Make) -> None:
    device = writer()
    device.rate(1)
    device.send(store_with_agencies, device.batch())
    with store_with_agencies.write() as session:
        sightings.record_sightings(
            session, [sightings.SightedPoint(device.dev, 1, 1, "00" * 8, "slip", device.t, b"token")]
        )
    with store_with_agencies.read() as session:
        assert session.get_one(Device, device.dev).state == "forked"


def test_damage_is_never_called_dishonesty(store_with_agencies: Database, writer: Make) -> None:
    device = writer()
    for score in (5, 4, 3):
        device.rate(score)
    device.send(store_with_agencies, device.batch(1, 1, head_seq=1))
    body = device.batch(2, 3)
    broken = [
        body[:-40],
        body.replace(b'"overall",4', b'"overall",5'),
        b"\n".join(body.split(b"\n")[:3]) + b"\n",
        device.batch(2, 3, lines=[device.lines[2], device.lines[1]]),
        device.batch(2, 3, lines=device.lines[:2]),
        device.batch(2, 3, h="0" * 64),
        device.batch(2, 3, dev="d-9999"),
        b"",
        b"\n\n",
    ]
    for harm in broken:
        with pytest.raises((wire.MalformedBatch, witness.UnknownDevice)):
            device.send(store_with_agencies, harm)
    with store_with_agencies.read() as session:
        assert session.get_one(Device, device.dev).state == "active"
        assert session.scalar(select(func.count()).select_from(Evidence)) == 0
    assert stored(store_with_agencies, device.dev) == [1]
    assert device.send(store_with_agencies, body)[1]["seq"] == 3


def test_a_centre_that_forgot_takes_the_device_back_by_its_certificate(
    store_with_agencies: Database, writer: Make
) -> None:
    device = writer()
    device.rate(5)
    device.send(store_with_agencies, device.batch())
    with store_with_agencies.write() as session:
        for table in (Sighting, BatchLog, Epoch, StoredEntry):
            session.execute(delete(table))
    with pytest.raises(witness.UnknownDevice):
        device.send(store_with_agencies, device.batch())
    assert device.send(store_with_agencies, device.batch(certificate=True))[0] == 200
    device.certificate_signature = "00" * 64
    with store_with_agencies.write() as session:
        for table in (BatchLog, Epoch, StoredEntry):
            session.execute(delete(table))
    with pytest.raises(witness.UnknownDevice):
        device.send(store_with_agencies, device.batch(certificate=True))


def test_only_openings_that_fit_their_commitment_are_kept(store_with_agencies: Database, writer: Make) -> None:
    device = writer()
    side = sidecar.make_opening("b" * 32, "c", "Chờ lâu")
    device.rate(2, id="b" * 32, c=side.commitment)
    false = sidecar.Sidecar("b" * 32, "c", side.salt, "Rất tốt")
    device.send(store_with_agencies, device.batch(sidecars=(false,)))
    with store_with_agencies.read() as session:
        assert session.scalars(select(OpenedSidecar)).all() == []
    device.send(store_with_agencies, device.batch(sidecars=(side,)))
    with store_with_agencies.read() as session:
        assert session.scalars(select(OpenedSidecar.value)).all() == ["Chờ lâu"]


def test_entries_remember_when_a_head_first_covered_them(store_with_agencies: Database, writer: Make) -> None:
    device = writer()
    device.rate(5)
    device.rate(4)
    early, late = device.t + 5_000, device.t + 9_000_000
    device.send(store_with_agencies, device.batch(1, 0, h=device.certificate.genesis), now=early)
    device.rate(3)
    device.send(store_with_agencies, device.batch(), now=late)
    with store_with_agencies.read() as session:
        covered = session.scalars(select(StoredEntry.covered_ms).order_by(StoredEntry.seq)).all()
    assert covered == [early, early, late]


@pytest.mark.parametrize("victim", [1, 3, 6])
def test_verify_names_the_first_bad_entry_after_any_changed_byte(
    store_with_agencies: Database, writer: Make, keys: CentreKeys, victim: int
) -> None:
    device, other = writer(), writer("NB-14725-Q1")
    for score in (5, 4, 3, 2, 1, 5):
        device.rate(score)
        other.rate(score)
    device.send(store_with_agencies, device.batch(1, 4, head_seq=4))
    device.send(store_with_agencies, device.batch(5, 6))
    other.send(store_with_agencies, other.batch())

    def check() -> dict[str, int | None]:
        with store_with_agencies.read() as session:
            assert verification.find_log_problem(session) is None
            return {one.device: one.first_bad for one in verification.verify_ledgers(session, keys.public)}

    assert check() == {device.dev: None, other.dev: None}
    line = device.lines[victim - 1]
    for place in (0, len(line) // 3, len(line) // 2, len(line) - 1):
        changed = line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]
        with store_with_agencies.write() as session:
            session.get_one(StoredEntry, (device.dev, 1, victim)).bytes = changed
        assert check() == {device.dev: victim, other.dev: None}
        with store_with_agencies.write() as session:
            session.get_one(StoredEntry, (device.dev, 1, victim)).bytes = line
    with store_with_agencies.write() as session:
        session.delete(session.get_one(StoredEntry, (device.dev, 1, victim)))
    assert check()[device.dev] == victim


def test_verify_sees_a_tail_cut_and_a_batch_taken_out(
    store_with_agencies: Database, writer: Make, keys: CentreKeys
) -> None:
    device = writer()
    for score in (5, 4, 3):
        device.rate(score)
    device.send(store_with_agencies, device.batch(1, 2, head_seq=2))
    device.send(store_with_agencies, device.batch(3, 3))
    with store_with_agencies.write() as session:
        session.delete(session.get_one(StoredEntry, (device.dev, 1, 3)))
        session.execute(delete(BatchLog).where(BatchLog.to_seq == 3))
        epoch = session.get_one(Epoch, (device.dev, 1))
        epoch.last_seq, epoch.last_h = 2, entry_chain.entry_hash(device.lines[1])
    with store_with_agencies.read() as session:
        assert verification.find_log_problem(session) is not None


def test_two_slips_that_contradict_each_other_stop_the_ledger(store_with_agencies: Database, writer: Make) -> None:
    """Before any entry came, and after one good sighting: a second history is seen either way."""
    device = writer()
    device.rate(1)
    points = [sightings.SightedPoint(device.dev, 1, 1, h * 8, "slip", device.t, h.encode()) for h in ("0a", "0b")]
    with store_with_agencies.write() as session:
        sightings.record_sightings(session, points[:1])
        sightings.record_sightings(session, points[:1])
    with store_with_agencies.read() as session:
        assert session.get_one(Device, device.dev).state == "active"
    with store_with_agencies.write() as session:
        sightings.record_sightings(session, points[1:])
    with store_with_agencies.read() as session:
        assert session.get_one(Device, device.dev).state == "forked"
        assert session.scalars(select(Evidence.stored)).all() == [b"0a"]


def test_a_restored_centre_that_only_knows_the_device_as_new_is_healed(
    store_with_agencies: Database, writer: Make
) -> None:
    device = writer()
    device.rate(5)
    with store_with_agencies.write() as session:
        session.execute(delete(Epoch))
        session.get_one(Device, device.dev).state = "new"
    assert device.send(store_with_agencies, device.batch(certificate=True))[0] == 200


@pytest.mark.parametrize("field", [{"disk_mb": 2**40}, {"backlog": -1}, {"app": "x" * 60}, {"dev": "d" * 60}])
def test_an_envelope_no_store_could_keep_is_malformed(
    store_with_agencies: Database, writer: Make, field: dict[str, Any]
) -> None:
    device = writer()
    device.rate(5)
    with pytest.raises((wire.MalformedBatch, witness.UnknownDevice)):
        device.send(store_with_agencies, device.batch(**field))
