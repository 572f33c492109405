"""Rank ranges: where an agency stands within its group and how far up or down its place could be.

A bare rank says more than a month of answers knows. Each pair of units is compared by Newcombe's interval alone;
`best` is one more than the units that are surely better, `worst` leaves below it only those that are surely worse
(after Goldstein & Spiegelhalter 1996). Units are ranked only within one group: a ward is not compared with a
department, which serves other people in other matters. Agencies with fewer than 30 answers have no place; those
without any stand apart from them. Works on rows that already went through `thresholds`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from admin.statistics.agency_comparison import AgencyRow, compare_all_agencies
from admin.statistics.measures import intervals
from admin.statistics.measures.intervals import Interval

#: Group → the kinds of agencies that are compared with each other, in the order in which groups are shown.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("department", ("department",)),
    ("service_centre", ("service_centre",)),
    ("ward", ("ward",)),
    ("commune", ("commune",)),
    ("special_zone", ("special_zone",)),
    ("vertical", ("vertical", "branch")),
)
#: The group of every other kind.
OTHER = "other"


@dataclass(frozen=True)
class Rank:
    """A place among `of` units: as computed (units with one index share the better place), and its 95% range."""

    place: int
    best: int
    worst: int
    of: int


def compute_ranks(units: Mapping[str, tuple[Fraction, Interval]]) -> dict[str, Rank]:
    """The rank of every unit by its index (higher is better), from index and 95% interval of each, in per cent.

    Two units differ when the interval of their difference leaves out zero. For intervals of Wilson and indices that
    are shares this is Newcombe's method 10.
    """
    return dict(_ranks(tuple(sorted(units.items()))))


@functools.lru_cache(maxsize=64)  # a hundred agencies are five thousand pairs, and several pages ask for the same
def _ranks(pairs: tuple[tuple[str, tuple[Fraction, Interval]], ...]) -> dict[str, Rank]:
    units = dict(pairs)
    order = sorted(units, key=lambda key: (-units[key][0], key))
    better = dict.fromkeys(units, 0)
    worse = dict.fromkeys(units, 0)
    for at, upper in enumerate(order):
        for lower in order[at + 1 :]:
            # The interval of a difference lies around it, so only the unit with the higher index can be surely better.
            if intervals.side_of_zero(*intervals.difference_interval(*units[upper], *units[lower])) > 0:
                worse[upper] += 1
                better[lower] += 1
    places: dict[str, int] = {}
    for at, key in enumerate(order):
        same = at > 0 and units[order[at - 1]][0] == units[key][0]
        places[key] = places[order[at - 1]] if same else at + 1
    return {key: Rank(places[key], 1 + better[key], len(units) - worse[key], len(units)) for key in units}


@dataclass(frozen=True)
class RankedAgency:
    """An agency with its place among those of its group."""

    row: AgencyRow
    rank: Rank


@dataclass(frozen=True)
class RankedGroup:
    """One group: `ranked` by index, the best first; `few` have answers but no index that may be shown, `none` have no
    answer; both in the order of the list of agencies."""

    id: str
    ranked: tuple[RankedAgency, ...]
    few: tuple[AgencyRow, ...]
    none: tuple[AgencyRow, ...]


def group_of(kind: str) -> str:
    """The group an agency of this kind is compared in."""
    return next((group for group, kinds in GROUPS if kind in kinds), OTHER)


def rank_agencies(
    session: Session, province_key: str, period: str, instrument: str, rows: Sequence[AgencyRow] | None = None
) -> list[RankedGroup]:
    """The agencies of a province in a period (month, quarter or any other) by group, groups without agencies left out.

    `rows` spares reading the agencies of the period again. Rank ranges come from pairwise Newcombe intervals
    (`compute_ranks`), at 95 % for each pair. Raises `BadPeriod` and `UnknownAgency`.
    """
    rows = compare_all_agencies(session, province_key, period, instrument) if rows is None else rows
    groups = [group for group, _kinds in GROUPS] + [OTHER]
    grouped_rows = [(group, [row for row in rows if group_of(row.kind) == group]) for group in groups]
    return [_group(group, members) for group, members in grouped_rows if members]


def _group(group: str, members: Sequence[AgencyRow]) -> RankedGroup:
    units = {
        row.key: (row.figure.index, row.figure.interval)
        for row in members
        if row.figure.index is not None and row.figure.interval is not None
    }
    ranks = compute_ranks(units)
    ranked = [RankedAgency(row, ranks[row.key]) for row in members if row.key in ranks]
    return RankedGroup(
        group,
        tuple(sorted(ranked, key=lambda one: one.rank.place)),
        tuple(row for row in members if row.key not in ranks and row.figure.shown != "none"),
        tuple(row for row in members if row.figure.shown == "none"),
    )


def find_rank(groups: Sequence[RankedGroup], agency_key: str) -> Rank | None:
    """The place of one agency within its group; None where it has none."""
    return next((one.rank for group in groups for one in group.ranked if one.row.key == agency_key), None)
