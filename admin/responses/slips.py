"""One transaction, one counted answer, whichever way its answers came and in whatever order.

Of tablet and phone the phone's counts: it was given away from the desk. Of several on the tablet the earliest counts.
Of several browsers on one slip the lowest answer counts and the slip is contested. So whoever prints a slip gains
nothing by using it first, and cannot void an answer by using it second. Each questionnaire is settled by itself: the
long form that a citizen adds on the same slip stands beside the short one.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.figures import stale
from admin.responses import pairs
from models.responses import Response, Tie
from models.vocabulary import NOT_APPLICABLE, Channel, Outcome

PHONE = (Channel.QR.value, Channel.CODE.value)


def settle(session: Session, key: str) -> None:
    """Decide which answers of the transaction `key` count; marks what changes as stale. What comes out depends on the
    answers alone, not on which came first or how often this is asked."""
    members = session.scalars(
        select(Response)
        .join(Tie, Tie.response_id == Response.id)
        .where(Tie.key == key, Response.outcome != Outcome.NOT_COUNTED.value)
    ).all()
    wanted = outcomes(members)
    later = pairs.later_scores(members, wanted)
    for response in members:
        outcome = wanted[response.id].value
        if (response.outcome, response.later_score) != (outcome, later[response.id]):
            response.outcome, response.later_score = outcome, later[response.id]
            keys = (response.agency_key, response.decider_key)
            stale.mark(session, {(agency, response.month) for agency in keys if agency})
    session.flush()


def outcomes(members: Iterable[Response]) -> dict[str, Outcome]:
    """Response id → outcome for the answers of one transaction that could count: one a questionnaire does."""
    found: dict[str, Outcome] = {}
    apart: dict[str, list[Response]] = {}
    for response in members:
        apart.setdefault(response.instrument, []).append(response)
    for group in apart.values():
        phone = sorted((r for r in group if r.channel in PHONE), key=lambda r: (level(r), r.claimed_ms, r.id))
        desk = sorted((r for r in group if r.channel not in PHONE), key=lambda r: (r.claimed_ms, r.id))
        counts = (phone or desk)[0].id
        for response in group:
            beaten = Outcome.CONTESTED if response.channel in PHONE else Outcome.SUPERSEDED
            found[response.id] = Outcome.COUNTED if response.id == counts else beaten
    return found


def level(response: Response) -> Fraction:
    """How satisfied an answer is, for choosing the lowest: its overall score, or the mean of its items (1 to 5) where
    the questionnaire has no overall question."""
    if response.score is not None:
        return Fraction(response.score)
    given = [score for score in response.answers.values() if score != NOT_APPLICABLE]
    return Fraction(sum(given), len(given)) if given else Fraction(9)
