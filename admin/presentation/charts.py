"""Geometry of the charts: axes, bars and labels in per cent and pixels, drawn by the templates.

It is computed from figures that may be shown. Across, a place is a percentage of the width there is (0 to 100), so that
a chart follows its column while letters and strokes keep their size; down, it is in pixels. Nothing here knows colours,
words or the web.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import SupportsFloat

Value = SupportsFloat


@dataclass(frozen=True)
class Tick:
    """A place on an axis with the value it stands for."""

    at: float
    value: float


@dataclass(frozen=True)
class Axis:
    """A stretch of numbers laid across the whole width. `cut` says that it does not begin at zero."""

    low: float
    high: float
    step: float

    @property
    def cut(self) -> bool:
        """Whether the axis begins above zero, which the page then says in words."""
        return self.low > 0

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """The labelled places."""
        first, last = math.ceil(self.low / self.step), math.floor(self.high / self.step)
        values = (place * self.step for place in range(first, last + 1))
        return tuple(Tick(self.at(value), value) for value in values)

    def at(self, value: Value) -> float:
        """Where a value stands, 0 to 100; what lies outside stands at the end."""
        share = (float(value) - self.low) / (self.high - self.low)
        return 100 * min(1.0, max(0.0, share))

    def holds(self, value: Value) -> bool:
        """Whether a value lies on the axis."""
        return self.low <= float(value) <= self.high


#: Distances of labelled places that read well on a scale of percentages.
_STEPS = (1, 2, 5, 10, 20, 25, 50)


def make_percent_axis(values: Iterable[Value], *, step: float = 5, least: float = 15, most_ticks: int = 7) -> Axis:
    """An axis of percentages around `values`, with round ends, never beyond 0 and 100.

    Labels stand `step` apart, farther if there would be more than `most_ticks` steps; it is at least `least` wide.
    """
    numbers = [float(value) for value in values] or [0.0, 100.0]
    axis = Axis(0, 100, 25)
    for distance in (candidate for candidate in _STEPS if candidate >= step):
        axis = _around(min(numbers), max(numbers), distance, least)
        if (axis.high - axis.low) / distance <= most_ticks:
            break
    return axis


def _around(lowest: float, highest: float, step: float, least: float) -> Axis:
    low = max(0.0, math.floor((lowest - step / 5) / step) * step)
    high = min(100.0, math.ceil((highest + step / 5) / step) * step)
    while high - low < least:
        if high < 100:
            high += step
        if high - low < least and low > 0:
            low -= step
    return Axis(low, high, step)


def make_axis_around_zero(values: Iterable[Value], *, least: float = 5) -> Axis:
    """An axis of differences with zero in the middle, as wide as the farthest of `values`, at least `least` a side."""
    far = max((abs(float(value)) for value in values), default=0.0)
    step = next((step for step in (5, 10, 20, 25, 50) if far <= 2 * step), 50)
    reach = max(least, math.ceil(far / step) * step)
    return Axis(-reach, reach, reach)


@dataclass(frozen=True)
class Whisker:
    """An index (`dot`) with its interval on an axis; `reference` is what it is compared with. None: not shown."""

    low: float | None
    high: float | None
    dot: float | None
    reference: float | None


def make_whisker(
    axis: Axis, index: Value | None, interval: tuple[Value, Value] | None, reference: Value | None = None
) -> Whisker:
    """The places of an index, its interval and a reference."""
    low, high = (axis.at(end) for end in interval) if interval else (None, None)
    dot, reference_place = (None if value is None else axis.at(value) for value in (index, reference))
    return Whisker(low, high, dot, reference_place)


@dataclass(frozen=True)
class Ruler:
    """The headline on a ruler. `before` (hollow), `reference` (tick) and `target` (dashed) may be missing; the label of
    a mark in the right part of the ruler stands to its left."""

    axis: Axis
    small_ticks: tuple[float, ...]
    whisker: Whisker
    before: float | None
    target: float | None


def make_ruler(
    index: Value, interval: tuple[Value, Value] | None, *, before: Value | None = None,
    reference: Value | None = None, target: Value | None = None,
) -> Ruler:  # fmt: skip
    """The ruler under a headline; all values in per cent."""
    values = [value for value in (index, before, reference, target, *(interval or ())) if value is not None]
    axis = make_percent_axis(values, step=5)
    small = tuple(axis.at(value) for value in _between(axis, axis.step / 5))
    return Ruler(
        axis, small, make_whisker(axis, index, interval, reference), None if before is None else axis.at(before),
        None if target is None else axis.at(target),
    )  # fmt: skip


def _between(axis: Axis, step: float) -> list[float]:
    count = round((axis.high - axis.low) / step)
    return [axis.low + place * step for place in range(count + 1)]


@dataclass(frozen=True)
class TrendPoint:
    """A month of a trend. Without an index (`y` None) it has no height; `few` tells few answers from none."""

    at: float
    y: float | None
    period: str
    few: bool


@dataclass(frozen=True)
class TrendLevel:
    """A horizontal line of a trend."""

    y: float
    value: float


@dataclass(frozen=True)
class IntervalStem:
    """The interval of a month that stands alone, from `top` down to `bottom`."""

    at: float
    top: float
    bottom: float


@dataclass(frozen=True)
class TrendRule:
    """A vertical line before a month from which on something else is measured, with its number on the page."""

    at: float
    number: int


@dataclass(frozen=True)
class Trend:
    """Months from left to right. `lines` and `bands` are runs of months without a gap or a break, as SVG points over a
    field of 100 × `height`, `stems` runs of a single month; `levels` the grid; `target` the y of the goal; `rules` the
    breaks."""

    height: float
    axis: Axis
    levels: tuple[TrendLevel, ...]
    points: tuple[TrendPoint, ...]
    lines: tuple[str, ...]
    bands: tuple[str, ...]
    stems: tuple[IntervalStem, ...]
    target: float | None
    rules: tuple[TrendRule, ...] = ()

    @property
    def target_words_at_the_left(self) -> bool:
        """Whether the line runs through the place of the goal's words at the right, but not at the left."""
        crowded = [_meets(points, self.target) for points in (self.points[-4:], self.points[:4])]
        return crowded == [True, False]

    @property
    def has_few(self) -> bool:
        """Whether a month stands on the axis because it has too few answers."""
        return any(point.y is None and point.few for point in self.points)

    @property
    def last(self) -> TrendPoint | None:
        """The newest month, if its index is shown."""
        return self.points[-1] if self.points and self.points[-1].y is not None else None


def _meets(points: Sequence[TrendPoint], target: float | None) -> bool:
    """Whether some of these points stand where the words above the goal's line would."""
    return target is not None and any(point.y is not None and -26 < point.y - target < 8 for point in points)


@dataclass(frozen=True)
class TrendMonth:
    """What a trend is made of: a month with its index and interval, or without (then `few`: 1 to 29 answers). From a
    month with `breaks` on something else is measured, so that no line leads to it."""

    period: str
    index: Fraction | None
    interval: tuple[Value, Value] | None
    few: bool
    breaks: bool = False


def make_trend(months: Sequence[TrendMonth], *, target: Value | None = None, height: float = 228) -> Trend | None:
    """The trend of `months`, oldest first; None when no month has an index."""
    values: list[Value] = [month.index for month in months if month.index is not None]
    if not values:
        return None
    values += [end for month in months if month.index is not None and month.interval for end in month.interval]
    if target is not None:
        values.append(target)
    axis = make_percent_axis(values, step=2, least=10)

    def y(value: Value) -> float:
        return height * (1 - axis.at(value) / 100)

    last = max(1, len(months) - 1)
    points = tuple(
        TrendPoint(100 * place / last, None if month.index is None else y(month.index), month.period, month.few)
        for place, month in enumerate(months)
    )
    runs = _runs(months)
    lines = tuple(" ".join(f"{points[i].at:.3f},{y(months[i].index or 0):.2f}" for i in run) for run in runs)
    sure = [run for run in runs if all(months[i].interval for i in run)]
    bands = tuple(_band(run, months, points, y) for run in sure if len(run) > 1)
    broken = [place for place, month in enumerate(months) if month.breaks]
    rules = tuple(TrendRule(max(0.0, 100 * (place - 0.5) / last), number) for number, place in enumerate(broken, 1))
    alone = [(points[run[0]].at, months[run[0]].interval) for run in sure if len(run) == 1]
    stems = tuple(IntervalStem(at, y(ends[1]), y(ends[0])) for at, ends in alone if ends is not None)
    return Trend(
        height, axis, tuple(TrendLevel(y(tick.value), tick.value) for tick in axis.ticks), points, lines, bands, stems,
        None if target is None else y(target), rules,
    )  # fmt: skip


def _runs(months: Sequence[TrendMonth]) -> list[list[int]]:
    """The stretches of months that all have an index, none reaching over a break."""
    runs: list[list[int]] = [[]]
    for place, month in enumerate(months):
        if month.breaks and runs[-1]:
            runs.append([])
        if month.index is not None:
            runs[-1].append(place)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _band(
    run: Sequence[int], months: Sequence[TrendMonth], points: Sequence[TrendPoint], y: Callable[[Value], float]
) -> str:
    """The interval of a run of months as one closed shape: along the upper ends and back along the lower ones."""
    ends = [(points[i].at, interval) for i in run if (interval := months[i].interval) is not None]
    above = [f"{at:.3f},{y(high):.2f}" for at, (_, high) in ends]
    below = [f"{at:.3f},{y(low):.2f}" for at, (low, _) in reversed(ends)]
    return " ".join(above + below)


@dataclass(frozen=True)
class BarPart:
    """A stretch of a bar: which answer (1 to 5), from where, how wide, and its share in per cent."""

    score: int
    at: float
    width: float
    share: Fraction


@dataclass(frozen=True)
class Bar:
    """One row of five answers around zero; `low` is the share of 1 and 2, printed at the left end of the row."""

    parts: tuple[BarPart, ...]
    left: float
    low: Fraction


@dataclass(frozen=True)
class DivergingBars:
    """Rows of five answers: to the right of zero 4 and 5 (the index), to the left 3, 2, 1 outwards."""

    axis: Axis
    zero: float
    bars: tuple[Bar | None, ...]


#: A number stands inside a part only if it is at least so wide (per cent of the whole width).
ROOM_FOR_NUMBER = 6.0
#: The room for the number at the left end of a bar, on the scale of the bar.
ROOM_AT_THE_LEFT = 8.0


def make_diverging_bars(rows: Sequence[Sequence[int] | None]) -> DivergingBars:
    """Bars of counts of the scores 1 to 5; a row without counts has no bar."""
    left = [float(Fraction(100 * sum(counts[:3]), sum(counts))) for counts in rows if counts and sum(counts)]
    axis = Axis(-max(20.0, max(left, default=0.0) + ROOM_AT_THE_LEFT), 100, 20)
    return DivergingBars(
        axis, axis.at(0), tuple(_bar(axis, counts) if counts and sum(counts) else None for counts in rows)
    )


def _bar(axis: Axis, counts: Sequence[int]) -> Bar:
    n = sum(counts)
    shares = {score: Fraction(100 * count, n) for score, count in enumerate(counts, 1)}
    two = -shares[3] - shares[2]
    edges = {4: Fraction(0), 5: shares[4], 3: -shares[3], 2: two, 1: two - shares[1]}
    scale = 100 / (axis.high - axis.low)
    parts = tuple(
        BarPart(score, axis.at(edges[score]), float(shares[score]) * scale, shares[score]) for score in (1, 2, 3, 4, 5)
    )
    return Bar(parts, parts[0].at, shares[1] + shares[2])


@dataclass(frozen=True)
class SwarmMark:
    """One thing in a swarm: its place across (per cent) and down (pixels from the middle of its row)."""

    id: str
    at: float
    y: float


#: What a swarm is laid out for: width of the field and least distance of two marks, in pixels.
SWARM_WIDTH = 540.0
APART = 11.0


def make_swarm(axis: Axis, values: Sequence[tuple[str, Value]]) -> tuple[tuple[SwarmMark, ...], float]:
    """Marks that do not cover each other, each exactly at its value; and how high the row is (pixels)."""
    placed: list[SwarmMark] = []
    for id, value in sorted(values, key=lambda pair: (float(pair[1]), pair[0])):
        at = axis.at(value)
        near = [mark for mark in placed if (at - mark.at) * SWARM_WIDTH / 100 < APART]
        y = next(y for y in _outwards() if all(_clear(at, y, mark) for mark in near))
        placed.append(SwarmMark(id, at, y))
    reach = max((abs(mark.y) for mark in placed), default=0.0)
    return tuple(placed), 2 * reach + 3 * APART


def _clear(at: float, y: float, mark: SwarmMark) -> bool:
    across = (at - mark.at) * SWARM_WIDTH / 100
    return across * across + (y - mark.y) ** 2 >= APART * APART - 0.5


def _outwards() -> Iterable[float]:
    """0, then away from the middle, to both sides in turn."""
    yield 0.0
    step = 1
    while True:
        yield step * APART
        yield -step * APART
        step += 1
