"""Periods as the public contract writes them, each with one canonical id.

`2026-10`, `2026-Q4`, `2026-H1`, `2026`, `2026-01..2026-10`, and `3m:2026-10`, `12m:2026-10` for months up to October. A
range that equals a named period is that period: `2026-10..2026-12` is `2026-Q4`. Ids are compared and stored in the
canonical form alone; every function here takes any form.
"""

from __future__ import annotations

import datetime
import functools
import re
from typing import Literal

from models.clock import day_start, month_days, months_before

Kind = Literal["month", "quarter", "half", "year", "range"]
#: One example of each form, for whoever has to be told.
FORMS = ("2026-10", "2026-Q4", "2026-H1", "2026", "2026-01..2026-10", "3m:2026-10", "12m:2026-10")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])\Z", re.ASCII)
_QUARTER = re.compile(r"(\d{4})-Q([1-4])\Z", re.ASCII)
_HALF = re.compile(r"(\d{4})-H([12])\Z", re.ASCII)
_YEAR = re.compile(r"\d{4}\Z", re.ASCII)
_UP_TO = re.compile(r"([1-9]\d{0,2})m:(\d{4}-\d{2})\Z", re.ASCII)
#: Nothing older or newer is a period of this system; a typing slip must not ask for ten thousand months.
_FIRST, _LAST = "2000-01", "2199-12"


class BadPeriod(ValueError):
    """The text names no period. `code` is the stable word for it."""

    code = "bad_period"


@functools.lru_cache(maxsize=1024)
def months_of(period: str) -> tuple[str, ...]:
    """The months of a period in order (`2026-Q4` → 2026-10, 2026-11, 2026-12). Raises `BadPeriod`."""
    if match := _QUARTER.match(period) or _HALF.match(period):
        count = 3 if "Q" in period else 6
        last = f"{match[1]}-{int(match[2]) * count:02d}"
        first = months_before(last, count - 1)
    elif _YEAR.match(period):
        first, last = f"{period}-01", f"{period}-12"
    elif (up_to := _UP_TO.match(period)) and _MONTH.match(up_to[2]):
        last = up_to[2]
        first = months_before(last, int(up_to[1]) - 1)
    else:
        first, dots, last = period.partition("..")
        last = last if dots else first
    if not (_MONTH.match(first) and _MONTH.match(last) and _FIRST <= first <= last <= _LAST):
        raise BadPeriod(period)
    return _run(first, _number(last) - _number(first) + 1)


def canonical_period(period: str) -> str:
    """The one id of a period, however it was written: `2026-01..2026-06` → `2026-H1`. Raises `BadPeriod`."""
    months = months_of(period)
    return _id(months[0], len(months))


def period_kind(period: str) -> Kind:
    """What a period is, whether it is written as such or as its months. Raises `BadPeriod`."""
    id = canonical_period(period)
    if ".." in id:
        return "range"
    if "-" not in id:
        return "year"
    return "quarter" if "Q" in id else "half" if "H" in id else "month"


def period_spellings(period: str) -> tuple[str, ...]:
    """The ids under which a period may have been stored before ids were canonical. Raises `BadPeriod`."""
    months = months_of(period)
    return tuple(dict.fromkeys((canonical_period(period), f"{months[0]}..{months[-1]}")))


def period_before(period: str) -> str:
    """The period of the same length right before (`2026-Q1` → `2025-Q4`). Raises `BadPeriod`."""
    months = months_of(period)
    return _id(months_before(months[0], len(months)), len(months))


def year_before(period: str) -> str:
    """The same period of the year before (`2026-H1` → `2025-H1`). Raises `BadPeriod`."""
    months = months_of(period)
    return _id(months_before(months[0], 12), len(months))


def since_january(period: str) -> str:
    """The months from January up to the period's end (`2026-10` → `2026-01..2026-10`). Raises `BadPeriod`."""
    last = months_of(period)[-1]
    return _id(f"{last[:4]}-01", int(last[5:]))


def begins_the_year(period: str) -> bool:
    """Whether a period is the first so and so many months of one year. Raises `BadPeriod`."""
    return canonical_period(period) == since_january(period)


def days_of(period: str) -> tuple[str, str]:
    """The first and the last local day of a period (`2026-02` → 2026-02-01, 2026-02-28). Raises `BadPeriod`.

    Here alone months become days: a province that ends its months on another day than the calendar differs here.
    """
    months = months_of(period)
    return month_days(months[0])[0], month_days(months[-1])[-1]


def period_end_ms(period: str) -> int:
    """The first moment after the period in Asia/Ho_Chi_Minh, in ms since 1970 (UTC). Raises `BadPeriod`."""
    following = datetime.date.fromisoformat(days_of(period)[1]) + datetime.timedelta(days=1)
    return day_start(following.isoformat())


def months_until(last_month: str, count: int) -> tuple[str, ...]:
    """`count` months in order, the last one being `last_month` (`2026-10`)."""
    return _run(months_before(last_month, count - 1), count)


def _id(first: str, count: int) -> str:
    """The canonical id of `count` months from `first` on."""
    year, month = first[:4], int(first[5:])
    if count == 1:
        return first
    if count == 3 and month % 3 == 1:
        return f"{year}-Q{(month + 2) // 3}"
    if count == 6 and month % 6 == 1:
        return f"{year}-H{(month + 5) // 6}"
    if count == 12 and month == 1:
        return year
    return f"{first}..{months_before(first, 1 - count)}"


def _run(first: str, count: int) -> tuple[str, ...]:
    return tuple(months_before(first, -step) for step in range(count))


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:])
