"""Which agencies moved by more than chance, when all of them are looked at together. Pure.

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

from admin.figures.small import ENOUGH

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


def alarms(moves: Mapping[str, tuple[Share, Share]]) -> list[Alarm]:
    """The agencies whose share changed, the surest first. `moves` has for each agency (satisfied, n) now and before.

    Agencies with fewer than 30 answers on either side are not looked at.
    """
    looked_at = [
        (chance(now, before), key, now, before)
        for key, (now, before) in moves.items()
        if now[1] >= ENOUGH and before[1] >= ENOUGH
    ]
    looked_at.sort(key=lambda row: (row[0], row[1]))
    last = 0
    for place, (p, *_) in enumerate(looked_at, 1):
        if p <= float(RATE) * place / len(looked_at):
            last = place
    found = []
    for p, key, now, before in looked_at[:last]:
        points = Fraction(100 * now[0], now[1]) - Fraction(100 * before[0], before[1])
        found.append(Alarm(key, "higher" if points > 0 else "lower", points, p))
    return found


def chance(a: Share, b: Share) -> float:
    """How likely two shares (satisfied, n) differ at least as much when nothing differs: the two-sided test of two
    proportions with the pooled variance and n - 1 in place of n (Campbell 2007). 1 when all answers are alike."""
    (x, n), (y, m) = a, b
    pooled = (x + y) / (n + m)
    if pooled in (0.0, 1.0):
        return 1.0
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m) * (n + m) / (n + m - 1))
    return math.erfc(abs(x / n - y / m) / spread / math.sqrt(2))
