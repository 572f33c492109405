"""A reader who tries all whole numbers: whether sums, each known to lie between two ends, leave a number any choice.

Written for small tables and by itself: it knows nothing of how the product looks for other solutions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

#: A sum of unknowns (unknown → factor) with its least and most.
Bounded = tuple[Mapping[Any, int], int, int]
MANY = 10**6


class Undecided(Exception):
    """The table is too large to try everything."""


class Tries:
    """Unknown whole numbers, none below nought, and what is known of their sums. `near` (the truth) is where a solution
    is looked for first; it decides nothing."""

    def __init__(self, sums: Iterable[Bounded], near: Mapping[Any, int], patience: int = 20_000) -> None:
        self.sums = [(tuple(row.items()), least, most) for row, least, most in sums]
        self.near, self.patience = near, patience
        self.within: dict[Hashable, list[int]] = {}
        for place, (row, _, _) in enumerate(self.sums):
            for unknown, _ in row:
                self.within.setdefault(unknown, []).append(place)
        self.ends = {unknown: (0, MANY) for unknown in self.within}
        assert self._narrow(self.ends, range(len(self.sums))), "what is known contradicts itself"

    def possible(self, row: Mapping[Any, int], least: int, most: int) -> bool:
        """Whether some solution has this sum between these ends."""
        self.sums.append((tuple(row.items()), least, most))
        for unknown in row:
            self.within[unknown].append(len(self.sums) - 1)
        try:
            self.left = self.patience
            ends = dict(self.ends)
            return self._narrow(ends, [len(self.sums) - 1]) and self._solvable(ends)
        finally:
            self.sums.pop()
            for unknown in row:
                self.within[unknown].pop()

    def only(self, row: Mapping[Any, int], value: int) -> bool:
        """Whether a sum can have this value alone."""
        return not (self.possible(row, value + 1, MANY) or self.possible(row, 0, value - 1))

    def _solvable(self, ends: dict[Any, tuple[int, int]]) -> bool:
        todo = [(ends, self._open(ends))]
        while todo:
            ends, one = todo.pop()
            if one is None:
                return True
            self.left -= 1
            if self.left < 0:
                raise Undecided
            low, high = ends[one]
            wish = min(max(self.near[one], low), high)
            for a, b in ((wish + 1, high), (low, wish - 1), (wish, wish)):  # the last is looked at first
                if a <= b:
                    part = ends | {one: (a, b)}
                    if self._narrow(part, self.within[one]):
                        todo.append((part, self._open(part)))
        return False

    @staticmethod
    def _open(ends: dict[Any, tuple[int, int]]) -> Any:
        return min((key for key, (low, high) in ends.items() if low < high),
                   key=lambda key: (ends[key][1] - ends[key][0], key), default=None)  # fmt: skip

    def _narrow(self, ends: dict[Any, tuple[int, int]], places: Iterable[int]) -> bool:
        """Draw the ends closer, sum by sum; false where nothing is left."""
        todo = list(places)
        waiting = set(todo)
        while todo:
            place = todo.pop()
            waiting.discard(place)
            row, least, most = self.sums[place]
            low = sum(factor * ends[one][factor < 0] for one, factor in row)
            high = sum(factor * ends[one][factor > 0] for one, factor in row)
            if low > most or high < least:
                return False
            for one, factor in row:
                a, b = ends[one]
                up, down = (most - low, high - least) if factor > 0 else (high - least, most - low)
                c, d = max(a, b - down), min(b, a + up)
                if (c, d) != (a, b):
                    if c > d:
                        return False
                    ends[one] = (c, d)
                    more = [other for other in self.within[one] if other not in waiting]
                    waiting.update(more)
                    todo += more
                    low = sum(factor * ends[one][factor < 0] for one, factor in row)
                    high = sum(factor * ends[one][factor > 0] for one, factor in row)
        return True
