"""Indicator 5.4 of Quyết định 766/QĐ-TTg: 100 % less the dossiers overdue or complained about.

A dossier nobody rated counts as satisfied here, so this is never printed as citizens' opinion. The decision subtracts
a union of dossiers; the technical sheet of the national portal subtracts a sum of two rates, which takes a dossier
that was both away twice. Both are computed and named. Full points from a threshold on; below it in proportion. The
numbers are data (`data/q766.json`). Pure.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class IndicatorForm:
    """One form of the indicator: its rate in per cent and its points, exact."""

    rate: Fraction
    points: Fraction


@dataclass(frozen=True)
class Indicator:
    """Both forms of the indicator: `sum` as on the portal, `union` as in the decision."""

    sum: IndicatorForm
    union: IndicatorForm


@functools.cache
def _rules() -> dict[str, Any]:
    path = Path(__file__).parent / "data" / "q766.json"
    rules: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return rules


def full_points() -> Decimal:
    """The points for full satisfaction."""
    return Decimal(_rules()["most"])


def rule_source() -> str:
    """Where the rule stands."""
    return str(_rules()["source"])


def compute_indicator(dossiers: int, overdue: int, complained: int, both: int) -> Indicator | None:
    """The indicator of a period: `dossiers` that were handled, of which `overdue` were late, `complained` had a
    complaint, petition or "dislike", and `both` were both. None without dossiers.

    ValueError when the numbers contradict each other.
    """
    if not (0 <= both <= min(overdue, complained) and overdue + complained - both <= max(dossiers, 0)):
        raise ValueError(f"{overdue} overdue, {complained} complained, {both} both of {dossiers}")
    if not dossiers:
        return None
    return Indicator(_form(dossiers, overdue + complained), _form(dossiers, overdue + complained - both))


def _form(dossiers: int, lost: int) -> IndicatorForm:
    most, full = Fraction(Decimal(_rules()["most"])), Fraction(Decimal(_rules()["full_from"]))
    rate = max(Fraction(0), 100 - Fraction(100 * lost, dossiers))
    return IndicatorForm(rate, most if rate >= full else rate * most / full)
