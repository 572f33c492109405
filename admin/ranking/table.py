"""The ranking table of one group as plain data: what the page draws and what its file holds.

A rank comes with its 95% range, and only agencies with an index have one: nothing tells where the others stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from admin.presentation import agency_search, charts, labels
from admin.statistics.queries import AgencyRow, Figure, Rank, RankedGroup


@dataclass(frozen=True)
class RankRange:
    """Where a rank and its range stand on the scale of ranks (0 to 100)."""

    best: float
    worst: float
    place: float


@dataclass(frozen=True)
class RankedLine:
    """An agency with its rank; `here` marks the one that was asked for."""

    row: AgencyRow
    rank: Rank
    reach: RankRange
    whisker: charts.Whisker
    here: bool


@dataclass(frozen=True)
class RankingTable:
    """A group by rank. `lines` are those the page lists, `ranked` how many have a rank at all; `few` and `none` have
    none, and stand without a place."""

    group: str
    words: Any
    lines: list[RankedLine]
    ranked: int
    ticks: tuple[charts.Tick, ...]
    axis: charts.Axis | None
    few: list[AgencyRow]
    none: list[AgencyRow]
    higher: int
    undecided: int
    lower: int
    total: int


def choose_group(groups: Sequence[RankedGroup], group_id: str) -> RankedGroup | None:
    """The group asked for, else the one with most agencies; None where there is no agency."""
    groups_by_id = {group.id: group for group in groups}
    return groups_by_id.get(group_id) or max(groups, key=count_group_agencies, default=None)


def build_ranking_table(
    group: RankedGroup, province: Figure, search_text: str = "", marked_key: str = ""
) -> RankingTable:
    """The table of a group, narrowed to names that hold `search_text`; `marked_key` is the key of one agency to point
    out."""
    axis = _axis([ranked.row.figure for ranked in group.ranked], province)
    of = len(group.ranked)
    lines = [
        RankedLine(
            ranked.row,
            ranked.rank,
            _reach(ranked.rank),
            charts.make_whisker(axis, ranked.row.figure.index, ranked.row.figure.interval, province.index),
            ranked.row.key == marked_key,
        )
        for ranked in group.ranked
        if agency_search.agency_matches(ranked.row, search_text)
        and axis is not None
        and ranked.row.figure.index is not None
    ]
    verdicts = [ranked.row.verdict for ranked in group.ranked]
    return RankingTable(
        group.id, labels.group_label(group.id), lines, of, _ticks(of), axis,
        [row for row in group.few if agency_search.agency_matches(row, search_text)], [row for row in group.none if
        agency_search.agency_matches(row, search_text)], verdicts.count("higher"), verdicts.count("undecided"),
        verdicts.count("lower"), count_group_agencies(group),
    )  # fmt: skip


def count_group_agencies(group: RankedGroup) -> int:
    """How many agencies a group has, ranked or not."""
    return len(group.ranked) + len(group.few) + len(group.none)


def _axis(figures: Sequence[Figure], province: Figure) -> charts.Axis | None:
    ends: list[charts.Value] = [end for figure in figures for end in (figure.interval or ())]
    if not ends:
        return None
    if province.index is not None:
        ends.append(province.index)
    return charts.make_percent_axis(ends, step=5, least=20, most_ticks=2)


def _at(rank: int, of: int) -> float:
    return 100 * (rank - 1) / (of - 1) if of > 1 else 50.0


def _reach(rank: Rank) -> RankRange:
    return RankRange(_at(rank.best, rank.of), _at(rank.worst, rank.of), _at(rank.place, rank.of))


def _ticks(of: int) -> tuple[charts.Tick, ...]:
    """The first rank, the last one, and one in the middle of a long list."""
    places = {1, of} | ({(of + 1) // 2} if of >= 9 else set())
    return tuple(charts.Tick(_at(place, of), place) for place in sorted(places)) if of else ()
