"""The index: exact fractions of counted answers, what may be shown of them, and their comparison.

Pure. A `Measure` is everything a method found and stays inside this package; a `Figure` is what may leave it, and
holds nothing that may not be shown. Rounding is left to whoever writes a number down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from admin.statistics.measures import intervals, thresholds
from admin.statistics.measures.intervals import Interval
from admin.statistics.measures.thresholds import Shown

#: How many answers chose 1, 2, 3, 4 and 5.
Counts = tuple[int, int, int, int, int]
NO_COUNTS: Counts = (0, 0, 0, 0, 0)
#: What one respondent answered: item and whether it was a 4 or a 5, in order of items; unanswered items are missing.
Pattern = tuple[tuple[str, bool], ...]
Verdict = Literal["higher", "lower", "undecided"]


@dataclass(frozen=True)
class Answers:
    """The counted answers a method works on: item → counts of the scores 1 to 5, and what happened to responses.

    "Don't know / not applicable" (0) is in no count. `outcomes` maps an outcome, with its reason behind a colon, to
    how many responses had it; `all_top2` are how many respondents chose 4 or 5 throughout and how many did not;
    `patterns` say how many respondents answered the items of factors in one same way.
    """

    items: Mapping[str, Counts]
    outcomes: Mapping[str, int]
    all_top2: tuple[int, int] = (0, 0)
    patterns: Mapping[Pattern, int] = field(default_factory=dict)

    @property
    def counted(self) -> int:
        """How many responses were counted."""
        return self.outcomes.get("counted", 0)

    def item(self, id: str) -> Counts:
        """The counts of one item, zeros if nobody answered it."""
        return self.items.get(id, NO_COUNTS)


@dataclass(frozen=True)
class Measure:
    """What a method makes of answers, before anybody decided what may be shown.

    `n` is the number printed beside the index, `base` the answers it really rests on (never more may be hidden by a
    larger `n`); `satisfied` is None where the index is no plain share; `index` is in per cent, or on the method's own
    scale.
    """

    n: int
    base: int
    satisfied: int | None
    index: Fraction | None
    interval: Interval | None
    counts: Counts


@dataclass(frozen=True)
class Figure:
    """What may be shown: `n` is None below 5 and when withheld; the rest is None unless `shown` is "full".

    `index` is an exact percentage, `interval` its 95% interval in per cent, `counts` the scores 1 to 5. `satisfied`
    and `interval` are None as well for a method that is not a plain share.
    """

    n: int | None
    satisfied: int | None
    index: Fraction | None
    interval: Interval | None
    counts: Counts | None
    shown: Shown


@dataclass(frozen=True)
class Change:
    """How far an index moved, in percentage points, and whether that exceeds the margin of error."""

    difference: Fraction
    beyond_error: bool


def add_counts(counts: Iterable[Counts]) -> Counts:
    """Several counts added up, score by score."""
    one, two, three, four, five = (sum(column) for column in zip(NO_COUNTS, *counts, strict=True))
    return one, two, three, four, five


def subtract_counts(whole: Counts, part: Counts) -> Counts:
    """What remains of `whole` without `part`."""
    one, two, three, four, five = (a - b for a, b in zip(whole, part, strict=True))
    return one, two, three, four, five


def remove_answers(whole: Answers, part: Answers) -> Answers:
    """What remains of answers without a part of them."""
    patterns = {pattern: n - part.patterns.get(pattern, 0) for pattern, n in whole.patterns.items()}
    return Answers(
        {item: subtract_counts(counts, part.item(item)) for item, counts in whole.items.items()},
        {outcome: n - part.outcomes.get(outcome, 0) for outcome, n in whole.outcomes.items()},
        (whole.all_top2[0] - part.all_top2[0], whole.all_top2[1] - part.all_top2[1]),
        {pattern: n for pattern, n in patterns.items() if n},
    )


def measure_top2(counts: Counts) -> Measure:
    """The share of 4 and 5 with Wilson's interval; no index without answers."""
    n, satisfied = sum(counts), counts[3] + counts[4]
    if n == 0:
        return Measure(0, 0, 0, None, None, counts)
    return Measure(n, n, satisfied, Fraction(100 * satisfied, n), intervals.wilson_interval(satisfied, n), counts)


def make_shown_figure(measure: Measure, *, state: Shown | None = None, unsuppressed: bool = False) -> Figure:
    """What may be shown of a measure; `state` overrules what follows from its size, `unsuppressed` shows all of it."""
    if state is None:
        state = thresholds.find_shown_level(measure.n)
        if state == "full" and measure.base < thresholds.ENOUGH:
            state = "n_only"
    if unsuppressed and measure.n:
        state = "full"
    if state == "full":
        return Figure(measure.n, measure.satisfied, measure.index, measure.interval, measure.counts, "full")
    number = measure.n if state in ("n_only", "none") else None
    return Figure(number, None, None, None, None, state)


def compare_figures(now: Figure, before: Figure) -> Change | None:
    """How the index moved from `before` to `now`; None unless both show an index that comes with an interval."""
    if now.index is None or before.index is None or now.interval is None or before.interval is None:
        return None
    beyond = _differs(now, before) != 0
    return Change(now.index - before.index, beyond)


def compare_with_rest(agency: Figure, rest: Figure) -> Verdict | None:
    """How an agency stands to the rest of its province; None where either cannot be shown."""
    if agency.interval is None or rest.interval is None:
        return None
    return {1: "higher", -1: "lower", 0: "undecided"}[_differs(agency, rest)]  # type: ignore[return-value]


def _differs(a: Figure, b: Figure) -> int:
    assert a.index is not None and a.interval is not None and b.index is not None and b.interval is not None
    return intervals.side_of_zero(*intervals.difference_interval(a.index, a.interval, b.index, b.interval))
