"""Transactions: one counted answer each, whichever way its answers came and in whatever order.

Of tablet and phone the phone's counts: it was given away from the desk. Of several on the tablet the earliest counts.
Of several browsers on one slip the lowest answer counts and the slip is contested. So whoever prints a slip gains
nothing by using it first, and cannot void an answer by using it second. Each questionnaire is settled by itself.

Answers belong together when they came on one slip, or when a dossier's keyed reference says that they are about the
same stage of one dossier at one agency: papers that were printed twice, by two desks or in two months, and the
tablet's answer. `connected_answers` looks them up, `joined_answers` decides, and what becomes of them is written here.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from admin.responses import connected_answers, failure_isolation, transaction_rules
from admin.responses.connected_answers import AT_ONCE, Arrival
from admin.responses.transaction_rules import TIE
from admin.statistics.tallies import staleness
from models.storage import bulk
from models.tables.response import Response, Tie
from models.tables.slip_record import SlipReference

log = logging.getLogger(__name__)
#: The lock that two transactions take one after the other before they look at who belongs together at an agency; with
#: it stands each agency's own.
_LOCK = 0x68_6C_74_69
#: Where a session remembers whose turns it has, and what stands there for all; a session is one transaction.
_TURNS, _EVERYWHERE = "turns", "*"


def lock_agencies(session: Session, agencies: Collection[str]) -> None:
    """Wait for others who are joining answers of these agencies (keys), until this transaction ends: two at once would
    not see each other's. SQLite has one writer anyway.

    Whoever needs several kinds of locks asks for this one first: nobody waits for an agency's turn while he holds what
    all others need (the head of the batch log, a recorder's epoch)."""
    unlocked = set(agencies) - _held(session)
    if unlocked and session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock_shared(_LOCK)))
        for number in sorted({_number(agency) for agency in unlocked}):  # in one order, or two would wait for ever
            session.execute(select(func.pg_advisory_xact_lock(_LOCK, number)))
    _hold(session, unlocked)


def lock_all_agencies(session: Session) -> None:
    """The same for all agencies at once: what the first rules judge is joined over all of them."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    _hold(session, {_EVERYWHERE})


def _hold(session: Session, agencies: Collection[str]) -> None:
    """Remember whose turns this transaction has. What is taken within a savepoint may end with it."""
    if not session.in_nested_transaction():
        session.info.setdefault(_TURNS, set()).update(agencies)


def _held(session: Session) -> set[str]:
    turns: set[str] = session.info.get(_TURNS, set())
    return turns


def _number(agency: str) -> int:
    """An agency's lock: 32 bits of its key's hash. Two with one number wait for each other, and no more."""
    return int.from_bytes(hashlib.sha256(agency.encode()).digest()[:4], "big", signed=True)


def store_slip_references(session: Session, references: Mapping[str, Mapping[str, str]]) -> None:
    """Keep what papers and answers belong to: name → local month → reference. Whoever calls this for names that may be
    answered by now is `lock_agencies`, and settles them afterwards."""
    stored_pairs: set[tuple[str, str]] = set()
    names = sorted(references)
    for first in range(0, len(names), AT_ONCE):
        condition = SlipReference.name.in_(names[first : first + AT_ONCE])
        known_rows = session.execute(select(SlipReference.name, SlipReference.reference).where(condition))
        stored_pairs |= {(name, reference) for name, reference in known_rows}
    months_by_pair = {  # a reference stands once beside a name, whatever months it is said to be of
        (name, reference): month for name, months in references.items() for month, reference in months.items()
    }
    rows = [
        {"name": name, "reference": reference, "month": month}
        for (name, reference), month in months_by_pair.items()
        if (name, reference) not in stored_pairs
    ]
    bulk.insert(session, SlipReference, rows)


def settle_arrived_answers(session: Session, arrivals: Sequence[Arrival]) -> None:
    """Decide which answers count of the transactions that these are part of, as they came in: what is first is joined
    first, and what comes beyond the bounds is passed over. What cannot be settled is parted from the others."""
    together: dict[str, list[Arrival]] = {}
    for one in arrivals:
        together.setdefault(one.key, []).append(one)

    def settled(keys: Sequence[str]) -> None:
        here = set(keys)
        settle_transactions(session, keys, [one for one in arrivals if one.key in here])

    parted = failure_isolation.process_isolating_failures(session, list(together), settled)
    if parted:
        _drop_references(session, parted)
        ids = [id for key in parted for one in together[key] for id in one.ids]
        for first in range(0, len(ids), AT_ONCE):
            untied = delete(Tie).where(Tie.response_id.in_(ids[first : first + AT_ONCE]))
            session.execute(untied.execution_options(synchronize_session=False))
        note_passed_over_fields(session, ids)


def settle_transaction(session: Session, key: str) -> None:
    """Decide which answers of the transaction that `key` (of a `Tie`) is part of count; marks what changes as stale.
    What comes out depends on the answers alone, not on which came first or how often this is asked."""
    settle_transactions(session, [key])


def settle_transactions(session: Session, keys: Collection[str], arrivals: Sequence[Arrival] = ()) -> None:
    """The same for several keys, each transaction once. Whoever calls this is `lock_agencies` at the agencies of the
    answers that came in; turns of others that stand beside them are taken here.

    `arrivals`: what came in under `keys` and is settled for the first time, in the order it came. Where references join
    more than a dossier can have, those of the later ones are passed over, and noted."""
    if not keys:
        return
    connected = connected_answers.find_connected_answers(session, keys, arrivals)
    locked = _held(session)
    others = connected_answers.list_member_agencies(connected.members) - locked
    if others and _EVERYWHERE not in locked:
        # Answers of a slip whose desk went to another agency since, or joined over agencies before each had its own
        # step: looked at again when these are kept off too. Of two that wait for each other here the store breaks off
        # one (`StoreFault.BUSY`), and whoever asked for it asks again.
        lock_agencies(session, others)
        connected = connected_answers.find_connected_answers(session, keys, arrivals)
    decisions = transaction_rules.decide_outcomes(connected.members, connected.first)
    becomes: dict[str, tuple[str, int | None, list[str] | None]] = {}
    for member in connected.members:
        response, now = member.response, decisions[member.response.id]
        joined = list(now.joined) if now.joined else None
        if joined is None and not member.references:  # what it was joined by is erased
            joined = response.joined
        after = (now.outcome.value, now.later_score, joined)
        if after != (response.outcome, response.later_score, response.joined):
            becomes[response.id] = after
    _write(session, becomes)
    _pass_over(session, connected)


def _write(session: Session, becomes: Mapping[str, tuple[str, int | None, list[str] | None]]) -> None:
    """Write outcome, later score and devices of these answers, and mark their months as stale."""
    changed: set[tuple[str, str]] = set()
    ids = sorted(becomes)
    for first in range(0, len(ids), AT_ONCE):
        for response in session.scalars(select(Response).where(Response.id.in_(ids[first : first + AT_ONCE]))):
            response.outcome, response.later_score, response.joined = becomes[response.id]
            both = (response.agency_key, response.decider_key)
            changed |= {(agency, response.month) for agency in both if agency}
    staleness.mark_stale(session, changed)
    session.flush()


def _pass_over(session: Session, connected: connected_answers.ConnectedAnswers) -> None:
    """Note what was passed over on its answers, and drop the references of names of which nothing was joined, so that
    what they would join does not grow. What was judged under the first rules keeps what it is joined by."""
    if connected.lost:
        log.warning("%d names are joined with too much by their references; these are passed over", len(connected.lost))
    _drop_references(session, sorted(connected.lost))
    note_passed_over_fields(session, connected.passed_over)


def _drop_references(session: Session, names: Sequence[str]) -> None:
    for first in range(0, len(names), AT_ONCE):
        dropped = delete(SlipReference).where(SlipReference.name.in_(names[first : first + AT_ONCE]))
        session.execute(dropped.execution_options(synchronize_session=False))


def note_passed_over_fields(session: Session, ids: Collection[str]) -> None:
    """Note on these responses that what they say of a slip or a dossier was passed over."""
    ordered = sorted(ids)
    for first in range(0, len(ordered), AT_ONCE):
        for response in session.scalars(select(Response).where(Response.id.in_(ordered[first : first + AT_ONCE]))):
            response.ignored = sorted({*(response.ignored or ()), TIE})
    session.flush()
