"""Former slips of a ledger that was read before its desk was known: kept as soon as it is.

A slip belongs to an agency, so those of an unknown desk are not kept when their ledger is read. The ledger is walked
once more for them, with what was proved at each place; what it says is the same as if its desk had been known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.responses import authority_facts, field_authority, issued_slips, transaction_settlement
from admin.responses.field_authority import RecorderContext
from admin.responses.proved_times import ProvedTimes
from models.protocol import entry_chain
from models.tables.device import Epoch
from models.tables.ledger_entry import StoredEntry

#: How many entries are read at once.
STEP = 1000
_READ = ("anchor", "token")


@dataclass(frozen=True, slots=True)
class BackfillProgress:
    """How far a ledger was walked: to the entry `seq`, and what is `proved` there."""

    seq: int
    proved: ProvedTimes


def begin_backfill(row: Epoch) -> BackfillProgress:
    """Before its first entry."""
    return BackfillProgress(0, ProvedTimes(row.issued_ms))


def backfill_slips(session: Session, row: Epoch, by: RecorderContext) -> None:
    """Keep the slips that were passed over in what was read of a ledger, whose desk is known now (`by`)."""
    reached: BackfillProgress | None = begin_backfill(row)
    while reached is not None:
        reached = backfill_some_slips(session, row, by, reached)


def backfill_some_slips(
    session: Session, row: Epoch, by: RecorderContext, reached: BackfillProgress
) -> BackfillProgress | None:
    """The same for a few entries behind `reached`; returns how far that is, None at the end. Whoever calls this has the
    turn of the desk's agency, or takes it here before anything else is locked."""
    entries = session.execute(
        select(StoredEntry.bytes, StoredEntry.covered_ms)
        .where(StoredEntry.device == row.device_id, StoredEntry.epoch == row.epoch, StoredEntry.typ.in_(_READ))
        .where(StoredEntry.seq > reached.seq, StoredEntry.seq <= row.projected_seq)
        .order_by(StoredEntry.seq)
        .limit(STEP)
    ).all()
    read = [(entry_chain.parse_trusted_entry(raw), covered) for raw, covered in entries]
    facts = authority_facts.load_authority_facts(session, [entry for entry, _covered in read])
    proved, slip_rows = replace(reached.proved), list[tuple[str, dict[str, Any]]]()
    minted: dict[int, issued_slips.CoveredEntry] = {}
    for entry, covered in read:
        number = field_authority.find_rules_number(entry.seq, row.first_rules_seq)
        low = proved.low(covered, number)
        context = replace(by, low=low, high=covered, procedures=facts.procedures, receipt=facts.receipt(entry))
        if entry.typ == "anchor":
            proved.take(entry, context, number)
            continue
        slip = issued_slips.parse_issued_slip(entry, context, number)
        if slip is not None:
            slip_rows.append((entry.id, slip))
            minted.setdefault(slip["serial"], issued_slips.CoveredEntry(entry, covered))
    arrived, _names = issued_slips.store_issued_slips(session, slip_rows, minted)
    transaction_settlement.settle_arrived_answers(session, arrived)
    return BackfillProgress(read[-1][0].seq, proved) if len(read) == STEP else None
