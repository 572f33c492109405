"""The province's word that somebody answers: only then are follow-up codes given out, anywhere.

Off until the province says otherwise, since a code promises a reply. Desks hear it with their reference data, phones at
once. Codes that were given before can be looked up whatever the word is.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from models.tables.staff_account import AuditRow, StoreMark

#: The mark of the store that holds the word, and what stands there while codes are given.
MARK, ON = "follow_up", "on"


def is_follow_up_promised(session: Session) -> bool:
    """Whether somebody answers, so that codes may be given out."""
    mark = session.get(StoreMark, MARK)
    return mark is not None and mark.value == ON


def set_follow_up_promise(session: Session, on: bool, who: str, now_ms: int) -> bool:
    """The province says whether somebody answers; returns whether that is new. Leaves a line in the audit log.
    `now_ms`: milliseconds since 1970 (UTC)."""
    if is_follow_up_promised(session) == on:
        return False
    value = ON if on else "off"
    session.merge(StoreMark(name=MARK, value=value))
    session.add(AuditRow(at_ms=now_ms, who=who[:120], action="follow_up_set", subject=value))
    session.flush()
    return True
