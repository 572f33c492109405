"""The desk's ledger: drafts become entries here, and every entry follows the last one.

The caller holds the write transaction. `UNIQUE(id)` in effect: an id that already stands in the ledger is not written
again, its place is returned. A new receipt of the centre is copied into the ledger (`anchor`) just before the next
entry, so that everything after it is provably later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from kiosk.desk import state
from models import ids
from models.clock import Moment
from models.protocol import entry_chain
from models.storage.row_reading import Reader, read_row, read_rows, read_value

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: The entries of one ledger: its device and its epoch are the first two parameters.
_LEDGER = "FROM entry WHERE device = ? AND epoch = ?"


class NotPaired(RuntimeError):
    """There is no certificate yet, so no chain can exist."""


class _Receipt(NamedTuple):
    """Of a stored receipt, what its anchor says and what it is judged by (`models.tables.desk_store.StoredReceipt`)."""

    number: int
    h: str
    seq: int
    t: int
    at: int
    boot: int | None
    mono: int | None


def read_head(session: Reader, identity: state.Identity) -> tuple[int, str]:
    """The ledger's last (seq, hash); (0, genesis) when it is empty."""
    row = read_row(session, f"SELECT seq, h {_LEDGER} ORDER BY seq DESC LIMIT 1", identity.device, identity.epoch)
    return (row[0], row[1]) if row else (0, identity.genesis)


def read_epoch(session: Reader) -> int:
    """The incarnation of the present ledger. Raises `NotPaired`."""
    identity = state.read_state(session).identity
    if identity is None:
        raise NotPaired
    return identity.epoch


def find_seq(session: Reader, id: str) -> int | None:
    """The seq at which an id stands in the ledger, or None."""
    seq: int | None = read_value(session, "SELECT seq FROM entry WHERE rid = ? LIMIT 1", id)
    return seq


def has_answers(session: Reader, seq: int) -> bool:
    """Whether the rating at `seq` of the present ledger holds an answer (none: declined or withdrawn)."""
    return bool(_rating_at(session, seq).get("answers"))


def is_partial(session: Reader, seq: int) -> bool:
    """Whether the rating at `seq` was sealed before its citizen sent it: by silence, by the next person, by a start."""
    return bool(_rating_at(session, seq).get("state") == "partial")


def _rating_at(session: Reader, seq: int) -> dict[str, Any]:
    identity = state.read_state(session).identity
    if identity is None:
        raise NotPaired
    return entry_chain.parse_trusted_entry(_entry(session, "bytes", identity, seq)[0]).p


def _entry(session: Reader, columns: str, identity: state.Identity, seq: int) -> Any:
    """Those columns of the entry at `seq`. LookupError where there is none."""
    row = read_row(session, f"SELECT {columns} {_LEDGER} AND seq = ?", identity.device, identity.epoch, seq)
    if row is None:
        raise LookupError(f"no entry {seq}")
    return row


def append_entry(
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
    identity = state.read_state(session).identity
    if identity is None:
        raise NotPaired
    if id is not None:
        old_seq = find_seq(session, id)
        if old_seq is not None:
            seq, h = _entry(session, "seq, h", identity, old_seq)
            return seq, h
    seq, h = read_head(session, identity)
    if typ != "anchor":
        seq, h = _anchor(session, identity, seq, h, moment, boot)
    return _write(session, identity, seq, h, typ, [(id or ids.new_id(moment.t), p)], moment, boot)[0]


def append_entries(
    session: Session, typ: str, entries: Sequence[tuple[str, dict[str, Any]]], moment: Moment
) -> list[tuple[int, str]]:
    """Write several entries of one kind at one moment, each with its id, which must be new; returns their (seq, hash).
    Raises as `append_entry`."""
    identity = state.read_state(session).identity
    if identity is None:
        raise NotPaired
    seq, h = _anchor(session, identity, *read_head(session, identity), moment)
    return _write(session, identity, seq, h, typ, entries, moment)


def _anchor(
    session: Session, identity: state.Identity, seq: int, h: str, moment: Moment, boot: int | None = None
) -> tuple[int, str]:
    """Copy the newest receipt into the ledger if it is not there yet."""
    row = read_row(
        session,
        "SELECT number, h, seq, t, at, boot, mono FROM receipt WHERE epoch = ? AND undone = 0 "
        "ORDER BY number DESC LIMIT 1",
        identity.epoch,
    )
    newest = _Receipt(*row) if row else None
    if newest is None or newest.number <= state.read_state(session).anchored_receipt:
        return seq, h
    if _older_waits(session, newest, moment, state.read_state(session).boot if boot is None else boot):
        return seq, h  # a tap that is not sealed yet is older than the receipt: it must not be proved later than it was
    state.write_state(session, anchored_receipt=newest.number)
    p = {"h": newest.h, "seq": newest.seq, "t": newest.t}
    return _write(session, identity, seq, h, "anchor", [(ids.new_id(moment.t), p)], moment)[0]


def _older_waits(session: Reader, receipt: _Receipt, moment: Moment, boot: int) -> bool:
    """Whether what is to be written, or a tap that is not sealed yet, is older than the receipt: by start and running
    clock, for the wall clock may have been set in between."""
    if receipt.boot is None or receipt.mono is None:  # of an older version, which kept the wall clock alone
        oldest = read_value(session, "SELECT min(t) FROM draft")
        return receipt.at > min(moment.t, moment.t if oldest is None else oldest)
    if (boot, moment.mono) < (receipt.boot, receipt.mono):
        return True
    older = "SELECT EXISTS (SELECT 1 FROM draft WHERE (boot, mono) < (?, ?))"
    return bool(read_value(session, older, receipt.boot, receipt.mono))


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
    from models.storage import bulk  # whoever only reads needs neither tables nor SQLAlchemy
    from models.tables.ledger_entry import StoredEntry

    boot, rows, heads = state.read_state(session).boot if boot is None else boot, [], []
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


def find_chain_break(session: Reader, identity: state.Identity) -> str | None:
    """None when every stored entry still has its hash and follows the one before; else where it breaks."""
    rows = read_rows(session, f"SELECT seq, bytes, h {_LEDGER} ORDER BY seq", identity.device, identity.epoch)
    pruned = state.read_state(session).pruned_seq
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


def count_ratings_after(session: Reader, identity: state.Identity, seq: int) -> int:
    """How many ratings stand in the ledger after `seq`."""
    statement = f"SELECT count(*) {_LEDGER} AND seq > ? AND typ = 'rating'"
    return int(read_value(session, statement, identity.device, identity.epoch, seq) or 0)
