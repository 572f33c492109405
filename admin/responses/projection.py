"""The projection: accepted entries in order, each rating counted, or not counted for a reason.

It can be thrown away and run again: everything here follows from the entries, the openings that came with them, and
the reference data. The local day of a response is fixed when it is first projected. Papers are typed in long after
they were filled in: nothing but the file says when, so no lower bound holds for them. What an entry is believed in is
decided by the table of `admin.responses.field_authority`. Knows no web.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.ledgers import slip_ledger_check
from admin.ledgers.centre_key_register import RECORDERS
from admin.responses import (
    authority_facts,
    field_authority,
    issued_slips,
    proved_times,
    sidecars,
    slip_backfill,
    transaction_settlement,
)
from admin.responses.field_authority import EntryField, Recorder, RecorderContext
from admin.statistics.tallies import staleness
from models import clock
from models.ids import is_id
from models.protocol import entry_chain, rating, slip
from models.protocol.rating import BadRating, Rating
from models.reference import instrument
from models.reference.instrument import Instrument
from models.storage import bulk
from models.tables.agency import Agency, Desk, StoredInstrument
from models.tables.device import Device, Epoch
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response, ResponseName
from models.vocabulary import NOT_APPLICABLE, CountOutcome, ResponseState

STEP = 1000
_READ = frozenset({"rating", "token", "anchor"})


@dataclass(frozen=True, slots=True)
class ReferenceData:
    """What the projection knows besides the entries: who exists, and which questions were asked when."""

    agencies: frozenset[str]
    desks: dict[str, str]
    instruments: dict[tuple[str, int], Instrument]

    def newest(self, id: str) -> Instrument:
        """The newest version of a questionnaire; KeyError if there is none."""
        return self.instruments[max(key for key in self.instruments if key[0] == id)]


def load_reference_data(session: Session) -> ReferenceData:
    """The reference data as it stands in the store."""
    return ReferenceData(
        frozenset(session.scalars(select(Agency.key))),
        {code: agency for code, agency in session.execute(select(Desk.code, Desk.agency_key))},
        {
            (row.id, row.version): instrument.parse_text(json.dumps(row.document, sort_keys=True))
            for row in session.scalars(select(StoredInstrument))
        },
    )


def project_entries(
    session: Session, device_id: str, epoch: int, reference: ReferenceData | None = None, *, limit: int = STEP
) -> int:
    """Project the entries of one ledger that were not read yet, at most `limit`, within the caller's write
    transaction. Marks the touched months as stale. Returns how many entries were read (`limit`: there may be more)."""
    reference = reference or load_reference_data(session)
    device = session.get_one(Device, device_id)
    _take_turn(session, session.get_one(Epoch, (device_id, epoch)), device, reference)
    statement = select(Epoch).where(Epoch.device_id == device_id, Epoch.epoch == epoch).with_for_update()
    row = session.scalars(statement.execution_options(populate_existing=True)).one()
    entries = session.execute(
        select(StoredEntry.seq, StoredEntry.bytes, StoredEntry.typ, StoredEntry.covered_ms)
        .where(StoredEntry.device == device_id, StoredEntry.epoch == epoch, StoredEntry.seq > row.projected_seq)
        .order_by(StoredEntry.seq)
        .limit(limit)
    ).all()
    if not entries:
        return 0
    by = make_recorder_context(row, device, reference)
    if by.agency and row.agency_key is None:  # the desk was unknown until now
        slip_backfill.backfill_slips(session, row, by)
        row.agency_key, row.desk_code = by.agency, by.desk
    new: list[dict[str, Any]] = []
    slip_rows: list[tuple[str, dict[str, Any]]] = []
    minted: dict[int, issued_slips.CoveredEntry] = {}
    proved = proved_times.read_proved_times(row)
    read = [(entry_chain.parse_trusted_entry(raw), covered) for _seq, raw, typ, covered in entries if typ in _READ]
    facts = authority_facts.load_authority_facts(session, [entry for entry, _covered in read])
    for entry, covered in read:
        number = field_authority.find_rules_number(entry.seq, row.first_rules_seq)
        low = 0 if by.recorder is Recorder.IMPORT else proved.low(covered, number)
        context = replace(
            by, low=low, high=covered, procedures=facts.procedures, decider=facts.deciders.get(entry.id),
            receipt=facts.receipt(entry),
        )  # fmt: skip
        if entry.typ == "anchor":
            proved.take(entry, context, number)
        elif entry.typ == "rating":
            new.append(response_from_entry(entry, reference, context, number))
        else:
            paper = issued_slips.parse_issued_slip(entry, context, number)
            if paper is not None:
                slip_rows.append((entry.id, paper))
                minted.setdefault(paper["serial"], issued_slips.CoveredEntry(entry, covered))
    arrived, slips = issued_slips.store_issued_slips(session, slip_rows, minted)
    at = {slip.name_slip(device_id, epoch, serial): minted_entry.entry.seq for serial, minted_entry in minted.items()}
    row.projected_seq = entries[-1].seq
    row.anchor_ms, row.anchor_seq = proved.anchor_ms, proved.anchor_seq
    slip_ledger_check.check_used_slips(session, device_id, epoch)
    if new:
        names = _mark_doubles(session, new)
        bulk.insert(session, Response, new)
        before = {response["id"] for response in new if response["rule"] == field_authority.FIRST}
        origin = {entry.id: entry for entry, _covered in reversed(read) if entry.typ == "rating"}
        arrived += sidecars.apply_sidecars(session, names, before, origin)
        touched = [
            find_tally_agencies(response["agency_key"], response["decider_key"], response["month"]) for response in new
        ]
        staleness.mark_stale(session, set[tuple[str, str]]().union(*touched))
    at = {name: at[name] for name in slips} | {one["id"]: one["seq"] for one in new}
    # A slip's name leads on from the slip's own entry: an answer that stands before that has its place there.
    arrived.sort(key=lambda one: max(at.get(name, 0) for name in (one.key, *one.ids)))
    transaction_settlement.settle_arrived_answers(session, arrived)
    session.flush()
    return len(entries)


def _take_turn(session: Session, row: Epoch, device: Device, reference: ReferenceData) -> None:
    """Wait for whoever joins answers of the ledger's agency, before anything else is locked. Whoever writes to the
    centre's own ledgers, or reads what was left there (`admin.jobs`), did so before he began."""
    if row.projected_seq < row.first_rules_seq:
        transaction_settlement.lock_all_agencies(session)
    elif device.id not in RECORDERS:
        transaction_settlement.lock_agencies(session, {make_recorder_context(row, device, reference).agency or ""})


def make_recorder_context(epoch: Epoch, device: Device, reference: ReferenceData) -> RecorderContext:
    """Who writes an epoch's entries: a device speaks for the place where it stood when the epoch began, empty as long
    as its desk is unknown; the centre's own recorders for every place."""
    recorder = field_authority.recorder_of_device(device.id)
    if recorder is not Recorder.DESK:
        return RecorderContext(recorder)
    desk = epoch.desk_code or device.desk_code
    return RecorderContext(recorder, epoch.agency_key or reference.desks.get(desk or "", ""), desk)


def response_from_entry(
    entry: entry_chain.Entry, reference: ReferenceData, by: RecorderContext, number: int
) -> dict[str, Any]:
    """The response that a rating entry makes, as a row. `by` is who says it; `number` says under which rules it is
    believed (`authority.RULES`)."""
    rules = field_authority.RULES[number]
    at = field_authority.apply_field_authority(EntryField.TIME, entry.t, by, rules)
    day = clock.local_day(at)
    row: dict[str, Any] = {
        "id": entry.id,
        "device_id": entry.dev,
        "epoch": entry.ep,
        "seq": entry.seq,
        "agency_key": by.agency or "",
        "decider_key": None,
        "desk_code": None,
        "procedure_code": None,
        "stage": None,
        "channel": "",
        "lang": "",
        "instrument": "",
        "version": 0,
        "state": "",
        "score": None,
        "answers": {},
        "topics": [],
        "outcome": CountOutcome.NOT_COUNTED.value,
        "reason": None,
        "off_hours": False,
        "excluded": False,
        "rule": number,
        "ignored": None,
        "at_ms": at,
        "low_ms": min(by.low, by.high),
        "high_ms": by.high,
        "claimed_ms": entry.t,
        "day": day,
        "month": day[:7],
    }
    try:
        p, ignored = field_authority.drop_unknown_stage(entry.p, by, rules)
        authorized = field_authority.apply_authority(rating.parse(p), by, rules)
    except BadRating as error:
        row["reason"] = error.code
        return row
    answer, ignored = authorized.rating, [*ignored, *authorized.ignored]
    row |= {
        "agency_key": answer.agency[:40],
        "decider_key": _other(answer),
        "desk_code": _short(answer.desk),
        "procedure_code": _short(answer.procedure),
        "stage": answer.stage.value if answer.stage else None,
        "channel": answer.channel.value,
        "lang": answer.lang[:16],
        "instrument": answer.instrument[:24],
        "version": answer.version,
        "state": answer.state.value,
        "off_hours": answer.off_hours,
        "ignored": sorted(ignored) or None,
    }
    if answer.month is not None:  # a paper form that names no day
        row |= {"day": "", "month": answer.month}
    row["reason"] = _reason(answer, authorized.reason, reference, by)
    if row["reason"] in (None, "declined", "withdrawn", "drill"):
        questionnaire = reference.instruments.get((answer.instrument, answer.version))
        offered = {topic.id for topic in questionnaire.topics} if questionnaire else set()
        row |= {"answers": dict(answer.answers), "topics": [topic for topic in answer.topics if topic in offered]}
    if row["reason"] is None:
        overall = answer.answers.get("overall")
        row |= {"score": overall or None, "outcome": CountOutcome.COUNTED.value}
    return row


def _other(answer: Rating) -> str | None:
    return answer.decider[:40] if answer.decider and answer.decider != answer.agency else None


def find_tally_agencies(agency: str, decider: str | None, month: str) -> set[tuple[str, str]]:
    """Whose tallies a response stands in; the key is empty where nobody knows whose desk it was."""
    return {(agency, month), *([(decider, month)] if decider else [])}


def _short(text: str | None) -> str | None:
    return text[:40] if text else None


def _reason(answer: Rating, refused: str | None, reference: ReferenceData, by: RecorderContext) -> str | None:
    """Why a rating is not counted, or None; `refused`: because its recorder may not say it. The order matters: the
    first reason is the one shown."""
    if answer.drill:
        return "drill"
    if by.agency == "":
        return "unknown_desk"
    if answer.agency not in reference.agencies or (answer.decider and answer.decider not in reference.agencies):
        return "unknown_agency"
    if refused is not None:
        return refused
    questionnaire = reference.instruments.get((answer.instrument, answer.version))
    if questionnaire is None:
        return "unknown_instrument"
    if answer.state in (ResponseState.DECLINED, ResponseState.WITHDRAWN):
        return answer.state.value
    problem = questionnaire.problem(answer.answers)
    if problem is not None:
        return problem
    if questionnaire.overall is not None and answer.answers.get("overall", NOT_APPLICABLE) == NOT_APPLICABLE:
        return "no_answer"
    if not any(score != NOT_APPLICABLE for score in answer.answers.values()):
        return "no_answer"
    return None


def _mark_doubles(session: Session, new: Sequence[dict[str, Any]]) -> dict[str, ResponseName]:
    """An id that its device has used before, or that is none of ours, is kept under a name nobody can claim, and not
    counted; one that another device has used is kept beside it. Returns what may have come with the others: the id
    under which each is kept → its device's name for it."""
    names = [ResponseName(response["device_id"], response["id"]) for response in new]
    of_one = [ResponseName(device, name.id) for name in names for device in _one_device(name.device)]
    ids = {id for name in of_one for id in name.known_by}
    statement = select(Response.id, Response.device_id).where(Response.id.in_(ids))
    device_by_id = {id: device for id, device in session.execute(statement)}
    used = {(_one_device(device), id.removeprefix(f"{device}/")) for id, device in device_by_id.items()}
    names_by_id: dict[str, ResponseName] = {}
    for response, name in zip(new, names, strict=True):
        once = (_one_device(name.device), name.id)
        if not is_id(name.id):
            _rename(response, "bad_id")
            continue
        if once in used or response["rule"] == field_authority.FIRST and name.id in device_by_id:
            _rename(response, "duplicate_id")
            continue
        if name.id in device_by_id:
            response["id"] = name.beside
        device_by_id[response["id"]] = name.device
        used.add(once)
        names_by_id[response["id"]] = name
    return names_by_id


def _one_device(device: str) -> tuple[str, ...]:
    """All that are one device with this one where an id may be used once: the centre's own recorders are."""
    return tuple(sorted(RECORDERS)) if device in RECORDERS else (device,)


def _rename(response: dict[str, Any], reason: str) -> None:
    response["id"] = f"@{response['device_id']}/{response['epoch']}/{response['seq']}"
    response |= {"outcome": CountOutcome.NOT_COUNTED.value, "reason": reason, "score": None}
