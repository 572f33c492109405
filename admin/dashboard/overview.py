"""The province at a glance, as plain data: what the page draws and what its file of figures holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from admin import charts, desk_later, headline, made_of, named, other_ways, sentences
from admin.desk_later import Compared
from admin.figures import queries
from admin.figures.queries import AgencyRow, Figure
from admin.headline import Asked, Headline
from admin.other_ways import Ways
from models.vocabulary import Channel
from translations import formats
from translations import gettext as _


@dataclass(frozen=True)
class Row:
    """A named figure beside others on one scale; `tone` is `lower` where it calls for attention."""

    name: Any
    figure: Figure
    share: str
    whisker: charts.Whisker | None
    tone: str


@dataclass(frozen=True)
class Rows:
    """Named figures with the scale they share, None where none may be shown."""

    axis: charts.Axis | None
    rows: list[Row]


@dataclass(frozen=True)
class Factor:
    """A row of the five answers."""

    name: Any
    figure: Figure
    bar: charts.Bar | None


@dataclass(frozen=True)
class Group:
    """Agencies of one group on the common axis; `few` and `none` stand apart, without a place on it."""

    words: Any
    rows: list[AgencyRow]
    marks: tuple[charts.Mark, ...]
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
class Standing:
    """All agencies on one axis, with the whole province and its goal."""

    axis: charts.Axis
    groups: list[Group]
    whole: float | None
    target: float | None
    total: int
    summary: str


@dataclass(frozen=True)
class Overview:
    """Everything on the page of the province."""

    head: Headline
    channels: Rows
    stages: Rows
    gap: Compared
    ways: Ways
    diverging: charts.Diverging
    factors: list[Factor]
    factor_summary: str
    standing: Standing
    rows: list[AgencyRow]


def build(session: Session, province_key: str, asked: Asked) -> Overview:
    """The overview of a province, from tallies that are fresh."""
    months, instrument = asked.chosen.months, asked.instrument
    rows = queries.factor_rows(session, asked.keys, months, instrument)
    whole = rows[0][1]
    factors = factor_rows(session, instrument, rows)
    agencies = queries.all_agencies(session, province_key, asked.chosen.period, instrument)
    by_channel = queries.by_channel(session, asked.keys, months, instrument)
    return Overview(
        head=headline.build(session, asked, whole),
        channels=channels(by_channel, whole),
        stages=stages(queries.by_stage(session, asked.keys, months, instrument), whole),
        gap=desk_later.build(session, asked, by_channel),
        ways=other_ways.build(session, asked, province_key, agencies, whole),
        diverging=factors[0],
        factors=factors[1],
        factor_summary=_factor_summary(factors[1]),
        standing=_standing(agencies, whole, asked),
        rows=agencies,
    )


def factor_rows(
    session: Session, instrument: str, rows: Sequence[tuple[str, Figure]]
) -> tuple[charts.Diverging, list[Factor]]:
    """The five answers of the headline and the factors. A headline that is no plain share has no bar."""
    asked = made_of.current_instrument(session, instrument)
    counts = [figure.counts if figure.satisfied is not None else None for _id, figure in rows]
    drawn = charts.diverging(counts)
    factors = [
        Factor(made_of.factor_name(asked, id), figure, bar)
        for (id, figure), bar in zip(rows, drawn.bars, strict=True)
        if id == "overall" or figure.shown != "none"
    ]
    return drawn, factors


def channels(found: Sequence[tuple[str, Figure]], whole: Figure) -> Rows:
    """The channels side by side; what is compared with is the whole."""
    return placed([(named.channel(id), figure, id != Channel.POSTER.value) for id, figure in found], whole)


def stages(found: Sequence[tuple[str, Figure]], whole: Figure) -> Rows:
    """The stages of a dossier side by side; what is compared with is the whole."""
    return placed([(named.stage(id), figure, True) for id, figure in found], whole)


def placed(rows: Sequence[tuple[Any, Figure, bool]], whole: Figure) -> Rows:
    """Named figures on the scale they share. The third says whether the row is a part of the whole."""
    ends: list[Any] = [end for _name, figure, _part in rows if figure.interval for end in figure.interval]
    ends += [figure.index for _name, figure, _part in rows if figure.index is not None]
    if not ends:
        return Rows(None, [Row(name, figure, "", None, "") for name, figure, _part in rows])
    if whole.index is not None:
        ends.append(whole.index)
    axis = charts.percent_axis(ends, step=5, least=10, most_ticks=2)
    return Rows(axis, [_row(axis, name, figure, whole, part) for name, figure, part in rows])


def _row(axis: charts.Axis, name: Any, figure: Figure, whole: Figure, part: bool) -> Row:
    share = ""
    if part and figure.n is not None and whole.n:
        share = formats.percent(Fraction(100 * figure.n, whole.n), 0)
    if figure.index is None:
        return Row(name, figure, share, None, "")
    lower = figure.interval is not None and whole.index is not None and figure.interval[1] < whole.index
    drawn = charts.whisker(axis, figure.index, figure.interval, whole.index)
    return Row(name, figure, share, drawn, "lower" if lower else "")


def grouped(rows: Sequence[AgencyRow]) -> list[tuple[Any, list[AgencyRow]]]:
    """Agencies by group, groups in their order, empty ones left out."""
    groups: dict[str, list[AgencyRow]] = {id: [] for id, _kinds in queries.GROUPS}
    for row in rows:
        groups.setdefault(queries.group_of(row.kind), []).append(row)
    return [(named.group(id), members) for id, members in groups.items() if members]


def _standing(rows: Sequence[AgencyRow], whole: Figure, asked: Asked) -> Standing:
    values: list[Any] = [row.figure.index for row in rows if row.figure.index is not None]
    if asked.target is not None and values:
        values.append(asked.target)
    axis = charts.percent_axis([*values, whole.index] if whole.index is not None else values, step=5)
    groups = []
    for words, members in grouped(rows):
        marks, height = charts.swarm(
            axis, [(row.key, row.figure.index) for row in members if row.figure.index is not None]
        )
        none = sum(row.figure.shown == "none" for row in members)
        few = sum(row.figure.index is None for row in members) - none
        groups.append(Group(words, members, marks, max(height, 44.0), few, none))
    return Standing(
        axis, groups, None if whole.index is None else axis.at(whole.index),
        None if asked.target is None else axis.at(asked.target), len(rows), _standing_summary(rows),
    )  # fmt: skip


def _standing_summary(rows: Sequence[AgencyRow]) -> str:
    verdicts = [row.verdict for row in rows]
    hidden = sum(row.figure.index is None for row in rows)
    return _(
        "%(higher)s agencies are higher than the province, %(undecided)s not distinguishable, %(lower)s lower; "
        "%(hidden)s without a published index.",
        higher=verdicts.count("higher"), undecided=verdicts.count("undecided"), lower=verdicts.count("lower"),
        hidden=hidden,
    )  # fmt: skip


def _factor_summary(factors: Sequence[Factor]) -> str:
    shown = [factor for factor in factors[1:] if factor.figure.index is not None]
    if not shown and any(factor.figure.shown == "withheld" for factor in factors[1:]):
        return _("No factor can be shown here: small groups stay protected.")
    if not shown:
        return _("No factor has 30 answers.")
    lowest = min(shown, key=lambda factor: factor.figure.index or 0)
    highest = max(shown, key=lambda factor: factor.figure.index or 0)
    return _(
        "Highest: %(high)s %(high_index)s%%; lowest: %(low)s %(low_index)s%%.",
        high=sentences.spoken(highest.name), high_index=sentences.index(highest.figure),
        low=sentences.spoken(lowest.name), low_index=sentences.index(lowest.figure),
    )  # fmt: skip
