"""The chart of the channel gap: answers at the desk against later ones, drawn around zero.

Later ones are given on people's own telephones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from admin.presentation import charts, phrases
from admin.statistics import queries
from admin.statistics.measures.intervals import Interval
from translations import formats
from translations import gettext as _


@dataclass(frozen=True)
class GapLine:
    """One way to compare: who, how many, both indices, desk minus later in percentage points, and where it stands."""

    name: str
    n: str
    desk: Fraction
    later: Fraction
    difference: Fraction
    interval: Interval
    whisker: charts.Whisker

    @property
    def signed(self) -> str:
        """The difference with its sign: +1,8."""
        return phrases.describe_signed_difference(self.difference)

    @property
    def ends(self) -> str:
        """Its interval."""
        return " – ".join(phrases.describe_signed_difference(end) for end in self.interval)


@dataclass(frozen=True)
class GapChart:
    """Desk against later. Without `lines`, `summary` says why there are none."""

    axis: charts.Axis | None
    lines: list[GapLine]
    pairs: str
    summary: str


def build_gap_chart(gap: queries.DeskGap) -> GapChart:
    """The comparison, drawn."""
    ends: list[charts.Value] = []
    if gap.interval is not None:
        ends += gap.interval
    if gap.paired is not None:
        ends += gap.paired.interval
    axis = charts.make_axis_around_zero(ends) if ends else None
    lines = []
    if axis and gap.difference is not None and gap.interval is not None and gap.desk and gap.later:
        n = _("%(desk)s answers at the desk, %(later)s later", desk=phrases.describe_count(gap.desk),
              later=phrases.describe_count(gap.later))  # fmt: skip
        desk, later = gap.desk.index or Fraction(0), gap.later.index or Fraction(0)
        lines.append(_line(axis, _("Different people"), n, desk, later, gap.difference, gap.interval))
    if axis and gap.paired is not None:
        pair = gap.paired
        n = _("%(n)s transactions", n=formats.number(pair.pairs))
        lines.append(_line(axis, _("The same transaction, rated twice"), n, pair.desk, pair.later, pair.difference,
                           pair.interval))  # fmt: skip
    pairs = "<5" if gap.pairs is None else formats.number(gap.pairs)
    return GapChart(axis, lines, pairs, _summary(lines))


def _line(
    axis: charts.Axis, name: str, n: str, desk: Fraction, later: Fraction, difference: Fraction, ends: Interval
) -> GapLine:
    return GapLine(name, n, desk, later, difference, ends, charts.make_whisker(axis, difference, ends, 0))


def _summary(lines: Sequence[GapLine]) -> str:
    if not lines:
        return _("There are not 30 answers both at the desk and later, so the two are not compared.")
    line = lines[-1]
    far = phrases.describe_points(line.difference)
    if line.interval[0] <= 0 <= line.interval[1]:
        return _("There is no sufficient ground to conclude that answers at the desk and later differ.")
    if line.difference > 0:
        return _("At the desk the index is %(points)s percentage points higher than later.", points=far)
    return _("At the desk the index is %(points)s percentage points lower than later.", points=far)
