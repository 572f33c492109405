"""The overview of the province as plain data: what the page draws and what its file of figures holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from admin.presentation import channel_gap_chart, charts, headline, other_methods, phrases
from admin.presentation.breakdown_rows import (
    FactorRow,
    FigureRows,
    build_channel_rows,
    build_factor_rows,
    build_stage_rows,
    group_agencies,
)
from admin.presentation.channel_gap_chart import GapChart
from admin.presentation.headline import FigureQuery, Headline
from admin.presentation.other_methods import MethodComparison
from admin.statistics import queries
from admin.statistics.queries import AgencyRow, Figure
from translations import gettext as _


@dataclass(frozen=True)
class AgencyGroup:
    """Agencies of one group on the common axis; `few` and `none` stand apart, without a place on it."""

    words: Any
    rows: list[AgencyRow]
    marks: tuple[charts.SwarmMark, ...]
    height: float
    few: int
    none: int

    @property
    def summary(self) -> str:
        """How many of the group stand apart, and why."""
        parts = []
        if self.few:
            parts.append(_("%(n)s with fewer than 30 answers", n=self.few))
        if self.none:
            parts.append(_("%(n)s without answers", n=self.none))
        return ", ".join(parts)

    @property
    def by_key(self) -> dict[str, AgencyRow]:
        """The rows by their key."""
        return {row.key: row for row in self.rows}


@dataclass(frozen=True)
class GroupComparison:
    """All agencies on one axis, with the whole province and its goal."""

    axis: charts.Axis
    groups: list[AgencyGroup]
    whole: float | None
    target: float | None
    total: int
    summary: str


@dataclass(frozen=True)
class Overview:
    """Everything on the page of the province."""

    head: Headline
    channels: FigureRows
    stages: FigureRows
    gap: GapChart
    ways: MethodComparison
    diverging: charts.DivergingBars
    factors: list[FactorRow]
    factor_summary: str
    standing: GroupComparison
    rows: list[AgencyRow]


def build_overview(session: Session, province_key: str, query: FigureQuery) -> Overview:
    """The overview of a province, from tallies that are fresh."""
    instrument = query.instrument
    facts = queries.IndexFacts(session, query.keys, query.chosen.period, instrument)
    whole, factors = facts.headline, build_factor_rows(session, instrument, facts.rows)
    agencies = queries.compare_all_agencies(session, province_key, query.chosen.period, instrument)
    return Overview(
        head=headline.build_headline(query, facts),
        channels=build_channel_rows(facts.channels, whole),
        stages=build_stage_rows(facts.stages, whole),
        gap=channel_gap_chart.build_gap_chart(facts.gap),
        ways=other_methods.build_method_comparison(facts, province_key, agencies),
        diverging=factors[0],
        factors=factors[1],
        factor_summary=_factor_summary(factors[1]),
        standing=_standing(agencies, whole, query),
        rows=agencies,
    )


def _standing(rows: Sequence[AgencyRow], whole: Figure, query: FigureQuery) -> GroupComparison:
    values: list[Any] = [row.figure.index for row in rows if row.figure.index is not None]
    if query.target is not None and values:
        values.append(query.target)
    axis = charts.make_percent_axis([*values, whole.index] if whole.index is not None else values, step=5)
    groups = []
    for words, members in group_agencies(rows):
        marks, height = charts.make_swarm(
            axis, [(row.key, row.figure.index) for row in members if row.figure.index is not None]
        )
        none = sum(row.figure.shown == "none" for row in members)
        few = sum(row.figure.index is None for row in members) - none
        groups.append(AgencyGroup(words, members, marks, max(height, 44.0), few, none))
    return GroupComparison(
        axis, groups, None if whole.index is None else axis.at(whole.index),
        None if query.target is None else axis.at(query.target), len(rows), _standing_summary(rows),
    )  # fmt: skip


def _standing_summary(rows: Sequence[AgencyRow]) -> str:
    verdicts = [row.verdict for row in rows]
    hidden = sum(row.figure.index is None for row in rows)
    return _(
        "Agencies higher than the province: %(higher)s; lower: %(lower)s; no sufficient ground to conclude: "
        "%(undecided)s; without a published index: %(hidden)s.",
        higher=verdicts.count("higher"), undecided=verdicts.count("undecided"), lower=verdicts.count("lower"),
        hidden=hidden,
    )  # fmt: skip


def _factor_summary(factors: Sequence[FactorRow]) -> str:
    published = [factor for factor in factors[1:] if factor.figure.index is not None]
    if not published and any(factor.figure.shown == "withheld" for factor in factors[1:]):
        return _("No factor can be shown here: small groups stay protected.")
    if not published:
        return _("No factor has 30 answers.")
    lowest = min(published, key=lambda factor: factor.figure.index or 0)
    highest = max(published, key=lambda factor: factor.figure.index or 0)
    return _(
        "Highest: %(high)s %(high_index)s%%; lowest: %(low)s %(low_index)s%%.",
        high=phrases.localize_text(highest.name), high_index=phrases.describe_index(highest.figure),
        low=phrases.localize_text(lowest.name), low_index=phrases.describe_index(lowest.figure),
    )  # fmt: skip
