"""Alternative solutions: other whole numbers that hidden cells could just as well hold. Pure.

They leave every printed sum true and keep within what is printed of each ("<5", not nought). For a number that may not
come out, another solution is shown in which it differs; so whoever solves, bounds or tries all whole numbers cannot
tell it. A number for which no other solution was found counts as told, even if there is one that was not found: then
more is withheld than must be.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from admin.statistics.disclosure import linear_system
from admin.statistics.disclosure.linear_system import Equation

#: How often another solution is looked for, in how many steps each, among how many ways to go on.
ATTEMPTS, STEPS, WAYS = 8, 24, 8


class Solutions:
    """The whole-number solutions of equations beside the true one, `values`, each unknown within `low` and `high`."""

    def __init__(
        self, rows: Sequence[Equation], values: Mapping[int, int], low: Mapping[int, int], high: Mapping[int, int]
    ) -> None:
        """The rows are used up. The same input gives the same answers."""
        self.values, self.low, self.high = values, low, high
        self.draw = random.Random(len(rows))
        self.ways = linear_system.null_space_basis(rows)
        self.moving: dict[int, list[int]] = {}
        for number in sorted(range(len(self.ways)), key=lambda number: len(self.ways[number])):  # the shortest first
            for unknown in self.ways[number]:
                self.moving.setdefault(unknown, []).append(number)

    def with_another(self, unknown: int) -> tuple[set[int], set[int]]:
        """The unknowns that differ in some solution in which this one does; or none, and those whose upper and lower
        ends were in the way."""
        blocked: set[int] = set()
        for _ in range(ATTEMPTS if unknown in self.moving else 0):
            unknowns = self._tried(unknown, blocked)
            if unknowns:
                return unknowns, set()
        return set(), blocked

    def _tried(self, unknown: int, blocked: set[int]) -> set[int]:
        """Change the solution one way, and then other ways as long as something lies beyond its ends."""
        moved: Equation = {}
        beyond: set[int] = set()
        self._move(self.draw.choice(self.moving[unknown][:WAYS]), self.draw.choice((1, -1)), moved, beyond)
        last = -1
        for _ in range(STEPS):
            if not beyond:
                return set(moved) if unknown in moved else set()
            blocked |= beyond
            one = self.draw.choice(sorted(beyond))
            up = self.values[one] + moved[one] < self.low[one]
            others = self.moving[one]
            choices = [
                (self._worse(way, times, moved, unknown) + self.draw.random(), way, times)
                for way in (self.draw.sample(others[: 3 * WAYS], WAYS) if len(others) > WAYS else others)
                if way != last
                for times in (1 if (self.ways[way][one] > 0) == up else -1,)
            ]
            if not choices:
                return set()
            _, last, times = min(choices)
            self._move(last, times, moved, beyond)
        return set()

    def _move(self, way: int, times: int, moved: Equation, beyond: set[int]) -> None:
        for unknown, by in self.ways[way].items():
            moved[unknown] = moved.get(unknown, 0) + times * by
            if self._beyond(unknown, moved[unknown]):
                beyond.add(unknown)
            else:
                beyond.discard(unknown)
            if not moved[unknown]:
                del moved[unknown]

    def _beyond(self, unknown: int, by: int) -> int:
        """How far beyond its ends an unknown lies when it is moved."""
        value = self.values[unknown] + by
        return max(self.low[unknown] - value, value - self.high[unknown], 0)

    def _worse(self, way: int, times: int, moved: Equation, unknown: int) -> int:
        """How much farther beyond their ends unknowns lie after this; bad is also what brings the asked one back."""
        worse = 0
        for other, by in self.ways[way].items():
            before = moved.get(other, 0)
            worse += self._beyond(other, before + times * by) - self._beyond(other, before)
        back = moved.get(unknown, 0) + times * self.ways[way].get(unknown, 0) == 0
        return worse + 3 * back
