"""The reader of tallies: the one statement behind every figure, from rows to `Answers`.

The rows are those of `tally_brief`, or of `tally_month` where stages or procedures stand apart. Responses are never
scanned, and what did not change since it was last read comes from memory (`admin.statistics.tallies.cache`). A
statement goes by agency and month, or, for more than a few agencies, by month, instrument and item; then the agencies
are picked here, because an engine given a long list of them reads far more rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from admin.statistics.measures.index import NO_COUNTS, Answers, Counts, Pattern
from admin.statistics.methods.top2 import OVERALL_ITEM
from admin.statistics.tallies import cache
from admin.statistics.tallies.agency_tree import is_whole_province
from admin.statistics.tallies.cache import FEW_AGENCIES
from admin.statistics.tallies.questionnaire_items import RESPONSES, Questionnaire
from admin.statistics.tallies.recount import ALL_TOP2, PATTERN, SATISFIED, UNANSWERED
from models.tables.agency import Agency
from models.tables.tally import TallyBrief, TallyMonth
from models.vocabulary import SCORES, Channel

#: The channels a headline pools: all but the open poster, whose answers nobody vouches for.
POOLED = tuple(channel.value for channel in Channel if channel is not Channel.POSTER)
#: The channels that belong to one dossier each: what a response rate counts.
TIED = (Channel.KIOSK.value, Channel.QR.value, Channel.CODE.value)

_SCORE_PLACES = {str(score): place for place, score in enumerate(SCORES)}
Column = InstrumentedAttribute[Any]
Group = tuple[Any, ...]

@dataclass
class _Gathered:
    items: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: list(NO_COUNTS)))
    outcomes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    all_top2: list[int] = field(default_factory=lambda: [0, 0])
    patterns: dict[Pattern, int] = field(default_factory=lambda: defaultdict(int))

    def frozen(self) -> Answers:
        counts: dict[str, Counts] = {}
        for item, (one, two, three, four, five) in self.items.items():
            counts[item] = (one, two, three, four, five)
        return Answers(counts, dict(self.outcomes), (self.all_top2[0], self.all_top2[1]), dict(self.patterns))


def read_answers_by(
    session: Session,
    by: Sequence[Column],
    keys: Collection[str],
    months: Collection[str],
    questionnaire: Questionnaire,
    *,
    items: Collection[str] | None = None,
    channels: Collection[str] | None = POOLED,
) -> dict[Group, Answers]:
    """The answers of agencies in months to one instrument, apart by the values of the columns `by` of `TallyMonth`.

    `items` limits what is read (default: all items, how respondents combined them, and what happened to responses);
    `channels` None means every one. One statement, and one for each version whose patterns are read. Groups without a
    row are missing.
    """
    item_ids = tuple(items) if items is not None else (*questionnaire.items, RESPONSES, ALL_TOP2, PATTERN)
    by = tuple(by)
    if TallyMonth.month not in by:
        return _read_cached(session, by, keys, months, questionnaire, item_ids, channels)
    place, groups = by.index(TallyMonth.month), {}
    lacking = []
    for month in dict.fromkeys(months):  # each by itself: of thirteen months twelve stay what they were
        before = cache.tally_cache(session).get(
            *_question(session, by, keys, (month,), questionnaire, item_ids, channels)
        )
        if before is None:
            lacking.append(month)
        else:
            groups.update(before)
    if lacking:
        read = _query_answers(session, by, keys, lacking, questionnaire, item_ids, channels)
        for month in lacking:
            part = {group: answers for group, answers in read.items() if group[place] == month}
            _cache_answers(session, _question(session, by, keys, (month,), questionnaire, item_ids, channels), part)
        groups.update(read)
    return groups


def _read_cached(
    session: Session, by: tuple[Column, ...], keys: Collection[str], months: Collection[str],
    questionnaire: Questionnaire, item_ids: tuple[str, ...], channels: Collection[str] | None,
) -> dict[Group, Answers]:  # fmt: skip
    question = _question(session, by, keys, months, questionnaire, item_ids, channels)
    before = cache.tally_cache(session).get(*question)
    if before is not None:
        return dict(before)
    groups = _query_answers(session, by, keys, months, questionnaire, item_ids, channels)
    _cache_answers(session, question, groups)
    return groups


def _question(
    session: Session, by: tuple[Column, ...], keys: Collection[str], months: Collection[str],
    questionnaire: Questionnaire, item_ids: tuple[str, ...], channels: Collection[str] | None,
) -> tuple[Hashable, Hashable]:  # fmt: skip
    """What is asked, and the stamp of what it is asked of."""
    question = (
        tuple(column.key for column in by), frozenset(keys), is_whole_province(session, keys), frozenset(months),
        questionnaire.id, tuple(questionnaire.orders.items()), item_ids,
        None if channels is None else frozenset(channels),
    )  # fmt: skip
    return question, cache.tally_stamp(session, keys, months)


def _cache_answers(session: Session, question: tuple[Hashable, Hashable], groups: dict[Group, Answers]) -> None:
    if question[1] is not None:
        parts = sum(1 + (len(answers.items) + len(answers.patterns)) // 8 for answers in groups.values())
        cache.tally_cache(session).put(*question, dict(groups), 1 + parts)


def _query_answers(
    session: Session, by: Sequence[Column], keys: Collection[str], months: Collection[str],
    questionnaire: Questionnaire, item_ids: Sequence[str], channels: Collection[str] | None,
) -> dict[Group, Answers]:  # fmt: skip
    groups: dict[Group, _Gathered] = defaultdict(_Gathered)
    plain = [item for item in item_ids if item != PATTERN]
    for group, item, value, n in _query_tally_rows(session, by, keys, months, questionnaire, plain, channels, None):
        gathered = groups[group]
        if item == RESPONSES:
            gathered.outcomes[value] += n
        elif item == ALL_TOP2:
            gathered.all_top2[value != "1"] += n
        elif value in _SCORE_PLACES:
            gathered.items[item][_SCORE_PLACES[value]] += n
    if PATTERN in item_ids:
        for version, order in questionnaire.orders.items():
            for group, _, value, n in _query_tally_rows(
                session, by, keys, months, questionnaire, [PATTERN], channels, version
            ):
                groups[group].patterns[_pattern(order, value)] += n
    return {group: gathered.frozen() for group, gathered in groups.items()}


def _pattern(order: Sequence[str], marks: str) -> Pattern:
    return tuple((item, mark == SATISFIED) for item, mark in zip(order, marks, strict=False) if mark != UNANSWERED)


def _query_tally_rows(
    session: Session,
    by: Sequence[Column],
    keys: Collection[str],
    months: Collection[str],
    questionnaire: Questionnaire,
    items: Collection[str],
    channels: Collection[str] | None,
    version: int | None,
) -> Iterator[tuple[Group, str, str, int]]:
    """Group, item, value and sum of the tallies in a scope."""
    brief = all(hasattr(TallyBrief, column.key) for column in by)
    t: Any = TallyBrief if brief else TallyMonth
    whole = is_whole_province(session, keys)
    place: Any = literal("") if whole else t.agency_key
    columns = [getattr(t, column.key) for column in by]
    group_columns = columns if whole else [place, *columns]
    statement = (
        select(place, *columns, t.item, t.value, func.sum(t.n))
        .where(t.month.in_(months), t.instrument == questionnaire.id, t.item.in_(items))
        .group_by(*group_columns, t.item, t.value)
    )
    if channels is not None and set(channels) != {channel.value for channel in Channel}:
        statement = statement.where(t.channel.in_(channels))
    if len(keys) <= FEW_AGENCIES:
        statement = statement.where(t.agency_key.in_(keys))
    elif whole and RESPONSES in items:  # those that are not counted can stand under an agency nobody knows
        statement = statement.where(t.agency_key.in_(select(Agency.key)))
    if version is not None:
        statement = statement.where(t.version == version)
    for agency, *group, item, value, n in session.execute(statement):
        if whole or agency in keys:
            yield tuple(group), item, value, int(n)


def read_answers(
    session: Session,
    keys: Collection[str],
    months: Collection[str],
    questionnaire: Questionnaire,
    *,
    items: Collection[str] | None = None,
    channels: Collection[str] | None = POOLED,
) -> Answers:
    """The same, all in one."""
    groups = read_answers_by(session, (), keys, months, questionnaire, items=items, channels=channels)
    return groups.get((), Answers({}, {}))


def merge_answers(parts: Collection[Answers]) -> Answers:
    """Answers of several groups added up."""
    gathered = _Gathered()
    for part in parts:
        for item, counts in part.items.items():
            gathered.items[item] = [a + b for a, b in zip(gathered.items[item], counts, strict=True)]
        for outcome, n in part.outcomes.items():
            gathered.outcomes[outcome] += n
        for place, n in enumerate(part.all_top2):
            gathered.all_top2[place] += n
        for pattern, n in part.patterns.items():
            gathered.patterns[pattern] += n
    return gathered.frozen()


def find_headline_items(questionnaire: Questionnaire) -> tuple[str, ...]:
    """The items a headline is made of: fewer rows to read than all of them."""
    match questionnaire.method.reads:
        case "overall":
            return (OVERALL_ITEM,)
        case "all_top2":
            return (ALL_TOP2,)
        case "scores":
            return questionnaire.items
        case _:
            return (*questionnaire.factors, RESPONSES, PATTERN)
