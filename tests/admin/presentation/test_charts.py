"""Geometry of the charts: nothing off the axis, nothing lost, nothing shown that has no index."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.presentation import charts

PERCENT = st.floats(0, 100, allow_nan=False)
COUNTS = st.lists(st.integers(0, 5000), min_size=5, max_size=5)


@given(st.lists(PERCENT, max_size=30), st.sampled_from([1, 2, 5, 10]), st.sampled_from([5, 10, 15, 20]))
def test_an_axis_holds_all_values_with_round_ends(values: list[float], step: int, least: int) -> None:
    axis = charts.make_percent_axis(values, step=step, least=least)
    assert 0 <= axis.low < axis.high <= 100 and axis.high - axis.low >= least
    assert all(axis.holds(value) and 0 <= axis.at(value) <= 100 for value in values)
    assert axis.low % axis.step == 0 and axis.high % axis.step == 0
    assert 2 <= len(axis.ticks) <= 8
    assert axis.ticks[0].at == 0 and axis.ticks[-1].at == 100


@given(COUNTS)
def test_the_part_right_of_zero_is_the_index(counts: list[int]) -> None:
    drawn = charts.make_diverging_bars([counts])
    bar = drawn.bars[0]
    if sum(counts) == 0:
        assert bar is None
        return
    assert bar is not None
    scale = 100 / (drawn.axis.high - drawn.axis.low)
    right = sum(part.width for part in bar.parts if part.score >= 4)
    left = sum(part.width for part in bar.parts if part.score <= 3)
    assert right == pytest.approx(100 * (counts[3] + counts[4]) / sum(counts) * scale)
    assert bar.left == pytest.approx(drawn.zero - left, abs=1e-6) and bar.left >= 0
    assert sum(part.share for part in bar.parts) == 100
    assert bar.low == Fraction(100 * (counts[0] + counts[1]), sum(counts))


def test_the_five_answers_stand_in_their_order_without_gaps() -> None:
    drawn = charts.make_diverging_bars([(10, 20, 30, 25, 15)])
    bar = drawn.bars[0]
    assert bar is not None
    ends = [(part.at, part.at + part.width) for part in bar.parts]
    assert [start for start, _ in ends] == sorted(start for start, _ in ends)
    assert all(a[1] == pytest.approx(b[0]) for a, b in zip(ends, ends[1:], strict=False))
    assert ends[2][1] == pytest.approx(drawn.zero)


@given(st.lists(st.floats(60, 100, allow_nan=False), max_size=120))
def test_marks_of_a_swarm_stand_at_their_value_and_never_cover_each_other(values: list[float]) -> None:
    axis = charts.make_percent_axis(values)
    marks, height = charts.make_swarm(axis, [(str(place), value) for place, value in enumerate(values)])
    assert len(marks) == len(values)
    for mark in marks:
        assert mark.at == axis.at(values[int(mark.id)])
        assert abs(mark.y) <= height / 2
    for a, b in combinations(marks, 2):
        across = (a.at - b.at) * charts.SWARM_WIDTH / 100
        assert across**2 + (a.y - b.y) ** 2 >= charts.APART**2 - 1


def month(period: str, index: int | None, *, few: bool = False) -> charts.TrendMonth:
    interval = None if index is None else (index - 2, index + 2)
    return charts.TrendMonth(period, None if index is None else Fraction(index), interval, few)


def test_a_trend_breaks_where_a_month_may_not_be_shown() -> None:
    months = [month("2026-01", 80), month("2026-02", 82), month("2026-03", None, few=True), month("2026-04", 84),
              month("2026-05", None), month("2026-06", 85), month("2026-07", 86)]  # fmt: skip
    drawn = charts.make_trend(months, target=90)
    assert drawn is not None and drawn.last is not None and drawn.has_few and drawn.axis.cut
    assert [len(line.split()) for line in drawn.lines] == [2, 1, 2]
    assert [len(band.split()) for band in drawn.bands] == [4, 4] and len(drawn.stems) == 1
    assert [point.y is None for point in drawn.points] == [False, False, True, False, True, False, False]
    assert [point.few for point in drawn.points if point.y is None] == [True, False]
    assert drawn.points[0].at == 0 and drawn.points[-1].at == 100
    assert all(0 <= point.y <= drawn.height for point in drawn.points if point.y is not None)


def test_the_words_of_the_goal_stand_where_the_line_is_not() -> None:
    rising = [month(f"2026-{number:02d}", 70 + 2 * number) for number in range(1, 11)]
    at_the_right = charts.make_trend(rising, target=89)
    assert at_the_right is not None and at_the_right.target_words_at_the_left
    far = charts.make_trend(rising, target=99)
    assert far is not None and not far.target_words_at_the_left


def test_a_trend_without_any_index_is_not_drawn() -> None:
    assert charts.make_trend([month("2026-01", None, few=True), month("2026-02", None)], target=90) is None


def test_a_ruler_holds_everything_it_compares() -> None:
    drawn = charts.make_ruler(Fraction(864, 10), (86.1, 86.7), before=85, reference=84, target=99)
    assert drawn.axis.low <= 84 and drawn.axis.high >= 99
    low, dot, high = drawn.whisker.low, drawn.whisker.dot, drawn.whisker.high
    assert low is not None and dot is not None and high is not None and low < dot < high
    assert drawn.before is not None and drawn.target is not None and drawn.before < dot < drawn.target


def test_no_line_leads_over_a_break() -> None:
    months = [
        charts.TrendMonth(f"2026-0{n}", Fraction(80 + n), (80, 90), False, breaks=n in (4, 7)) for n in range(1, 10)
    ]
    drawn = charts.make_trend(months)
    assert drawn is not None and len(drawn.lines) == len(drawn.bands) == 3
    assert [(rule.number, round(rule.at, 2)) for rule in drawn.rules] == [(1, 31.25), (2, 68.75)]
    assert [len(line.split()) for line in drawn.lines] == [3, 3, 3]


@given(st.lists(st.floats(-100, 100, allow_nan=False), max_size=6))
def test_differences_lie_around_zero(values: list[float]) -> None:
    axis = charts.make_axis_around_zero(values)
    assert axis.at(0) == 50 and all(axis.holds(value) for value in values)
    assert [tick.at for tick in axis.ticks] == [0, 50, 100]
