"""Periods as the public contract writes them: `2026-10`, `2026-Q4`, `2026`, `2026-01..2026-10`."""

from __future__ import annotations

import re

from models.clock import day_start, months_before

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])\Z", re.ASCII)
_QUARTER = re.compile(r"(\d{4})-Q([1-4])\Z", re.ASCII)
_YEAR = re.compile(r"\d{4}\Z", re.ASCII)
#: Nothing older or newer is a period of this system; a typing slip must not ask for ten thousand months.
_FIRST, _LAST = "2000-01", "2199-12"


class BadPeriod(ValueError):
    """The text names no period. `code` is the stable word for it."""

    code = "bad_period"


def months_of(period: str) -> tuple[str, ...]:
    """The months of a period in order (`2026-Q4` → 2026-10, 2026-11, 2026-12). Raises `BadPeriod`."""
    if quarter := _QUARTER.match(period):
        first = f"{quarter[1]}-{int(quarter[2]) * 3 - 2:02d}"
        last = f"{quarter[1]}-{int(quarter[2]) * 3:02d}"
    elif _YEAR.match(period):
        first, last = f"{period}-01", f"{period}-12"
    else:
        first, dots, last = period.partition("..")
        last = last if dots else first
    if not (_MONTH.match(first) and _MONTH.match(last) and _FIRST <= first <= last <= _LAST):
        raise BadPeriod(period)
    return _run(first, _number(last) - _number(first) + 1)


def kind_of(period: str) -> str:
    """`month`, `quarter`, `year` or `range`. Raises `BadPeriod`."""
    months_of(period)
    if ".." in period:
        return "range"
    return "quarter" if "Q" in period else "month" if "-" in period else "year"


def period_before(period: str) -> str:
    """The period of the same kind and length right before (`2026-Q1` → `2025-Q4`). Raises `BadPeriod`."""
    months, kind = months_of(period), kind_of(period)
    first = months_before(months[0], len(months))
    last = months_before(months[-1], len(months))
    if kind == "quarter":
        return f"{first[:4]}-Q{int(last[5:]) // 3}"
    return {"month": first, "year": first[:4], "range": f"{first}..{last}"}[kind]


def end_ms(period: str) -> int:
    """The first moment after the period in Asia/Ho_Chi_Minh, in ms since 1970 (UTC). Raises `BadPeriod`."""
    return day_start(months_before(months_of(period)[-1], -1) + "-01")


def months_until(last_month: str, count: int) -> tuple[str, ...]:
    """`count` months in order, the last one being `last_month` (`2026-10`)."""
    return _run(months_before(last_month, count - 1), count)


def _run(first: str, count: int) -> tuple[str, ...]:
    return tuple(months_before(first, -step) for step in range(count))


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:])
