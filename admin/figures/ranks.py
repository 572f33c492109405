"""Rank ranges: how far up or down an agency's place could be, given what its answers can tell.

A bare rank says more than a month of answers knows. Each pair of units is compared by Newcombe's interval alone;
`best` is one more than the units that are surely better, `worst` leaves below it only those that are surely worse
(after Goldstein & Spiegelhalter 1996). Units are ranked only within one group. Pure.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from admin.figures import intervals
from admin.figures.intervals import Interval


@dataclass(frozen=True)
class Rank:
    """A place among `of` units: as computed (units with one index share the better place), and its 95% range."""

    place: int
    best: int
    worst: int
    of: int


def ranks(units: Mapping[str, tuple[Fraction, Interval]]) -> dict[str, Rank]:
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
            if intervals.side(*intervals.difference(*units[upper], *units[lower])) > 0:
                worse[upper] += 1
                better[lower] += 1
    places = {}
    for at, key in enumerate(order):
        same = at > 0 and units[order[at - 1]][0] == units[key][0]
        places[key] = places[order[at - 1]] if same else at + 1
    return {key: Rank(places[key], 1 + better[key], len(units) - worse[key], len(units)) for key in units}
