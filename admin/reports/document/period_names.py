"""Names of periods on paper: "tháng 02 năm 2026", "quý IV năm 2026", "10 tháng đầu năm 2026".

Vietnamese papers write months 1 and 2 with a leading 0 (Nghị định 30/2020/NĐ-CP). Periods are those of the public
contract. What was issued before papers named their days keeps the words it was issued with.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Mapping
from typing import Any

from admin.statistics.measures.periods import begins_the_year, canonical_period, months_of, period_kind
from translations import current_locale, formats
from translations import gettext as _

_ROMAN = ("I", "II", "III", "IV")
_DECEMBER = "12"


def period_year(period: Mapping[str, str]) -> int:
    """The year in which a period ends."""
    return int(months_of(period["id"])[-1][:4])


def signing_year(period: Mapping[str, str]) -> int:
    """The year in which the report on a period is signed: the one after, when the period ends with December."""
    return period_year(period) + months_of(period["id"])[-1].endswith(_DECEMBER)


def write_period(figures: Mapping[str, Any]) -> str:
    """The period of a figures document with its year."""
    id = figures["period"]["id"]
    first, _dots, last = id.partition("..")
    if last and "days" not in figures:
        return _("%(first)s to %(last)s", first=_named(first), last=_named(last))
    return _named(id)


def spans_months(figures: Mapping[str, Any]) -> bool:
    """Whether the words go from one month to another; not said of papers that keep their words."""
    id = figures["period"]["id"]
    return "days" in figures and period_kind(id) == "range" and not begins_the_year(id)


def write_period_days(figures: Mapping[str, Any]) -> str:
    """From which day to which the period goes; nothing for documents that do not say."""
    days = figures.get("days")
    if not days:
        return ""
    first, last = (formats.day(datetime.date.fromisoformat(days[end])) for end in ("first", "last"))
    return _("Reporting period: from %(first)s to %(last)s", first=first, last=last)


def write_short_period(period: str, against: Mapping[str, str]) -> str:
    """An earlier period without its year, where that is the year of the period it is compared with."""
    id, months = canonical_period(period), months_of(period)
    same = {months[0][:4], months[-1][:4]} == {str(period_year(against))}
    if period_kind(id) != "range":
        return _part(id[5:]) if same and len(id) > 4 else _named(id)
    if begins_the_year(id):
        return _("the first %(n)s months of the year", n=len(months)) if same else _named(id)
    span_text = _span(months[0], months[-1], with_year=not same)
    return _("the period %(words)s", words=span_text)


def _named(period: str) -> str:
    id, months = canonical_period(period), months_of(period)
    year = id[:4]
    if len(id) == 4:
        return _("the year %(year)s", year=year)
    if period_kind(id) == "half":
        return _("the first half of %(year)s", year=year) if id[-1] == "1" else _(
            "the second half of %(year)s", year=year
        )
    if period_kind(id) != "range":
        return _month_of(id)
    if begins_the_year(id):
        return _("the first %(n)s months of %(year)s", n=len(months), year=year)
    return _span(months[0], months[-1], with_year=True)


def _span(first: str, last: str, *, with_year: bool) -> str:
    """From one month to another; the year once, if they share it."""
    begin = _part(first[5:]) if first[:4] == last[:4] else _month_of(first)
    return _("%(first)s to %(last)s", first=begin, last=_month_of(last) if with_year else _part(last[5:]))


def _month_of(id: str) -> str:
    """A month or quarter with its year."""
    return _("%(part)s %(year)s", part=_part(id[5:]), year=id[:4])


def _part(part: str) -> str:
    """A month (`10`), quarter (`Q4`) or half (`H1`) in words, without its year."""
    if part.startswith("Q"):
        return _("quarter %(number)s", number=_ROMAN[int(part[1:]) - 1])
    if part.startswith("H"):
        return _("the first half of the year") if part == "H1" else _("the second half of the year")
    month = int(part)
    if current_locale() == "en":
        return calendar.month_name[month]
    return _("month %(number)s", number=f"{month:02d}" if month <= 2 else str(month))
