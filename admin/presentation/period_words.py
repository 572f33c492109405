"""Periods in words in the current language: tháng 10/2026, quý III/2026, 10 tháng đầu năm 2026.

"N tháng đầu năm" is said of a period that begins the year, and of no other.
"""

from __future__ import annotations

import datetime

from babel import UnknownLocaleError
from babel.dates import format_date

from admin.statistics.queries import begins_the_year, canonical_period, months_of, period_kind
from translations import DEFAULT, current_locale, formats
from translations import gettext as _

_ROMAN = ("I", "II", "III", "IV")


def describe_period(value: str) -> str:
    """A period in words: tháng 10/2026, quý III/2026, từ tháng 3 đến tháng 5/2026."""
    id, kind, months = canonical_period(value), period_kind(value), months_of(value)
    first, last, year = months[0], months[-1], months[-1][:4]
    if kind == "month":
        return _("%(month)s %(year)s", month=month_name(id), year=year)
    if kind == "quarter":
        return _("quarter %(quarter)s of %(year)s", quarter=_quarter(id), year=year)
    if kind == "half":
        return _("the first half of %(year)s", year=year) if id[-1] == "1" else _(
            "the second half of %(year)s", year=year
        )
    if kind == "year":
        return _("the year %(year)s", year=year)
    if begins_the_year(id):
        return _("the first %(n)s months of %(year)s", n=len(months), year=year)
    begin = month_name(first) if first[:4] == year else describe_period(first)
    return _("%(first)s to %(last)s", first=begin, last=describe_period(last))


def describe_short_period(value: str, other_period: str) -> str:
    """A period named beside another one, which it is compared with: without the year when it is the same."""
    id, kind, months = canonical_period(value), period_kind(value), months_of(value)
    if kind == "year" or {months[0][:4], months[-1][:4]} != {months_of(other_period)[-1][:4]}:
        return _run(describe_period(value)) if kind == "range" and not begins_the_year(id) else describe_period(value)
    if kind == "month":
        return month_name(id)
    if kind == "quarter":
        return _("quarter %(quarter)s", quarter=_quarter(id))
    if kind == "half":
        return _("the first half of the year") if id[-1] == "1" else _("the second half of the year")
    if begins_the_year(id):
        return _("the first %(n)s months of the year", n=len(months))
    return _run(_("%(first)s to %(last)s", first=month_name(months[0]), last=month_name(months[-1])))


def period_label(value: str) -> str:
    """A period as it stands in a list to choose from: 10/2026, Quý III/2026, 10 tháng đầu năm 2026."""
    if period_kind(value) == "month":
        return formats.month(canonical_period(value))
    words = describe_period(value)
    return words[:1].upper() + words[1:]


def month_name(value: str) -> str:
    """The name of a month given as `2026-10`: tháng 10."""
    first = datetime.date.fromisoformat(f"{months_of(value)[0]}-01")
    try:
        name = format_date(first, "LLLL", locale=current_locale())
    except (UnknownLocaleError, ValueError):
        name = format_date(first, "LLLL", locale=DEFAULT)
    return name if current_locale() == "en" else name[:1].lower() + name[1:]


def _run(words: str) -> str:
    """Months from one to another, named inside a sentence."""
    return _("the period %(words)s", words=words)


def _quarter(id: str) -> str:
    return _ROMAN[int(id[-1]) - 1]
