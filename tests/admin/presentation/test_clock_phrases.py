"""Clocks of devices as the fleet page words them: seconds in figures, more in words."""

from __future__ import annotations

import pytest

from admin.presentation.phrases import describe_clock_offset
from translations import use_locale

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("ms", "vi", "en"),
    [
        (None, "–", "–"),
        (0, "0 giây", "0 s"),
        (3_000, "+3 giây", "+3 s"),
        (-59_000, "−59 giây", "−59 s"),
        (-60_000, "chậm 1 phút", "1 min behind"),
        (3 * HOUR + 5 * 60_000, "nhanh 3 giờ 5 phút", "3 h 5 min ahead"),
        (-24 * HOUR, "chậm 1 ngày", "1 day behind"),
        (-20_000 * 24 * HOUR, "chậm 20.000 ngày", "20,000 days behind"),
    ],
)
def test_a_clock_that_is_off_is_said_in_words(ms: int | None, vi: str, en: str) -> None:
    for locale, words in (("vi", vi), ("en", en)):
        with use_locale(locale):
            assert describe_clock_offset(ms) == words
