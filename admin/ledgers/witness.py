"""The witness: takes batches into the centre's copy of a device's ledger, or says exactly why not.

In this order: is it complete, is it consistent in itself, does it follow what is here, does it agree with what was
seen from outside. Damage is 400 and stores nothing; a gap is 409 and names what is expected; two statements that a
device signed and that contradict each other are 422, and both are kept. Accepting an entry says nothing about
counting it: that is the projection's work. Knows no web.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from admin.ledgers import batch_log, commitment_openings, epoch_ends, sightings
from admin.ledgers.commitment_openings import Opened
from admin.ledgers.epoch_ends import EpochEnd
from models import ids, keys
from models.keys import SigningKey
from models.protocol import entry_chain, signed_reply, wire
from models.protocol.entry_chain import Entry
from models.protocol.wire import Batch, Envelope, MalformedBatch
from models.storage import bulk
from models.tables.agency import Desk
from models.tables.device import Device, Epoch, Sighting
from models.tables.ledger_entry import StoredEntry

#: What a device is told that goes on with a ledger which a later certificate closed.
CLOSED = "closed"


class UnknownDevice(Exception):
    """No such device and epoch here, and no certificate of ours was presented."""


@dataclass(frozen=True, slots=True)
class VerifiedBatch:
    """A batch that is complete, signed and consistent in itself. `start_ok` is left to `accept_batch`."""

    batch: Batch
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The signed reply with its HTTP status; `accepted` new entries were stored. `late`: openings
    that were kept now, of entries that were read before they came, with these."""

    status: int
    body: bytes
    accepted: int
    late: tuple[Opened, ...] = ()


def verify_batch_body(session: Session, body: bytes, centre: str) -> VerifiedBatch:
    """Judge an inflated body by itself. `centre` is our public key. Raises `Malformed` or `UnknownDevice`."""
    batch = wire.parse(body)
    return verify_batch(batch, find_epoch_key(session, batch, centre))


def find_epoch_key(session: Session, batch: Batch, centre: str) -> str:
    """The public key of the epoch that a batch names. `centre` is ours. Raises `UnknownDevice`, also for the centre's
    own recorders: they write here, and whoever sends in the name of one has a key that is not theirs."""
    envelope = batch.envelope
    if ids.device_number(envelope.dev) is None:
        raise UnknownDevice
    epoch = session.get(Epoch, (envelope.dev, envelope.ep))
    return epoch.vk if epoch is not None else _presented(batch, centre).vk


def verify_batch(batch: Batch, vk: str) -> VerifiedBatch:
    """Judge a batch by itself, with the public key of its epoch. Raises `Malformed`."""
    envelope = batch.envelope
    if not keys.verify(vk, envelope.signature, envelope.raw):
        raise MalformedBatch("bad_signature", "The envelope is not signed with this device's key.")
    return VerifiedBatch(batch, wire.check_entries(batch, None))


def _presented(batch: Batch, centre: str) -> entry_chain.Certificate:
    """The certificate that came with the batch, if we signed it for this device and epoch."""
    if batch.certificate is None:
        raise UnknownDevice
    raw, signature = batch.certificate
    try:
        certificate = entry_chain.parse_certificate(raw)
    except entry_chain.BadEntry:
        raise UnknownDevice from None
    same_ledger = (certificate.dev, certificate.ep) == (batch.envelope.dev, batch.envelope.ep)
    if not same_ledger or not keys.verify(centre, signature, raw):
        raise UnknownDevice
    return certificate


def accept_batch(
    session: Session,
    batch: VerifiedBatch,
    now_ms: int,
    key: SigningKey,
    *,
    ref: str | None = None,
    confirmed_ms: int = 0,
) -> Verdict:
    """Take a judged batch into the store, within the caller's write transaction; the reply may go out only after its
    commit. `now_ms` is the centre's clock (ms, UTC), last confirmed at `confirmed_ms`; `ref`: the reference data."""
    envelope = batch.batch.envelope
    epoch = _locked_epoch(session, batch, now_ms, key)
    device = session.get_one(Device, envelope.dev)
    if (state := blocking_state(device, epoch)) is not None:
        return _reply(403, key, envelope, now_ms, typ="stop", state=state)
    details: dict[str, Any] = {"ck": confirmed_ms} if confirmed_ms else {}
    end = epoch_ends.find_epoch_end(session, epoch)
    if envelope.from_ > epoch.last_seq + 1 and not _whole(epoch, end):
        return _reply(409, key, envelope, now_ms, typ="gap", expected=epoch.last_seq + 1, h=epoch.last_h, **details)
    contradicted = _contradiction(session, batch, epoch, end)
    if contradicted is not None:
        return _fork(session, epoch, envelope, contradicted, now_ms, key)
    to, h = _until(batch, end)
    new = [entry for entry in batch.entries if epoch.last_seq < entry.seq <= to]
    if new:
        _store(session, epoch, new, h, now_ms)
        batch_log.append_batch(session, envelope, new[0].seq, to, now_ms)
        epoch.last_seq, epoch.last_h = to, h
        session.execute(
            delete(Sighting).where(
                Sighting.device_id == envelope.dev,
                Sighting.epoch == envelope.ep,
                Sighting.source == "head",
                Sighting.seq <= to,
            )
        )
    if epoch.last_seq < envelope.head_seq and (end is None or envelope.head_seq <= end.seq):
        sightings.record_reported_head(session, envelope, now_ms)
    entries = [entry for entry in batch.entries if entry.seq <= epoch.last_seq]
    openings = commitment_openings.store_fitting_openings(session, envelope.dev, batch.batch.sidecars, entries, now_ms)
    late = _late(session, epoch, openings)
    if end is None and envelope.head_seq >= device.head_seq:  # an old request that comes late says nothing new
        device.last_seen_ms, device.head_seq, device.backlog = now_ms, envelope.head_seq, envelope.backlog
        device.clock_offset_ms, device.disk_mb, device.app = envelope.t - now_ms, envelope.disk_mb, envelope.app
    session.flush()
    if end is not None and (max(envelope.to, envelope.head_seq) > end.seq or _whole(epoch, end) and not batch.entries):
        closed = {"state": CLOSED, "seq": end.seq, "h": end.h}
        return replace(_reply(403, key, envelope, now_ms, accepted=len(new), typ="stop", **closed), late=late)
    details |= {"bl": batch_log.read_log_head(session), "h": epoch.last_h, "seq": epoch.last_seq}
    details |= {"ref": ref} if ref else {}
    return replace(_reply(200, key, envelope, now_ms, accepted=len(new), typ="rcpt", **details), late=late)


def blocking_state(device: Device, epoch: Epoch) -> str | None:
    """The state for which nothing is taken from a device, and nothing given to it; None for one in use."""
    if device.state != "active":
        return device.state
    return "forked" if epoch.state == "forked" else None


def _late(session: Session, epoch: Epoch, openings: Sequence[Opened]) -> tuple[Opened, ...]:
    """Those whose entries the projection has read; nobody reads the ledger of `epoch` meanwhile."""
    reached = {epoch.epoch: epoch.projected_seq}
    others = {entry.ep for _opening, entry in openings} - reached.keys()
    if others:
        of_device = select(Epoch.epoch, Epoch.projected_seq).where(Epoch.device_id == epoch.device_id)
        reached |= {ep: seq for ep, seq in session.execute(of_device.where(Epoch.epoch.in_(others)).with_for_update())}
    return tuple(one for one in openings if one[1].seq <= reached.get(one[1].ep, 0))


def _whole(epoch: Epoch, end: EpochEnd | None) -> bool:
    """Whether nothing of a ledger is missing here any more, because it was closed."""
    return end is not None and epoch.last_seq >= end.seq


def _until(batch: VerifiedBatch, end: EpochEnd | None) -> tuple[int, str]:
    """How far a batch is taken, and the hash there: to its end, or to that of its ledger."""
    envelope = batch.batch.envelope
    if end is None or envelope.to <= end.seq:
        return envelope.to, envelope.h
    after = next((entry for entry in batch.entries if entry.seq == end.seq + 1), None)
    return end.seq, after.prev if after is not None else end.h


def _locked_epoch(session: Session, batch: VerifiedBatch, now_ms: int, key: SigningKey) -> Epoch:
    """The epoch's row, locked until the end of the transaction. A centre that was restored from a backup and forgot
    an epoch takes it back by the certificate it once signed."""
    envelope = batch.batch.envelope
    statement = select(Epoch).where(Epoch.device_id == envelope.dev, Epoch.epoch == envelope.ep).with_for_update()
    epoch = session.scalars(statement.execution_options(populate_existing=True)).first()
    if epoch is not None:
        return epoch
    certificate = _presented(batch.batch, key.public)
    device = session.get(Device, envelope.dev)
    if device is None:
        desk = certificate.desk if session.get(Desk, certificate.desk) else None
        session.add(Device(id=envelope.dev, desk_code=desk, state="active", created_ms=now_ms))
    elif device.state in ("new", "pending"):
        device.state = "active"
    session.flush()
    assert batch.batch.certificate is not None
    return open_epoch(session, certificate, batch.batch.certificate[1])


def open_epoch(session: Session, certificate: entry_chain.Certificate, signature: str) -> Epoch:
    """Begin an epoch at its certificate: it stands at the desk named there, in that desk's agency of today. It closes
    those before it."""
    desk = session.get(Desk, certificate.desk) if certificate.desk else None
    of_device = Epoch.device_id == certificate.dev
    before = update(Epoch).where(of_device, Epoch.epoch < certificate.ep, Epoch.state == "open")
    session.execute(before.values(state="closed"))
    later = session.scalar(select(func.count()).select_from(Epoch).where(of_device, Epoch.epoch > certificate.ep))
    if not later and certificate.ep > 1:  # what it reported of the ledger before says nothing of this one
        session.execute(update(Device).where(Device.id == certificate.dev).values(head_seq=0, backlog=0))
    epoch = Epoch(
        device_id=certificate.dev,
        epoch=certificate.ep,
        vk=certificate.vk,
        certificate=certificate.raw,
        certificate_signature=signature,
        genesis=certificate.genesis,
        issued_ms=certificate.t,
        desk_code=certificate.desk or None,
        agency_key=desk.agency_key if desk is not None else None,
        state="closed" if later else "open",
        last_seq=0,
        last_h=certificate.genesis,
        anchor_ms=0,
        anchor_seq=0,
        projected_seq=0,
    )
    session.add(epoch)
    session.flush()
    return epoch


def _contradiction(
    session: Session, batch: VerifiedBatch, epoch: Epoch, end: EpochEnd | None
) -> tuple[int, bytes] | None:
    """The first place where this batch contradicts what the device signed before: (seq, what is here), or None."""
    envelope = batch.batch.envelope
    if end is not None and envelope.from_ > end.seq + 1:
        return None  # nothing of it is taken, whatever it follows
    stored_hashes = _hashes(session, epoch, envelope.from_ - 1, envelope.to)
    if envelope.head_seq > envelope.to:  # what lies between is not compared, and may be the whole ledger
        stored_hashes |= _hashes(session, epoch, envelope.head_seq, envelope.head_seq)
    before = stored_hashes.get(envelope.from_ - 1, epoch.genesis if envelope.from_ == 1 else "")
    first = batch.entries[0].prev if batch.entries else envelope.h
    if first != before:
        return envelope.from_ - 1, before.encode()
    hashes: dict[int, str] = {}
    for entry in batch.entries:
        if entry.seq > envelope.from_:
            hashes[entry.seq - 1] = entry.prev
    if batch.entries:
        hashes[envelope.to] = envelope.h
    hashes[envelope.head_seq] = hashes.get(envelope.head_seq, envelope.head)
    if hashes[envelope.head_seq] != envelope.head:
        return envelope.head_seq, envelope.head.encode()
    for seq, h in sorted(hashes.items()):
        if seq == 0 and h != epoch.genesis:
            return 0, epoch.genesis.encode()
        if seq in stored_hashes and stored_hashes[seq] != h:
            return seq, stored_hashes[seq].encode()
        if end is not None and seq == end.seq > epoch.last_seq and h != end.h:
            return seq, end.proof
    if epoch.last_seq < envelope.head_seq or batch.entries:
        statement = select(Sighting).where(
            Sighting.device_id == epoch.device_id, Sighting.epoch == epoch.epoch, Sighting.seq.in_(hashes),
            Sighting.seq > epoch.last_seq,
        )  # fmt: skip
        for sighting in session.scalars(statement.order_by(Sighting.seq)):
            if not hashes[sighting.seq].startswith(sighting.h):
                return sighting.seq, sighting.proof
    return None


def _hashes(session: Session, epoch: Epoch, first: int, last: int) -> dict[int, str]:
    """What the ledger has from `first` to `last`, as far as it has come: seq → hash."""
    if first > epoch.last_seq:
        return {}
    rows = session.execute(
        select(StoredEntry.seq, StoredEntry.h).where(
            StoredEntry.device == epoch.device_id,
            StoredEntry.epoch == epoch.epoch,
            StoredEntry.seq >= first,
            StoredEntry.seq <= last,
        )
    )
    return {row.seq: row.h for row in rows}


def _store(session: Session, epoch: Epoch, new: Sequence[Entry], last_h: str, now_ms: int) -> None:
    """Insert the new entries, of which the last has the hash `last_h`, with the moment each was first covered by a head
    from outside."""
    of_epoch = (Sighting.device_id == epoch.device_id, Sighting.epoch == epoch.epoch)
    beyond = session.scalar(select(func.min(Sighting.seen_ms)).where(*of_epoch, Sighting.seq > new[-1].seq))
    sighting_rows = session.execute(
        select(Sighting.seq, Sighting.seen_ms)
        .where(*of_epoch, Sighting.seq >= new[0].seq, Sighting.seq <= new[-1].seq)
        .order_by(Sighting.seq.desc())
    ).all()
    following = [entry.prev for entry in new[1:]] + [last_h]
    rows: list[dict[str, Any]] = []
    covered, index = min(now_ms, beyond or now_ms), 0
    for entry, h in zip(reversed(new), reversed(following), strict=True):
        while index < len(sighting_rows) and sighting_rows[index].seq >= entry.seq:
            covered = min(covered, sighting_rows[index].seen_ms)
            index += 1
        rows.append(
            {
                "device": entry.dev,
                "epoch": entry.ep,
                "seq": entry.seq,
                "bytes": entry.raw,
                "h": h,
                "typ": entry.typ,
                "rid": entry.id[:64],
                "covered_ms": covered,
            }
        )
    bulk.insert(session, StoredEntry, rows[::-1])


def _fork(
    session: Session, epoch: Epoch, envelope: Envelope, contradicted: tuple[int, bytes], now_ms: int, key: SigningKey
) -> Verdict:
    """Two signed statements that cannot both be true: keep both, count nothing more of this epoch, tell people."""
    seq, stored = contradicted
    last = batch_log.find_covering_envelope(session, epoch.device_id, epoch.epoch, max(seq, 1))
    sightings.record_dispute(session, epoch, seq, now_ms, last or stored, sightings.make_envelope_proof(envelope))
    return _reply(422, key, envelope, now_ms, typ="fork", seq=seq)


def _reply(
    status: int, key: SigningKey, envelope: Envelope, now_ms: int, *, accepted: int = 0, **fields: Any
) -> Verdict:
    value = {"dev": envelope.dev, "ep": envelope.ep, "rq": envelope.rq, "t": now_ms, "v": 1, **fields}
    return Verdict(status, signed_reply.dump(value, key), accepted)
