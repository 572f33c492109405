"""The cells of all tables that may be shown, and the sums a reader can set up between them. Pure.

`data/tables.json` lists the tables. What a part belongs to stands there too: QR and typed codes make the answers given
on slips, these and the tablet those that belong to a dossier, these and paper the whole.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple


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
def _file() -> dict[str, Any]:
    path = Path(__file__).parent / "data" / "tables.json"
    tables: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return tables


@functools.cache
def list_published_tables() -> tuple[frozenset[tuple[str, str]], tuple[str, ...]]:
    """The tables that may be shown as pairs (of agency or province, taken apart by), and the kinds of periods."""
    return frozenset((table["of"], table["apart"]) for table in _file()["tables"]), tuple(_file()["periods"])


@functools.cache
def parent_part(apart: str, value: str) -> tuple[str, str] | None:
    """What a part is added up to (apart and value; both empty: the whole); None where it is added up to nothing."""
    if not apart:
        return None
    rule = _file()["belongs"].get(apart, ["", ""])
    if isinstance(rule, dict):
        rule = rule.get(value, ["", ""])
    return None if rule is None else (rule[0], rule[1])


def period_kind(period: str) -> str:
    """`month`, `quarter` or `year`, from how it is written."""
    return "quarter" if "Q" in period else "month" if "-" in period else "year"


def period_end(period: str) -> str:
    """The last month of a period."""
    kind = period_kind(period)
    if kind == "quarter":
        return f"{period[:4]}-{int(period[6]) * 3:02d}"
    return period if kind == "month" else f"{period}-12"


def periods_of(month: str, kinds: Sequence[str]) -> list[str]:
    """The month, its quarter and its year, as far as these kinds are shown."""
    year, number = month[:4], int(month[5:7])
    period_names = {"month": month, "quarter": f"{year}-Q{(number + 2) // 3}", "year": year}
    return [name for kind, name in period_names.items() if kind in kinds]


def build_cells_and_sums(
    counts: Mapping[Cell, int], parents: Mapping[str, str | None], kinds: Sequence[str] | None = None
) -> tuple[dict[Cell, int], list[Sum]]:
    """All cells of the tables and the sums between them, from the own numbers of each agency by month.

    `counts` holds, for single months, each agency's own number whole and apart (zeros may be missing); what is added up
    of parts (`parent_part`) is worked out here. `parents` names the agency above; the topmost is the province. An
    agency's cells hold everything under it. `kinds` limits the kinds of periods.
    """
    published_tables, every = list_published_tables()
    kinds = every if kinds is None else kinds
    sizes: dict[Cell, int] = {}
    parts: dict[Cell, dict[Cell, None]] = {}
    lines: dict[str, list[tuple[str, str]]] = {}
    for own, n in counts.items():
        if own.agency not in lines:
            lines[own.agency] = _line(own.agency, parents)
        ways = _ways(own.apart, own.value)
        periods = periods_of(own.period, kinds)
        below = ""
        for agency, kind in lines[own.agency]:
            for place, (dimension, value) in enumerate(ways):
                if (kind, dimension) not in published_tables:
                    continue
                inner = None
                for period in periods:
                    cell = Cell(agency, period, dimension, value)
                    sizes[cell] = sizes.get(cell, 0) + n
                    if inner is not None:
                        parts.setdefault(cell, {}).setdefault(inner)
                    inner = cell
                    if below and (_kind(below, parents), dimension) in published_tables:
                        parts.setdefault(cell, {}).setdefault(Cell(below, period, dimension, value))
                    over = ways[place + 1] if place + 1 < len(ways) else parent_part(dimension, value)
                    if over is not None:
                        parts.setdefault(Cell(agency, period, *over), {}).setdefault(cell)
            below = agency
    return sizes, _sums(sizes, parts)


def _line(agency: str, parents: Mapping[str, str | None]) -> list[tuple[str, str]]:
    line: list[tuple[str, str]] = []
    key: str | None = agency
    while key is not None and key not in {earlier_key for earlier_key, _ in line}:
        line.append((key, _kind(key, parents)))
        key = parents.get(key)
    return line


def _kind(agency: str, parents: Mapping[str, str | None]) -> str:
    return "province" if parents.get(agency) is None else "agency"


@functools.cache
def _ways(apart: str, value: str) -> tuple[tuple[str, str], ...]:
    """A part and what it is added up to, short of the whole, which is counted by itself."""
    ways = [(apart, value)]
    while (over := parent_part(*ways[-1])) is not None and over[0] == apart and over != ("", ""):
        ways.append(over)
    return tuple(ways)


def _sums(sizes: Mapping[Cell, int], parts: Mapping[Cell, Mapping[Cell, None]]) -> list[Sum]:
    """One sum for each way a cell is taken apart: by value, by time, by agencies below. What an agency with agencies
    below it got itself is shown nowhere, so such a sum has an unknown rest and says nothing unless the rest is nought.
    """
    sums = []
    for whole, all_parts in parts.items():
        if whole not in sizes:
            continue
        ways: dict[str, list[Cell]] = {}
        for part in all_parts:
            if part.agency != whole.agency:
                way = "agencies"
            elif part.period != whole.period:
                way = "time"
            else:
                way = "apart " + part.apart
            ways.setdefault(way, []).append(part)
        for way, members in ways.items():
            if sum(sizes[part] for part in members) == sizes[whole]:
                sums.append(Sum(whole, tuple(members)))
            elif way == "agencies":
                rest = Cell(f"{whole.agency}\0own", whole.period, whole.apart, whole.value)
                sums.append(Sum(whole, (*members, rest)))
    return sums
