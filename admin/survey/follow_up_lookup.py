"""Follow-up codes of phones: how they are made, and what a code that is looked up tells.

A phone's code is made from the response's id under a secret of the centre's, so that the page of thanks shows it again
after a reload and nothing but its digest is kept. It has nothing of the slip or the dossier in it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.desks import follow_up_promise
from models.clock import local_day
from models.protocol import crockford, follow_up_code
from models.tables.response import FollowUp, Note, Response


def make_follow_up_code(secret: str, id: str) -> str:
    """The follow-up code of a response, 12 characters: the first 60 bits of an HMAC."""
    number = int.from_bytes(hmac.digest(secret.encode(), b"hailong follow-up\0" + id.encode(), hashlib.sha256)[:8])
    return "".join(crockford.ALPHABET[number >> 59 - 5 * at & 31] for at in range(follow_up_code.LENGTH))


def shows_follow_up_code(session: Session, secret: str, id: str) -> bool:
    """Whether the thanks of a phone's response show its code: it was given one, and codes are given out today."""
    if not follow_up_promise.is_follow_up_promised(session):
        return False
    id_query = select(FollowUp.response_id).where(
        FollowUp.digest == follow_up_code.digest_code(make_follow_up_code(secret, id))
    )
    return id in session.scalars(id_query).all()


@dataclass(frozen=True, slots=True)
class FollowUpState:
    """What a code tells its holder. `arrived`: the answer is here (else only the words that were written for it);
    `week`, `year`: when, no closer than the ISO week."""

    arrived: bool
    week: int
    year: int


def find_follow_up(session: Session, codes: Sequence[str]) -> tuple[str, list[FollowUpState]]:
    """The one of these codes (the readings of what somebody typed) behind which something stands, and what, the newest
    first; nothing for unknown ones. Nothing of what was answered.

    Mostly one. A device may say that it showed another's code: then both are told, for nobody here knows who typed it.
    Where something stands behind several readings, by chance never, none is believed: a device could claim what others'
    codes are misread as, and hide them.
    """
    digests = {follow_up_code.digest_code(code): code for code in codes}
    digest_query = select(FollowUp.digest).where(FollowUp.digest.in_(digests))
    noted = select(Note.follow).where(Note.follow.in_(digests))
    used = set(session.scalars(digest_query)) | set(session.scalars(noted))
    code_states = [(code, _behind(session, digest)) for digest, code in digests.items() if digest in used]
    known_codes = [(code, states) for code, states in code_states if states]
    return known_codes[0] if len(known_codes) == 1 else ("", [])


def _behind(session: Session, digest: str) -> list[FollowUpState]:
    arrived = (
        select(Response.device_id, Response.day)
        .join(FollowUp, FollowUp.response_id == Response.id)
        .where(FollowUp.digest == digest)
    )
    days = {device: day for device, day in session.execute(arrived)}
    waiting = select(Note).where(Note.follow == digest, Note.device_id.not_in(days))
    states = {_in_week(True, day) for day in days.values()}
    states |= {_in_week(False, local_day(note.received_ms)) for note in session.scalars(waiting)}
    return sorted(states, key=lambda one: (one.year, one.week, one.arrived), reverse=True)


def _in_week(arrived: bool, day: str) -> FollowUpState:
    year, week, _weekday = date.fromisoformat(day).isocalendar()
    return FollowUpState(arrived, week, year)
