"""The limits of the centre's clock, to the millisecond: by which time it signs, and when not."""

from __future__ import annotations

import pytest

from admin.ledgers.centre_clock import ClockDoubted, judge_clock

#: 1 December 2026, 00:00 UTC, and the beginning of 2025 in Vietnam, in ms since 1970.
NEWEST, FIRST = 1_796_083_200_000, 1_735_664_400_000
FIVE_MINUTES, MONTH = 300_000, 31 * 86_400_000


@pytest.mark.parametrize(
    ("now_ms", "newest_ms", "signs_by"),
    [
        (NEWEST, None, NEWEST), (FIRST, None, FIRST), (NEWEST, NEWEST, NEWEST),
        (NEWEST + MONTH, NEWEST, NEWEST + MONTH), (NEWEST - 1, NEWEST, NEWEST + 1),
        (NEWEST - FIVE_MINUTES + 1, NEWEST, NEWEST + 1),
    ],
    ids=["nothing signed", "first day", "same moment", "a month later", "1 ms back", "not quite five minutes back"],
)  # fmt: skip
def test_a_clock_within_its_limits_signs_and_never_an_older_time(
    now_ms: int, newest_ms: int | None, signs_by: int
) -> None:
    assert judge_clock(now_ms, newest_ms) == signs_by


@pytest.mark.parametrize(
    ("now_ms", "newest_ms", "code"),
    [
        (FIRST - 1, None, "clock_behind"), (NEWEST - FIVE_MINUTES, NEWEST, "clock_behind"),
        (NEWEST + MONTH + 1, NEWEST, "clock_ahead"),
    ],
    ids=["before this product", "five minutes back", "more than a month later"],
)  # fmt: skip
def test_a_clock_beyond_its_limits_signs_nothing(now_ms: int, newest_ms: int | None, code: str) -> None:
    with pytest.raises(ClockDoubted) as doubted:
        judge_clock(now_ms, newest_ms)
    assert doubted.value.code == code
