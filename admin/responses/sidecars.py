"""Sidecars of new responses: ties to slips, follow-up codes, and words written on a phone.

These travel beside an entry and find their place here; the words are for an answer of a tablet. Called by the
projection for new responses, and by the background jobs (`admin.jobs`) for what came in between.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from admin.ledgers import commitment_openings
from admin.ledgers.centre_key_register import RECORDERS
from admin.ledgers.signing_keys import IMPORT
from admin.responses import failure_isolation, issued_slips, transaction_settlement
from admin.responses.connected_answers import AT_ONCE, MOST_ON_ONE, Arrival
from admin.responses.field_authority import FIRST
from models import clock
from models.clock import DAY_MS
from models.protocol import dossier_code, slip_name
from models.protocol.entry_chain import Entry
from models.protocol.sidecar import LONGEST_COMMENT, Sidecar
from models.storage import bulk
from models.tables.device import Epoch
from models.tables.response import FollowUp, Note, OpenedSidecar, Response, ResponseName, Tie, matches_response
from models.tables.slip_record import SlipReference
from models.vocabulary import Channel

#: How long words wait for their answer; then they are erased.
NOTE_DAYS = 180
#: The kinds of what was written for an answer afterwards: the first words, and those of later days, each for itself.
NOTES = ("n", *"0123456789")
#: Answers of tablets that are tied to one slip. A slip is for one; who ties more keeps the phones' for last.
MOST_TABLETS = 5
#: What stands between words that were written one after the other.
_BETWEEN = "\n\n"


def apply_sidecars(
    session: Session,
    names: Mapping[str, ResponseName],
    before: Collection[str] = (),
    by_id: Mapping[str, Entry] | None = None,
) -> list[Arrival]:
    """Give new responses (id under which each is kept → what its device calls it), in the order of their ledger, what
    came with them. `before`: those that are judged by the first rules, where any tie was believed. `by_id`: the entries
    of ratings, by their own ids; what opens another one of the same id is not theirs. A tie that is not believed is
    passed over, and noted. Returns what they came on, to be settled
    (`transaction_settlement.settle_arrived_answers`)."""
    ids = {name: id for id, name in names.items()}
    o = OpenedSidecar
    opening_rows = session.execute(
        select(o.device_id, o.id, o.kind, o.salt, o.value).where(
            o.device_id.in_({name.device for name in ids}),
            o.id.in_({name.id for name in ids}),
            o.kind.in_(("r", "f")),
        )
    )
    openings = [
        (ids.get(ResponseName(device, id)), kind, value)
        for device, id, kind, salt, value in opening_rows
        if by_id is None or commitment_openings.opening_fits_entry(Sidecar(id, kind, salt, value), by_id[id])
    ]
    codes = {id: value[:64] for id, kind, value in openings if id is not None and kind == "f"}
    register_follow_up_codes(session, [(codes[id], name.device, id) for id, name in names.items() if id in codes])
    ties = {id: value for id, kind, value in openings if id is not None and kind == "r"}
    refused = {id for id, value in ties.items() if id not in before and not may_tie(names[id].device, value)}
    refused |= _of_others(session, {id: ties[id] for id in ties if id not in refused and id not in before})
    fine = [id for id in names if id in ties and id not in refused]
    arrived: list[Arrival] = []

    def tie(some: Sequence[str]) -> None:
        arrived.extend(_tie(session, {id: ties[id] for id in some}))

    refused |= set(failure_isolation.process_isolating_failures(session, fine, tie))
    transaction_settlement.note_passed_over_fields(session, refused)
    attach_notes(session, ids)
    return arrived


def may_tie(device: str, value: str) -> bool:
    """Whether what a recorder says about the slip or the dossier of an answer is believed. A desk's device may name its
    own slips; the recorder of phones has verified the token; imported papers came on no slip. A dossier joins answers
    of one agency alone, whoever names it (`admin.responses.transaction_rules`)."""
    if device == IMPORT:
        return False
    if dossier_code.parse_transaction_name(value) is not None:
        return True
    return slip_name.parse_device(value) == device or (device in RECORDERS and slip_name.parse(value) is not None)


def _of_others(session: Session, ties: Mapping[str, str]) -> set[str]:
    """Of answers that are to be tied (id → name of a slip, or a dossier) those of tablets on a slip that their device
    made for another agency, before its desk was handed over: it says nothing about the step of that one."""
    slips = {id: slip_key for id, value in ties.items() if (slip_key := slip_name.parse(value)) is not None}
    r = Response
    rows = select(r.id, r.device_id, r.agency_key).where(r.id.in_(slips), r.device_id.not_in(RECORDERS))
    own = {id: (device, agency) for id, device, agency in session.execute(rows)} if slips else {}
    devices = {device for device, _agency in own.values()}
    epochs = select(Epoch.device_id, Epoch.epoch, Epoch.agency_key).where(Epoch.device_id.in_(devices))
    of = {(device, epoch): agency for device, epoch, agency in session.execute(epochs)} if devices else {}
    return {id for id, (device, agency) in own.items() if (of.get((device, slips[id][1])) or agency) != agency}


def _tie(session: Session, values: Mapping[str, str]) -> list[Arrival]:
    """Tie responses to their slips, or to a dossier's step by its references; returns what has to be settled."""
    transaction_settlement.lock_agencies(session, _agencies(session, values))
    tied_ids = set(session.scalars(select(Tie.response_id).where(Tie.response_id.in_(values))))
    read = {id: dossier_code.parse_transaction_name(value) for id, value in values.items()}
    id_references = {id: references for id, references in read.items() if references is not None}
    keys = {id: id if id in id_references else value[:80] for id, value in values.items()}
    heaped = _heaped(session, {id: key for id, key in keys.items() if id not in id_references and id not in tied_ids})
    transaction_settlement.note_passed_over_fields(session, heaped)
    keys = {id: key for id, key in keys.items() if id not in heaped}
    bulk.insert(session, Tie, [{"response_id": id, "key": key} for id, key in keys.items() if id not in tied_ids])
    transaction_settlement.store_slip_references(session, id_references)
    issued_slips.copy_slip_facts_to_answers(session, set(keys.values()))
    among = set(keys.values())
    shared = select(Tie.key).where(Tie.key.in_(among)).group_by(Tie.key).having(func.count() > 1)
    joined = select(SlipReference.name).where(SlipReference.name.in_(among))
    matter = {*session.scalars(shared), *session.scalars(joined)}
    return [Arrival(key, (id,)) for id, key in keys.items() if key in matter]


def _agencies(session: Session, ids: Collection[str]) -> set[str]:
    """Whose answers these are."""
    return set(session.scalars(select(Response.agency_key).distinct().where(Response.id.in_(ids))))


def _heaped(session: Session, keys: Mapping[str, str]) -> set[str]:
    """Of responses that are to be tied to slips (id → name of the slip), in the order they came, those that are too
    many there: what was judged by the first rules is not counted among the tablets'."""
    tablets, all_of = dict[str, int](), dict[str, int]()
    names = sorted(set(keys.values()))
    for first in range(0, len(names), AT_ONCE):
        tied = (
            select(Tie.key, Response.channel, Response.rule, func.count())
            .join(Response, Response.id == Tie.response_id)
            .where(Tie.key.in_(names[first : first + AT_ONCE]))
            .group_by(Tie.key, Response.channel, Response.rule)
        )
        for key, channel, rule, n in session.execute(tied):
            all_of[key] = all_of.get(key, 0) + n
            if channel == Channel.KIOSK.value and rule != FIRST:
                tablets[key] = tablets.get(key, 0) + n
    new = select(Response.id, Response.channel, Response.rule).where(Response.id.in_(keys))
    came_by = {id: (channel, rule) for id, channel, rule in session.execute(new)}
    heaped: set[str] = set()
    for id, key in keys.items():
        channel, rule = came_by[id]
        of_tablet = channel == Channel.KIOSK.value and rule != FIRST
        if of_tablet and tablets.get(key, 0) >= MOST_TABLETS or all_of.get(key, 0) >= MOST_ON_ONE:
            heaped.add(id)
            continue
        all_of[key] = all_of.get(key, 0) + 1
        tablets[key] = tablets.get(key, 0) + of_tablet
    return heaped


def register_follow_up_codes(session: Session, code_rows: Sequence[tuple[str, str, str]]) -> None:
    """Remember which answer a follow-up code belongs to: (digest, device, id under which the answer is kept), in the
    order of the ledger. Of a device's answers the first that showed a code keeps it; another device's, that says it
    showed the same, stands beside it."""
    first = {(digest, device): id for digest, device, id in reversed(code_rows)}
    if not first:
        return
    statement = select(FollowUp.digest, FollowUp.device_id).where(FollowUp.digest.in_({digest for digest, _ in first}))
    stored_codes = {(digest, device) for digest, device in session.execute(statement)}
    new = [
        {"digest": digest, "device_id": device, "response_id": id}
        for (digest, device), id in first.items()
        if (digest, device) not in stored_codes
    ]
    bulk.insert(session, FollowUp, new)


def attach_notes(session: Session, names: Collection[ResponseName]) -> int:
    """Make waiting words the text of the answers they were written for, as far as these have come from the tablet that
    showed the page; returns how many. The note stays, without its words, so that its writer's browser is known."""
    ordered = sorted(names, key=lambda name: (name.device, name.id))
    return sum(_attach(session, ordered[at : at + AT_ONCE]) for at in range(0, len(ordered), AT_ONCE))


def _attach(session: Session, names: Sequence[ResponseName]) -> int:
    """The same for a few."""
    waiting = (
        select(Note, Response.id)
        .join(Response, matches_response(Note.device_id, Note.response_id))
        .where(Note.device_id.in_({name.device for name in names}), Note.response_id.in_({name.id for name in names}))
        .where(Note.text != "")
        .with_for_update(of=Note)
    )
    notes = [(note, id) for note, id in session.execute(waiting)]
    for note, id in notes:
        name = ResponseName(note.device_id, note.response_id)
        notes_before = _notes(session, name)
        if len(notes_before) < len(NOTES):
            _say(session, name, NOTES[len(notes_before)], note.text, note.received_ms)
        else:  # never dropped, however much was written
            notes_before[-1].value = append_words(notes_before[-1].value, note.text)
        if note.follow:
            register_follow_up_codes(session, [(note.follow, note.device_id, id)])
        note.text = ""
    session.flush()
    return len(notes)


def add_further_words(session: Session, name: ResponseName, text: str, now_ms: int) -> bool:
    """Keep further words (masked) for an answer that is here, beside what was written for it before; its own text is
    sealed and stays as it is. What is written between one morning (`clock.morning_day`) and the next stands together,
    as paragraphs; what comes later stands alone, since what came before may have been released. The same words again
    change nothing. False: there is no room for so many (`LONGEST_COMMENT`, `NOTES`), and nothing was kept."""
    own = session.get(OpenedSidecar, (name.device, name.id, "c"))
    if own is not None and own.value == text:
        return True
    notes = _notes(session, name)
    text_before = _BETWEEN.join(one.value for one in notes)
    if append_words(text_before, text) == text_before:
        return True
    alone = not notes or clock.morning_day(notes[-1].received_ms) != clock.morning_day(now_ms)
    if len(append_words(text_before, text)) > LONGEST_COMMENT or alone and len(notes) == len(NOTES):
        return False
    if alone:
        _say(session, name, NOTES[len(notes)], text, now_ms)
    else:
        notes[-1].value = append_words(notes[-1].value, text)
        notes[-1].received_ms = max(notes[-1].received_ms, now_ms)
        session.flush()
    return True


def _notes(session: Session, name: ResponseName) -> list[OpenedSidecar]:
    """What was written for an answer afterwards, in the order it was kept, locked."""
    o = OpenedSidecar
    rows = select(o).where(o.device_id == name.device, o.id == name.id, o.kind.in_(NOTES)).with_for_update()
    notes = session.scalars(rows.execution_options(populate_existing=True)).all()
    return sorted(notes, key=lambda one: NOTES.index(one.kind))


def _say(session: Session, name: ResponseName, kind: str, text: str, received_ms: int) -> None:
    session.add(
        OpenedSidecar(device_id=name.device, id=name.id, kind=kind, salt="", value=text, received_ms=received_ms)
    )
    session.flush()


def join_words(values: Mapping[str, str]) -> str:
    """What was written for an answer afterwards (kind → words), as one text."""
    return _BETWEEN.join(values[kind] for kind in NOTES if kind in values)


def append_words(words: str, more: str) -> str:
    """Words with others after them as a further paragraph; as they are when they hold these already."""
    if f"{_BETWEEN}{more}{_BETWEEN}" in f"{_BETWEEN}{words}{_BETWEEN}":
        return words
    return f"{words}{_BETWEEN}{more}" if words else more


def find_finished_notes(session: Session, now_ms: int) -> list[ResponseName]:
    """Notes whose answer is here already, or that waited too long."""
    notes = select(Note.device_id, Note.response_id)
    arrived = notes.join(Response, matches_response(Note.device_id, Note.response_id)).where(Note.text != "")
    old = notes.where(Note.received_ms < now_ms - NOTE_DAYS * DAY_MS)
    return [ResponseName(device, id) for statement in (arrived, old) for device, id in session.execute(statement)]


def attach_and_expire_notes(session: Session, now_ms: int) -> None:
    """Attach words that were written while their answer was being projected, and erase what waited for 180 days."""
    attach_notes(session, find_finished_notes(session, now_ms))
    old = Note.received_ms < now_ms - NOTE_DAYS * DAY_MS
    session.execute(delete(Note).where(old))
    session.flush()
