"""Breakdowns of the figures of one scope: whole, and by month, factor, channel and procedure.

Reads tallies that the edge made fresh beforehand. Everything that leaves here went through `visibility`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.statistics.disclosure import visibility
from admin.statistics.measures import thresholds
from admin.statistics.measures.index import Answers, Figure, Measure, make_shown_figure, measure_top2
from admin.statistics.measures.periods import months_until
from admin.statistics.methods.top2 import OVERALL_ITEM, factor
from admin.statistics.tallies import reader
from admin.statistics.tallies.questionnaire_items import FACTORS, RESPONSES, Questionnaire, read_questionnaire
from admin.statistics.tallies.recount import ALL_TOP2, PATTERN
from models.reference.localized_text import LocalText
from models.tables.agency import Procedure
from models.tables.tally import TallyMonth
from models.vocabulary import Channel

NOTHING = Answers({}, {})
#: QR and typed codes in one row, as what may be shown knows them.
TOGETHER = "spent"


@dataclass(frozen=True)
class ProcedureRow:
    """A procedure with its figure. `enough`: it has 30 answers or more, also where its figure is withheld."""

    code: str
    name: LocalText
    figure: Figure
    enough: bool


def read_figure(
    session: Session,
    keys: Collection[str],
    months: Collection[str],
    instrument: str,
    item: str = OVERALL_ITEM,
    channels: Collection[str] | None = None,
) -> Figure:
    """The figure of an instrument: its headline (`overall`), a factor (`A`…`E`), or the share of one of its items.

    `channels` None pools all but the poster.
    """
    questionnaire, pooled = read_questionnaire(session, instrument), reader.POOLED if channels is None else channels
    needed = reader.find_headline_items(questionnaire) if item == OVERALL_ITEM else None
    answers = reader.read_answers(session, keys, months, questionnaire, items=needed, channels=pooled)
    scope = FigureScope(session, questionnaire.id, keys, months)
    if item == OVERALL_ITEM:
        return scope.figure(compute_headline(answers, questionnaire), channels)
    rows = dict(compute_factor_figures(answers, questionnaire, scope))
    if item in rows:
        return rows[item]
    measure = measure_top2(answers.item(item))
    if rows[OVERALL_ITEM].shown != "full":
        return make_shown_figure(measure, state="withheld")
    return make_shown_figure(measure, state=scope.parts("item", {item: measure.n})[item])


@dataclass(frozen=True)
class FigureScope:
    """Agencies and months of one instrument, for asking what may be shown of them."""

    session: Session
    instrument: str
    keys: Collection[str]
    months: Collection[str]

    def figure(
        self, measure: Measure, channels: Collection[str] | None = None, *, unsuppressed: bool = False
    ) -> Figure:
        """What may be shown of the whole (or of these channels of it)."""
        state = visibility.find_visibility(
            self.session, self.instrument, self.keys, self.months, measure.n, measure.base, channels
        )
        return make_shown_figure(measure, state=state, unsuppressed=unsuppressed)

    def excluded_told(self) -> bool:
        """Whether it may be said how many answers are under an exclusion."""
        return visibility.may_publish(self.session, self.instrument, self.keys, self.months, "excluded", ("out",))

    def parts(self, dimension: str, sizes: Mapping[str, int]) -> dict[str, thresholds.Shown]:
        """The same for parts."""
        return visibility.find_parts_visibility(self.session, self.instrument, self.keys, self.months, dimension, sizes)

    def figures(self, dimension: str, measures: Mapping[str, Measure]) -> dict[str, Figure]:
        """The figures of the parts that may be named."""
        states = self.parts(dimension, {id: min(measure.n, measure.base) for id, measure in measures.items()})
        return {id: make_shown_figure(measures[id], state=state) for id, state in states.items() if state != "withheld"}


def compute_headline(answers: Answers, questionnaire: Questionnaire) -> Measure:
    """The instrument's own method applied to answers."""
    return questionnaire.method.compute(answers, questionnaire.factors)


def read_trend(
    session: Session, keys: Collection[str], last_month: str, count: int = 13, instrument: str = "short"
) -> list[tuple[str, Figure]]:
    """The headline of each of `count` months up to `last_month` (`2026-10`), oldest first; one statement."""
    questionnaire, months = read_questionnaire(session, instrument), months_until(last_month, count)
    groups = reader.read_answers_by(
        session, (TallyMonth.month,), keys, months, questionnaire, items=reader.find_headline_items(questionnaire)
    )
    return [
        (
            month,
            FigureScope(session, questionnaire.id, keys, (month,)).figure(
                compute_headline(groups.get((month,), NOTHING), questionnaire)
            ),
        )
        for month in months
    ]


def read_factor_figures(
    session: Session, keys: Collection[str], months: Collection[str], instrument: str
) -> list[tuple[str, Figure]]:
    """The headline as `overall`, then the factors `A` to `E`, each with its counts."""
    questionnaire = read_questionnaire(session, instrument)
    items = find_factor_items(questionnaire)
    answers = reader.read_answers(session, keys, months, questionnaire, items=items)
    return compute_factor_figures(answers, questionnaire, FigureScope(session, questionnaire.id, keys, months))


def find_factor_items(questionnaire: Questionnaire) -> list[str]:
    """The items of the tallies from which the headline and the factors of a questionnaire are computed."""
    items = [*questionnaire.items, RESPONSES, ALL_TOP2]
    if questionnaire.method.reads not in ("overall", "all_top2") or len(set(questionnaire.factors.values())) < len(
        questionnaire.factors
    ):
        items.append(PATTERN)  # how sure a mean of several questions is
    return items


def compute_factor_figures(
    answers: Answers, questionnaire: Questionnaire, scope: FigureScope, *, unsuppressed: bool = False
) -> list[tuple[str, Figure]]:
    """The same from answers already read. Nothing is shown of its factors where no index is shown of the whole.

    A factor is hidden where the number of answers to one of its questions is.
    """
    whole = scope.figure(compute_headline(answers, questionnaire), unsuppressed=unsuppressed)
    measures = {name: factor(answers, questionnaire.factors, name) for name in FACTORS}
    if whole.shown != "full" and not unsuppressed:
        states: list[thresholds.Shown] = ["withheld" if measure.n else "none" for measure in measures.values()]
    else:
        items = scope.parts("item", {item: sum(answers.item(item)) for item in questionnaire.factors})
        states = [
            "withheld"
            if any(items[item] == "withheld" for item, owner in questionnaire.factors.items() if owner == name)
            else thresholds.find_shown_level(measure.n)
            for name, measure in measures.items()
        ]
        if (
            questionnaire.method.uses_factors
            and sum(state in ("withheld", "under_5", "n_only") for state in states) == 1
        ):
            states = _one_more(
                states, thresholds.find_shown_terms([measure.n for measure in measures.values()]), measures
            )
        if "withheld" in states:  # which of them nobody answered would tell how many are hidden
            states = ["withheld" if state == "none" else state for state in states]
    factor_figures = [
        (name, make_shown_figure(measure, state=state, unsuppressed=unsuppressed))
        for (name, measure), state in zip(measures.items(), states, strict=True)
    ]
    return [(OVERALL_ITEM, whole), *factor_figures]


def _one_more(
    states: list[thresholds.Shown], terms: list[thresholds.Shown], measures: Mapping[str, Measure]
) -> list[thresholds.Shown]:
    """A term of a mean that is hidden alone could be found from the mean: the smallest other one goes with it."""
    both: list[thresholds.Shown] = [
        "withheld" if term == "withheld" else state for state, term in zip(states, terms, strict=True)
    ]
    if sum(state in ("withheld", "under_5", "n_only") for state in both) == 1:
        sizes = [measure.n for measure in measures.values()]
        left = [place for place, state in enumerate(both) if state == "full"]
        if left:
            both[min(left, key=lambda place: sizes[place])] = "withheld"
    return both


def compute_channel_figures(
    by_channel: Mapping[str, Answers], questionnaire: Questionnaire, scope: FigureScope
) -> list[tuple[str, Figure]]:
    """The headline of each channel that has answers and may be named, the poster last.

    Typed codes stand with the QR codes, which lead from the same slip to the same page, unless there are 30 of them.
    """
    channels = dict(by_channel)
    qr, code = Channel.QR.value, Channel.CODE.value
    together = False
    if qr in channels and code in channels and compute_headline(channels[code], questionnaire).n < thresholds.ENOUGH:
        channels[qr] = reader.merge_answers([channels[qr], channels.pop(code)])
        together = True
    measures: dict[str, Measure] = {
        channel.value: measure
        for channel in Channel
        if channel.value in channels and (measure := compute_headline(channels[channel.value], questionnaire)).n
    }
    if together and qr in measures:
        measures[TOGETHER] = measures.pop(qr)
    channel_figures = scope.figures("channel", measures)
    rows = {qr if id == TOGETHER else id: figure for id, figure in channel_figures.items()}
    return [(channel.value, rows[channel.value]) for channel in Channel if channel.value in rows]


def figures_by_procedure(
    session: Session, keys: Collection[str], months: Collection[str], instrument: str
) -> list[ProcedureRow]:
    """The headline of each procedure that has answers and may be named, those with most answers first.

    Answers without a known procedure are in no row, but protect the others as one.
    """
    questionnaire = read_questionnaire(session, instrument)
    groups = reader.read_answers_by(
        session,
        (TallyMonth.procedure_code,),
        keys,
        months,
        questionnaire,
        items=reader.find_headline_items(questionnaire),
    )
    measures = {
        code: measure for (code,), answers in groups.items() if (measure := compute_headline(answers, questionnaire)).n
    }
    name_query = select(Procedure.code, Procedure.name_vi, Procedure.name_en).where(Procedure.code.in_(measures))
    names = {code: LocalText({"vi": vi, "en": en}) for code, vi, en in session.execute(name_query)}
    ordered = sorted(measures, key=lambda code: (-measures[code].n, code))
    parts = FigureScope(session, questionnaire.id, keys, months).figures("procedure", measures)
    # what is shown of a row must not be told by its place: rows without a number stand last, by code
    rows = [
        ProcedureRow(code, names.get(code, LocalText({"vi": code})), parts[code], measures[code].n >= thresholds.ENOUGH)
        for code in ordered
        if code and code in parts
    ]
    return sorted(rows, key=lambda row: (-row.figure.n, "") if row.figure.n else (0, row.code))
