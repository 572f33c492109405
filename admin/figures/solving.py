"""What a reader can solve for: of the unknowns of linear equations those that have one value only. Pure.

A random vector that leaves all equations true is nought exactly where they leave no choice; computing one takes a
single elimination, and sums of small tables keep it sparse. Whole numbers modulo a large prime stand for fractions:
what fractions fix is found, and with a chance of one in 10¹⁷ something more.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable, Sequence

_PRIME = (1 << 61) - 1
#: An equation: unknown → its factor; what is known stands on the other side and does not matter.
Row = dict[int, int]


def fixed(rows: Sequence[Row], unknowns: Iterable[int]) -> set[int]:
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


def told_by(rows: Sequence[Row], known: Sequence[Row], unknowns: Iterable[int]) -> dict[int, set[int]]:
    """For unknowns with one value only: which of the known numbers it is worked out from. `known` are the other sides
    of the rows, with the factors they would have on the left. Both are used up."""
    pivots = _eliminated(rows, known)
    found = {}
    for unknown in unknowns:
        left: Row = {unknown: 1}
        numbers: Row = {}
        for lead, row, beside in pivots:
            if lead in left:
                times = left[lead] * pow(row[lead], -1, _PRIME) % _PRIME
                _take(left, row, times)
                _take(numbers, beside, times)
        found[unknown] = set(numbers)
    return found


def _take(target: Row, row: Row, times: int) -> None:
    for column, factor in row.items():
        left = (target.get(column, 0) - times * factor) % _PRIME
        if left:
            target[column] = left
        else:
            target.pop(column, None)


def _eliminated(rows: Sequence[Row], known: Sequence[Row]) -> list[tuple[int, Row, Row]]:
    """Unknown, row and its known side, in the order in which they were taken out of all later ones; the shortest row
    goes first."""
    holding: dict[int, set[int]] = {}
    for number, row in enumerate(rows):
        for unknown in row:
            holding.setdefault(unknown, set()).add(number)
    waiting = [(len(row), number) for number, row in enumerate(rows)]
    heapq.heapify(waiting)
    done: set[int] = set()
    pivots: list[tuple[int, Row, Row]] = []
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
            _take(known[other], known[number], times)
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
        pivots.append((lead, row, known[number]))
    return pivots
