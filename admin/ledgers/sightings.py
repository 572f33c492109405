"""Sightings: points of ledgers that were seen from outside, and the disputes they lead to.

A reported head or a citizen's slip says what a ledger was before its entries come. Two statements that a device signed
and that contradict each other are kept for a third party to check, and its ledger is disputed from that place on.
Knows no web.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.ledgers import batch_log
from models.protocol.wire import Envelope
from models.storage import bulk
from models.tables.device import Device, Epoch, Evidence, Sighting
from models.tables.ledger_entry import StoredEntry

#: Heads of one ledger that are remembered ahead of its entries. A desk reports a new one with each request and
#: delivers what it reported with the next ones; whoever reports more than this without delivering gains nothing by it.
HEADS_MOST = 64


@dataclass(frozen=True, slots=True)
class SightedPoint:
    """A point of a ledger seen from outside: its hash or the beginning of it, by whom (`head`, `slip`), when (ms since
    1970, UTC, the centre's clock), and what proves it."""

    device: str
    epoch: int
    seq: int
    h: str
    source: str
    seen_ms: int
    proof: bytes


def record_sightings(session: Session, points: Sequence[SightedPoint]) -> None:
    """Remember points of ledgers that were seen from outside; the first sighting of a point stays.

    If the entry is here already and is another one, the device signed two histories: evidence, and nothing more of
    that ledger is taken until people looked.
    """
    for device, epoch, source in sorted({(p.device, p.epoch, p.source) for p in points}):
        seqs = [p.seq for p in points if (p.device, p.epoch, p.source) == (device, epoch, source)]
        earlier = select(Sighting.seq, Sighting.h, Sighting.proof).where(
            Sighting.device_id == device, Sighting.epoch == epoch, Sighting.seq.in_(seqs)
        )
        known_points = [(seq, h, proof) for seq, h, proof in session.execute(earlier)]
        same_source = select(Sighting.seq).where(
            Sighting.device_id == device,
            Sighting.epoch == epoch,
            Sighting.source == source,
            Sighting.seq.in_(seqs),
        )
        before = set(session.scalars(same_source))
        own = [p for p in points if (p.device, p.epoch, p.source) == (device, epoch, source)]
        for number, point in enumerate(own):
            others = known_points + [(p.seq, p.h, p.proof) for p in own[:number]]
            for seq, h, earlier_proof in others:
                if seq == point.seq and not (h.startswith(point.h) or point.h.startswith(h)):
                    _contradicted(session, point, earlier_proof)
        new = {p.seq: p for p in reversed(own)}
        rows = [
            {
                "device_id": device,
                "epoch": epoch,
                "seq": p.seq,
                "source": source,
                "h": p.h,
                "seen_ms": p.seen_ms,
                "proof": p.proof,
            }
            for p in new.values()
            if p.seq not in before
        ]
        if rows:
            bulk.insert(session, Sighting, rows)
        stored = session.execute(
            select(StoredEntry.seq, StoredEntry.h).where(
                StoredEntry.device == device, StoredEntry.epoch == epoch, StoredEntry.seq.in_(seqs)
            )
        )
        hashes = {seq: h for seq, h in stored}
        for point in own:
            if not hashes.get(point.seq, point.h).startswith(point.h):
                came_in = batch_log.find_covering_envelope(session, point.device, point.epoch, point.seq)
                _contradicted(session, point, came_in or b"")


def _contradicted(session: Session, point: SightedPoint, stored: bytes) -> None:
    epoch = session.get_one(Epoch, (point.device, point.epoch))
    record_dispute(session, epoch, point.seq, point.seen_ms, stored, point.proof)


def record_reported_head(session: Session, envelope: Envelope, now_ms: int) -> None:
    """Remember the head that a device reports ahead of its entries, as come at `now_ms`; of very many that wait for
    their entries the first ones stay."""
    heads = select(func.count()).select_from(Sighting).where(
        Sighting.device_id == envelope.dev, Sighting.epoch == envelope.ep, Sighting.source == "head"
    )  # fmt: skip
    if (session.scalar(heads) or 0) < HEADS_MOST:
        head = SightedPoint(
            envelope.dev, envelope.ep, envelope.head_seq, envelope.head, "head", now_ms, make_envelope_proof(envelope)
        )
        record_sightings(session, [head])


def make_envelope_proof(envelope: Envelope) -> bytes:
    """An envelope with its signature, as it is kept where it proves something."""
    return envelope.raw + b"\n" + envelope.signature.encode()


def record_dispute(session: Session, epoch: Epoch, seq: int, found_ms: int, stored: bytes, presented: bytes) -> None:
    """Keep two statements about the place `seq` that cannot both be true, found at `found_ms` (the centre's clock, ms
    since 1970, UTC), and take nothing more of this ledger until people looked.

    What is disputed further on is disputed already, so only an earlier place is kept beside the first one. A ledger
    that a later certificate has closed stops its device no more: who holds its old key speaks for nobody's new one.
    """
    of_epoch = (Evidence.device_id == epoch.device_id, Evidence.epoch == epoch.epoch)
    first = session.scalar(select(func.min(Evidence.seq)).where(*of_epoch))
    if first is None or seq < first:
        session.add(
            Evidence(
                device_id=epoch.device_id,
                epoch=epoch.epoch,
                seq=seq,
                found_ms=found_ms,
                stored=stored,
                presented=presented,
            )
        )
    epoch.state = "forked"
    device = session.get_one(Device, epoch.device_id)
    newest = session.scalar(select(func.max(Epoch.epoch)).where(Epoch.device_id == epoch.device_id))
    if newest == epoch.epoch and device.state == "active":  # what a person said of it stays
        device.state = "forked"
    session.flush()
