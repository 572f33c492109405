"""Reading of released words: comments page by page, and how the province's questions were answered.

Nothing is read of an answer but what is shown: agency, topics, text, ISO week, and "low" for the scores 1 and 2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import Session

from admin.comments.release import WORDS
from models import masking
from models.tables.released_words import ReleasedAnswer, ReleasedWords
from models.tables.response import OpenedSidecar

#: So many stand on a page.
PAGE = 50
_STEP = 1000


@dataclass(frozen=True)
class CommentQuery:
    """What is asked for. `keys`: agencies (None: all, also those nobody knows); `alone`: the reader may read what is
    for the province alone; `months` from and to (`2026-10`; '' for open ends), `topic` an id, '' for all."""

    keys: Collection[str] | None
    alone: bool
    first: str = ""
    last: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as it is shown; `week` is `2026-W44`, or empty where only the `month` is known."""

    agency: str
    topics: tuple[str, ...]
    text: str
    lang: str
    week: str
    month: str
    low: bool


@dataclass(frozen=True, slots=True)
class QuestionCounts:
    """How one question for the province was answered at one agency in one week: chosen value → how many."""

    agency: str
    week: str
    month: str
    question: str
    counts: dict[int, int]


@dataclass(frozen=True)
class FilterChoices:
    """What can be chosen among: agencies (keys) and months with something to read, the newest month first."""

    agencies: tuple[str, ...]
    months: tuple[str, ...]


def count_comments(session: Session, query: CommentQuery) -> int:
    """How many comments there are to read."""
    return session.scalar(select(func.count()).select_from(ReleasedWords).where(*_of_words(query))) or 0


def read_comment_page(session: Session, query: CommentQuery, number: int) -> list[Comment]:
    """The comments of page `number` (from 1), those of the newest week first."""
    w = ReleasedWords
    rows = _in_order(select(w).where(*_of_words(query))).limit(PAGE).offset((number - 1) * PAGE)
    return _attach_words(session, list(session.scalars(rows)))


def read_all_comments(session: Session, query: CommentQuery) -> Iterator[Comment]:
    """All of them, in the order of the pages."""
    rows = _in_order(select(ReleasedWords).where(*_of_words(query))).execution_options(yield_per=_STEP)
    for some in session.scalars(rows).partitions(_STEP):
        yield from _attach_words(session, list(some))


def read_question_counts(session: Session, query: CommentQuery) -> Iterator[QuestionCounts]:
    """How the questions for the province were answered, the newest week first."""
    a = ReleasedAnswer
    of = (a.month, a.week, a.agency_key, a.question)
    rows = (
        select(*of, a.value, func.count())
        .where(*_scope_condition(a, query))
        .group_by(*of, a.value)
        .order_by(a.month.desc(), a.week.desc(), a.agency_key, a.question, a.value)
    )
    last: QuestionCounts | None = None
    for month, week, agency, question, value, n in session.execute(rows):
        if last is None or (last.month, last.week, last.agency, last.question) != (month, week, agency, question):
            if last is not None:
                yield last
            last = QuestionCounts(agency, week, month, question, {})
        last.counts[value] = n
    if last is not None:
        yield last


def read_filter_choices(
    session: Session, keys: Collection[str] | None, alone: bool, *, of_questions: bool = False
) -> FilterChoices:
    """The agencies and months with something to read for this reader; `of_questions`: of the province's questions."""
    table: Any = ReleasedAnswer if of_questions else ReleasedWords
    conditions = (
        _scope_condition(table, CommentQuery(keys, alone)) if of_questions else _of_words(CommentQuery(keys, alone))
    )
    agencies = session.scalars(select(table.agency_key).where(*conditions).distinct())
    months = session.scalars(select(table.month).where(*conditions).distinct())
    return FilterChoices(tuple(sorted(agencies)), tuple(sorted(months, reverse=True)))


def _attach_words(session: Session, rows: list[ReleasedWords]) -> list[Comment]:
    """The rows with their words; what was erased since is left out. Masked again: not every desk can be trusted to."""
    s = OpenedSidecar
    names = [(row.device_id, row.id, row.kind) for row in rows]
    statement = select(s.device_id, s.id, s.kind, s.value).where(tuple_(s.device_id, s.id, s.kind).in_(names))
    texts = {(device, id, kind): value for device, id, kind, value in session.execute(statement)} if names else {}
    return [
        Comment(
            row.agency_key, tuple(row.topics.split()), masking.mask_text(texts[name]), row.lang, row.week, row.month,
            row.low,
        )
        for row, name in zip(rows, names, strict=True)
        if texts.get(name)
    ]  # fmt: skip


def _in_order(rows: Select[Any]) -> Select[Any]:
    w = ReleasedWords
    return rows.order_by(w.month.desc(), w.week.desc(), w.rank.desc())


def _of_words(query: CommentQuery) -> list[ColumnElement[bool]]:
    conditions = [ReleasedWords.kind.in_(WORDS), *_scope_condition(ReleasedWords, query)]
    if not query.alone:
        conditions.append(ReleasedWords.restricted.is_(False))
    if query.topic:
        conditions.append(ReleasedWords.topics.contains(f" {query.topic} ", autoescape=True))
    return conditions


def _scope_condition(table: Any, query: CommentQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.keys is not None:
        conditions.append(table.agency_key.in_(sorted(query.keys)))
    if query.first:
        conditions.append(table.month >= query.first)
    if query.last:
        conditions.append(table.month <= query.last)
    return conditions
