"""Used slips against the ledgers of their desks: whether the ledger holds what the token says.

A token names its place in its ledger. Once the ledger has come as far, that place must hold the making of this very
slip; a signed token that no ledger knows was made beside it. Its answers count all the same: this says so, no more.
What is found never changes: an accepted entry does not. At and after the place where a ledger is disputed, and for a
device that is lost, it proves nothing about slips: there it is "not confirmed" (`models.tables.device.is_undisputed`).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from models.clock import MINUTE_MS
from models.protocol import entry_chain
from models.tables.device import Device, Epoch, is_undisputed
from models.tables.ledger_entry import StoredEntry
from models.tables.response import SpentSlip

#: How far a token's minute may be from the entry of a desk that wrote no minute into it.
_DAY_MINUTES = 24 * 60


def check_used_slips(session: Session, device: str, epoch: int) -> int:
    """Say of the used slips of a ledger, as far as it has come, whether it holds them; returns of how many it does
    not. May be asked at any time, in any order, and again."""
    s = SpentSlip
    waiting = session.scalars(
        select(s)
        .join(Epoch, and_(Epoch.device_id == s.device_id, Epoch.epoch == s.epoch))
        .where(s.device_id == device, s.epoch == epoch, s.recorded.is_(None), s.seq <= Epoch.last_seq)
    ).all()
    if not waiting:
        return 0
    missing = {(one.serial, one.seq) for one in _missing(session, device, epoch, waiting)}
    for one in waiting:
        one.recorded = (one.serial, one.seq) not in missing
    session.flush()
    return len(missing)


def list_unchecked_ledgers(session: Session) -> list[tuple[str, int]]:
    """Ledgers that have come as far as a used slip without saying anything about it: two wrote at once."""
    s = SpentSlip
    rows = (
        select(s.device_id, s.epoch)
        .join(Epoch, and_(Epoch.device_id == s.device_id, Epoch.epoch == s.epoch))
        .where(s.recorded.is_(None), s.seq.is_not(None), s.seq <= Epoch.last_seq)
        .distinct()
    )
    return [(device, epoch) for device, epoch in session.execute(rows)]


def find_missing_slips(session: Session, device: str, epoch: int) -> tuple[list[int], list[int]]:
    """The serials of used slips that the ledger does not hold, read from its entries anew: those it proves something
    about, and those that are not confirmed."""
    s = SpentSlip
    rows = session.execute(
        select(s, is_undisputed(s.seq))
        .join(Epoch, and_(Epoch.device_id == s.device_id, Epoch.epoch == s.epoch))
        .join(Device, Device.id == s.device_id)
        .where(s.device_id == device, s.epoch == epoch, s.seq <= Epoch.last_seq)
    )
    proved = {one: bool(sure) for one, sure in rows}
    lacking = sorted(_missing(session, device, epoch, list(proved)), key=lambda one: one.serial)
    return [one.serial for one in lacking if proved[one]], [one.serial for one in lacking if not proved[one]]


def _missing(session: Session, device: str, epoch: int, used: Sequence[SpentSlip]) -> list[SpentSlip]:
    seqs = sorted({one.seq for one in used if one.seq is not None})
    bytes_by_seq: dict[int, bytes] = {}
    for first in range(0, len(seqs), 500):
        rows = select(StoredEntry.seq, StoredEntry.bytes).where(
            StoredEntry.device == device,
            StoredEntry.epoch == epoch,
            StoredEntry.seq.in_(seqs[first : first + 500]),
            StoredEntry.typ == "token",
        )
        bytes_by_seq |= {seq: raw for seq, raw in session.execute(rows)}
    return [one for one in used if not _holds(bytes_by_seq.get(one.seq or 0), one)]


def _holds(raw: bytes | None, used: SpentSlip) -> bool:
    """Whether this entry made this slip."""
    if raw is None:
        return False
    entry = entry_chain.parse_trusted_entry(raw)
    entry_minute, minute = entry.p.get("minute"), used.minute or 0
    if entry.p.get("serial") != used.serial:
        return False
    return entry_minute == minute if type(entry_minute) is int else abs(entry.t // MINUTE_MS - minute) <= _DAY_MINUTES
