"""Names of periods on paper, for every period of three years; old papers keep their words."""

from __future__ import annotations

import pytest

from admin.reports.document import period_names
from admin.statistics.measures.periods import (
    canonical_period,
    days_of,
    months_of,
    period_before,
    period_kind,
    year_before,
)
from tests.fixtures.all_periods import ALL_PERIODS, SHAPES
from translations import use_locale


def document(period: str) -> dict[str, object]:
    first, last = days_of(period)
    id = canonical_period(period)
    return {"period": {"id": id, "kind": period_kind(id)}, "days": {"first": first, "last": last}}


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_every_period_has_words_of_its_own_and_a_paper_dated_after_it(locale: str) -> None:
    with use_locale(locale):
        said = {period_names.write_period(document(one)) for one in ALL_PERIODS}
        assert len(said) == len(ALL_PERIODS) and not any("%(" in words for words in said)
        for one in ALL_PERIODS:
            period, months = document(one)["period"], months_of(one)
            assert isinstance(period, dict)
            assert period_names.period_year(period) == int(months[-1][:4])
            assert period_names.signing_year(period) == int(months[-1][:4]) + (months[-1][5:] == "12")
            assert all(period_names.write_short_period(other(one), period) for other in (period_before, year_before))


@pytest.mark.parametrize("period", SHAPES)
def test_words(period: str) -> None:
    found = []
    for locale in ("vi", "en"):
        with use_locale(locale):
            found.append(period_names.write_period(document(period)))
    assert tuple(found) == SHAPES[period]


def test_the_days_are_written_in_full() -> None:
    assert (
        period_names.write_period_days(document("2026-01..2026-10"))
        == "Kỳ báo cáo: từ ngày 01/01/2026 đến ngày 31/10/2026"
    )
    with use_locale("en"):
        assert period_names.write_period_days(document("2026-H1")) == "Reporting period: from 1 Jan 2026 to 30 Jun 2026"


def test_a_paper_that_was_issued_without_days_keeps_its_words() -> None:
    old = {"period": {"id": "2026-01..2026-10", "kind": "range"}}
    assert period_names.write_period(old) == "từ tháng 01 năm 2026 đến tháng 10 năm 2026"
    assert period_names.write_period_days(old) == ""


@pytest.mark.parametrize(
    ("before", "period", "words"),
    [
        ("2026-09", "2026-10", "tháng 9"), ("2025-12", "2026-01", "tháng 12 năm 2025"), ("2025", "2026", "năm 2025"),
        ("2026-H1", "2026-H2", "6 tháng đầu năm"), ("2025-H2", "2026-H1", "6 tháng cuối năm 2025"),
        ("2025-03..2025-12", "2026-01..2026-10", "kỳ từ tháng 3 đến tháng 12 năm 2025"),
        ("2026-05..2026-07", "2026-08..2026-10", "kỳ từ tháng 5 đến tháng 7"),
        ("2024-11..2025-10", "2025-11..2026-10", "kỳ từ tháng 11 năm 2024 đến tháng 10 năm 2025"),
        ("2025-01..2025-10", "2026-01..2026-10", "10 tháng đầu năm 2025"),
    ],
)  # fmt: skip
def test_an_earlier_period_inside_a_sentence(before: str, period: str, words: str) -> None:
    assert period_names.write_short_period(before, {"id": period, "kind": ""}) == words
