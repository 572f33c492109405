"""Issued slips, read from the ledgers' `token` entries.

They are what response and use rates divide by, and what a typed code, which carries no more than a serial, stands for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from admin.ledgers import commitment_openings
from admin.ledgers.centre_key_register import RECORDERS
from admin.responses import failure_isolation, field_authority, transaction_settlement
from admin.responses.connected_answers import AT_ONCE, Arrival
from admin.responses.field_authority import EntryField, RecorderContext
from admin.statistics.tallies import staleness
from models import clock
from models.clock import MINUTE_MS
from models.protocol import canonical, dossier_code, entry_chain, slip
from models.protocol.sidecar import Sidecar
from models.storage import bulk
from models.tables.ledger_entry import StoredEntry
from models.tables.response import OpenedSidecar, Response, Tie
from models.tables.slip_record import PrintedSlip
from models.vocabulary import Channel, CountOutcome, Stage

#: Device, epoch and serial.
_Slip = tuple[str, int, int]
#: Where an entry names a serial: most that do not name the one that is sought need not be parsed.
_SERIAL = re.compile(rb'"serial":(\d{1,10})(?!\d)')
_SLIP = re.compile(r"([a-z0-9-]{1,24}):(\d{1,10}):(\d{1,10})", re.ASCII)


@dataclass(frozen=True, slots=True)
class CoveredEntry:
    """An entry, and when its ledger was first seen to have reached it (ms since 1970, UTC)."""

    entry: entry_chain.Entry
    covered_ms: int


def make_slip_row(
    entry: entry_chain.Entry, own: tuple[str | None, str | None], *, low: int, high: int
) -> dict[str, Any] | None:
    """The slip that a `token` entry made, as a row; None when it says nothing that could be one. `own`: agency and desk
    of a device at a desk (agency None: one of the centre's own recorders, whose entries name them); `low`, `high` bound
    the true time (ms since 1970, UTC)."""
    p = entry.p
    serial, due, stages = p.get("serial"), p.get("due_days"), [stage.value for stage in Stage]
    agency, desk = own if own[0] is not None else (p.get("agency"), p.get("desk"))
    if type(serial) is not int or not 0 < serial <= canonical.MAX_COLUMN or p.get("stage") not in stages or not agency:
        return None
    procedure, minute = p.get("procedure"), p.get("minute")
    claimed = minute * MINUTE_MS if type(minute) is int and 0 <= minute <= clock.LAST_MS // MINUTE_MS else entry.t
    made_ms = clock.accept_claimed_time(claimed, low, high)
    return {
        "device_id": entry.dev,
        "epoch": entry.ep,
        "serial": serial,
        "agency_key": str(agency)[:40],
        "desk_code": str(desk)[:40] if desk else None,
        "stage": p["stage"],
        "procedure_code": procedure[:40] if type(procedure) is str else None,
        "due_days": due if type(due) is int and 0 <= due < slip.NO_DUE else None,
        "minted_ms": claimed,
        "counted_ms": high if made_ms is None else made_ms,
        "month": clock.local_day(clock.clamp_claimed_time(entry.t, low, high).ms)[:7],
    }


def parse_issued_slip(entry: entry_chain.Entry, by: RecorderContext, number: int) -> dict[str, Any] | None:
    """The slip that a `token` entry made, as far as it is believed under the rules `number`; `by` is who says it."""
    row = make_slip_row(entry, (by.agency, by.desk), low=by.low, high=by.high)
    if row is not None:
        code = row["procedure_code"]
        row["procedure_code"] = field_authority.apply_field_authority(
            EntryField.PROCEDURE, code, by, field_authority.RULES[number]
        )
    return row


def store_issued_slips(
    session: Session, slips: Sequence[tuple[str, dict[str, Any]]], read: Mapping[int, CoveredEntry] | None = None
) -> tuple[list[Arrival], set[str]]:
    """Keep the slips of one ledger in its order, each with the id of its entry; of two with one serial the first.
    `read`: serial → the entry that made it; what opens another one of the same id is not the slip's. What was answered
    on them before their ledger came is told what they say. Returns these, to be settled
    (`transaction_settlement.settle_arrived_answers`) with what else is about their dossier, and the names of all that
    are new."""
    if not slips:
        return [], set()
    device, epoch = slips[0][1]["device_id"], slips[0][1]["epoch"]
    if device not in RECORDERS:  # nobody can have a slip of the centre's own before this transaction ends
        transaction_settlement.lock_agencies(session, {one["agency_key"] for _id, one in slips})
    stored_serials = set(
        session.scalars(
            select(PrintedSlip.serial).where(
                PrintedSlip.device_id == device,
                PrintedSlip.epoch == epoch,
                PrintedSlip.serial.in_([one["serial"] for _id, one in slips]),
            )
        )
    )
    new: dict[int, tuple[str, dict[str, Any]]] = {}
    for id, one in slips:
        if one["serial"] not in stored_serials:
            new.setdefault(one["serial"], (id, one))
    bulk.insert(session, PrintedSlip, [one for _id, one in new.values()])
    names = {serial: slip.name_slip(device, epoch, serial) for serial in new}
    ids = {id for id, _one in new.values()}
    o = OpenedSidecar
    rows = select(o.id, o.kind, o.salt, o.value).where(o.device_id == device, o.id.in_(ids), o.kind == "r")
    openings = {row.id: Sidecar(*row) for row in session.execute(rows)}
    by_name = {
        names[serial]: dossier_code.parse_transaction_name(openings[id].value) or {}
        for serial, (id, _one) in new.items()
        if id in openings and (read is None or commitment_openings.opening_fits_entry(openings[id], read[serial].entry))
    }
    answered = set(session.scalars(select(Tie.key).where(Tie.key.in_(names.values()))))
    covered = {(device, epoch, serial): one.covered_ms for serial, one in (read or {}).items() if serial in new}

    def join(some: Sequence[str]) -> None:
        transaction_settlement.store_slip_references(session, {name: by_name[name] for name in some if name in by_name})
        copy_slip_facts_to_answers(session, answered & set(some), covered)

    refused = set(failure_isolation.process_isolating_failures(session, sorted(by_name.keys() | answered), join))
    if refused:
        alone = select(Tie.response_id).where(Tie.key.in_(refused))
        transaction_settlement.note_passed_over_fields(session, list(session.scalars(alone)))
    return [Arrival(name) for name in names.values() if name in answered - refused], set(names.values())


def copy_slip_facts_to_answers(
    session: Session, keys: Collection[str], covered: Mapping[_Slip, int] | None = None
) -> None:
    """Tell answers that came by a typed code what their slips say, as far as the ledgers have come: stage and
    procedure, and that a slip was past its time. Whoever calls this settles `keys` afterwards.

    `covered`: when ledgers were first seen to have reached the entries of these slips, where that is known (ms since
    1970, UTC)."""
    ordered = sorted(keys)
    for first in range(0, len(ordered), AT_ONCE):
        _tell(session, ordered[first : first + AT_ONCE], covered or {})


def _tell(session: Session, keys: Collection[str], covered: Mapping[_Slip, int]) -> None:
    statement = select(Response, Tie.key).join(Tie, Tie.response_id == Response.id).where(
        Tie.key.in_(keys), Response.channel == Channel.CODE.value, Response.outcome != CountOutcome.NOT_COUNTED.value
    )  # fmt: skip
    answers = [(response, paper) for response, key in session.execute(statement) if (paper := _named(key)) is not None]
    slips = select_covered_slips(session, {named for _response, named in answers})
    # What its desk says of its time is no reason before this: it may be said only now. The lookup is for few.
    late = {named for response, named in answers if named in slips and response.at_ms > _last_ms(slips[named])}
    makers = find_slip_entries(session, [slips[named] for named in late - covered.keys()])
    covered_ms = {**{named: one.covered_ms for named, one in makers.items()}, **covered}
    for response, paper in answers:
        one = slips.get(paper)
        if one is None:
            continue
        before = (response.stage, response.procedure_code, response.outcome)
        if response.stage is None:
            response.stage, response.procedure_code = one.stage, one.procedure_code
        if response.at_ms > _last_ms(one, covered_ms.get(paper, 0)):
            response.outcome, response.reason = CountOutcome.NOT_COUNTED.value, "slip_expired"
            response.joined = None
        if before != (response.stage, response.procedure_code, response.outcome):
            agencies = (response.agency_key, response.decider_key)
            staleness.mark_stale(session, {(agency, response.month) for agency in agencies if agency})
    session.flush()


def _last_ms(one: PrintedSlip, covered_ms: int = 0) -> int:
    """The last moment a slip works whose days do not begin before `covered_ms` (ms since 1970, UTC)."""
    counted = one.minted_ms if one.counted_ms is None else one.counted_ms
    return slip.find_last_valid_ms(max(counted, covered_ms), one.due_days)


def select_covered_slips(session: Session, slips: Collection[_Slip]) -> dict[_Slip, PrintedSlip]:
    """Those of the slips whose ledgers have come."""
    p = PrintedSlip
    rows = session.scalars(select(p).where(tuple_(p.device_id, p.epoch, p.serial).in_(slips))) if slips else ()
    return {(one.device_id, one.epoch, one.serial): one for one in rows}


def find_slip_entries(session: Session, slips: Collection[PrintedSlip]) -> dict[_Slip, CoveredEntry]:
    """The entries that made these slips. Nothing but the entries says which these are, so a ledger is read for it as
    far as need be. It is asked of few: of slips past their time by what their desk says that were answered all the
    same, since that was not known yet, and of those whose openings come later than they do."""
    slip_entries: dict[_Slip, CoveredEntry] = {}
    for device, epoch in sorted({(one.device_id, one.epoch) for one in slips}):
        slip_by_serial = {one.serial: one for one in slips if (one.device_id, one.epoch) == (device, epoch)}
        statement = select(StoredEntry.bytes, StoredEntry.covered_ms).where(
            StoredEntry.device == device, StoredEntry.epoch == epoch, StoredEntry.typ == "token"
        )
        with session.execute(statement.order_by(StoredEntry.seq).execution_options(yield_per=AT_ONCE)) as rows:
            for raw, covered in rows:
                if not any(int(serial) in slip_by_serial for serial in _SERIAL.findall(raw)):
                    continue
                entry = entry_chain.parse_trusted_entry(raw)
                serial = entry.p.get("serial")
                one = slip_by_serial.get(serial) if type(serial) is int else None
                if (
                    one is not None
                    and make_slip_row(entry, (one.agency_key, one.desk_code), low=0, high=covered) is not None
                ):
                    slip_entries[device, epoch, one.serial] = CoveredEntry(entry, covered)
                    del slip_by_serial[one.serial]
                if not slip_by_serial:
                    break
    return slip_entries


def _named(key: str) -> _Slip | None:
    """Device, epoch and serial of a slip; None for what names none, or has numbers that no column holds."""
    match = _SLIP.fullmatch(key)
    if match is None or max(int(match[2]), int(match[3])) > canonical.MAX_COLUMN:
        return None
    return match[1], int(match[2]), int(match[3])
