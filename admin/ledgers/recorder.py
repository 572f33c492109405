"""The centre's recorders: phone, typed and imported answers in ledgers of the centre's own.

They are entries like any other, under a device with key, certificate and epochs; the same projection reads them and
`verify` lists them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.ledgers import batch_log, centre_key_register, commitment_openings, witness
from admin.ledgers.signing_keys import CentreKeys
from models.protocol import entry_chain, wire
from models.protocol.sidecar import Sidecar
from models.storage import bulk
from models.tables.device import Device, Epoch
from models.tables.ledger_entry import StoredEntry


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """One answer to be recorded: its id, its payload, and when it was given (ms since 1970, UTC). `typ`: another kind
    of entry (a slip that is made: `token`)."""

    id: str
    p: dict[str, Any]
    t: int
    typ: str = "rating"


def lock_open_epoch(session: Session, centre: CentreKeys, name: str, now_ms: int) -> Epoch:
    """The recorder's open epoch, locked; made (with its device) at first use and when its key was replaced.

    No answer can be proved to be older than its epoch, so this is called before the first tap is taken. Raises
    `KeyRefused` in a process that started with a key that was replaced since: it must not begin an epoch with it.
    """
    key = centre.recorder_keys[name]
    statement = select(Epoch).where(Epoch.device_id == name).order_by(Epoch.epoch.desc()).limit(1).with_for_update()
    newest = session.scalars(statement).first()
    if newest is not None and newest.vk == key.public:
        return newest
    centre_key_register.confirm_key_in_force(session, centre_key_register.RECORDERS[name], key.public, centre.instance)
    centre_key_register.confirm_key_in_force(session, centre_key_register.CENTRE, centre.public, centre.instance)
    if newest is None and session.get(Device, name) is None:
        session.add(Device(id=name, desk_code=None, state="active", created_ms=now_ms))
        session.flush()
    certificate = entry_chain.make_certificate(
        dev=name,
        ep=newest.epoch + 1 if newest else 1,
        vk=key.public,
        desk="",
        t=now_ms,
        pe_seq=newest.last_seq if newest else 0,
        pe_h=newest.last_h if newest else "",
    )
    return witness.open_epoch(session, certificate, centre.key.sign(certificate.raw))


def store_answer_sidecars(session: Session, name: str, openings: Iterable[Sidecar], now_ms: int) -> None:
    """Store what stands beside answers of the recorder `name` (words, codes, ties), as come at `now_ms`; before the
    answers are projected."""
    commitment_openings.store_openings(session, name, openings, now_ms)


def record_answers(
    session: Session, centre: CentreKeys, name: str, answers: Sequence[RecordedAnswer], now_ms: int
) -> Epoch:
    """Append answers to the ledger of the recorder `name`, within the caller's write transaction.

    The caller projects in the same transaction. `now_ms` is the centre's clock (ms since 1970, UTC).
    """
    append_entries(session, centre, name, answers, now_ms)
    return lock_open_epoch(session, centre, name, now_ms)


def append_entries(
    session: Session, centre: CentreKeys, name: str, answers: Sequence[RecordedAnswer], now_ms: int
) -> list[tuple[int, str]]:
    """The same for any entries; returns where each stands: its number and hash."""
    epoch = lock_open_epoch(session, centre, name, now_ms)
    rows: list[dict[str, Any]] = []
    seq, h = epoch.last_seq, epoch.last_h
    mono = time.monotonic_ns() // 1_000_000
    for answer in answers:
        seq += 1
        raw = entry_chain.dump(
            dev=name,
            ep=epoch.epoch,
            seq=seq,
            typ=answer.typ,
            id=answer.id,
            t=answer.t,
            mono=mono,
            boot=0,
            prev=h,
            p=answer.p,
        )
        h = entry_chain.entry_hash(raw)
        rows.append(
            {
                "device": name,
                "epoch": epoch.epoch,
                "seq": seq,
                "bytes": raw,
                "h": h,
                "typ": answer.typ,
                "rid": answer.id,
                "covered_ms": now_ms,
            }
        )
    bulk.insert(session, StoredEntry, rows)
    raw_envelope, signature = wire.sign_envelope(
        centre.recorder_keys[name],
        dev=name,
        ep=epoch.epoch,
        from_=epoch.last_seq + 1,
        to=seq,
        h=h,
        head_seq=seq,
        head=h,
        backlog=0,
        t=now_ms,
        mono=mono,
        boot=0,
        app="centre",
        disk_mb=0,
        rq=secrets.token_hex(16),
    )
    envelope = wire.parse_envelope(raw_envelope, signature)
    batch_log.append_batch(session, envelope, epoch.last_seq + 1, seq, now_ms)
    epoch.last_seq, epoch.last_h = seq, h
    device = session.get_one(Device, name)
    device.last_seen_ms, device.head_seq = now_ms, seq
    session.flush()
    return [(row["seq"], row["h"]) for row in rows]
