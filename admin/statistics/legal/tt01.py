"""The nine indicators of Thông tư 01/2018/TT-VPCP: 0, 1 or 2 points each, 18 in all.

Each index is rounded half up to one decimal before anything is added, as the text demands: rounding last gives other
bands. An index without information is left out; the total then stands over what could be reached ("13,4/16") and is
banded as it is, marked. Indicators, points and bands are data (`data/tt01.json`). Pure.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from translations.formats import rounded

Subject = Literal["officer", "unit"]
#: Points per indicator that one dossier or unit can get.
MOST = 2


@dataclass(frozen=True)
class Total:
    """The sum of the rounded indices. `most` is what could be reached with the indicators there is information for;
    `complete`: that is all of them; `rescaled` is the total as if it had been, rounded, for comparison alone."""

    indices: Mapping[str, Decimal]
    total: Decimal
    most: int
    complete: bool
    band: str
    rescaled: Decimal


@dataclass(frozen=True)
class IndicatorDescription:
    """One indicator in words: `per` dossier or unit, `source` where its points come from (`software`: dates and
    complaints in the one-stop software, `form`: what citizens answered, `check`: inspections and reports)."""

    number: str
    per: Literal["dossier", "unit"]
    source: Literal["software", "form", "check"]
    vi: str
    en: str


@functools.cache
def _rules() -> dict[str, Any]:
    path = Path(__file__).parent / "data" / "tt01.json"
    rules: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return rules


def list_total_indicators(subject: Subject) -> tuple[str, ...]:
    """The numbers of the indicators that make up the total of an officer or a unit."""
    return tuple(_rules()[subject]["indicators"])


def describe_indicator(number: str) -> IndicatorDescription:
    """An indicator in the words of the circular. KeyError for a number there is not."""
    indicator = _rules()["indicators"][number]
    return IndicatorDescription(number, indicator["per"], indicator["from"], indicator["vi"], indicator["en"])


def rules_source() -> str:
    """Where the rules stand."""
    return str(_rules()["source"])


def class_floors(subject: Subject) -> list[tuple[Decimal, str]]:
    """From how many points on each class holds, the best first."""
    return [(Decimal(floor), str(name)) for floor, name in _rules()[subject]["bands"]]


def compute_index(points: Mapping[int, int]) -> Decimal | None:
    """One index from how many dossiers (or units) got 0, 1 and 2 points: their mean, rounded half up to one decimal.
    None without any. ValueError for other points."""
    if set(points) - {0, 1, MOST}:
        raise ValueError(f"points are 0, 1 or {MOST}")
    n = sum(points.values())
    return rounded(Fraction(sum(point * count for point, count in points.items()), n), 1) if n else None


def compute_total(indices: Mapping[str, Decimal], subject: Subject) -> Total | None:
    """Add up the indices that there are and name the band. None without any; other indicators are ignored.

    An officer's total needs no rescaling for the five indicators it is made of.
    """
    numbers = list_total_indicators(subject)
    values = {number: rounded(indices[number], 1) for number in numbers if number in indices}
    if not values:
        return None
    summed, most = sum(values.values(), Decimal(0)), MOST * len(values)
    whole = MOST * len(numbers)
    rescaled = rounded(Fraction(summed) * whole / most, 1)
    return Total(values, summed, most, len(values) == len(numbers), find_band(summed, subject), rescaled)


def find_band(points: Decimal, subject: Subject) -> str:
    """The class of a total: `xuất sắc` … `yếu` for a unit, `100`, `70-100`, `<70` for an officer."""
    return next(str(name) for floor, name in _rules()[subject]["bands"] if points >= Decimal(floor))


def band_name(name: str, subject: Subject) -> str:
    """A class in the words of the circular."""
    return str(_rules()[subject]["names"].get(name, name))
