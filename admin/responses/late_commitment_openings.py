"""Late openings: those that come in a later batch than their entry, which was read without them.

An honest device tells all of an entry in one batch, but for what its store could not say at first; whoever cuts it
otherwise gains nothing: what comes late is tied and settled as what came at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from admin.ledgers import commitment_openings, witness
from admin.ledgers.commitment_openings import Opened
from admin.ledgers.witness import Verdict, VerifiedBatch
from admin.responses import failure_isolation, field_authority, issued_slips, sidecars, transaction_settlement
from admin.responses.connected_answers import AT_ONCE, Arrival
from models.keys import SigningKey
from models.protocol import canonical, dossier_code, slip
from models.protocol.entry_chain import Entry
from models.protocol.sidecar import Sidecar
from models.tables.device import Epoch
from models.tables.response import OpenedSidecar, Response, ResponseName, Tie


def accept_batch_and_late_openings(
    session: Session, batch: VerifiedBatch, now_ms: int, key: SigningKey, **told: Any
) -> Verdict:
    """Take a judged batch into the store (`witness.accept_batch`), and tie and settle what came late with it."""
    _take_turn(session, batch)
    verdict = witness.accept_batch(session, batch, now_ms, key, **told)
    if verdict.late:
        apply_late_openings(session, batch.batch.envelope.dev, verdict.late)
    return verdict


def _take_turn(session: Session, batch: VerifiedBatch) -> None:
    """Wait for whoever joins answers of the device's agencies, before anything else is locked, where a batch may tell
    something of entries that were read."""
    envelope = batch.batch.envelope
    rows = session.execute(select(Epoch.epoch, Epoch.projected_seq, Epoch.agency_key).where(
        Epoch.device_id == envelope.dev
    )).all()  # fmt: skip
    read = max((row.projected_seq for row in rows if row.epoch == envelope.ep), default=0)
    new = {entry.id for entry in batch.entries if entry.seq > read}
    if any(one.id not in new for one in batch.batch.sidecars):
        transaction_settlement.lock_agencies(session, {row.agency_key or "" for row in rows})


def apply_late_openings(session: Session, device: str, late: Sequence[Opened]) -> None:
    """Tie what these openings say of entries that were read before they came, in the order of the ledger."""
    epochs = select(Epoch.agency_key).where(Epoch.device_id == device)
    transaction_settlement.lock_agencies(session, {agency or "" for agency in session.scalars(epochs)})
    ordered = sorted(late, key=lambda one: (one[1].ep, one[1].seq))
    for first in range(0, len(ordered), AT_ONCE):
        some = ordered[first : first + AT_ONCE]
        arrived = _of_slips(session, device, [entry for _opening, entry in some if entry.typ == "token"])
        arrived += _of_answers(session, device, [one for one in some if one[1].typ == "rating"])
        transaction_settlement.settle_arrived_answers(session, arrived)


def _of_answers(session: Session, device: str, late: Sequence[Opened]) -> list[Arrival]:
    """Give answers what came late of theirs. Those that the first rules judged keep what they had."""
    places = {(entry.ep, entry.seq) for _opening, entry in late}
    if not places:
        return []
    at = tuple_(Response.epoch, Response.seq).in_(places)
    rows = select(Response.id).where(Response.device_id == device, at, Response.rule != field_authority.FIRST)
    known_ids = set(session.scalars(rows))
    ids = {entry.id for _opening, entry in late}
    keys = {own: id for own in ids for id in ResponseName(device, own).known_by if id in known_ids}
    codes = [(one.value, device, keys[one.id]) for one, _entry in late if one.kind == "f" and one.id in keys]
    sidecars.register_follow_up_codes(session, codes)
    ties = {one.id: entry for one, entry in late if one.kind == "r" and one.id in keys}
    return (
        sidecars.apply_sidecars(session, {keys[id]: ResponseName(device, id) for id in ties}, (), ties) if ties else []
    )


def _of_slips(session: Session, device: str, entries: Sequence[Entry]) -> list[Arrival]:
    """Give slips the dossiers that came late with them; returns those that were answered."""
    serials = {(entry.ep, entry.p.get("serial")) for entry in entries if _is_serial(entry.p.get("serial"))}
    printed = {(device, epoch, int(serial)) for epoch, serial in serials if serial is not None}
    slips = issued_slips.select_covered_slips(session, printed)
    makers = issued_slips.find_slip_entries(session, list(slips.values()))
    ids = {one.entry.id for one in makers.values()}
    o = OpenedSidecar
    rows = select(o.id, o.kind, o.salt, o.value).where(o.device_id == device, o.id.in_(ids), o.kind == "r")
    openings = {row.id: Sidecar(*row) for row in session.execute(rows)} if ids else {}
    places = {(entry.ep, entry.seq) for entry in entries}
    named = {
        slip.name_slip(*named): dossier_code.parse_transaction_name(openings[one.entry.id].value) or {}
        for named, one in makers.items()
        if (one.entry.ep, one.entry.seq) in places
        and commitment_openings.opening_fits_entry(openings[one.entry.id], one.entry)
    }
    refused = set(
        failure_isolation.process_isolating_failures(
            session,
            list(named),
            lambda some: transaction_settlement.store_slip_references(session, {name: named[name] for name in some}),
        )
    )
    answered = set(session.scalars(select(Tie.key).where(Tie.key.in_(named)))) if named else set()
    alone = select(Tie.response_id).where(Tie.key.in_(refused))
    transaction_settlement.note_passed_over_fields(session, list(session.scalars(alone)) if refused else [])
    return [Arrival(name) for name in named if name in answered - refused]


def _is_serial(serial: Any) -> bool:
    return type(serial) is int and 0 < serial <= canonical.MAX_COLUMN
