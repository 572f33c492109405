"""Intervals against published vectors, and the properties they must have for any numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.statistics.measures import intervals
from admin.statistics.measures.intervals import compare_shares, newcombe_interval, wilson_interval
from translations.formats import rounded

WILSON = [
    (1, 1, "20.65", "100.00"), (0, 10, "0.00", "27.75"), (8, 10, "49.02", "94.33"), (9, 10, "59.58", "98.21"),
    (10, 10, "72.25", "100.00"), (20, 20, "83.89", "100.00"), (27, 30, "74.38", "96.54"),
    (30, 30, "88.65", "100.00"), (45, 50, "78.64", "95.65"), (50, 50, "92.87", "100.00"),
    (90, 100, "82.56", "94.48"), (100, 100, "96.30", "100.00"), (965, 1000, "95.17", "97.47"),
    (4129, 4215, "97.49", "98.34"),
]  # fmt: skip

#: (satisfied, answers) with at least one answer
shares = st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(("satisfied", "n", "low", "high"), WILSON)
def test_wilson_gives_the_published_intervals(satisfied: int, n: int, low: str, high: str) -> None:
    assert [str(rounded(end, 2)) for end in wilson_interval(satisfied, n)] == [low, high]


def test_newcombe_gives_the_textbook_difference() -> None:
    assert [str(rounded(end, 2)) for end in newcombe_interval(56, 70, 48, 80)] == ["5.24", "33.39"]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    # pairs behind the rank intervals of the vectors: S 30/30 is not told from R 460/500, but from T 255/300
    [((30, 30), (460, 500), 0), ((30, 30), (255, 300), 1), ((255, 300), (190, 200), -1), ((38, 40), (20, 25), 0)],
)
def test_two_shares_differ_only_beyond_chance(a: tuple[int, int], b: tuple[int, int], expected: int) -> None:
    assert compare_shares(*a, *b) == expected
    assert compare_shares(*b, *a) == -expected


@given(shares)
def test_the_interval_holds_the_share(share: tuple[int, int]) -> None:
    low, high = wilson_interval(*share)
    p = Fraction(100 * share[0], share[1])
    assert 0 <= Fraction(low) <= p <= Fraction(high) <= 100
    assert low < high


@given(shares, st.integers(2, 50))
def test_more_answers_make_it_narrower(share: tuple[int, int], times: int) -> None:
    low, high = wilson_interval(*share)
    nearer_low, nearer_high = wilson_interval(share[0] * times, share[1] * times)
    assert nearer_high - nearer_low < high - low


@given(shares)
def test_it_mirrors(share: tuple[int, int]) -> None:
    satisfied, n = share
    low, high = wilson_interval(satisfied, n)
    assert abs(100 - high - wilson_interval(n - satisfied, n)[0]) < Decimal("1e-20")
    assert abs(100 - low - wilson_interval(n - satisfied, n)[1]) < Decimal("1e-20")


@given(shares, shares)
def test_the_difference_lies_in_its_interval(a: tuple[int, int], b: tuple[int, int]) -> None:
    low, high = newcombe_interval(*a, *b)
    difference = Fraction(100 * a[0], a[1]) - Fraction(100 * b[0], b[1])
    assert -100 <= low < high <= 100
    assert Fraction(low) - Fraction(1, 10**15) <= difference <= Fraction(high) + Fraction(1, 10**15)


@pytest.mark.parametrize(("satisfied", "n"), [(0, 0), (2, 1), (-1, 5)])
def test_what_is_no_share_is_refused(satisfied: int, n: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson_interval(satisfied, n)


@pytest.mark.parametrize(("freedom", "published"), [(10, 2.228), (20, 2.086), (30, 2.042), (120, 1.980)])
def test_few_persons_cost_what_student_s_t_costs(freedom: int, published: float) -> None:
    """The 97.5% quantiles as every table has them, to the third decimal."""
    assert intervals._student(freedom) == pytest.approx(published, abs=0.001)
