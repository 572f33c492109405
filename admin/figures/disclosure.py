"""What must stay hidden so that no number below 5 can be found by subtraction, within one report or across several.

Every table that may be shown is listed in `data/tables.json`; between their cells stand sums (channels make an agency,
months a quarter, agencies a province). A cell below 5 is hidden. Whatever else would let a reader solve for it is
`withheld` with it: the equations are solved as a reader could solve them, and as long as a hidden small cell comes out,
one more cell is withheld, the one that is published last. Numbers below 30 are hidden for another reason, reliability,
and are not defended here. Pure.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from admin.figures.small import FEW

#: A large prime: sums are solved in whole numbers modulo it, which finds what fractions would, and fast.
_PRIME = (1 << 61) - 1
#: In which order periods are published.
_ORDER = {"month": 0, "quarter": 1, "year": 2}

Hidden = Literal["under_5", "withheld"]


class Cell(NamedTuple):
    """A number in a table: an agency (or province) in a period (`2026-10`, `2026-Q4`, `2026`), whole or one `value` of
    what it is taken `apart` by (`channel`, `stage`, `procedure`)."""

    agency: str
    period: str
    apart: str = ""
    value: str = ""


@dataclass(frozen=True)
class Sum:
    """`whole` is shown beside its `parts`."""

    whole: Cell
    parts: tuple[Cell, ...]


@functools.cache
def tables() -> tuple[frozenset[tuple[str, str]], tuple[str, ...]]:
    """The tables that may be shown as pairs (of agency or province, taken apart by), and the kinds of periods."""
    path = Path(__file__).parent / "data" / "tables.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return frozenset((table["of"], table["apart"]) for table in found["tables"]), tuple(found["periods"])


def period_kind(period: str) -> str:
    """`month`, `quarter` or `year`, from how it is written."""
    return "quarter" if "Q" in period else "month" if "-" in period else "year"


def system(counts: Mapping[Cell, int], parents: Mapping[str, str | None]) -> tuple[dict[Cell, int], list[Sum]]:
    """All cells of the tables and the sums between them, from the own numbers of each agency by month.

    `counts` holds, for single months, each agency's own number whole and apart (zeros may be missing). `parents` names
    the agency above; the topmost is the province. An agency's cells hold everything under it.
    """
    shown, periods = tables()
    sizes: dict[Cell, int] = {}
    parts: dict[Cell, dict[Cell, None]] = {}

    def joined(whole: Cell, part: Cell, n: int) -> None:
        parts.setdefault(whole, {}).setdefault(part)

    for own, n in counts.items():
        agency: str | None = own.agency
        below: Cell | None = None
        while agency is not None:
            kind = "province" if parents.get(agency) is None else "agency"
            if (kind, own.apart) in shown:
                for period in _periods(own.period, periods):
                    cell = own._replace(agency=agency, period=period)
                    sizes[cell] = sizes.get(cell, 0) + n
                    if own.apart:
                        joined(Cell(agency, period), cell, n)
                _nest(own._replace(agency=agency), periods, parts)
                if below is not None:
                    for period in _periods(own.period, periods):
                        joined(own._replace(agency=agency, period=period), below._replace(period=period), n)
                below = own._replace(agency=agency)
            agency = parents.get(agency)
    return sizes, _sums(sizes, parts)


def _periods(month: str, kinds: Sequence[str]) -> list[str]:
    year, number = month[:4], int(month[5:7])
    named = {"month": month, "quarter": f"{year}-Q{(number + 2) // 3}", "year": year}
    return [named[kind] for kind in kinds]


def _nest(cell: Cell, kinds: Sequence[str], parts: dict[Cell, dict[Cell, None]]) -> None:
    chain = [cell._replace(period=period) for period in _periods(cell.period, kinds)]
    for part, whole in zip(chain, chain[1:], strict=False):
        parts.setdefault(whole, {}).setdefault(part)


def _sums(sizes: Mapping[Cell, int], parts: Mapping[Cell, Mapping[Cell, None]]) -> list[Sum]:
    """One sum for each way a cell is taken apart: by value, by time, by agencies below. What an agency with agencies
    below it got itself is shown nowhere, so such a sum has an unknown rest and says nothing unless the rest is nought.
    """
    found = []
    for whole, all_parts in parts.items():
        ways: dict[tuple[str, ...], list[Cell]] = {}
        for part in all_parts:
            if part.apart != whole.apart:
                way: tuple[str, ...] = ("apart", part.apart)
            elif part.period != whole.period:
                way = ("time",)
            else:
                way = ("agencies",)
            ways.setdefault(way, []).append(part)
        for way, members in ways.items():
            if sum(sizes[part] for part in members) == sizes[whole]:
                found.append(Sum(whole, tuple(members)))
            elif way == ("agencies",):
                rest = Cell(f"{whole.agency}\0own", whole.period, whole.apart, whole.value)
                found.append(Sum(whole, (*members, rest)))
    return found


def protected(sizes: Mapping[Cell, int], sums: Iterable[Sum]) -> dict[Cell, Hidden]:
    """Which cells are hidden: those below 5, and those withheld so that none of these can be worked out.

    Noughts are shown. Cells that stand in a sum but not in `sizes` are shown nowhere.
    """
    lines = [(line.whole, *line.parts) for line in sums]
    hidden: dict[Cell, Hidden] = {cell: "under_5" for cell, n in sizes.items() if 0 < n < FEW}
    unknown = set(hidden) | {cell for line in lines for cell in line if cell not in sizes}
    touching: dict[Cell, list[int]] = {}
    for number, line in enumerate(lines):
        for cell in line:
            touching.setdefault(cell, []).append(number)
    waiting = set(hidden)
    while waiting:
        group = _together(waiting.pop(), unknown, lines, touching)
        waiting -= group
        found = _found(group, sizes, hidden, lines, touching)
        small = [cell for cell in found if hidden.get(cell) == "under_5"]
        if not small:
            continue
        first = min(small, key=lambda cell: (len(found[cell]), cell))
        shown = _shown(found[first], unknown, sizes, lines) or _shown(
            {number for cell in group for number in touching.get(cell, ())}, unknown, sizes, lines
        )
        if not shown:
            continue  # nothing beside it is left to be shown
        extra = max(shown, key=lambda cell: (_ORDER[period_kind(cell.period)], -sizes[cell], cell))
        hidden[extra] = "withheld"
        unknown.add(extra)
        waiting |= {cell for cell in group | {extra} if cell in hidden}
    return hidden


def _shown(
    numbers: Iterable[int], unknown: set[Cell], sizes: Mapping[Cell, int], lines: Sequence[tuple[Cell, ...]]
) -> list[Cell]:
    """The cells of these sums that are shown, noughts apart."""
    return [cell for cell in {cell for number in numbers for cell in lines[number]} - unknown if sizes[cell] > 0]


def _together(
    start: Cell, unknown: set[Cell], lines: Sequence[tuple[Cell, ...]], touching: Mapping[Cell, list[int]]
) -> set[Cell]:
    """The unknown cells that hang together with `start` by sums."""
    group, todo = {start}, [start]
    while todo:
        for number in touching.get(todo.pop(), ()):
            for cell in lines[number]:
                if cell in unknown and cell not in group:
                    group.add(cell)
                    todo.append(cell)
    return group


def _found(
    group: set[Cell],
    sizes: Mapping[Cell, int],
    hidden: Mapping[Cell, Hidden],
    lines: Sequence[tuple[Cell, ...]],
    touching: Mapping[Cell, list[int]],
) -> dict[Cell, set[int]]:
    """Which cells of a group a reader can work out, and from which sums: by solving them, or because only one number
    is left that what is printed ("<5", or nothing) allows."""
    columns = {cell: number for number, cell in enumerate(sorted(group))}
    cells = sorted(group)
    numbers = sorted({number for cell in group for number in touching.get(cell, ())})
    rows: list[dict[int, int]] = []
    for number in numbers:
        row = {-1 - number: 1}  # columns below nought remember which sums a row was made of
        for place, cell in enumerate(lines[number]):
            if cell in columns:
                row[columns[cell]] = 1 if place == 0 else _PRIME - 1
        rows.append(row)
    found = {cells[column]: used for column, used in _solved(rows).items()}
    for cell in _squeezed(group, sizes, hidden, [lines[number] for number in numbers]):
        found.setdefault(cell, set(touching[cell]))
    return found


def _solved(rows: list[dict[int, int]]) -> dict[int, set[int]]:
    """The unknowns that linear equations fix, those alone in a row of the reduced form, each with the equations that
    its row was made of."""
    pivots: dict[int, dict[int, int]] = {}
    for row in rows:
        for column in [column for column in row if column in pivots]:
            if column in row:
                _take(row, pivots[column], row[column])
        unknowns = [column for column in row if column >= 0]
        if not unknowns:
            continue
        lead = min(unknowns)
        inverse = pow(row[lead], -1, _PRIME)
        row = {column: value * inverse % _PRIME for column, value in row.items()}
        for other in pivots.values():
            if lead in other:
                _take(other, row, other[lead])
        pivots[lead] = row
    return {
        lead: {-1 - column for column in row if column < 0}
        for lead, row in pivots.items()
        if sum(column >= 0 for column in row) == 1
    }


def _take(row: dict[int, int], other: Mapping[int, int], times: int) -> None:
    for column, value in other.items():
        left = (row.get(column, 0) - times * value) % _PRIME
        if left:
            row[column] = left
        else:
            row.pop(column, None)


def _squeezed(
    group: set[Cell], sizes: Mapping[Cell, int], hidden: Mapping[Cell, Hidden], lines: Sequence[tuple[Cell, ...]]
) -> set[Cell]:
    """Small cells for which, sum by sum, only one number is possible."""
    low = {cell: 1 if hidden.get(cell) == "under_5" else FEW if cell in hidden else 0 for cell in group}
    high: dict[Cell, float] = {
        cell: FEW - 1 if hidden.get(cell) == "under_5" else float("inf") for cell in group
    }
    for _ in range(len(lines) + 1):
        changed = False
        for whole, *parts in lines:
            floor = [low.get(cell, sizes.get(cell, 0)) for cell in parts]
            roof = [high.get(cell, sizes.get(cell, 0)) for cell in parts]
            least, most = low.get(whole, sizes.get(whole, 0)), high.get(whole, sizes.get(whole, 0))
            if whole in group:
                changed |= _narrow(whole, sum(floor), sum(roof), low, high)
            for cell, own_low, own_high in zip(parts, floor, roof, strict=True):
                if cell in group:
                    changed |= _narrow(cell, least - (sum(roof) - own_high), most - (sum(floor) - own_low), low, high)
        if not changed:
            break
    return {cell for cell in group if hidden.get(cell) == "under_5" and low[cell] == high[cell]}


def _narrow(cell: Cell, least: float, most: float, low: dict[Cell, int], high: dict[Cell, float]) -> bool:
    changed = False
    if least == least and least > low[cell]:  # not a number where infinity meets infinity: it says nothing
        low[cell], changed = int(least), True
    if most == most and most < high[cell]:
        high[cell], changed = most, True
    return changed
