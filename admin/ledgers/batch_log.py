"""The batch log: accepted batches in a chain of the centre's own.

So no batch can be taken out of its store later.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.protocol.wire import Envelope
from models.tables.device import BatchLog
from models.tables.staff_account import StoreMark

_MARK = "batch_head"
FIRST = "0" * 64


def chain_batch_hash(before: str, envelope: bytes, received_ms: int) -> str:
    """H(previous head ‖ envelope ‖ received), SHA-256, hex."""
    return hashlib.sha256(f"{before}\n{received_ms}\n".encode() + envelope).hexdigest()


def read_log_head(session: Session) -> str:
    """The newest head of the log."""
    mark = session.get(StoreMark, _MARK)
    return mark.value if mark else FIRST


def append_batch(session: Session, envelope: Envelope, from_seq: int, to_seq: int, received_ms: int) -> None:
    """Add a batch. The mark's row is locked until the caller's transaction ends, so the chain has one order."""
    mark = session.scalars(select(StoreMark).where(StoreMark.name == _MARK).with_for_update()).first()
    if mark is None:
        mark = StoreMark(name=_MARK, value=FIRST)
        session.add(mark)
        session.flush()
    mark.value = chain_batch_hash(mark.value, envelope.raw, received_ms)
    session.add(
        BatchLog(
            device_id=envelope.dev,
            epoch=envelope.ep,
            from_seq=from_seq,
            to_seq=to_seq,
            received_ms=received_ms,
            envelope=envelope.raw,
            signature=envelope.signature,
            head=mark.value,
        )
    )
    session.flush()


def find_covering_envelope(session: Session, device: str, epoch: int, seq: int) -> bytes | None:
    """The signed envelope by which an entry came in, with its signature; None if there is none."""
    row = session.scalars(
        select(BatchLog)
        .where(BatchLog.device_id == device, BatchLog.epoch == epoch, BatchLog.to_seq >= seq)
        .order_by(BatchLog.to_seq)
        .limit(1)
    ).first()
    return None if row is None else row.envelope + b"\n" + row.signature.encode()
