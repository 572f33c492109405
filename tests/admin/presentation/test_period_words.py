"""Periods in words on pages, in both languages; "N tháng đầu năm" is only what begins a year."""

from __future__ import annotations

import re

import pytest

from admin.presentation.period_words import describe_period, describe_short_period, period_label
from admin.statistics.measures.periods import begins_the_year, months_of, period_before, period_kind, year_before
from tests.fixtures.all_periods import ALL_PERIODS
from translations import use_locale

VIETNAMESE = re.compile(
    r"(tháng \d{1,2}/\d{4}|Quý (I|II|III|IV)/\d{4}|6 tháng (đầu|cuối) năm \d{4}|năm \d{4}|\d{1,2} tháng đầu năm \d{4}"
    r"|từ tháng \d{1,2}(/\d{4})? đến tháng \d{1,2}/\d{4})\Z"
)
ENGLISH = re.compile(
    r"([A-Z][a-z]+ \d{4}|quarter (I|II|III|IV) of \d{4}|the (first|second) half of \d{4}|the year \d{4}"
    r"|the first \d{1,2} months of \d{4}|[A-Z][a-z]+( \d{4})? to [A-Z][a-z]+ \d{4})\Z"
)


@pytest.mark.parametrize(("locale", "form"), [("vi", VIETNAMESE), ("en", ENGLISH)])
def test_every_period_of_three_years_has_words_of_its_own(locale: str, form: re.Pattern[str]) -> None:
    with use_locale(locale):
        said = [describe_period(one) for one in ALL_PERIODS]
        assert len(set(said)) == len(ALL_PERIODS) == len({period_label(one) for one in ALL_PERIODS})
        assert [words for words in said if not form.match(words)] == []
        for one in ALL_PERIODS:
            for beside in (period_before(one), year_before(one)):
                assert describe_short_period(beside, one) and "%(" not in describe_short_period(beside, one)


def test_n_months_of_a_year_are_said_of_what_begins_it() -> None:
    for one in ALL_PERIODS:
        words, months = describe_period(one), months_of(one)
        assert ("tháng đầu năm" in words) == (begins_the_year(one) and period_kind(one) in ("half", "range"))
        if "tháng đầu năm" in words:
            assert words.startswith(f"{len(months)} ") and words.endswith(months[0][:4])


def test_beside_another_period_of_its_year_a_period_needs_no_year() -> None:
    assert (
        describe_short_period("2026-09", "2026-10") == "tháng 9"
        and describe_short_period("2025-12", "2026-01") == "tháng 12/2025"
    )
    assert describe_short_period("2026-H1", "2026-H2") == "6 tháng đầu năm"
    assert describe_short_period("2025-H2", "2026-H1") == "6 tháng cuối năm 2025"
    assert describe_short_period("2025", "2026") == "năm 2025"
    assert describe_short_period("2026-05..2026-07", "3m:2026-10") == "kỳ từ tháng 5 đến tháng 7"
    assert describe_short_period("2025-01..2025-10", "2026-01..2026-10") == "10 tháng đầu năm 2025"
    assert describe_short_period("2024-11..2025-10", "12m:2026-10") == "kỳ từ tháng 11/2024 đến tháng 10/2025"


def test_a_quarter_in_a_list_says_that_it_is_one() -> None:
    assert [period_label(one) for one in ("2026-10", "2026-Q3", "2026-01..2026-10")] == [
        "10/2026", "Quý III/2026", "10 tháng đầu năm 2026",
    ]  # fmt: skip
