"""Population estimates: bounds without any assumption, weighting by stage, and roll-ups. Pure.

They lead from those who answered to all who were served; there are two ways to roll agencies up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Stratum:
    """A part of those served: `dossiers` in it, `n` answers, of which `satisfied` chose 4 or 5."""

    dossiers: int
    n: int
    satisfied: int


def satisfaction_bounds(dossiers: int, n: int, satisfied: int) -> tuple[Fraction, Fraction] | None:
    """Between which two values the share of satisfied among all `dossiers` lies, in per cent, whatever those think who
    did not answer (Manski): all dissatisfied, or all satisfied. None when more answered than were served, or nobody
    was.

    ValueError unless 0 ≤ satisfied ≤ n.
    """
    if not 0 <= satisfied <= n:
        raise ValueError(f"{satisfied} of {n} is no share")
    if dossiers <= 0 or n > dossiers:
        return None
    return Fraction(100 * satisfied, dossiers), Fraction(100 * (dossiers - (n - satisfied)), dossiers)


def weighted_share(strata: Iterable[Stratum]) -> Fraction | None:
    """The share of satisfied when each stratum weighs by its dossiers, in per cent; strata without answers are left
    out, and with them their dossiers. None without any."""
    answered = [stratum for stratum in strata if stratum.n and stratum.dossiers]
    dossiers = sum(stratum.dossiers for stratum in answered)
    if not dossiers:
        return None
    shares = (Fraction(stratum.satisfied, stratum.n) * stratum.dossiers for stratum in answered)
    return 100 * sum(shares, Fraction(0)) / dossiers


def pooled_index(units: Iterable[tuple[int, int]]) -> Fraction | None:
    """The index of units (satisfied, n) taken as one, in per cent: every answer weighs the same."""
    unit_list = list(units)
    n = sum(size for _, size in unit_list)
    return Fraction(100 * sum(satisfied for satisfied, _ in unit_list), n) if n else None


def mean_of_agencies(units: Iterable[tuple[int, int]]) -> Fraction | None:
    """The mean of the units' indices (satisfied, n), in per cent: every agency weighs the same, however few answered.
    Small perfect units inflate it, which is why `pooled_index` is the headline."""
    shares = [Fraction(100 * satisfied, n) for satisfied, n in units if n]
    return sum(shares, Fraction(0)) / len(shares) if shares else None
