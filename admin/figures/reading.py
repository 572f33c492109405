"""Reading tallies: the one statement behind every figure, from rows of `tally_month` to `Answers`.

Responses are never scanned. A statement goes by agency and month, or, for more than a few agencies, by month,
instrument and item; then the agencies are picked here, because an engine given a long list of them reads far more rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from admin.figures.index import NO_COUNTS, Answers, Counts
from admin.figures.questionnaires import RESPONSES, Questionnaire
from models.tallies import TallyMonth
from models.vocabulary import SCORES, Channel

#: The channels a headline pools: all but the open poster, whose answers nobody vouches for.
POOLED = tuple(channel.value for channel in Channel if channel is not Channel.POSTER)
#: The channels that belong to one dossier each: what a response rate counts.
TIED = (Channel.KIOSK.value, Channel.QR.value, Channel.CODE.value)

_SCORE_PLACES = {str(score): place for place, score in enumerate(SCORES)}
#: Up to so many agencies the statement names them.
FEW_AGENCIES = 8

Column = InstrumentedAttribute[Any]
Group = tuple[Any, ...]


@dataclass
class _Gathered:
    items: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: list(NO_COUNTS)))
    outcomes: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def frozen(self) -> Answers:
        counts: dict[str, Counts] = {}
        for item, (one, two, three, four, five) in self.items.items():
            counts[item] = (one, two, three, four, five)
        return Answers(counts, dict(self.outcomes))


def answers_by(
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

    `items` limits what is read (default: all items and what happened to responses); `channels` None means every one.
    One statement. Groups without a row are missing.
    """
    wanted = items if items is not None else (*questionnaire.items, RESPONSES)
    t = TallyMonth
    apart = [t.agency_key, *by]
    statement = (
        select(*apart, t.item, t.value, func.sum(t.n))
        .where(t.month.in_(months), t.instrument == questionnaire.id, t.item.in_(wanted))
        .group_by(*apart, t.item, t.value)
    )
    if channels is not None and set(channels) != {channel.value for channel in Channel}:
        statement = statement.where(t.channel.in_(channels))
    if len(keys) <= FEW_AGENCIES:
        statement = statement.where(t.agency_key.in_(keys))
    found: dict[Group, _Gathered] = defaultdict(_Gathered)
    for agency, *group, item, value, n in session.execute(statement):
        if agency not in keys:
            continue
        gathered = found[tuple(group)]
        if item == RESPONSES:
            gathered.outcomes[value] += int(n)
        elif value in _SCORE_PLACES:
            gathered.items[item][_SCORE_PLACES[value]] += int(n)
    return {group: gathered.frozen() for group, gathered in found.items()}


def answers(
    session: Session,
    keys: Collection[str],
    months: Collection[str],
    questionnaire: Questionnaire,
    *,
    items: Collection[str] | None = None,
    channels: Collection[str] | None = POOLED,
) -> Answers:
    """The same, all in one."""
    found = answers_by(session, (), keys, months, questionnaire, items=items, channels=channels)
    return found.get((), Answers({}, {}))


def merged(parts: Collection[Answers]) -> Answers:
    """Answers of several groups added up."""
    gathered = _Gathered()
    for part in parts:
        for item, counts in part.items.items():
            gathered.items[item] = [a + b for a, b in zip(gathered.items[item], counts, strict=True)]
        for outcome, n in part.outcomes.items():
            gathered.outcomes[outcome] += n
    return gathered.frozen()


def headline_items(questionnaire: Questionnaire) -> tuple[str, ...]:
    """The items a headline is made of: fewer rows to read than all of them."""
    if questionnaire.method.uses_factors:
        return (*questionnaire.factors, RESPONSES)
    return questionnaire.items[:1]
