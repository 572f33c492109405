"""Parts of a figure side by side on one scale: factors, channels, stages, groups of agencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from admin.presentation import charts, labels, method_note
from admin.statistics import queries
from admin.statistics.queries import AgencyRow, Figure
from models.vocabulary import Channel
from translations import formats


@dataclass(frozen=True)
class FigureRow:
    """A named figure beside others on one scale; `tone` is `lower` where it calls for attention."""

    name: Any
    figure: Figure
    share: str
    whisker: charts.Whisker | None
    tone: str


@dataclass(frozen=True)
class FigureRows:
    """Named figures with the scale they share, None where none may be shown."""

    axis: charts.Axis | None
    rows: list[FigureRow]


@dataclass(frozen=True)
class FactorRow:
    """A row of the five answers."""

    name: Any
    figure: Figure
    bar: charts.Bar | None


def build_factor_rows(
    session: Session, instrument: str, rows: Sequence[tuple[str, Figure]]
) -> tuple[charts.DivergingBars, list[FactorRow]]:
    """The five answers of the headline and the factors. A headline that is no plain share has no bar."""
    newest_instrument = method_note.find_newest_instrument(session, instrument)
    counts = [figure.counts if figure.satisfied is not None else None for _id, figure in rows]
    chart = charts.make_diverging_bars(counts)
    factors = [
        FactorRow(method_note.factor_label(newest_instrument, id), figure, bar)
        for (id, figure), bar in zip(rows, chart.bars, strict=True)
        if id == "overall" or figure.shown != "none"
    ]
    return chart, factors


def build_channel_rows(figures: Sequence[tuple[str, Figure]], whole: Figure) -> FigureRows:
    """The channels side by side; what is compared with is the whole."""
    return place_on_scale(
        [(labels.channel_label(id), figure, id != Channel.POSTER.value) for id, figure in figures], whole
    )


def build_stage_rows(figures: Sequence[tuple[str, Figure]], whole: Figure) -> FigureRows:
    """The stages of a dossier side by side; what is compared with is the whole."""
    return place_on_scale([(labels.stage_label(id), figure, True) for id, figure in figures], whole)


def place_on_scale(rows: Sequence[tuple[Any, Figure, bool]], whole: Figure) -> FigureRows:
    """Named figures on the scale they share. The third says whether the row is a part of the whole."""
    ends: list[Any] = [end for _name, figure, _part in rows if figure.interval for end in figure.interval]
    ends += [figure.index for _name, figure, _part in rows if figure.index is not None]
    if not ends:
        return FigureRows(None, [FigureRow(name, figure, "", None, "") for name, figure, _part in rows])
    if whole.index is not None:
        ends.append(whole.index)
    axis = charts.make_percent_axis(ends, step=5, least=10, most_ticks=2)
    return FigureRows(axis, [_row(axis, name, figure, whole, part) for name, figure, part in rows])


def _row(axis: charts.Axis, name: Any, figure: Figure, whole: Figure, part: bool) -> FigureRow:
    share = ""
    if part and figure.n is not None and whole.n:
        share = formats.percent(Fraction(100 * figure.n, whole.n), 0)
    if figure.index is None:
        return FigureRow(name, figure, share, None, "")
    lower = figure.interval is not None and whole.index is not None and figure.interval[1] < whole.index
    whisker = charts.make_whisker(axis, figure.index, figure.interval, whole.index)
    return FigureRow(name, figure, share, whisker, "lower" if lower else "")


def group_agencies(rows: Sequence[AgencyRow]) -> list[tuple[Any, list[AgencyRow]]]:
    """Agencies by group, groups in their order, empty ones left out."""
    groups: dict[str, list[AgencyRow]] = {id: [] for id, _kinds in queries.GROUPS}
    for row in rows:
        groups.setdefault(queries.group_of(row.kind), []).append(row)
    return [(labels.group_label(id), members) for id, members in groups.items() if members]
