"""Recounting: delete an agency's month and count it again from its responses, by one function into three tables.

Counting again is slower than adding one and cannot drift: whatever came late, was superseded, excluded or judged anew
is simply counted. Factor D (the result) stands under the agency that decides where that is another than the one that
received the dossier. Knows no web.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from admin.figures import stale
from models import bulk, instrument
from models.agency import StoredInstrument
from models.responses import Response
from models.tallies import StaleTally, TallyBrief, TallyDay, TallyMonth
from models.vocabulary import NOT_APPLICABLE, Factor, Outcome, State

RESPONSES = "_responses"
ALL_TOP2 = "_all_top2"
PATTERN = "_pattern"
TOPIC = "topic:"
PAIRED = "_paired"
#: Brief tallies alone: counted responses by what they do not keep apart; the value is the stage, procedure or desk.
STAGE, PROCEDURE, DESK = "_stage", "_procedure", "_desk"
PARTIAL = "_partial"


@dataclass(frozen=True)
class Asked:
    """What counting needs to know of one version of an instrument: its items of factors in order, and those of D."""

    order: tuple[str, ...] = ()
    result: frozenset[str] = frozenset()


#: (instrument, version) → its questions
Questions = dict[tuple[str, int], Asked]
_UNKNOWN = Asked()
#: The letters of a pattern, one for each item in order.
UNANSWERED, NOT_SATISFIED, SATISFIED = "-", "0", "1"
_KEY = ("desk_code", "channel", "stage", "procedure_code", "instrument", "version", "item", "excluded", "day", "value")
_Key = tuple[str, str, str, str, str, int, str, int, str, str]
_ITEM, _VALUE = _KEY.index("item"), _KEY.index("value")
_APART = ((STAGE, _KEY.index("stage")), (PROCEDURE, _KEY.index("procedure_code")), (DESK, _KEY.index("desk_code")))
Table = TallyDay | TallyMonth | TallyBrief
TABLES: tuple[type[Table], ...] = (TallyDay, TallyMonth, TallyBrief)


def stale_pairs(
    session: Session, agency_keys: Collection[str] | None = None, months: Collection[str] | None = None
) -> list[tuple[str, str]]:
    """The (agency key, month) pairs that wait for a recount, in the given scope (None: all)."""
    statement = select(StaleTally.agency_key, StaleTally.month).order_by(StaleTally.agency_key, StaleTally.month)
    if months is not None:
        statement = statement.where(StaleTally.month.in_(months))
    keys = None if agency_keys is None else set(agency_keys)
    return [(agency, month) for agency, month in session.execute(statement) if keys is None or agency in keys]


def freshen(session: Session, agency_keys: Collection[str] | None = None, months: Collection[str] | None = None) -> int:
    """Recount what is stale in the given scope, within the caller's write transaction; returns how many pairs."""
    pairs = stale_pairs(session, agency_keys, months)
    return recount_pairs(session, pairs)


def recount_pairs(session: Session, pairs: Collection[tuple[str, str]], questions: Questions | None = None) -> int:
    """Recount these pairs and take their marks away; returns how many."""
    if not pairs:
        return 0
    questions = questions or read_questions(session)
    for agency, month in pairs:
        # Marking takes the row's lock, so two recounts of one pair, and a recount and a change, go one after the other.
        stale.mark(session, {(agency, month)})
        session.execute(delete(StaleTally).where(StaleTally.agency_key == agency, StaleTally.month == month))
        if recount(session, agency, month, questions):
            stale.mark_hidden(session, month)
    return len(pairs)


def read_questions(session: Session) -> Questions:
    """The questions of every stored instrument version."""
    found = {}
    for row in session.scalars(select(StoredInstrument)):
        items = instrument.parse(row.document).factor_items
        result = frozenset(item.id for item in items if item.factor is Factor.RESULT)
        found[(row.id, row.version)] = Asked(tuple(item.id for item in items), result)
    return found


def recount(session: Session, agency: str, month: str, questions: Questions) -> bool:
    """Count one agency's month from its responses and replace its rows in all tables; returns whether the brief ones
    are others now: what is hidden depends on them."""
    counts: Counter[_Key] = Counter()
    statement = select(
        Response.agency_key,
        Response.decider_key,
        Response.desk_code,
        Response.channel,
        Response.stage,
        Response.procedure_code,
        Response.instrument,
        Response.version,
        Response.day,
        Response.month,
        Response.state,
        Response.outcome,
        Response.reason,
        Response.excluded,
        Response.score,
        Response.later_score,
        Response.answers,
        Response.topics,
    ).where(
        or_(Response.agency_key == agency, Response.decider_key == agency),
        Response.month == month,
    )
    for row in session.execute(statement):
        _count(counts, row, agency, questions.get((row.instrument, row.version), _UNKNOWN))
    before = _brief(session, agency, month)
    stale.stamp(session, [(agency, month)])
    for table in TABLES:
        session.execute(delete(table).where(table.agency_key == agency, table.month == month))
    for table in TABLES:
        bulk.insert(session, table, _summed(table, counts, agency, month))
    return before != _brief(session, agency, month)


def _brief(session: Session, agency: str, month: str) -> set[tuple[Any, ...]]:
    t = TallyBrief
    statement = select(*t.__table__.columns).where(t.agency_key == agency, t.month == month)
    return {tuple(row) for row in session.execute(statement)}


def _summed(table: type[Table], counts: Counter[_Key], agency: str, month: str) -> list[dict[str, Any]]:
    """The counts as rows of one table: what it does not keep apart is added up."""
    kept = [place for place, name in enumerate(_KEY) if name in table.__table__.columns]
    sums: Counter[tuple[Any, ...]] = Counter()
    for key, n in counts.items():
        sums[tuple(key[place] for place in kept)] += n
        if table is TallyBrief and key[_ITEM] == RESPONSES and key[_VALUE] == Outcome.COUNTED.value:
            for item, place in _APART:
                beside = (*key[:_ITEM], item, *key[_ITEM + 1 : _VALUE], key[place])
                sums[tuple(beside[at] for at in kept)] += n
    names = [_KEY[place] for place in kept]
    fixed = {"agency_key": agency, "month": month}
    return [{**fixed, **dict(zip(names, key, strict=True)), "n": n} for key, n in sums.items()]


def _count(counts: Counter[_Key], row: Any, agency: str, asked: Asked) -> None:
    """Add what one response contributes to `agency`'s tallies."""
    desk, stage, procedure = row.desk_code or "", row.stage or "", row.procedure_code or ""
    excluded = int(row.excluded)
    day = row.day or row.month  # unknown days of two months must not stand in one row

    def add(item: str, value: str) -> None:
        counts[(desk, row.channel, stage, procedure, row.instrument, row.version, item, excluded, day, value)] += 1

    received = row.agency_key == agency
    if received:
        add(RESPONSES, row.outcome if row.reason is None else f"{row.outcome}:{row.reason}")
        if row.later_score is not None and row.score is not None and row.outcome != Outcome.NOT_COUNTED.value:
            add(PAIRED, f"{int(row.score >= 4)}:{int(row.later_score >= 4)}")
    if row.outcome != Outcome.COUNTED.value:
        return
    decided_elsewhere = row.decider_key is not None
    own = {
        item: score
        for item, score in row.answers.items()
        if received != (item in asked.result and decided_elsewhere)
    }
    for item, score in own.items():
        add(item, str(score))
    pattern = "".join(_mark(own.get(item, NOT_APPLICABLE)) for item in asked.order)
    if pattern.strip(UNANSWERED):
        add(PATTERN, pattern)
    if not received:
        return
    if row.state == State.PARTIAL.value:
        add(PARTIAL, "1")
    given = [score for score in row.answers.values() if score != NOT_APPLICABLE]
    add(ALL_TOP2, "1" if given and all(score >= 4 for score in given) else "0")
    for topic in row.topics:
        add(TOPIC + topic, str(row.score or 0))


def _mark(score: int) -> str:
    return UNANSWERED if score == NOT_APPLICABLE else SATISFIED if score >= 4 else NOT_SATISFIED


def rebuild(session: Session, told: Callable[[str, str], None] | None = None) -> int:
    """Recount every agency and month there is, in one transaction; returns how many of their rows changed (0
    expected). For large stores `hailong admin recount` goes agency by agency instead."""
    changed = 0
    for agency, month in all_pairs(session):
        changed += differs(session, agency, month)
        if told:
            told(agency, month)
    return changed


def all_pairs(session: Session) -> list[tuple[str, str]]:
    """Every (agency key, month) that has responses or tallies."""
    received = select(Response.agency_key, Response.month).distinct()
    pairs = {(key, month) for key, month in session.execute(received)}
    deciders = select(Response.decider_key, Response.month).where(Response.decider_key.is_not(None)).distinct()
    pairs |= {(key, month) for key, month in session.execute(deciders) if key}
    tallied = select(TallyMonth.agency_key, TallyMonth.month).distinct()
    pairs |= {(key, month) for key, month in session.execute(tallied)}
    return sorted(pairs)


def differs(session: Session, agency: str, month: str) -> int:
    """Recount one pair and return how many rows of its tables are different from before."""
    before = _rows(session, agency, month)
    recount_pairs(session, [(agency, month)])
    return len(before ^ _rows(session, agency, month))


def _rows(session: Session, agency: str, month: str) -> set[tuple[Any, ...]]:
    rows: set[tuple[Any, ...]] = set()
    for table in TABLES:
        statement = select(*table.__table__.columns).where(table.agency_key == agency, table.month == month)
        rows |= {(table.__tablename__, *row) for row in session.execute(statement)}
    return rows
