"""Answers judged again: those that waited for a questionnaire, an agency or a desk that has come now.

Few at a time, each few in a transaction of their own: nobody else waits for all of them. What was judged does not wait
any more, so whoever is stopped in between goes on where he stopped when he is asked again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, and_, select, tuple_, update
from sqlalchemy.orm import Session

from admin.ledgers.centre_key_register import RECORDERS
from admin.responses import (
    authority_facts,
    failure_isolation,
    issued_slips,
    projection,
    slip_backfill,
    transaction_settlement,
)
from admin.responses.connected_answers import Arrival
from admin.responses.projection import ReferenceData
from admin.statistics.tallies import staleness
from models.protocol import entry_chain
from models.protocol.entry_chain import Entry
from models.storage.database import Database
from models.tables.device import Device, Epoch
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response, Tie
from models.vocabulary import CountOutcome

#: Why an answer waits for what may still come.
UNKNOWN_DESK = "unknown_desk"
REASONS = ("unknown_instrument", "unknown_agency", UNKNOWN_DESK)
#: How many are judged at once.
LOT = 500

_COLUMNS = (
    Response.id, Response.device_id, Response.epoch, Response.seq, Response.agency_key, Response.desk_code,
    Response.decider_key, Response.month, Response.rule, Response.low_ms, Response.high_ms,
)  # fmt: skip
_Place = tuple[str, int, int]


def rejudge_responses(database: Database, *reasons: str) -> int:
    """Judge again what was not counted for one of `reasons`, each under the rules it was judged under; returns how many
    are counted now. Days stay as they were fixed. Slips of a desk that was unknown are kept."""
    with database.read() as session:
        reference = projection.load_reference_data(session)
        ledgers = _of_desks_now_known(session, reference) if UNKNOWN_DESK in reasons else []
    for ledger in ledgers:
        _keep_slips(database, ledger, reference)
    counted, after = 0, ("", 0, 0)
    while True:
        with database.write() as session:
            n, reached = rejudge_lot(session, reasons, reference, after)
        counted += n
        if reached is None:
            return counted
        after = reached


def _of_desks_now_known(session: Session, reference: ReferenceData) -> list[tuple[str, int]]:
    """The ledgers that were read before their desk was known, which it is now."""
    rows = (
        select(Epoch, Device)
        .join(Device, Device.id == Epoch.device_id)
        .where(Epoch.agency_key.is_(None), Epoch.projected_seq > 0, Epoch.device_id.not_in(RECORDERS))
        .order_by(Epoch.device_id, Epoch.epoch)
    )
    return [
        (epoch.device_id, epoch.epoch)
        for epoch, device in session.execute(rows)
        if projection.make_recorder_context(epoch, device, reference).agency
    ]


def _keep_slips(database: Database, ledger: tuple[str, int], reference: ReferenceData) -> None:
    """Keep the slips of a ledger that was read before its desk was known; at the end it stands at that desk."""
    reached: slip_backfill.BackfillProgress | None = None
    while True:
        with database.write() as session:
            row, device = session.get_one(Epoch, ledger), session.get_one(Device, ledger[0])
            by = projection.make_recorder_context(row, device, reference)
            if row.agency_key is not None or not by.agency:  # somebody else was quicker
                return
            transaction_settlement.lock_agencies(session, {by.agency})
            reached = slip_backfill.backfill_some_slips(session, row, by, reached or slip_backfill.begin_backfill(row))
            if reached is None:
                row.agency_key, row.desk_code = by.agency, by.desk
                return


def rejudge_lot(
    session: Session, reasons: Collection[str], reference: ReferenceData, after: _Place = ("", 0, 0)
) -> tuple[int, _Place | None]:
    """Judge again a few of those that stand behind `after`, in the order of their ledgers, within the caller's write
    transaction; returns how many are counted now, and where the last of them stands (None: there are no more)."""
    transaction_settlement.lock_all_agencies(session)
    place = tuple_(Response.device_id, Response.epoch, Response.seq)
    waiting = select(*_COLUMNS).where(Response.reason.in_(reasons), place > after)
    rows = session.execute(waiting.order_by(Response.device_id, Response.epoch, Response.seq).limit(LOT)).all()
    if not rows:
        return 0, None
    ids = [row.id for row in rows]
    tied = session.execute(select(Tie.response_id, Tie.key).where(Tie.response_id.in_(ids)))
    keys = {id: key for id, key in tied}
    entries = _entries(session, ids)
    outcomes = _judged(session, rows, entries, reference)
    session.execute(update(Response), [{"id": id, **values} for id, values in outcomes.items()])
    marked = set[tuple[str, str]]()
    for row in rows:
        for agency in (row.agency_key, outcomes[row.id]["agency_key"]):
            marked |= projection.find_tally_agencies(agency, row.decider_key, row.month)
    staleness.mark_stale(session, marked)
    _settle(session, [Arrival(keys[id], (id,)) for id in ids if id in keys])
    last = rows[-1]
    counted = sum(values["outcome"] == CountOutcome.COUNTED.value for values in outcomes.values())
    return counted, (last.device_id, last.epoch, last.seq) if len(rows) == LOT else None


def _entries(session: Session, ids: Sequence[str]) -> dict[str, Entry]:
    """Response id → its entry."""
    at = and_(
        StoredEntry.device == Response.device_id,
        StoredEntry.epoch == Response.epoch,
        StoredEntry.seq == Response.seq,
    )
    rows = select(Response.id, StoredEntry.bytes).join(StoredEntry, at).where(Response.id.in_(ids))
    return {id: entry_chain.parse_trusted_entry(raw) for id, raw in session.execute(rows)}


def _judged(
    session: Session, rows: Sequence[Row[*tuple[Any, ...]]], entries: Mapping[str, Entry], reference: ReferenceData
) -> dict[str, dict[str, Any]]:
    """Response id → what becomes of it, with the bounds in time that were fixed. An answer of a desk that was unknown
    gets its place."""
    ledgers = select(Epoch, Device).join(Device, Device.id == Epoch.device_id)
    ledger_keys = {(row.device_id, row.epoch) for row in rows}
    pairs = session.execute(ledgers.where(tuple_(Epoch.device_id, Epoch.epoch).in_(ledger_keys)))
    speakers = {
        (epoch.device_id, epoch.epoch): projection.make_recorder_context(epoch, device, reference)
        for epoch, device in pairs
    }
    procedures = authority_facts.find_known_procedures(session, list(entries.values()))
    outcomes: dict[str, dict[str, Any]] = {}
    for row in rows:
        by = replace(
            speakers[row.device_id, row.epoch], low=row.low_ms, high=row.high_ms, procedures=procedures,
            decider=row.decider_key,
        )  # fmt: skip
        response = projection.response_from_entry(entries[row.id], reference, by, row.rule)
        placed = (response["agency_key"], response["desk_code"])
        agency, desk = (row.agency_key, row.desk_code) if row.agency_key else placed
        fields = {name: response[name] for name in ("answers", "topics", "score", "outcome", "reason")}
        outcomes[row.id] = {**fields, "agency_key": agency, "desk_code": desk}
    return outcomes


def _settle(session: Session, arrivals: Sequence[Arrival]) -> None:
    """Decide which of them count of the transactions that they are part of."""
    keys = {one.key for one in arrivals}
    refused = set(
        failure_isolation.process_isolating_failures(
            session, sorted(keys), lambda some: issued_slips.copy_slip_facts_to_answers(session, some)
        )
    )
    transaction_settlement.note_passed_over_fields(
        session, [id for one in arrivals if one.key in refused for id in one.ids]
    )
    transaction_settlement.settle_arrived_answers(session, [one for one in arrivals if one.key not in refused])
