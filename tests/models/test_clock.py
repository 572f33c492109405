"""The clock: corrected time and local days."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models import clock

TIMES = st.integers(min_value=0, max_value=4_000_000_000_000)


@given(TIMES, TIMES, TIMES)
def test_a_corrected_time_lies_in_its_window_and_says_when_it_was_moved(claimed: int, low: int, high: int) -> None:
    time = clock.corrected(claimed, low, high)
    assert time.low <= time.ms <= time.high == high
    assert time.clamped == (time.ms != claimed)
    if min(low, high) <= claimed <= high:
        assert time.ms == claimed


def test_months_turn_at_midnight_in_ho_chi_minh_city() -> None:
    july = 1753981199000  # 2025-07-31T16:59:59Z
    august = 1753983000000  # 2025-07-31T17:30:00Z
    assert clock.local_day(july) == "2025-07-31"
    assert clock.local_day(august) == "2025-08-01"
    assert clock.day_start("2025-08-01") == 1753981200000


@given(TIMES)
def test_a_day_begins_where_the_one_before_ends(ms: int) -> None:
    day = clock.local_day(ms)
    start = clock.day_start(day)
    assert start <= ms < start + 86_400_000
    assert clock.local_day(start) == day and clock.local_day(start - 1) < day


def test_months_are_counted_back_and_forth_over_the_year() -> None:
    assert clock.months_before("2026-01", 1) == "2025-12"
    assert clock.months_before("2026-12", -1) == "2027-01"
    assert clock.months_before("2026-11", 13) == "2025-10"
    assert clock.month_days("2026-02")[-1] == "2026-02-28" and len(clock.month_days("2024-02")) == 29
