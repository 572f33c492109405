"""The arithmetic that needs no store: methods, small numbers, periods and the order of names."""

from __future__ import annotations

import itertools
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.statistics import methods
from admin.statistics.measures import thresholds
from admin.statistics.measures.index import (
    Answers,
    Counts,
    Figure,
    Measure,
    Pattern,
    compare_figures,
    compare_with_rest,
    make_shown_figure,
    measure_top2,
)
from admin.statistics.measures.periods import BadPeriod, months_of, period_before, period_end_ms, period_kind
from admin.statistics.methods import UnknownMethod
from admin.statistics.methods.top2 import factor
from models.clock import day_start
from translations.collation import vietnamese_key
from translations.formats import rounded

#: Vector S1: item → answers 5, 4, 3, 2, 1.
S1 = {
    "C1": [30, 50, 12, 6, 2], "C2": [25, 45, 20, 8, 2], "C3": [40, 42, 10, 5, 3], "D1": [35, 40, 15, 7, 3],
    "D2": [38, 44, 11, 5, 2], "D3": [20, 40, 25, 10, 5], "E1": [5, 10, 15, 6, 4], "E2": [4, 8, 6, 5, 2],
    "E3": [2, 6, 7, 3, 2],
}  # fmt: skip
TOP2 = {"C1": "80.00", "C2": "70.00", "C3": "82.00", "D1": "75.00", "D2": "82.00", "D3": "60.00", "E1": "37.50",
        "E2": "48.00", "E3": "40.00"}  # fmt: skip


def counts_of(answers: list[int]) -> Counts:
    five, four, three, two, one = answers
    return one, two, three, four, five


def test_the_vector_of_items_factors_and_their_mean() -> None:
    answers = Answers({item: counts_of(given) for item, given in S1.items()}, {"counted": 100})
    factors = {item: item[0] for item in S1}
    for item, expected in TOP2.items():
        index = measure_top2(answers.item(item)).index
        assert index is not None and str(rounded(index, 2)) == expected
    of_factors = [factor(answers, factors, name).index for name in "CDE"]
    assert [str(rounded(index, 2)) for index in of_factors if index is not None] == ["77.33", "72.33", "41.83"]
    whole = methods.method("top2.mean_of_factors").compute(answers, factors)
    assert whole.index is not None and str(rounded(whole.index, 2)) == "63.83"
    assert (whole.n, whole.interval) == (100, None)


def test_factors_weigh_the_same_whatever_their_number_of_items() -> None:
    """Vector S3: 79.70 as the mean of factors, where the mean of items would be 79.88."""
    items = {"A": [80, 82, 84], "B": [90, 85, 80, 75], "C": [88, 86, 90], "D": [80, 85, 78], "E": [60, 65, 70]}
    answers, factors = {}, {}
    for name, shares in items.items():
        for number, share in enumerate(shares):
            answers[f"{name}{number}"] = (0, 0, 100 - share, share, 0)
            factors[f"{name}{number}"] = name
    whole = methods.method("top2.mean_of_factors").compute(Answers(answers, {"counted": 100}), factors)
    assert whole.index == Fraction(797, 10)


def test_a_factor_nobody_rated_is_left_out_of_the_mean() -> None:
    answers = Answers({"A1": (0, 0, 50, 50, 0)}, {"counted": 100})
    assert methods.method("top2.mean_of_factors").compute(answers, {"A1": "A", "E1": "E"}).index == 50


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(UnknownMethod) as refused:
        methods.method("nps")
    assert refused.value.code == "unknown_method"


@pytest.mark.parametrize(
    ("n", "expected"),
    [(0, "none"), (1, "under_5"), (4, "under_5"), (5, "n_only"), (29, "n_only"), (30, "full"), (9999, "full")],
)
def test_what_may_be_shown(n: int, expected: str) -> None:
    assert thresholds.find_shown_level(n) == expected
    figure = make_shown_figure(measure_top2((0, 0, 0, 0, n)))
    assert figure.shown == expected
    assert (figure.n is None) == (expected == "under_5")
    assert (figure.index is not None) == (expected == "full")
    for hidden in (figure.satisfied, figure.interval, figure.counts):
        assert (hidden is not None) == (expected == "full")


def test_a_large_number_cannot_carry_an_index_of_few_answers() -> None:
    figure = make_shown_figure(Measure(1000, 12, None, Fraction(50), None, (0, 0, 6, 6, 0)))
    assert (figure.shown, figure.n, figure.index, figure.counts) == ("n_only", 1000, None, None)


@given(st.lists(st.integers(0, 80), max_size=8))
def test_hidden_parts_cannot_be_found_by_subtraction(sizes: list[int]) -> None:
    parts = thresholds.find_shown_parts(sizes)
    for size, part in zip(sizes, parts, strict=True):
        assert part == thresholds.find_shown_level(size) or part == "withheld"
    without_index = [size for size, part in zip(sizes, parts, strict=True) if size and part != "full"]
    may_be_withheld = any(part == "full" for part in parts)
    if without_index and may_be_withheld:
        assert sum(without_index) >= thresholds.ENOUGH
    without_number = [size for size, part in zip(sizes, parts, strict=True) if part in ("under_5", "withheld")]
    if any(part == "under_5" for part in parts) and len([size for size in sizes if size]) > 1:
        assert len(without_number) > 1


@given(st.lists(st.integers(0, 80), max_size=5))
def test_no_single_term_of_a_mean_is_missing(sizes: list[int]) -> None:
    terms = thresholds.find_shown_terms(sizes)
    hidden = [term for term in terms if term not in ("full", "none")]
    assert len(hidden) != 1 or "full" not in terms


@pytest.mark.parametrize(
    ("a", "b", "beyond"),
    [((86, 100), (80, 100), False), ((8640, 10000), (8520, 10000), True), ((90, 100), (90, 100), False)],
)
def test_a_change_says_whether_it_is_beyond_error(a: tuple[int, int], b: tuple[int, int], beyond: bool) -> None:
    change = compare_figures(plain(*a), plain(*b))
    assert change is not None
    assert change.difference == Fraction(100 * a[0], a[1]) - Fraction(100 * b[0], b[1])
    assert change.beyond_error is beyond


def test_what_is_not_shown_is_not_compared() -> None:
    assert compare_figures(plain(20, 29), plain(90, 100)) is None
    assert compare_with_rest(plain(90, 100), plain(3, 4)) is None
    assert compare_with_rest(plain(99, 100), plain(800, 1000)) == "higher"
    assert compare_with_rest(plain(60, 100), plain(800, 1000)) == "lower"
    assert compare_with_rest(plain(80, 100), plain(800, 1000)) == "undecided"


def plain(satisfied: int, n: int) -> Figure:
    return make_shown_figure(measure_top2((n - satisfied, 0, 0, satisfied, 0)))


@pytest.mark.parametrize(
    ("period", "first", "last", "count", "kind", "before"),
    [
        ("2026-10", "2026-10", "2026-10", 1, "month", "2026-09"),
        ("2026-01", "2026-01", "2026-01", 1, "month", "2025-12"),
        ("2026-Q4", "2026-10", "2026-12", 3, "quarter", "2026-Q3"),
        ("2026-Q1", "2026-01", "2026-03", 3, "quarter", "2025-Q4"),
        ("2026", "2026-01", "2026-12", 12, "year", "2025"),
        ("2026-01..2026-10", "2026-01", "2026-10", 10, "range", "2025-03..2025-12"),
        ("2025-12..2026-01", "2025-12", "2026-01", 2, "range", "2025-10..2025-11"),
    ],
)
def test_periods(period: str, first: str, last: str, count: int, kind: str, before: str) -> None:
    months = months_of(period)
    assert (months[0], months[-1], len(months)) == (first, last, count)
    assert list(months) == sorted(months)
    assert period_kind(period) == kind
    assert period_before(period) == before
    assert months_of(before)[-1] < first


@pytest.mark.parametrize(
    "period",
    ["", "2026-13", "2026-00", "2026-Q5", "2026-10..2026-09", "2026-1", "26", "2026-10..", "..2026-10", "0001",
     "2026-10-01", "2026-Q1..2026-Q2", "9999", "٢٠٢٦"],
)  # fmt: skip
def test_what_is_no_period_is_refused(period: str) -> None:
    with pytest.raises(BadPeriod) as refused:
        months_of(period)
    assert refused.value.code == "bad_period"


def test_a_period_ends_at_local_midnight() -> None:
    assert period_end_ms("2026-12") == period_end_ms("2026-Q4") == period_end_ms("2026") == day_start("2027-01-01")


ORDER = ["An", "Ăn", "Ân", "Ấn", "Cần Thơ", "Dak", "Đà Nẵng", "Điện Biên", "O", "Ô Môn", "Ơ"]


def test_names_stand_in_vietnamese_order() -> None:
    assert sorted(reversed(ORDER), key=vietnamese_key) == ORDER
    for first, second in itertools.combinations(ORDER, 2):
        assert vietnamese_key(first) < vietnamese_key(second)


@pytest.mark.parametrize(
    "names",
    [
        ["ma", "mà", "mả", "mã", "má", "mạ", "man"],
        ["Phường 2", "Phường 10", "Phường Ba Đình"],
        ["xã An Hòa", "xã An Hoà 2", "xã Ăn Hòa"],
        ["Hoa Lư", "hoa lư", "Hoa Lừ"],
    ],
)
def test_tones_numbers_and_capitals(names: list[str]) -> None:
    assert sorted(reversed(names), key=vietnamese_key) == names


FACTOR_OF = {item: item[0] for item in ("A1", "A2", "A3", "B1", "B2", "C1", "D1", "D2", "E1")}
FACTORS_ASKED = st.sets(st.sampled_from("ABCDE"))
#: What one respondent answered: item → score from 1 to 5.
PAPERS = st.lists(st.dictionaries(st.sampled_from(sorted(FACTOR_OF)), st.integers(1, 5), max_size=9), max_size=6)


@given(PAPERS | PAPERS.map(lambda papers: [dict.fromkeys(paper, 5) for paper in papers]), FACTORS_ASKED)
def test_every_method_has_an_answer_to_whatever_was_answered(papers: list[dict[str, int]], asked: set[str]) -> None:
    """However few answered, however alike and whatever they left out: an index on the method's scale inside its
    interval, or none of both where nobody answered what the method reads."""
    factors = {item: owner for item, owner in FACTOR_OF.items() if owner in asked}
    counts = {item: [0, 0, 0, 0, 0] for paper in papers for item in paper}
    patterns: dict[Pattern, int] = {}
    for paper in papers:
        for item, score in paper.items():
            counts[item][score - 1] += 1
        pattern = tuple((item, score >= 4) for item, score in sorted(paper.items()))
        patterns[pattern] = patterns.get(pattern, 0) + 1
    throughout = sum(all(score >= 4 for score in paper.values()) for paper in papers)
    answers = Answers(
        {item: (a, b, c, d, e) for item, (a, b, c, d, e) in counts.items()}, {"counted": len(papers)},
        (throughout, len(papers) - throughout), patterns,
    )  # fmt: skip
    for method in methods.METHODS.values():
        found = method.compute(answers, factors)
        assert (found.index is None) == (found.interval is None), method.id
        if found.index is not None and found.interval is not None:
            low, high = (Fraction(end) for end in found.interval)
            around = Fraction(1, 10**9)  # the mean score's ends come out of 28 digits
            assert method.scale[0] - around <= low <= found.index + around, method.id
            assert found.index - around <= high <= method.scale[1] + around, method.id
        for name in "ABCDE":
            factor(answers, factors, name)


def test_papers_without_one_complaint_have_an_interval_whatever_they_left_out() -> None:
    """Three people, all satisfied, one of whom alone answered three questions of five: what is left of nothing in
    floating point is no variance to divide by."""
    five = {item: item[0] for item in ("A1", "B1", "C1", "D1", "E1")}
    alone = tuple((item, True) for item in five)
    others: Pattern = (("A1", True), ("B1", True))
    items: dict[str, Counts] = {item: (0, 0, 0, 0, 3 if item in ("A1", "B1") else 1) for item in five}
    answers = Answers(items, {"counted": 3}, (3, 0), {alone: 1, others: 2})
    for id in ("top2.mean_of_items", "top2.mean_of_factors", "top2.pooled"):
        found = methods.method(id).compute(answers, five)
        assert (found.index, found.interval and found.interval[1]) == (Fraction(100), Decimal(100)), id
