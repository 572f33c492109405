"""Names of periods on paper: "tháng 02 năm 2026", "quý IV năm 2026", "năm 2026".

A period is a month, quarter, year or run of months. Vietnamese papers write months 1 and 2 with a leading 0 (Nghị định
30/2020/NĐ-CP). Periods are those of the public contract: `2026-10`, `2026-Q4`, `2026`, `2026-01..2026-10`.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping

from translations import current_locale
from translations import gettext as _

_ROMAN = ("I", "II", "III", "IV")


def year(period: Mapping[str, str]) -> int:
    """The year in which a period ends."""
    return int(period["id"].split("..")[-1][:4])


def year_of_paper(period: Mapping[str, str]) -> int:
    """The year in which the report on a period is signed: the one after, when the period ends with December."""
    last = period["id"].split("..")[-1]
    return year(period) + (len(last) == 4 or last.endswith(("-12", "-Q4")))


def words(period: Mapping[str, str]) -> str:
    """The period with its year."""
    first, _dots, last = period["id"].partition("..")
    if last:
        return _("%(first)s to %(last)s", first=_with_year(first), last=_with_year(last))
    return _with_year(first)


def short(period: str, against: Mapping[str, str]) -> str:
    """An earlier period without its year, where that is the year of the period it is compared with."""
    if period[:4] == str(year(against)) and len(period) > 4:
        return _part(period[5:])
    return _with_year(period)


def _with_year(id: str) -> str:
    if len(id) == 4:
        return _("the year %(year)s", year=id)
    return _("%(part)s %(year)s", part=_part(id[5:]), year=id[:4])


def _part(part: str) -> str:
    """A month (`10`) or quarter (`Q4`) in words."""
    if part.startswith("Q"):
        return _("quarter %(number)s", number=_ROMAN[int(part[1:]) - 1])
    month = int(part)
    if current_locale() == "en":
        return calendar.month_name[month]
    return _("month %(number)s", number=f"{month:02d}" if month <= 2 else str(month))
