"""Facts of the store that decide what entries are believed in: codes, receipts, deciders.

One statement a kind, and only where an entry asks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from admin.responses import field_authority
from admin.responses.field_authority import Recorder
from models.protocol import canonical, slip_name
from models.protocol.entry_chain import Entry
from models.tables.agency import Procedure
from models.tables.device import BatchLog
from models.tables.ledger_entry import StoredEntry
from models.tables.response import OpenedSidecar
from models.tables.slip_record import AnnouncedSlip

_CODE = 40


@dataclass(frozen=True, slots=True)
class AuthorityFacts:
    """What is known about entries of one ledger: which of the named `procedures` exist; response id → `deciders`, those
    of announced slips for the agency that is named; seq → hash and time of the `receipts` that the centre gave."""

    procedures: Collection[str]
    deciders: Mapping[str, str]
    receipts: Mapping[int, tuple[str, int]]

    def receipt(self, entry: Entry) -> int:
        """The centre's time in the receipt that an anchor copies (ms since 1970, UTC); 0 if it gave none such."""
        seq = entry.p.get("seq")
        if entry.typ != "anchor" or type(seq) is not int or seq >= entry.seq:
            return 0
        h, t = self.receipts.get(seq, ("", 0))
        return t if entry.p.get("h") == h else 0


def load_authority_facts(session: Session, entries: Sequence[Entry]) -> AuthorityFacts:
    """The facts about entries of one ledger."""
    return AuthorityFacts(
        find_known_procedures(session, entries), _deciders(session, entries), _receipts(session, entries)
    )


def find_known_procedures(session: Session, entries: Sequence[Entry]) -> frozenset[str]:
    """Those of the procedures named in entries (of any ledgers) that exist."""
    code_values = [entry.p.get("procedure") for entry in entries]
    codes = {code for code in code_values if type(code) is str and 0 < len(code) <= _CODE}
    if not codes:
        return frozenset()
    return frozenset(session.scalars(select(Procedure.code).where(Procedure.code.in_(codes))))


def _deciders(session: Session, entries: Sequence[Entry]) -> dict[str, str]:
    """Answers on slips that another system announced, with the decider that it named for that agency."""
    agencies = {
        entry.id: entry.p.get("agency") for entry in entries if entry.typ == "rating" and "decider" in entry.p
    }
    if not agencies or field_authority.recorder_of_device(entries[0].dev) is not Recorder.PHONE:
        return {}
    ties = select(OpenedSidecar.id, OpenedSidecar.value).where(
        OpenedSidecar.device_id == entries[0].dev, OpenedSidecar.id.in_(agencies), OpenedSidecar.kind == "r"
    )
    deciders: dict[str, str] = {}
    for id, value in session.execute(ties):
        slip_key = slip_name.parse(value)
        slip = session.get(AnnouncedSlip, slip_key) if slip_key is not None else None
        if slip is not None and slip.decider_key is not None and slip.agency_key == agencies[id]:
            deciders[id] = slip.decider_key
    return deciders


def _receipts(session: Session, entries: Sequence[Entry]) -> dict[int, tuple[str, int]]:
    """What the centre signed about the places that anchors name: the end of each batch, and when it came. Receipts that
    were given later for the same place stand in no log, and prove no more than this one."""
    places: set[Any] = {entry.p.get("seq") for entry in entries if entry.typ == "anchor"}
    seqs = {seq for seq in places if type(seq) is int and 0 < seq <= canonical.MAX_COLUMN}
    if not seqs:
        return {}
    first = entries[0]
    same_place = and_(
        StoredEntry.device == BatchLog.device_id,
        StoredEntry.epoch == BatchLog.epoch,
        StoredEntry.seq == BatchLog.to_seq,
    )
    rows = (
        select(BatchLog.to_seq, StoredEntry.h, BatchLog.received_ms)
        .join(StoredEntry, same_place)
        .where(BatchLog.device_id == first.dev, BatchLog.epoch == first.ep, BatchLog.to_seq.in_(seqs))
    )
    return {seq: (h, received) for seq, h, received in session.execute(rows)}
