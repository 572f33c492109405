"""Grammar of periods: every one of three years has an id, its neighbours, its days and its end."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest

from admin.statistics.measures.periods import (
    BadPeriod,
    begins_the_year,
    canonical_period,
    days_of,
    months_of,
    period_before,
    period_end_ms,
    period_kind,
    period_spellings,
    since_january,
    year_before,
)
from models.clock import day_start, months_before
from tests.fixtures.all_periods import ALL_PERIODS, MONTHS, NAMED, UP_TO

LENGTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


def test_every_run_of_months_has_one_id_and_no_other_period_has_it() -> None:
    runs = {months_of(period) for period in ALL_PERIODS}
    assert (
        len(runs) == len({canonical_period(period) for period in ALL_PERIODS}) == len(MONTHS) * (len(MONTHS) + 1) // 2
    )
    for period in (*ALL_PERIODS, *NAMED, *UP_TO):
        id = canonical_period(period)
        assert (
            canonical_period(id) == id and months_of(id) == months_of(period) and period_kind(id) == period_kind(period)
        )
        assert len(id) <= 16, "the column of stored reports holds no more"
        assert all(months_of(text) == months_of(id) for text in period_spellings(id)) and period_spellings(id)[0] == id


def test_a_range_that_equals_a_named_period_is_that_period() -> None:
    assert NAMED == {canonical_period(f"{months_of(name)[0]}..{months_of(name)[-1]}") for name in NAMED}
    for period in ALL_PERIODS:
        months, kind = months_of(period), period_kind(period)
        assert (canonical_period(period) in NAMED) == (kind != "range")
        assert kind == "range" or len(months) == LENGTHS[kind]


@pytest.mark.parametrize(
    ("period", "id", "kind"),
    [
        ("2026-10..2026-10", "2026-10", "month"), ("2026-10..2026-12", "2026-Q4", "quarter"),
        ("2026-01..2026-06", "2026-H1", "half"), ("2026-07..2026-12", "2026-H2", "half"),
        ("2026-01..2026-12", "2026", "year"), ("2026-04..2026-09", "2026-04..2026-09", "range"),
        ("2026-02..2026-04", "2026-02..2026-04", "range"), ("2025-12..2026-11", "2025-12..2026-11", "range"),
        ("3m:2026-10", "2026-08..2026-10", "range"), ("12m:2026-10", "2025-11..2026-10", "range"),
        ("12m:2026-12", "2026", "year"), ("3m:2026-12", "2026-Q4", "quarter"), ("6m:2026-06", "2026-H1", "half"),
        ("1m:2026-10", "2026-10", "month"), ("10m:2026-10", "2026-01..2026-10", "range"),
        ("24m:2026-10", "2024-11..2026-10", "range"),
    ],
)  # fmt: skip
def test_ids(period: str, id: str, kind: str) -> None:
    assert (canonical_period(period), period_kind(period)) == (id, kind)


@pytest.mark.parametrize(
    "period",
    ["0m:2026-10", "m:2026-10", "03m:2026-10", "3m:2026", "3m:2026-Q4", "3m:2026-13", "3m:2000-01", "1000m:2199-12",
     "3m:2026-10..2026-10", "2026-H3", "2026-H0", "2026-h1", "2026-H1..2026-H2", "2026..2026", "2026-10\n", " 2026-10",
     "2026-10..2026-10..2026-10", "1999-12", "2200-01", "٣m:2026-10"],
)  # fmt: skip
def test_what_is_no_period_is_refused(period: str) -> None:
    for function in (
        months_of,
        canonical_period,
        period_kind,
        period_before,
        year_before,
        since_january,
        days_of,
        period_end_ms,
    ):
        with pytest.raises(BadPeriod):
            function(period)


def test_the_one_before_is_as_long_and_ends_where_the_period_begins() -> None:
    for period in ALL_PERIODS:
        months, before = months_of(period), months_of(period_before(period))
        assert len(before) == len(months) and before[-1] == months_before(months[0], 1)
        assert period_kind(period_before(period)) == period_kind(period)
        assert canonical_period(period_before(period)) == period_before(period)


def test_the_one_of_last_year_has_the_same_months_a_year_earlier() -> None:
    for period in ALL_PERIODS:
        earlier = months_of(year_before(period))
        assert earlier == tuple(months_before(month, 12) for month in months_of(period))
        assert period_kind(year_before(period)) == period_kind(period) and canonical_period(
            year_before(period)
        ) == year_before(period)


def test_since_january_goes_up_to_the_periods_end_and_names_what_begins_the_year() -> None:
    for period in ALL_PERIODS:
        months, since = months_of(period), months_of(since_january(period))
        assert since[0][5:] == "01" and since[0][:4] == since[-1][:4] and since[-1] == months[-1]
        assert since_january(since_january(period)) == since_january(period)
        assert begins_the_year(period) == (months[0][5:] == "01" and months[0][:4] == months[-1][:4])
    assert [since_january(f"2026-{number:02d}") for number in (1, 2, 3, 6, 10, 12)] == [
        "2026-01", "2026-01..2026-02", "2026-Q1", "2026-H1", "2026-01..2026-10", "2026",
    ]  # fmt: skip


def test_the_days_are_all_of_the_months_and_the_end_is_the_midnight_after() -> None:
    for period in ALL_PERIODS:
        first, last = (datetime.date.fromisoformat(day) for day in days_of(period))
        after = last + datetime.timedelta(days=1)
        assert (first.day, after.day) == (1, 1)
        assert f"{first:%Y-%m}" == months_of(period)[0] and f"{last:%Y-%m}" == months_of(period)[-1]
        assert period_end_ms(period) == day_start(after.isoformat())
    assert days_of("2028-02") == ("2028-02-01", "2028-02-29")


def _spelled(period: str) -> Iterator[str]:
    months = months_of(period)
    yield from (*period_spellings(period), f"{len(months)}m:{months[-1]}")


def test_every_spelling_says_the_same() -> None:
    for period in ALL_PERIODS[:: len(ALL_PERIODS) // 60]:
        for function in (
            canonical_period,
            period_kind,
            period_before,
            year_before,
            since_january,
            days_of,
            period_end_ms,
        ):
            assert len({function(text) for text in _spelled(period)}) == 1
