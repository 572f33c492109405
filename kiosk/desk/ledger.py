"""The desk's ledger: drafts become entries here, and every entry follows the last one.

The caller holds the write transaction. `UNIQUE(id)` in effect: an id that already stands in the ledger is not written
again, its place is returned. A new receipt of the centre is copied into the ledger (`anchor`) just before the next
entry, so that everything after it is provably later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from kiosk.desk import state
from models import ids
from models.clock import Moment
from models.protocol import entry_chain
from models.storage import bulk
from models.tables.desk_store import Draft, StoredReceipt
from models.tables.ledger_entry import StoredEntry


class NotPaired(RuntimeError):
    """There is no certificate yet, so no chain can exist."""


def head(session: Session, identity: state.Identity) -> tuple[int, str]:
    """The ledger's last (seq, hash); (0, genesis) when it is empty."""
    row = session.execute(
        select(StoredEntry.seq, StoredEntry.h)
        .where(StoredEntry.device == identity.device, StoredEntry.epoch == identity.epoch)
        .order_by(StoredEntry.seq.desc())
        .limit(1)
    ).first()
    return (row.seq, row.h) if row else (0, identity.genesis)


def epoch(session: Session) -> int:
    """The incarnation of the present ledger. Raises `NotPaired`."""
    identity = state.read(session).identity
    if identity is None:
        raise NotPaired
    return identity.epoch


def place(session: Session, id: str) -> int | None:
    """The seq at which an id stands in the ledger, or None."""
    found: int | None = session.scalar(select(StoredEntry.seq).where(StoredEntry.rid == id).limit(1))
    return found


def has_answers(session: Session, seq: int) -> bool:
    """Whether the rating at `seq` of the present ledger holds an answer (none: declined or withdrawn)."""
    return bool(_rating_at(session, seq).get("answers"))


def is_partial(session: Session, seq: int) -> bool:
    """Whether the rating at `seq` was sealed before its citizen sent it: by silence, by the next person, by a start."""
    return bool(_rating_at(session, seq).get("state") == "partial")


def _rating_at(session: Session, seq: int) -> dict[str, Any]:
    identity = state.read(session).identity
    if identity is None:
        raise NotPaired
    return entry_chain.reread(session.get_one(StoredEntry, (identity.device, identity.epoch, seq)).bytes).p


def append(
    session: Session,
    typ: str,
    p: dict[str, Any],
    moment: Moment,
    *,
    id: str | None = None,
    boot: int | None = None,
) -> tuple[int, str]:
    """Write one entry and return its (seq, hash). Raises `NotPaired`; `NotCanonical` when the payload breaks the
    profile.

    `moment` is the time the entry claims and `boot` the start it was read in (for a rating: its first tap).
    """
    identity = state.read(session).identity
    if identity is None:
        raise NotPaired
    if id is not None:
        known = place(session, id)
        if known is not None:
            stored = session.get_one(StoredEntry, (identity.device, identity.epoch, known))
            return stored.seq, stored.h
    seq, h = head(session, identity)
    if typ != "anchor":
        seq, h = _anchor(session, identity, seq, h, moment, boot)
    return _write(session, identity, seq, h, typ, [(id or ids.new_id(moment.t), p)], moment, boot)[0]


def append_all(
    session: Session, typ: str, entries: Sequence[tuple[str, dict[str, Any]]], moment: Moment
) -> list[tuple[int, str]]:
    """Write several entries of one kind at one moment, each with its id, which must be new; returns their (seq, hash).
    Raises as `append`."""
    identity = state.read(session).identity
    if identity is None:
        raise NotPaired
    seq, h = _anchor(session, identity, *head(session, identity), moment)
    return _write(session, identity, seq, h, typ, entries, moment)


def _anchor(
    session: Session, identity: state.Identity, seq: int, h: str, moment: Moment, boot: int | None = None
) -> tuple[int, str]:
    """Copy the newest receipt into the ledger if it is not there yet."""
    newest = session.scalars(
        select(StoredReceipt)
        .where(StoredReceipt.epoch == identity.epoch, StoredReceipt.undone == false())
        .order_by(StoredReceipt.number.desc())
        .limit(1)
    ).first()
    if newest is None or newest.number <= state.read(session).anchored_receipt:
        return seq, h
    if _older_waits(session, newest, moment, state.read(session).boot if boot is None else boot):
        return seq, h  # a tap that is not sealed yet is older than the receipt: it must not be proved later than it was
    state.write(session, anchored_receipt=newest.number)
    p = {"h": newest.h, "seq": newest.seq, "t": newest.t}
    return _write(session, identity, seq, h, "anchor", [(ids.new_id(moment.t), p)], moment)[0]


def _older_waits(session: Session, receipt: StoredReceipt, moment: Moment, boot: int) -> bool:
    """Whether what is to be written, or a tap that is not sealed yet, is older than the receipt: by start and running
    clock, for the wall clock may have been set in between."""
    if receipt.boot is None or receipt.mono is None:  # of an older version, which kept the wall clock alone
        oldest = session.scalar(select(func.min(Draft.t)))
        return receipt.at > min(moment.t, moment.t if oldest is None else oldest)
    if (boot, moment.mono) < (receipt.boot, receipt.mono):
        return True
    older = or_(Draft.boot < receipt.boot, and_(Draft.boot == receipt.boot, Draft.mono < receipt.mono))
    return bool(session.scalar(select(exists().where(older))))


def _write(
    session: Session,
    identity: state.Identity,
    seq: int,
    prev: str,
    typ: str,
    entries: Sequence[tuple[str, dict[str, Any]]],
    moment: Moment,
    boot: int | None = None,
) -> list[tuple[int, str]]:
    """Write (id, payload) after the entry at `seq`, whose hash is `prev`; returns each one's (seq, hash)."""
    boot, rows, heads = state.read(session).boot if boot is None else boot, [], []
    for id, p in entries:
        seq += 1
        raw = entry_chain.dump(
            dev=identity.device,
            ep=identity.epoch,
            seq=seq,
            typ=typ,
            id=id,
            t=moment.t,
            mono=moment.mono,
            boot=boot,
            prev=prev,
            p=p,
        )
        prev = entry_chain.entry_hash(raw)
        heads.append((seq, prev))
        rows.append(
            {
                "device": identity.device,
                "epoch": identity.epoch,
                "seq": seq,
                "bytes": raw,
                "h": prev,
                "typ": typ,
                "rid": id,
                "covered_ms": 0,
            }
        )
    bulk.insert(session, StoredEntry, rows)
    return heads


def self_check(session: Session, identity: state.Identity) -> str | None:
    """None when every stored entry still has its hash and follows the one before; else where it breaks."""
    rows = session.execute(
        select(StoredEntry.seq, StoredEntry.bytes, StoredEntry.h)
        .where(StoredEntry.device == identity.device, StoredEntry.epoch == identity.epoch)
        .order_by(StoredEntry.seq)
    )
    pruned = state.read(session).pruned_seq
    prev, expected = "" if pruned else identity.genesis, pruned + 1
    for seq, raw, h in rows:
        try:
            entry = entry_chain.parse(raw)
        except entry_chain.BadEntry as error:
            return f"{seq}: {error}"
        if seq != expected or entry.seq != seq or (prev and entry.prev != prev) or entry_chain.entry_hash(raw) != h:
            return f"{seq}: does not follow"
        prev, expected = h, seq + 1
    return None


def ratings_after(session: Session, identity: state.Identity, seq: int) -> int:
    """How many ratings stand in the ledger after `seq`."""
    return (
        session.scalar(
            select(func.count())
            .select_from(StoredEntry)
            .where(
                StoredEntry.device == identity.device,
                StoredEntry.epoch == identity.epoch,
                StoredEntry.seq > seq,
                StoredEntry.typ == "rating",
            )
        )
        or 0
    )
