"""Sidecars of new responses: ties to slips, follow-up codes, and words written on a phone.

These travel beside an entry and find their place here; the words are for an answer of a tablet. Called by the
projection for new responses, and by the background jobs (`admin.jobs`) for what came in between.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from admin.responses import issued_slips, transactions
from models.protocol import dossier_code
from models.storage import bulk
from models.tables.response import FollowUp, Note, OpenedSidecar, Response, Tie
from models.tables.slip_record import SlipReference

#: How long words wait for their answer; then they are erased.
NOTE_DAYS = 180
NOTE = "n"
_DAY = 86_400_000


def take(session: Session, ids: Collection[str]) -> None:
    """Give new responses what came with them, and settle who counts on their slips."""
    opened = session.execute(
        select(OpenedSidecar.id, OpenedSidecar.kind, OpenedSidecar.value).where(
            OpenedSidecar.id.in_(ids), OpenedSidecar.kind.in_(("r", "f"))
        )
    ).all()
    _follow(session, {value[:64]: id for id, kind, value in opened if kind == "f"})
    _tie(session, {id: value for id, kind, value in opened if kind == "r"})
    attach(session, ids)


def _tie(session: Session, values: dict[str, str]) -> None:
    """Tie responses to their slips, or to a dossier's step by its references, and settle who counts."""
    if not values:
        return
    transactions.alone(session)
    known = set(session.scalars(select(Tie.response_id).where(Tie.response_id.in_(values))))
    read = {id: dossier_code.of_transaction(value) for id, value in values.items()}
    named = {id: found for id, found in read.items() if found is not None}
    keys = {id: id if id in named else value[:80] for id, value in values.items()}
    bulk.insert(session, Tie, [{"response_id": id, "key": key} for id, key in keys.items() if id not in known])
    transactions.refer(session, named)
    issued_slips.tell(session, set(keys.values()))
    among = set(keys.values())
    shared = select(Tie.key).where(Tie.key.in_(among)).group_by(Tie.key).having(func.count() > 1)
    joined = select(SlipReference.name).where(SlipReference.name.in_(among))
    transactions.settle_all(session, {*session.scalars(shared), *session.scalars(joined)})


def _follow(session: Session, digests: dict[str, str]) -> None:
    """Remember which answer a follow-up code belongs to; the first that showed a code keeps it."""
    if not digests:
        return
    known = set(session.scalars(select(FollowUp.digest).where(FollowUp.digest.in_(digests))))
    new = [{"digest": digest, "response_id": id} for digest, id in digests.items() if digest not in known]
    bulk.insert(session, FollowUp, new)


def attach(session: Session, ids: Collection[str]) -> int:
    """Make waiting words the text of the answers they were written for, as far as these have come from the tablet that
    showed the page; returns how many. The note stays, without its words, so that its writer's browser is known."""
    waiting = (
        select(Note)
        .join(Response, (Response.id == Note.response_id) & (Response.device_id == Note.device_id))
        .where(Note.response_id.in_(ids), Note.text != "")
        .with_for_update(of=Note)
    )
    notes = session.scalars(waiting).all()
    here = select(OpenedSidecar.id).where(
        OpenedSidecar.id.in_([note.response_id for note in notes]), OpenedSidecar.kind == NOTE
    )
    there = set(session.scalars(here)) if notes else set()
    for note in notes:
        if note.response_id not in there:
            session.add(
                OpenedSidecar(
                    id=note.response_id, kind=NOTE, salt="", value=note.text, received_ms=note.received_ms
                )
            )
        if note.follow:
            _follow(session, {note.follow: note.response_id})
        note.text = ""
    session.flush()
    return len(notes)


def left_waiting(session: Session, now_ms: int) -> list[str]:
    """Notes whose answer is here already, or that waited too long."""
    arrived = (
        select(Note.response_id)
        .join(Response, (Response.id == Note.response_id) & (Response.device_id == Note.device_id))
        .where(Note.text != "")
    )
    old = select(Note.response_id).where(Note.received_ms < now_ms - NOTE_DAYS * _DAY)
    return [*session.scalars(arrived), *session.scalars(old)]


def tidy(session: Session, now_ms: int) -> None:
    """Attach words that were written while their answer was being projected, and erase what waited for 180 days."""
    attach(session, left_waiting(session, now_ms))
    old = Note.received_ms < now_ms - NOTE_DAYS * _DAY
    session.execute(delete(Note).where(old))
    session.flush()
