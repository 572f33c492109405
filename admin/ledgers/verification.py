"""Verification: every stored byte read again, each ledger judged against what was accepted.

`hailong admin verify` prints it. A chain is held by three things: each entry names the hash of the one before, the
device signed the head of every batch, and the log of batches is a chain of its own. Knows no web.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.ledgers import batch_log, centre_key_register, epoch_ends, slip_ledger_check
from admin.ledgers.epoch_ends import EpochEnd
from models import keys
from models.protocol import entry_chain, wire
from models.tables.device import BatchLog, Epoch, Evidence, Sighting
from models.tables.ledger_entry import StoredEntry


@dataclass(frozen=True, slots=True)
class LedgerDispute:
    """A ledger whose device signed two histories: from which seq on (the first that is known; 0: from the beginning),
    how many pairs of statements are kept, and when the first and the last was found (ms since 1970, UTC)."""

    seq: int
    n: int
    first_ms: int | None
    last_ms: int | None


@dataclass(frozen=True, slots=True)
class CheckedLedger:
    """One ledger: its stored stretch, what is missing, the first bad entry, how far it is anchored from outside, and
    in words what is wrong (empty when nothing is). Serials of used slips that it does not hold: `unrecorded` where it
    proves that, `unconfirmed` where it is disputed or its device is lost. `after_end`: what stands after the
    place where the certificate of the next epoch closed it."""

    device: str
    epoch: int
    first: int | None
    last: int
    missing: list[int]
    first_bad: int | None
    anchored: int
    wrong: list[str]
    unrecorded: list[int] = field(default_factory=list)
    unconfirmed: list[int] = field(default_factory=list)
    disputed: LedgerDispute | None = None
    after_end: list[int] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For the command line."""
        return asdict(self)


def verify_ledgers(
    session: Session, centre: str, device: str | None = None, progress: Callable[[str], None] | None = None
) -> list[CheckedLedger]:
    """Check every ledger (or one device's). `centre` is our public key (hex); those that were in force before
    stand in the register, and what they signed holds."""
    statement = select(Epoch).order_by(Epoch.device_id, Epoch.epoch)
    if device is not None:
        statement = statement.where(Epoch.device_id == device)
    rows = []
    ours = [
        centre,
        *(known.public for known in centre_key_register.list_former_keys(session, centre_key_register.CENTRE)),
    ]
    for epoch in session.scalars(statement):
        if progress:
            progress(epoch.device_id)
        rows.append(_check(session, epoch, ours))
    orphans = select(StoredEntry.device, StoredEntry.epoch).distinct()
    known = set(session.execute(select(Epoch.device_id, Epoch.epoch)))
    for owner, number in session.execute(orphans):
        if (owner, number) not in known and device in (None, owner):
            rows.append(CheckedLedger(owner, number, None, 0, [], 1, 0, ["entries of a ledger without a certificate"]))
    return rows


def find_log_problem(session: Session) -> str | None:
    """Where the log of batches is not the chain it was, or None."""
    before = batch_log.FIRST
    for row in session.scalars(select(BatchLog).order_by(BatchLog.number)):
        if batch_log.chain_batch_hash(before, row.envelope, row.received_ms) != row.head:
            return f"batch {row.number}"
        before = row.head
    return None if before == batch_log.read_log_head(session) else "the last batch"


def _check(session: Session, epoch: Epoch, ours: Sequence[str]) -> CheckedLedger:
    wrong: list[str] = []
    certificate = None
    try:
        certificate = entry_chain.parse_certificate(epoch.certificate)
    except entry_chain.BadEntry:
        wrong.append("certificate cannot be read")
    if not any(keys.verify(public, epoch.certificate_signature, epoch.certificate) for public in ours):
        wrong.append("certificate is not signed by this centre")
    genesis = certificate.genesis if certificate else epoch.genesis
    vk = certificate.vk if certificate else epoch.vk
    if (genesis, vk) != (epoch.genesis, epoch.vk):
        wrong.append("certificate is not the one the ledger began with")
    end = epoch_ends.find_epoch_end(session, epoch)
    signed = _signed_heads(session, epoch, vk, end, wrong)
    rows = session.execute(
        select(StoredEntry.seq, StoredEntry.bytes, StoredEntry.h)
        .where(StoredEntry.device == epoch.device_id, StoredEntry.epoch == epoch.epoch)
        .order_by(StoredEntry.seq)
    )
    entries = list(rows)
    seqs = {seq for seq, _, _ in entries}
    missing = [seq for seq in range(1, epoch.last_seq + 1) if seq not in seqs]
    bad = entry_chain.find_bad_links(entries, genesis, signed)
    bad += [seq for seq in seqs if seq > epoch.last_seq]
    if entries and entries[-1][2] != epoch.last_h and not missing:
        wrong.append("the ledger's head is not the one that was acknowledged")
    after_end = sorted(seq for seq in seqs if seq > end.seq) if end is not None and end.named else []
    if end is not None and end.named:
        wrong += _at_end(epoch, end, {0: genesis, **{seq: h for seq, _raw, h in entries}}.get(end.seq), len(after_end))
    first_bad = min([*bad, *missing], default=None)
    anchored = session.scalar(
        select(func.max(Sighting.seq)).where(
            Sighting.device_id == epoch.device_id,
            Sighting.epoch == epoch.epoch,
            Sighting.source == "slip",
            Sighting.seq <= epoch.last_seq,
        )
    )
    unrecorded, unconfirmed = slip_ledger_check.find_missing_slips(session, epoch.device_id, epoch.epoch)
    return CheckedLedger(
        epoch.device_id,
        epoch.epoch,
        entries[0][0] if entries else None,
        epoch.last_seq,
        missing,
        first_bad,
        max(anchored or 0, max(signed, default=0)),
        wrong,
        unrecorded,
        unconfirmed,
        _disputed(session, epoch),
        after_end,
    )


def _at_end(epoch: Epoch, end: EpochEnd, h: str | None, after: int) -> list[str]:
    """What a closed ledger is not that the certificate of the next one says of it. `h`: what stands at its end here."""
    problems = []
    if epoch.last_seq < end.seq:
        problems.append(f"entries up to {end.seq} were accepted before it was closed, and are not here")
    elif h is not None and h != end.h:
        problems.append(f"entry {end.seq} is not the one at which it was closed")
    if after:
        problems.append(f"{after} entries after number {end.seq}, at which it was closed")
    return problems


def _disputed(session: Session, epoch: Epoch) -> LedgerDispute | None:
    """What is kept against a ledger; None as long as it is one history."""
    e = Evidence
    columns = (func.min(e.seq), func.count(), func.min(e.found_ms), func.max(e.found_ms))
    of_epoch = select(*columns).where(e.device_id == epoch.device_id, e.epoch == epoch.epoch)
    seq, n, first, last = session.execute(of_epoch).one()
    return LedgerDispute(seq or 0, n, first, last) if n or epoch.state == "forked" else None


def _signed_heads(session: Session, epoch: Epoch, vk: str, end: EpochEnd | None, wrong: list[str]) -> dict[int, str]:
    """The heads the device signed: seq → hash; what does not verify is named in `wrong`. Of a batch that came late and
    went on after the end of its ledger, what lies up to the end is here: the certificate of the next one names it."""
    heads: dict[int, str] = {}
    statement = select(BatchLog).where(BatchLog.device_id == epoch.device_id, BatchLog.epoch == epoch.epoch)
    for row in session.scalars(statement.order_by(BatchLog.number)):
        try:
            envelope = wire.parse_envelope(row.envelope, row.signature)
        except wire.MalformedBatch:
            wrong.append(f"batch {row.number} cannot be read")
            continue
        cut = end is not None and end.named and row.to_seq == end.seq < envelope.to
        if not keys.verify(vk, row.signature, row.envelope) or not (envelope.to == row.to_seq or cut):
            wrong.append(f"batch {row.number} is not signed by the device")
            continue
        if cut:
            assert end is not None
            heads[end.seq] = end.h
            continue
        heads[envelope.to] = envelope.h
    return heads
