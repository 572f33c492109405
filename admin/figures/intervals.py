"""How sure a share is: Wilson's 95% interval, and Newcombe's for the difference of two shares.

Pure arithmetic, the step from counted answers to what may be concluded. Nothing is rounded here.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

#: The 97.5% quantile of the normal distribution.
Z = Decimal("1.959964")
_DIGITS = 28

Interval = tuple[Decimal, Decimal]


def wilson(satisfied: int, n: int) -> Interval:
    """The 95% interval of `satisfied` out of `n`, both ends in per cent. ValueError unless 0 ≤ satisfied ≤ n, n > 0.

    Unlike the usual interval it does not collapse near 0 and 100 per cent or with few answers (Wilson 1927).
    """
    if not 0 <= satisfied <= n or n == 0:
        raise ValueError(f"{satisfied} of {n} is no share")
    with localcontext() as context:
        context.prec = _DIGITS
        share, whole = Decimal(satisfied) / n, 1 + Z * Z / n
        centre = (share + Z * Z / (2 * n)) / whole
        half = Z * (share * (1 - share) / n + Z * Z / (4 * n * n)).sqrt() / whole
        low = Decimal(0) if satisfied == 0 else max(Decimal(0), centre - half)
        high = Decimal(1) if satisfied == n else min(Decimal(1), centre + half)
        return 100 * low, 100 * high


def newcombe(satisfied_a: int, n_a: int, satisfied_b: int, n_b: int) -> Interval:
    """The 95% interval of share a minus share b, in percentage points (Newcombe 1998, method 10)."""
    low_a, high_a = wilson(satisfied_a, n_a)
    low_b, high_b = wilson(satisfied_b, n_b)
    with localcontext() as context:
        context.prec = _DIGITS
        a, b = Decimal(100 * satisfied_a) / n_a, Decimal(100 * satisfied_b) / n_b
        below = ((a - low_a) ** 2 + (high_b - b) ** 2).sqrt()
        above = ((high_a - a) ** 2 + (b - low_b) ** 2).sqrt()
        return a - b - below, a - b + above


def differs(satisfied_a: int, n_a: int, satisfied_b: int, n_b: int) -> int:
    """1 if share a is higher than share b beyond chance, -1 if lower, 0 if the answers cannot tell."""
    low, high = newcombe(satisfied_a, n_a, satisfied_b, n_b)
    return (low > 0) - (high < 0)
