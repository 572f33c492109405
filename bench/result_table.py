"""Result tables of the bench: figures, each with its yardstick and the ratio of the two.

A measured value is the median of several rounds; measured and yardstick take turns within each round, so that a busy
moment of the machine hits both.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

HEADINGS = ("measured", "median", "beside", "its median", "ratio", "rounds")


@dataclass
class Rounds:
    """What the rounds gave, by name: any unit, as long as one name keeps one unit."""

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, value: float) -> None:
        """One more round of `name`."""
        self.values[name].append(value)

    def time(self, name: str, work: Callable[[], object], times: int = 1) -> None:
        """Run `work` and add the milliseconds one run of `times` took."""
        started = time.perf_counter()
        for _ in range(times):
            work()
        self.add(name, (time.perf_counter() - started) * 1000 / times)

    def median(self, name: str) -> float:
        """The median of the rounds of `name`."""
        return statistics.median(self.values[name])

    def ratio(self, name: str, yardstick: str) -> tuple[float, float, float]:
        """`name` ÷ `yardstick`, round by round: median, least and greatest."""
        ratios = [a / b for a, b in zip(self.values[name], self.values[yardstick], strict=True)]
        return statistics.median(ratios), min(ratios), max(ratios)


@dataclass
class Table:
    """One table, printed when all rows are there. `unit` stands behind every value unless a row has its own."""

    title: str
    rounds: Rounds
    unit: str
    notes: Sequence[str] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def row(
        self, name: str, yardstick: str, *, extra: str = "", unit: str | None = None, of: str | None = None
    ) -> None:
        """A line: `name` beside `yardstick`. `extra` stands behind the value; `unit`, `of`: units of the two values."""
        ratio, least, most = self.rounds.ratio(name, yardstick)
        unit = self.unit if unit is None else unit
        value = f"{number(self.rounds.median(name))} {unit}".strip()
        yardstick_value = f"{number(self.rounds.median(yardstick))} {unit if of is None else of}".strip()
        spread = f"{len(self.rounds.values[name])} ({number(least)}–{number(most)})"
        self.rows.append((name, f"{value}{extra}", yardstick, yardstick_value, number(ratio), spread))

    def show(self) -> None:
        """Print it."""
        print(f"\n{self.title}")
        for note in self.notes:
            print(f"  {note}")
        lines(HEADINGS, self.rows, right=(1, 3, 4))


def lines(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> None:
    """Print rows under headings, columns of equal width; those in `right` end at the same place."""
    widths = [max(len(line[column]) for line in (headings, *rows)) for column in range(len(headings))]
    for line in (headings, *rows):
        cells = [cell.rjust(width) if column in right else cell.ljust(width)
                 for column, (cell, width) in enumerate(zip(line, widths, strict=True))]
        print("  " + "  ".join(cells).rstrip())
    print(flush=True)


def number(value: float) -> str:
    """A figure with three significant digits, thousands set apart."""
    if value >= 1000:
        return f"{value:,.0f}"
    for limit, places in ((100, 0), (10, 1), (1, 2), (0.1, 3)):
        if value >= limit:
            return f"{value:.{places}f}"
    return f"{value:.2g}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0…1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
