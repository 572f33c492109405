"""A small set of combinations in which every two values of different kinds meet at least once."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

Choice = dict[str, str]


def every(kinds: Mapping[str, Sequence[str]]) -> list[Choice]:
    """All combinations."""
    return [dict(zip(kinds, values, strict=True)) for values in itertools.product(*kinds.values())]


def pairwise(kinds: Mapping[str, Sequence[str]]) -> list[Choice]:
    """Few combinations that hold every pair: always the one that holds most of those not met yet."""
    left = {
        ((one, a), (two, b)) for one, two in itertools.combinations(kinds, 2) for a in kinds[one] for b in kinds[two]
    }
    everything, found = every(kinds), []
    while left:
        best = max(everything, key=lambda choice: len(left & met(choice)))
        left -= met(best)
        found.append(best)
    return found


def met(choice: Choice) -> set[tuple[tuple[str, str], tuple[str, str]]]:
    """The pairs a combination holds."""
    return set(itertools.combinations(choice.items(), 2))
