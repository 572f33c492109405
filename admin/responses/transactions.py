"""Transactions: one counted answer each, whichever way its answers came and in whatever order.

Of tablet and phone the phone's counts: it was given away from the desk. Of several on the tablet the earliest counts.
Of several browsers on one slip the lowest answer counts and the slip is contested. So whoever prints a slip gains
nothing by using it first, and cannot void an answer by using it second. Each questionnaire is settled by itself.

Answers belong together when they came on one slip, or when a dossier's keyed reference says that they are about the
same stage of one dossier at one agency: papers that were printed twice, by two desks or in two months, and the
tablet's answer. Here they are looked up and what becomes of them is written; `joined_answers` decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from admin.responses import joined_answers
from admin.responses.joined_answers import Member
from admin.statistics.tallies import staleness
from models.storage import bulk
from models.tables.response import Response, Tie
from models.tables.slip_record import SlipReference
from models.vocabulary import Outcome

#: How many keys are looked up by one statement.
AT_ONCE = 500
#: The lock that two transactions take one after the other before they look at who belongs together.
_LOCK = 0x68_6C_74_69


def alone(session: Session) -> None:
    """Wait for others who are joining answers, until this transaction ends: two at once would not see each other's.
    SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def refer(session: Session, references: Mapping[str, Mapping[str, str]]) -> None:
    """Keep what papers and answers belong to: name → local month → reference. Whoever calls this is `alone`, and
    settles the names afterwards."""
    known = _references(session, SlipReference.name, references)
    named = {  # a reference stands once beside a name, whatever months it is said to be of
        (name, reference): month for name, months in references.items() for month, reference in months.items()
    }
    rows = [
        {"name": name, "reference": reference, "month": month}
        for (name, reference), month in named.items()
        if (name, reference) not in known
    ]
    bulk.insert(session, SlipReference, rows)


def settle(session: Session, key: str) -> None:
    """Decide which answers of the transaction that `key` (of a `Tie`) is part of count; marks what changes as stale.
    What comes out depends on the answers alone, not on which came first or how often this is asked."""
    settle_all(session, [key])


def settle_all(session: Session, keys: Collection[str]) -> None:
    """The same for several keys."""
    changed: set[tuple[str, str]] = set()
    ordered = sorted(keys)
    for first in range(0, len(ordered), AT_ONCE):
        for members in _groups(session, ordered[first : first + AT_ONCE]):
            made = joined_answers.settled(members)
            for member in members:
                response, now = member.response, made[member.response.id]
                before = (response.outcome, response.later_score, response.joined)
                response.outcome, response.later_score = now.outcome.value, now.later_score
                if now.joined or member.references:  # else what it was joined by is erased
                    response.joined = list(now.joined) if now.joined else None
                if before != (response.outcome, response.later_score, response.joined):
                    both = (response.agency_key, response.decider_key)
                    changed |= {(agency, response.month) for agency in both if agency}
    staleness.mark(session, changed)
    session.flush()


def _groups(session: Session, keys: Sequence[str]) -> Iterator[list[Member]]:
    """The answers that each key's transaction is among. A slip without a reference stands for itself."""
    referred = {name for name, _reference in _references(session, SlipReference.name, keys)}
    alone: dict[str, list[Member]] = {}
    for response, name in _tied(session, [key for key in keys if key not in referred]):
        alone.setdefault(name, []).append(Member(response, name))
    for key in keys:
        yield _reached(session, key) if key in referred else alone.get(key, [])


def _reached(session: Session, key: str) -> list[Member]:
    """The answers that can be reached from those kept under `key`, these included: on one slip, or about one stage of
    one dossier, at whichever agency. What is not counted belongs to nothing."""
    found: dict[str, Member] = {}
    names, fresh = {key}, {key}
    while fresh:
        steps: set[tuple[str, str]] = set()
        told: dict[str, set[str]] = {}
        for name, reference in _references(session, SlipReference.name, fresh):
            told.setdefault(name, set()).add(reference)
        for response, name in _tied(session, fresh):
            member = found[response.id] = Member(response, name, frozenset(told.get(name, ())))
            steps |= member.steps
        others = _references(session, SlipReference.reference, {reference for reference, _stage in steps})
        by_name: dict[str, set[str]] = {}
        for name, reference in others:
            if name not in names:
                by_name.setdefault(name, set()).add(reference)
        fresh = {
            name
            for response, name in _tied(session, by_name)
            if any((reference, response.stage) in steps for reference in by_name[name])
        }
        names |= fresh
    return list(found.values())


def _references(session: Session, column: InstrumentedAttribute[str], values: Collection[str]) -> set[tuple[str, str]]:
    """(name, reference) where the column has one of these values."""
    if not values:
        return set()
    rows = select(SlipReference.name, SlipReference.reference).where(column.in_(values))
    return {(name, reference) for name, reference in session.execute(rows)}


def _tied(session: Session, names: Collection[str]) -> list[tuple[Response, str]]:
    """The answers kept under these names that could count, each with its name."""
    if not names:
        return []
    rows = (
        select(Response, Tie.key)
        .join(Tie, Tie.response_id == Response.id)
        .where(Tie.key.in_(names), Response.outcome != Outcome.NOT_COUNTED.value)
    )
    return [(response, name) for response, name in session.execute(rows)]
