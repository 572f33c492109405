"""Index facts: all that is told about one index, each read once and held back by one set of rules.

Pages and their files, the JSON document and the papers take what they say from here, so that none of them tells another
number than the others, or more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from admin.statistics import (
    breakdowns,
    channel_gap,
    figure_provenance,
    response_outcomes,
    response_rates,
    rollups,
    slip_usage,
)
from admin.statistics import stages as stage_figures
from admin.statistics.agency_comparison import AgencyRow
from admin.statistics.index_without_excluded import IndexWithoutExcluded, compute_without_excluded, count_open_flags
from admin.statistics.measures.index import Answers, Figure, Measure
from admin.statistics.measures.periods import months_of
from admin.statistics.tallies import reader
from admin.statistics.tallies.questionnaire_items import (
    SHORT,
    Questionnaire,
    choose_instrument,
    find_answered_versions,
    read_questionnaire,
)
from admin.statistics.tallies.recount import PARTIAL
from admin.statistics.uncounted import UncountedResponses, uncounted_from_counts
from models.tables.tally import TallyMonth
from models.vocabulary import CountOutcome


class IndexFacts:
    """The facts of an index: these agencies in a period, one questionnaire, by its own method unless `method` names
    another. What may not be shown is not in them, unless all is asked for (`unsuppressed`; whoever asks writes the
    audit row). Tallies must be fresh. Raises `BadPeriod` and `UnknownMethod`.

    `own` is the questionnaire with its own method, `asked` with the one asked for; `months` are local (`2026-10`).
    """

    def __init__(
        self, session: Session, keys: Collection[str], period: str, instrument: str, method: str | None = None,
        *, unsuppressed: bool = False,
    ) -> None:  # fmt: skip
        self.session, self.keys, self.period, self.months = session, frozenset(keys), period, months_of(period)
        self.own: Questionnaire = read_questionnaire(session, instrument)
        self.asked: Questionnaire = figure_provenance.questionnaire_by_method(self.own, method)
        self.unsuppressed = unsuppressed
        self.scope = breakdowns.FigureScope(session, self.own.id, self.keys, self.months)

    @property
    def is_own_method(self) -> bool:
        """Whether the index is computed by the questionnaire's own method."""
        return self.asked.method == self.own.method

    @cached_property
    def method(self) -> figure_provenance.FigureMethod:
        """How the index is made, with the versions of the questionnaire that were answered."""
        return figure_provenance.describe_method(
            self.session, self.keys, self.period, self.own.id, None if self.is_own_method else self.asked.method.id
        )

    @cached_property
    def _parts(self) -> Mapping[reader.Group, Answers]:
        """All answers by channel and whether two persons excluded them."""
        items = {*breakdowns.find_factor_items(self.asked), *breakdowns.find_factor_items(self.own), PARTIAL}
        return reader.read_answers_by(
            self.session, (TallyMonth.channel, TallyMonth.excluded), self.keys, self.months, self.asked,
            channels=None, items=sorted(items),
        )  # fmt: skip

    @cached_property
    def by_channel(self) -> dict[str, Answers]:
        """The answers of each channel that has any, the poster too."""
        return {channel: self.answers_of((channel,)) for channel, _ in self._parts}

    def answers_of(self, channels: Collection[str]) -> Answers:
        """The answers of some channels together."""
        return reader.merge_answers([part for group, part in self._parts.items() if group[0] in channels])

    @cached_property
    def answers(self) -> Answers:
        """The answers a headline pools: of all channels but the poster."""
        return self.answers_of(reader.POOLED)

    @cached_property
    def rows(self) -> list[tuple[str, Figure]]:
        """The headline as `overall`, then the factors `A` to `E`, each with its counts."""
        if self.is_own_method:
            return breakdowns.compute_factor_figures(
                self.answers, self.own, self.scope, unsuppressed=self.unsuppressed
            )
        return figure_provenance.method_figures(
            self.answers, self.asked, self.own, self._own_headline, self.scope, unsuppressed=self.unsuppressed
        )

    @cached_property
    def _own_headline(self) -> Figure:
        return self.scope.figure(breakdowns.compute_headline(self.answers, self.own))

    @property
    def headline(self) -> Figure:
        """The index itself."""
        return self.rows[0][1]

    @property
    def hidden(self) -> bool:
        """Whether not even the number of answers may be told."""
        return self.headline.shown in ("under_5", "withheld")

    @cached_property
    def dossiers(self) -> response_rates.Dossiers | None:
        """What the one-stop software counted; None where nothing was imported."""
        return response_rates.count_dossiers(self.session, self.keys, self.months)

    @cached_property
    def response_rate(self) -> response_rates.ResponseRate:
        """Answers that belong to a dossier per dossier."""
        return response_rates.compute_response_rate(
            self.session, self.keys, self.months, self.own.id, self.dossiers, self.by_channel,
            unsuppressed=self.unsuppressed,
        )  # fmt: skip

    @cached_property
    def slips(self) -> slip_usage.PeriodSlips:
        """The slips that were handed out, and how many came back."""
        return slip_usage.count_slips(
            self.session, self.keys, self.months, self.own.id, self.dossiers, unsuppressed=self.unsuppressed
        )

    @cached_property
    def without_excluded(self) -> IndexWithoutExcluded:
        """The index without the answers that two persons excluded."""
        parts = {
            flag: reader.merge_answers(
                [part for (channel, out), part in self._parts.items() if channel in reader.POOLED and bool(out) is flag]
            )
            for flag in (False, True)
        }
        flags = count_open_flags(self.session, self.keys, self.months)
        return compute_without_excluded(
            parts, self.asked, self.headline, flags, self.scope, unsuppressed=self.unsuppressed
        )

    @cached_property
    def uncounted(self) -> UncountedResponses:
        """What became of other responses, as people are told: fewer than 5 are not told."""
        partial = sum(self.answers.item(PARTIAL))
        return uncounted_from_counts(
            self.answers.outcomes, partial, self.headline, unsuppressed=self.unsuppressed
        )

    @cached_property
    def outcome_notes(self) -> response_outcomes.OutcomeNotes | None:
        """What else is noted of all that came in, whichever way and to whichever questionnaire."""
        return response_outcomes.publishable_outcome_counts(self.session, self.keys, self.months, self.headline)

    @cached_property
    def channels(self) -> list[tuple[str, Figure]]:
        """The index of each channel that may be named. What may be is decided for the questionnaire's own method."""
        own = breakdowns.compute_channel_figures(self.by_channel, self.own, self.scope)
        if self.is_own_method and not self.unsuppressed:
            return own
        ids = dict(own)
        measures = {
            id: breakdowns.compute_headline(self.answers_of(_channels_in_row(id, ids)), self.asked) for id in ids
        }
        return self._as_own(measures, own)

    @cached_property
    def _own_stages(self) -> Mapping[str, Measure]:
        return stage_figures.measure_stages(self.session, self.keys, self.months, self.own)

    @cached_property
    def stages(self) -> list[tuple[str, Figure]]:
        """The index of each stage that may be named; decided as for channels."""
        own = stage_figures.figures_by_stage(self.session, self.keys, self.months, self.own.id, self._own_stages)
        if self.is_own_method and not self.unsuppressed:
            return own
        measures = self._own_stages
        if not self.is_own_method:
            measures = stage_figures.measure_stages(self.session, self.keys, self.months, self.asked)
        return self._as_own(measures, own)

    def _as_own(self, measures: Mapping[str, Measure], own: Sequence[tuple[str, Figure]]) -> list[tuple[str, Figure]]:
        return [
            (id, figure_provenance.hide_like_figure(measures[id], figure, unsuppressed=self.unsuppressed))
            for id, figure in own
            if id in measures
        ]

    @cached_property
    def gap(self) -> channel_gap.DeskGap:
        """Answers at the desk against later ones, by the questionnaire's own method."""
        own = breakdowns.compute_channel_figures(self.by_channel, self.own, self.scope)
        return channel_gap.read_desk_gap(self.session, self.keys, self.months, self.own.id, own)

    @cached_property
    def stage_weighted(self) -> stage_figures.StageWeightedIndex | None:
        """The index if each stage weighed by its dossiers; by the questionnaire's own method alone."""
        if not self.is_own_method:
            return None
        return stage_figures.compute_stage_weighted(self.session, self.keys, self.months, self.own.id, self._own_stages)

    @cached_property
    def bounds(self) -> rollups.Bounds | None:
        """What the index is at least and at most, whatever those think who did not answer; by the own method alone."""
        if not self.is_own_method or self.dossiers is None:
            return None
        return rollups.compute_bounds(
            self.session, self.keys, self.months, self.own.id, self.headline, self.dossiers, self.by_channel
        )

    @cached_property
    def procedures(self) -> list[breakdowns.ProcedureRow]:
        """The index of each procedure that may be named, by the questionnaire's own method."""
        return breakdowns.figures_by_procedure(self.session, self.keys, self.months, self.own.id)

    def roll_ups(self, agency_key: str, rows: Sequence[AgencyRow]) -> rollups.RollUps:
        """The index of an agency from those below it; `rows` are all agencies of the province."""
        return rollups.compute_roll_ups(self.session, agency_key, rows, self.headline)

    @cached_property
    def outcomes(self) -> dict[str, Any]:
        """How many responses were counted, superseded, contested and not counted, and the reasons of the last. For the
        store's keeper; people are told `uncounted`."""
        counts: dict[str, Any] = {outcome.value: 0 for outcome in CountOutcome}
        reasons: dict[str, int] = {}
        for value, n in sorted(self.answers.outcomes.items()):
            outcome, _, reason = value.partition(":")
            counts[outcome] += n
            if reason:
                reasons[reason] = n
        return counts | {"reasons": reasons}

    @cached_property
    def poster_and_others(self) -> list[tuple[str, str, Figure]]:
        """What the headline leaves apart and may be named, by questionnaire and channel: the poster, and every channel
        of the other questionnaires."""
        rows = [
            (self.asked, channel, answers)
            for channel, answers in self.by_channel.items()
            if channel not in reader.POOLED
        ]
        figures = []
        for other in self._other_questionnaires():
            groups = reader.read_answers_by(
                self.session, (TallyMonth.channel,), self.keys, self.months, other, channels=None
            )
            rows += [(other, channel, answers) for (channel,), answers in groups.items()]
        for other, channel, answers in rows:
            scope = breakdowns.FigureScope(self.session, other.id, self.keys, self.months)
            measure = breakdowns.compute_headline(answers, other)
            figure = scope.figure(measure, (channel,), unsuppressed=self.unsuppressed)
            if figure.shown not in ("none", "withheld"):
                figures.append((other.id, channel, figure))
        return sorted(figures, key=lambda row: row[:2])

    def _other_questionnaires(self) -> list[Questionnaire]:
        answered = find_answered_versions(self.session, self.keys, self.months).values()
        names = {id for versions in answered for id, _version in versions}
        return [read_questionnaire(self.session, name) for name in sorted(names - {self.asked.id})]


def choose_shown_instrument(session: Session, keys: Collection[str], months: Collection[str]) -> str:
    """The questionnaire whose figures a page or paper shows for these agencies over these local months: the one chosen
    by its answers, the short one where none of them is counted."""
    chosen = choose_instrument(session, keys, months)
    if chosen != SHORT and breakdowns.read_figure(session, keys, months, chosen).shown == "none":
        return SHORT
    return chosen


def _channels_in_row(id: str, figures: Mapping[str, Figure]) -> tuple[str, ...]:
    """The channels that stand in one row: typed codes with the QR codes unless they have a row of their own."""
    return ("qr", "code") if id == "qr" and "code" not in figures else (id,)
