"""The recount of tallies: an agency's months from their responses, by one function, in three tables.

Counting again is slower than adding one and cannot drift: whatever came late, was superseded, excluded or judged anew
is simply counted, and what stands in the tables otherwise is replaced. Factor D (the result) stands under the agency
that decides where that is another than the one that received the dossier. Knows no web.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ScalarSelect, Select, bindparam, delete, func, or_, select
from sqlalchemy.orm import Session

from admin.statistics.tallies import staleness
from models.reference import instrument
from models.storage import bulk
from models.storage.database import Database
from models.tables.agency import StoredInstrument
from models.tables.response import Response
from models.tables.tally import StaleTally, TallyBrief, TallyDay, TallyMonth
from models.vocabulary import NOT_APPLICABLE, CountOutcome, Factor, ResponseState

RESPONSES = "_responses"
ALL_TOP2 = "_all_top2"
PATTERN = "_pattern"
TOPIC = "topic:"
PAIRED = "_paired"
#: Brief tallies alone: counted responses by what they do not keep apart; the value is the stage, procedure or desk.
STAGE, PROCEDURE, DESK = "_stage", "_procedure", "_desk"
PARTIAL = "_partial"
#: Responses of any outcome: with fields that were passed over (value: their names), joined over devices (value: 1).
IGNORED, JOINED = "_ignored", "_joined"
_COUNTED, _NOT_COUNTED, _PARTIAL = (
    CountOutcome.COUNTED.value,
    CountOutcome.NOT_COUNTED.value,
    ResponseState.PARTIAL.value,
)


@dataclass(frozen=True)
class VersionItems:
    """What counting needs to know of one version of an instrument: its items of factors in order, and those of D."""

    order: tuple[str, ...] = ()
    result: frozenset[str] = frozenset()


#: (instrument, version) → its questions
Questions = dict[tuple[str, int], VersionItems]
_UNKNOWN = VersionItems()
#: The letters of a pattern, one for each item in order.
UNANSWERED, NOT_SATISFIED, SATISFIED = "-", "0", "1"
Table = TallyDay | TallyMonth | TallyBrief
TABLES: tuple[type[Table], ...] = (TallyDay, TallyMonth, TallyBrief)
#: How many months of an agency are read and counted in one go.
AT_ONCE = 14
#: How many answers are counted anew at most while somebody waits who brought one: a tenth of a second or two. A month
#: of few costs as much as one of `_A_MONTH`.
IN_PASSING, _A_MONTH = 5000, 50
_Sums = defaultdict[tuple[Any, ...], int]


@dataclass
class TallyRows:
    """The rows of the three tables without their `n`, as their columns stand, and how often each was met."""

    day: _Sums = field(default_factory=lambda: defaultdict(int))
    month: _Sums = field(default_factory=lambda: defaultdict(int))
    brief: _Sums = field(default_factory=lambda: defaultdict(int))


def _of_months(columns: Any, agency: Any, month: Any) -> Select[Any]:
    return select(*columns).where(agency, month.in_(bindparam("months", expanding=True)))


_r = Response.__table__.c
_RESPONSES = _of_months(
    [
        _r.agency_key, _r.decider_key, _r.desk_code, _r.channel, _r.stage, _r.procedure_code, _r.instrument, _r.version,
        _r.day, _r.month, _r.state, _r.outcome, _r.reason, _r.excluded, _r.score, _r.later_score, _r.answers, _r.topics,
        _r.ignored, _r.joined,
    ],
    or_(_r.agency_key == bindparam("agency"), _r.decider_key == bindparam("agency")),
    _r.month,
)  # fmt: skip
_BRIEF_MONTH = list(TallyBrief.__table__.columns.keys()).index("month")
_STANDING = {table: _of_months(of.columns, of.c.agency_key == bindparam("agency"), of.c.month)
             for table in TABLES for of in (table.__table__,)}  # fmt: skip


def find_stale_pairs(
    session: Session, agency_keys: Collection[str] | None = None, months: Collection[str] | None = None
) -> list[tuple[str, str]]:
    """The (agency key, month) pairs that wait for a recount, in the given scope (None: all)."""
    staleness.write_stale_marks(session)
    statement = select(StaleTally.agency_key, StaleTally.month).order_by(StaleTally.agency_key, StaleTally.month)
    if months is not None:
        statement = statement.where(StaleTally.month.in_(months))
    keys = None if agency_keys is None else set(agency_keys)
    return [(agency, month) for agency, month in session.execute(statement) if keys is None or agency in keys]


def recount_stale(
    session: Session, agency_keys: Collection[str] | None = None, months: Collection[str] | None = None
) -> int:
    """Recount what is stale in the given scope, within the caller's write transaction; returns how many pairs."""
    pairs = find_stale_pairs(session, agency_keys, months)
    return recount_pairs(session, pairs)


def recount_small_stale_months(database: Database) -> None:
    """Recount what is stale and soon done, each month of each agency in a transaction of its own, the smallest first:
    for requests that brought answers. Months of more than `IN_PASSING` answers, and what is more together, are left to
    `admin.jobs`, and to whoever reads their figures before."""
    with database.read() as session:
        n = _answers(Response.agency_key) + _answers(Response.decider_key)
        stale = select(n, StaleTally.agency_key, StaleTally.month)
        waiting = [(answers, agency, month) for answers, agency, month in session.execute(stale)]
    left = IN_PASSING
    for answers, agency, month in sorted(waiting):
        left -= max(answers, _A_MONTH)
        if left < 0:
            return
        with database.write() as session:
            recount_pairs(session, [(agency, month)])


def _answers(agency: Any) -> ScalarSelect[int]:
    """How many answers of its month an agency has in a stale pair, counted as far as it matters."""
    of_pair = select(Response.month).where(agency == StaleTally.agency_key, Response.month == StaleTally.month)
    some = of_pair.limit(IN_PASSING + 1).correlate(StaleTally).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def recount_pairs(session: Session, pairs: Collection[tuple[str, str]], questions: Questions | None = None) -> int:
    """Recount these pairs and take their marks away; returns how many."""
    _recount_pairs(session, pairs, questions)
    return len(pairs)


def _recount_pairs(session: Session, pairs: Collection[tuple[str, str]], questions: Questions | None) -> int:
    """The same; returns how many rows were changed."""
    if not pairs:
        return 0
    # Marking takes the rows' locks, so two recounts of one pair, and a recount and a change, go one after the other;
    # all at once and in one order, or two recounts of several agencies would wait for each other.
    staleness.write_stale_marks(session, pairs)
    if questions is None:
        questions = read_questions(session)
    months: dict[str, list[str]] = {}
    for agency, month in sorted({*pairs}):
        months.setdefault(agency, []).append(month)
    changed, touched = 0, set[str]()
    for agency, of in months.items():
        for at in range(0, len(of), AT_ONCE):
            changed += _recount_agency(session, agency, of[at : at + AT_ONCE], questions, touched)
    first = {month[:4]: month for month in sorted(touched, reverse=True)}
    for month in first.values():  # at the end, the newest year first: these rows are everybody's
        staleness.mark_hidden_stale(session, month)
    return changed


def read_questions(session: Session) -> Questions:
    """The questions of every stored instrument version."""
    questions = {}
    for row in session.scalars(select(StoredInstrument)):
        items = instrument.parse(row.document).factor_items
        result = frozenset(item.id for item in items if item.factor is Factor.RESULT)
        questions[(row.id, row.version)] = VersionItems(tuple(item.id for item in items), result)
    return questions


def _recount_agency(
    session: Session, agency: str, months: Collection[str], questions: Questions, touched: set[str]
) -> int:
    """Count months of one agency, whose marks are held, from their responses, make the rows of all tables say so and
    take the marks away; returns how many rows were gone or new. `touched` gets the months whose brief rows were
    changed: what is hidden depends on these."""
    session.execute(delete(StaleTally).where(StaleTally.agency_key == agency, StaleTally.month.in_(months)))
    parameters, counts = {"agency": agency, "months": list(months)}, TallyRows()
    for row in session.execute(_RESPONSES, parameters):
        _count_response(counts, row, agency, questions.get((row.instrument, row.version), _UNKNOWN))
    staleness.draw_stamps(session, [(agency, month) for month in months])
    changed = 0
    for table, sums in ((TallyDay, counts.day), (TallyMonth, counts.month), (TallyBrief, counts.brief)):
        before = {tuple(row) for row in session.execute(_STANDING[table], parameters)}
        after = {(*key, n) for key, n in sums.items()}
        gone, new = before - after, after - before
        bulk.delete_rows(session, table, gone)
        bulk.insert_rows(session, table, sorted(new))
        changed += len(gone) + len(new)
        if table is TallyBrief:
            touched |= {row[_BRIEF_MONTH] for row in gone | new}
    return changed


def _count_response(counts: TallyRows, row: Any, agency: str, version_items: VersionItems) -> None:
    """Add what one response contributes to `agency`'s tallies."""
    (
        receiver, decider, desk, channel, stage, procedure, form, version, day, month, state, outcome, reason, excluded,
        score, later_score, answers, topics, ignored, joined,
    ) = row  # fmt: skip
    desk, stage, procedure, excluded = desk or "", stage or "", procedure or "", int(excluded)
    day = day or month  # unknown days of two months must not stand in one row
    days, months, brief = counts.day, counts.month, counts.brief

    def add(item: str, value: str) -> None:
        days[agency, day, desk, channel, stage, form, version, item, excluded, value, month] += 1
        months[agency, month, channel, stage, procedure, form, version, item, excluded, value] += 1
        brief[agency, month, form, item, channel, excluded, version, value] += 1

    received = receiver == agency
    if received:
        add(RESPONSES, outcome if reason is None else f"{outcome}:{reason}")
        if ignored:
            add(IGNORED, " ".join(ignored))
        if joined:
            add(JOINED, "1")
        if later_score is not None and score is not None and outcome != _NOT_COUNTED:
            add(PAIRED, f"{int(score >= 4)}:{int(later_score >= 4)}")
    if outcome != _COUNTED:
        return
    own = answers
    if decider is not None or not received:
        own = {item: item_answer for item, item_answer in answers.items() if received != (item in version_items.result)}
    for item, answer in own.items():
        add(item, str(answer))
    pattern = "".join([_score_mark(own.get(item, NOT_APPLICABLE)) for item in version_items.order])
    if pattern.strip(UNANSWERED):
        add(PATTERN, pattern)
    if not received:
        return
    for item, value in ((STAGE, stage), (PROCEDURE, procedure), (DESK, desk)):
        brief[agency, month, form, item, channel, excluded, version, value] += 1
    if state == _PARTIAL:
        add(PARTIAL, "1")
    scores = [item_answer for item_answer in answers.values() if item_answer != NOT_APPLICABLE]
    add(ALL_TOP2, "1" if scores and min(scores) >= 4 else "0")
    for topic in topics:
        add(TOPIC + topic, str(score or 0))


def _score_mark(score: int) -> str:
    return UNANSWERED if score == NOT_APPLICABLE else SATISFIED if score >= 4 else NOT_SATISFIED


def find_all_pairs(session: Session) -> list[tuple[str, str]]:
    """Every (agency key, month) that has responses or tallies."""
    received = select(Response.agency_key, Response.month).distinct()
    pairs = {(key, month) for key, month in session.execute(received)}
    deciders = select(Response.decider_key, Response.month).where(Response.decider_key.is_not(None)).distinct()
    pairs |= {(key, month) for key, month in session.execute(deciders) if key}
    tallied = select(TallyMonth.agency_key, TallyMonth.month).distinct()
    pairs |= {(key, month) for key, month in session.execute(tallied)}
    return sorted(pairs)


def count_recount_changes(session: Session, agency: str, *months: str) -> int:
    """Recount months of an agency and return how many rows of its tables were gone or new."""
    return _recount_pairs(session, [(agency, month) for month in months], None)
