"""The desk-versus-later gap: what people say at the counter against what they say away from it. Pure.

Where one transaction was rated both ways, the pair tells more than two groups of different people: Newcombe's interval
for a difference of paired shares (1998, method 10) takes into account how the two go together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from admin.figures import intervals
from admin.figures.intervals import Interval


@dataclass(frozen=True)
class Gap:
    """Desk minus later, in percentage points, from `pairs` transactions rated both ways."""

    pairs: int
    desk: Fraction
    later: Fraction
    difference: Fraction
    interval: Interval


def paired(pairs: Mapping[tuple[bool, bool], int]) -> Gap | None:
    """The gap over pairs (satisfied at the desk, satisfied later) → how many; None without pairs."""
    both, desk_alone = pairs.get((True, True), 0), pairs.get((True, False), 0)
    later_alone, neither = pairs.get((False, True), 0), pairs.get((False, False), 0)
    n = both + desk_alone + later_alone + neither
    if n == 0:
        return None
    at_desk, later = both + desk_alone, both + later_alone
    a, b = Fraction(100 * at_desk, n), Fraction(100 * later, n)
    (low_a, high_a), (low_b, high_b) = intervals.wilson(at_desk, n), intervals.wilson(later, n)
    with localcontext() as context:
        context.prec = 28
        phi = _together(both, desk_alone, later_alone, neither)
        desk, after = Decimal(a.numerator) / a.denominator, Decimal(b.numerator) / b.denominator
        down_a, up_a, down_b, up_b = desk - low_a, high_a - desk, after - low_b, high_b - after
        below = (down_a**2 - 2 * phi * down_a * up_b + up_b**2).max(Decimal(0)).sqrt()
        above = (up_a**2 - 2 * phi * up_a * down_b + down_b**2).max(Decimal(0)).sqrt()
        return Gap(n, a, b, a - b, (desk - after - below, desk - after + above))


def _together(both: int, first: int, second: int, neither: int) -> Decimal:
    """How the two answers of a pair go together, from -1 to 1, with Newcombe's correction for continuity."""
    product = (both + first) * (second + neither) * (both + second) * (first + neither)
    if product == 0:
        return Decimal(0)
    crossed = both * neither - first * second
    n = both + first + second + neither
    if crossed > 0:
        crossed = max(crossed - n // 2, 0) if n % 2 == 0 else max(2 * crossed - n, 0) // 2
    return Decimal(crossed) / Decimal(product).sqrt()
