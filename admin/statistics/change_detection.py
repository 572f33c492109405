"""Detection of changes: agencies that moved by more than chance, judged all together. Pure.

With 144 agencies a month, seven would "change significantly" by chance alone. The false-discovery rate is kept
(Benjamini & Hochberg 1995): of all alarms ever raised at most `RATE` are false on average, and when nothing changed
anywhere, an alarm appears in at most that share of months.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from admin.statistics.measures import intervals
from admin.statistics.measures.index import Figure
from admin.statistics.measures.intervals import Interval
from admin.statistics.measures.thresholds import ENOUGH

#: The share of alarms that may be false.
RATE = Fraction(1, 20)

Share = tuple[int, int]


@dataclass(frozen=True)
class Alarm:
    """An index that moved beyond chance: `p` is the chance of so large a difference without any change, `points` the
    move in percentage points."""

    key: str
    direction: Literal["higher", "lower"]
    points: Fraction
    p: float


@dataclass(frozen=True)
class DetectedChanges:
    """The alarms, the surest first, of all agencies that could be `looked_at`."""

    alarms: list[Alarm]
    looked_at: int


#: An agency, how likely so large a move is by chance, and the move in percentage points.
_Candidate = tuple[float, str, Fraction]


def detect_changes(moves: Mapping[str, tuple[Share, Share]]) -> list[Alarm]:
    """The agencies whose share changed, the surest first. `moves` has for each agency (satisfied, n) now and before.

    Agencies with fewer than 30 answers on either side are not looked at.
    """
    return _sifted(
        [
            (
                chance_of_difference(now, before),
                key,
                Fraction(100 * now[0], now[1]) - Fraction(100 * before[0], before[1]),
            )
            for key, (now, before) in moves.items()
            if now[1] >= ENOUGH and before[1] >= ENOUGH
        ]
    )


def detect_figure_changes(moves: Mapping[str, tuple[Figure, Figure]]) -> DetectedChanges:
    """The same from the figures of each agency now and before. Where an index is no plain share, its move is judged by
    the intervals. Agencies that do not show an index with an interval on both sides are not looked at."""
    candidates: list[_Candidate] = []
    for key, (now, before) in moves.items():
        if now.index is None or before.index is None or now.interval is None or before.interval is None:
            continue
        if now.satisfied is not None and before.satisfied is not None and now.n and before.n:
            p = chance_of_difference((now.satisfied, now.n), (before.satisfied, before.n))
        else:
            p = chance_of_means(now.index, now.interval, before.index, before.interval)
        candidates.append((p, key, now.index - before.index))
    return DetectedChanges(_sifted(candidates), len(candidates))


def _sifted(candidates: list[_Candidate]) -> list[Alarm]:
    """Benjamini and Hochberg's step-up over all that were looked at."""
    ordered = sorted(candidates)
    last = 0
    for place, (p, *_) in enumerate(ordered, 1):
        if p <= float(RATE) * place / len(ordered):
            last = place
    return [Alarm(key, "higher" if points > 0 else "lower", points, p) for p, key, points in ordered[:last]]


def chance_of_difference(a: Share, b: Share) -> float:
    """How likely two shares (satisfied, n) differ at least as much when nothing differs: the two-sided test of two
    proportions with the pooled variance and n - 1 in place of n (Campbell 2007). 1 when all answers are alike."""
    (x, n), (y, m) = a, b
    pooled = (x + y) / (n + m)
    if pooled in (0.0, 1.0):
        return 1.0
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m) * (n + m) / (n + m - 1))
    return math.erfc(abs(x / n - y / m) / spread / math.sqrt(2))


def chance_of_means(now: Fraction, around_now: Interval, before: Fraction, around_before: Interval) -> float:
    """The same for two indices with 95 % intervals of their own, all in per cent: the distance from the difference to
    the end of its interval that lies towards zero is taken for 1.96 standard errors."""
    points = now - before
    if points == 0:
        return 1.0
    low, high = intervals.difference_interval(now, around_now, before, around_before)
    reach = float(points) - float(low) if points > 0 else float(high) - float(points)
    return math.erfc(abs(float(points)) / (reach / float(intervals.Z)) / math.sqrt(2)) if reach > 0 else 0.0
