"""Linear systems: the unknowns that have one value only, so that a reader can solve for them. Pure.

A random vector that leaves all equations true is nought exactly where they leave no choice; computing one takes a
single elimination, and sums of small tables keep it sparse. Whole numbers modulo a large prime stand for fractions:
what fractions fix is found, and with a chance of one in 10¹⁷ something more.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterable, Sequence
from fractions import Fraction

_PRIME = (1 << 61) - 1
#: An equation: unknown → its factor; what is known stands on the other side and does not matter.
Equation = dict[int, int]
#: A way that moves a number by more than this is of no use.
_FAR = 1000


def determined_unknowns(rows: Sequence[Equation], unknowns: Iterable[int]) -> set[int]:
    """Which of the unknowns have one value only. The rows are used up. The same input gives the same answer."""
    pivots = _eliminated(rows, [{} for _ in rows])
    draw = random.Random(len(rows))
    values: dict[int, int] = {}

    def value(unknown: int) -> int:
        if unknown not in values:
            values[unknown] = draw.randrange(1, _PRIME)
        return values[unknown]

    for lead, row, _ in reversed(pivots):
        total = sum(factor * value(unknown) for unknown, factor in row.items() if unknown != lead)
        values[lead] = -total * pow(row[lead], -1, _PRIME) % _PRIME
    return {unknown for unknown in unknowns if value(unknown) == 0}


def determining_sums(
    rows: Sequence[Equation], known_sides: Sequence[Equation], unknowns: Iterable[int]
) -> dict[int, set[int]]:
    """For unknowns with one value only: which of the known numbers it is worked out from. `known_sides` are the other
    sides of the rows, with the factors they would have on the left. Both are used up."""
    pivots = _eliminated(rows, known_sides)
    sources = {}
    for unknown in unknowns:
        left: Equation = {unknown: 1}
        numbers: Equation = {}
        for lead, row, known_side in pivots:
            if lead in left:
                times = left[lead] * pow(row[lead], -1, _PRIME) % _PRIME
                _take(left, row, times)
                _take(numbers, known_side, times)
        sources[unknown] = set(numbers)
    return sources


def null_space_basis(rows: Sequence[Equation]) -> list[Equation]:
    """Ways to change the unknowns by whole numbers that leave all equations true: with fractions, every other way is
    made of these. The rows are used up. What stands in no way has one value only."""
    pivots = _eliminated(rows, [{} for _ in rows])
    inverse = [pow(row[lead], -1, _PRIME) for lead, row, _ in pivots]
    within: dict[int, list[int]] = {}
    for place, (lead, row, _) in enumerate(pivots):
        for unknown in row:
            if unknown != lead:
                within.setdefault(unknown, []).append(place)
    basis = []
    for free in sorted(within.keys() - {lead for lead, _, _ in pivots}):
        way, seen = {free: 1}, set(within[free])
        todo = [-place for place in seen]
        heapq.heapify(todo)
        while todo:
            place = -heapq.heappop(todo)
            lead, row, _ = pivots[place]
            total = sum(factor * way[unknown] for unknown, factor in row.items() if unknown in way)
            if total % _PRIME:
                way[lead] = -total * inverse[place] % _PRIME
                for other in within.get(lead, ()):
                    if other not in seen:
                        seen.add(other)
                        heapq.heappush(todo, -other)
        whole = _whole(way)
        if max(map(abs, whole.values())) <= _FAR:
            basis.append(whole)
    return basis


def _whole(way: Equation) -> Equation:
    """A way modulo the prime as whole numbers."""
    small = {unknown: value if value <= _FAR else value - _PRIME for unknown, value in way.items()}
    if max(map(abs, small.values())) <= _FAR:
        return small
    fractions = {unknown: _fraction(value) for unknown, value in way.items()}
    common = math.lcm(*(fraction.denominator for fraction in fractions.values()))
    return {unknown: int(fraction * common) for unknown, fraction in fractions.items()}


def _fraction(value: int) -> Fraction:
    """The fraction of small numbers that a value modulo the prime stands for."""
    above, below, times_above, times = _PRIME, value, 0, 1
    while below > 1 << 30:
        quotient = above // below
        above, below = below, above - quotient * below
        times_above, times = times, times_above - quotient * times
    return Fraction(below, times)


def _take(target: Equation, row: Equation, times: int) -> None:
    for column, factor in row.items():
        left = (target.get(column, 0) - times * factor) % _PRIME
        if left:
            target[column] = left
        else:
            target.pop(column, None)


def _eliminated(rows: Sequence[Equation], known_sides: Sequence[Equation]) -> list[tuple[int, Equation, Equation]]:
    """Unknown, row and its known side, in the order in which they were taken out of all later ones: first what stands
    in one row alone, which costs nothing, then the shortest row."""
    holding: dict[int, set[int]] = {}
    for number, row in enumerate(rows):
        for unknown in row:
            holding.setdefault(unknown, set()).add(number)
    done: set[int] = set()
    pivots: list[tuple[int, Equation, Equation]] = []
    alone = [unknown for unknown, row_numbers in holding.items() if len(row_numbers) == 1]
    while alone:
        lead = alone.pop()
        for number in tuple(holding[lead]):
            done.add(number)
            pivots.append((lead, rows[number], known_sides[number]))
            for unknown in rows[number]:
                numbers = holding[unknown]
                numbers.discard(number)
                if len(numbers) == 1:
                    alone.append(unknown)
    waiting = [(len(row), number) for number, row in enumerate(rows) if number not in done]
    heapq.heapify(waiting)
    while waiting:
        length, number = heapq.heappop(waiting)
        row = rows[number]
        if number in done or length != len(row):
            continue  # it was taken, or is waiting once more with another length
        done.add(number)
        if not row:
            continue
        lead = min(row, key=lambda unknown: (len(holding[unknown]), unknown))
        for unknown in row:
            holding[unknown].discard(number)
        inverse = pow(row[lead], -1, _PRIME)
        for other in sorted(holding[lead]):
            target = rows[other]
            times = target[lead] * inverse % _PRIME
            _take(known_sides[other], known_sides[number], times)
            for unknown, factor in row.items():
                left = (target.get(unknown, 0) - times * factor) % _PRIME
                if left:
                    if unknown not in target:
                        holding[unknown].add(other)
                    target[unknown] = left
                elif unknown in target:
                    del target[unknown]
                    holding[unknown].discard(other)
            heapq.heappush(waiting, (len(target), other))
        pivots.append((lead, row, known_sides[number]))
    return pivots
