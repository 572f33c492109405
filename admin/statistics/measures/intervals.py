"""Confidence intervals of 95%: Wilson's of a share and of a mean, and Newcombe's of a difference.

A mean carries Wilson's interval for its effective sample size, which its variance by a jackknife over respondents
tells. Pure arithmetic, the step from counted answers to what may be concluded. Nothing is rounded here.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

#: The 97.5% quantile of the normal distribution.
Z = Decimal("1.959964")
_DIGITS = 28
#: How many independent answers one respondent may be worth in a mean of several questions. Measured by simulation
#: (`tests/admin/statistics/measures/test_interval_coverage.py`): with 3 the interval holds for questions that go
#: together strongly and for such that do not.
MOST_WORTH = 3

Interval = tuple[Decimal, Decimal]


def wilson_interval(satisfied: int, n: int) -> Interval:
    """The 95% interval of `satisfied` out of `n`, both ends in per cent. ValueError unless 0 ≤ satisfied ≤ n, n > 0.

    Unlike the usual interval it does not collapse near 0 and 100 per cent or with few answers (Wilson 1927).
    """
    if not 0 <= satisfied <= n or n == 0:
        raise ValueError(f"{satisfied} of {n} is no share")
    return _wilson(Fraction(satisfied, n), Decimal(n))


def _wilson(share: Fraction, n: Decimal) -> Interval:
    with localcontext() as context:
        context.prec = _DIGITS
        p, whole = Decimal(share.numerator) / share.denominator, 1 + Z * Z / n
        centre = (p + Z * Z / (2 * n)) / whole
        half = Z * (p * (1 - p) / n + Z * Z / (4 * n * n)).sqrt() / whole
        low = Decimal(0) if share == 0 else max(Decimal(0), centre - half)
        high = Decimal(1) if share == 1 else min(Decimal(1), centre + half)
        return 100 * low, 100 * high


def mean_interval(mean: Fraction, variance: float, respondents: int) -> Interval:
    """The 95% interval of a mean between 0 and 1 that `respondents` persons gave, both ends in per cent.

    `variance` is the jackknife's: it tells how many independent answers the mean is worth, and Wilson's interval is
    taken for that many. A plain mean ± 1.96 standard errors would be far too short near 100 per cent. With all answers
    alike the variance says nothing and each person counts once; nobody counts for more than `MOST_WORTH`, so that many
    similar questions do not feign certainty; few persons cost what Student's t costs. ValueError without respondents.
    """
    if respondents < 1 or not 0 <= mean <= 1:
        raise ValueError(f"{mean} of {respondents} respondents is no mean")
    alike = mean in (0, 1)  # the variance is 0 then, or what is left of 0 in floating point
    worth = float(respondents) if alike or variance <= 0 else float(mean * (1 - mean)) / variance
    worth = min(worth, float(MOST_WORTH * respondents))
    if respondents > 1:
        worth *= (float(Z) / _student(respondents - 1)) ** 2
    return _wilson(mean, Decimal(repr(worth)))


def _student(freedom: int) -> float:
    """The 97.5% quantile of Student's t, by its expansion around the normal one (Abramowitz & Stegun 26.7.5)."""
    z = float(Z)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return sum((term / float(freedom) ** power for power, term in enumerate(terms)), 0.0)


def newcombe_interval(satisfied_a: int, n_a: int, satisfied_b: int, n_b: int) -> Interval:
    """The 95% interval of share a minus share b, in percentage points (Newcombe 1998, method 10)."""
    a, b = Fraction(100 * satisfied_a, n_a), Fraction(100 * satisfied_b, n_b)
    return difference_interval(a, wilson_interval(satisfied_a, n_a), b, wilson_interval(satisfied_b, n_b))


def difference_interval(index_a: Fraction, around_a: Interval, index_b: Fraction, around_b: Interval) -> Interval:
    """The 95% interval of a minus b from the interval of each, by the same square-and-add; for shares it is Newcombe's,
    for means with intervals of their own it is its general form (Zou & Donner 2008)."""
    (low_a, high_a), (low_b, high_b) = around_a, around_b
    with localcontext() as context:
        context.prec = _DIGITS
        a = Decimal(index_a.numerator) / index_a.denominator
        b = Decimal(index_b.numerator) / index_b.denominator
        below = ((a - low_a) ** 2 + (high_b - b) ** 2).sqrt()
        above = ((high_a - a) ** 2 + (b - low_b) ** 2).sqrt()
        return a - b - below, a - b + above


def compare_shares(satisfied_a: int, n_a: int, satisfied_b: int, n_b: int) -> int:
    """1 if share a is higher than share b beyond chance, -1 if lower, 0 if the answers cannot tell."""
    low, high = newcombe_interval(satisfied_a, n_a, satisfied_b, n_b)
    return side_of_zero(low, high)


def side_of_zero(low: Decimal, high: Decimal) -> int:
    """1 if an interval lies above zero, -1 if below, 0 if it holds it."""
    return (low > 0) - (high < 0)
