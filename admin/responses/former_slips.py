"""Former slips of a ledger that was read before its desk was known: kept as soon as it is.

A slip belongs to an agency, so those of an unknown desk are not kept when their ledger is read. The ledger is walked
once more for them, with what was proved at each place; what it says is the same as if its desk had been known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.responses import authority, issued_slips, looked_up, transactions
from admin.responses.authority import Speaker
from admin.responses.proved_times import Proved
from models.protocol import entry_chain
from models.tables.device import Epoch
from models.tables.ledger_entry import StoredEntry

#: How many entries are read at once.
STEP = 1000
_READ = ("anchor", "token")


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a ledger was walked: to the entry `seq`, and what is `proved` there."""

    seq: int
    proved: Proved


def begin(row: Epoch) -> Reached:
    """Before its first entry."""
    return Reached(0, Proved(row.issued_ms))


def keep(session: Session, row: Epoch, by: Speaker) -> None:
    """Keep the slips that were passed over in what was read of a ledger, whose desk is known now (`by`)."""
    reached: Reached | None = begin(row)
    while reached is not None:
        reached = keep_some(session, row, by, reached)


def keep_some(session: Session, row: Epoch, by: Speaker, reached: Reached) -> Reached | None:
    """The same for a few entries behind `reached`; returns how far that is, None at the end. Whoever calls this has the
    turn of the desk's agency, or takes it here before anything else is locked."""
    entries = session.execute(
        select(StoredEntry.bytes, StoredEntry.covered_ms)
        .where(StoredEntry.device == row.device_id, StoredEntry.epoch == row.epoch, StoredEntry.typ.in_(_READ))
        .where(StoredEntry.seq > reached.seq, StoredEntry.seq <= row.projected_seq)
        .order_by(StoredEntry.seq)
        .limit(STEP)
    ).all()
    read = [(entry_chain.reread(raw), covered) for raw, covered in entries]
    facts = looked_up.facts(session, [entry for entry, _covered in read])
    proved, made = replace(reached.proved), list[tuple[str, dict[str, Any]]]()
    minted: dict[int, issued_slips.Read] = {}
    for entry, covered in read:
        number = authority.number_at(entry.seq, row.first_rules_seq)
        low = proved.low(covered, number)
        here = replace(by, low=low, high=covered, procedures=facts.procedures, receipt=facts.receipt(entry))
        if entry.typ == "anchor":
            proved.take(entry, here, number)
            continue
        slip = issued_slips.believed(entry, here, number)
        if slip is not None:
            made.append((entry.id, slip))
            minted.setdefault(slip["serial"], issued_slips.Read(entry, covered))
    arrived, _names = issued_slips.keep(session, made, minted)
    transactions.settle_arrived(session, arrived)
    return Reached(read[-1][0].seq, proved) if len(read) == STEP else None
