"""The provenance of a figure: its method, its questions, its period, and the number of answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from admin.statistics import methods
from admin.statistics.breakdowns import FigureScope, compute_factor_figures
from admin.statistics.measures.index import Answers, Figure, Measure, make_shown_figure
from admin.statistics.measures.periods import months_of
from admin.statistics.measures.thresholds import FEW
from admin.statistics.methods.method import IntervalKind
from admin.statistics.methods.top2 import OVERALL_ITEM, factor
from admin.statistics.tallies.questionnaire_items import (
    FACTORS,
    Questionnaire,
    find_answered_versions,
    read_questionnaire,
)
from models.reference.localized_text import LocalText


@dataclass(frozen=True)
class FigureMethod:
    """How a figure was made. `versions` are those of the instrument that have counted answers in the period, ascending
    (the newest where nobody answered); `scale` are the lowest and highest value the index can have, (0, 100) is per
    cent; `source` says where the method comes from, `interval` which kind of 95% interval its figures carry."""

    instrument: str
    versions: tuple[int, ...]
    method: str
    method_version: int
    method_name: LocalText
    source: str
    scale: tuple[int, int]
    interval: IntervalKind
    period: str


def describe_method(
    session: Session, keys: Collection[str], period: str, instrument: str, method: str | None = None
) -> FigureMethod:
    """How the figure of these agencies in a period is made; by the instrument's own method if none is named.

    Raises `BadPeriod` and `UnknownMethod`.
    """
    questionnaire = questionnaire_by_method(read_questionnaire(session, instrument), method)
    return _made(questionnaire, read_answered_versions(session, keys, months_of(period), questionnaire), period)


def find_interval_kind(session: Session, instrument: str) -> IntervalKind:
    """The kind of interval that the figures of an instrument carry by its own method."""
    return read_questionnaire(session, instrument).method.interval


def questionnaire_by_method(questionnaire: Questionnaire, method: str | None) -> Questionnaire:
    """The questionnaire with another headline method (None: its own). Raises `UnknownMethod`."""
    return questionnaire if method is None else replace(questionnaire, method=methods.method(method))


def read_answered_versions(
    session: Session, keys: Collection[str], months: Collection[str], questionnaire: Questionnaire
) -> tuple[int, ...]:
    """The versions of an instrument with counted answers of these agencies in these months, ascending."""
    if len(questionnaire.orders) < 2:
        return (questionnaire.version,)
    versions = {
        version
        for month_versions in find_answered_versions(session, keys, months).values()
        for id, version in month_versions
        if id == questionnaire.id
    }
    return tuple(sorted(versions)) or (questionnaire.version,)


def method_figures(
    answers: Answers,
    by: Questionnaire,
    questionnaire: Questionnaire,
    own: Figure,
    scope: FigureScope,
    *,
    unsuppressed: bool = False,
) -> list[tuple[str, Figure]]:
    """The headline and the factors of answers by a method that may be another than that of the instrument
    `questionnaire`, whose headline `own` went through all rules.

    Several means of the same factors are several equations: a factor that fewer than 5 answered could be solved from
    them. As long as there is one, means of factors are shown by the instrument's own method alone.
    """
    rows = compute_factor_figures(answers, by, scope, unsuppressed=unsuppressed)
    foreign = by.method.id != questionnaire.method.id and by.method.reads in ("items", "scores")
    if by.method.reads == "scores" and any(answers.item(OVERALL_ITEM)):
        foreign = False  # it reads the overall question alone
    solvable = foreign and any(0 < factor(answers, by.factors, name).n < FEW for name in FACTORS)
    if unsuppressed or not (solvable or own.shown in ("under_5", "withheld")):
        return rows
    return [(id, _withheld(figure, own if own.shown == "under_5" else None)) for id, figure in rows]


def hide_like_figure(measure: Measure, like: Figure, *, unsuppressed: bool = False) -> Figure:
    """A measure of the same answers as the figure `like`, with no more shown of it."""
    return make_shown_figure(measure, state=None if like.shown == "full" else like.shown, unsuppressed=unsuppressed)


def _withheld(figure: Figure, own: Figure | None) -> Figure:
    if figure.shown in ("none", "under_5"):
        return figure
    return Figure(None, None, None, None, None, own.shown if own else "withheld")


def _made(questionnaire: Questionnaire, versions: tuple[int, ...], period: str) -> FigureMethod:
    method = questionnaire.method
    return FigureMethod(
        questionnaire.id, versions, method.id, method.version, method.name, method.source, method.scale,
        method.interval, period,
    )
