"""One transaction, one counted answer, whichever way its answers came and in whatever order.

Of tablet and phone the phone's counts: it was given away from the desk. Of several on the tablet the earliest counts.
Of several browsers on one slip the lowest score counts and the slip is contested. So whoever prints a slip gains
nothing by using it first, and cannot void an answer by using it second.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.figures import stale
from models.responses import Response, Tie
from models.vocabulary import Channel, Outcome

PHONE = (Channel.QR.value, Channel.CODE.value)


def settle(session: Session, key: str) -> None:
    """Decide which answer of the transaction `key` counts; marks what changes as stale."""
    members = session.scalars(
        select(Response)
        .join(Tie, Tie.response_id == Response.id)
        .where(Tie.key == key, Response.outcome != Outcome.NOT_COUNTED.value)
    ).all()
    if len(members) < 2:
        return
    phone = sorted((r for r in members if r.channel in PHONE), key=lambda r: (r.score or 9, r.claimed_ms, r.id))
    desk = sorted((r for r in members if r.channel not in PHONE), key=lambda r: (r.claimed_ms, r.id))
    wanted = {r.id: Outcome.CONTESTED for r in phone[1:]} | {
        r.id: Outcome.SUPERSEDED for r in (desk if phone else desk[1:])
    }
    for response in members:
        outcome = wanted.get(response.id, Outcome.COUNTED).value
        if response.outcome != outcome:
            response.outcome = outcome
            keys = (response.agency_key, response.decider_key)
            stale.mark(session, {(agency, response.month) for agency in keys if agency})
    session.flush()
