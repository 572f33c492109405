"""Timestamps of forms: days and times in a cell as offices, Google Forms and Excel write them.

They are Vietnam's time, and say when a form was filled in.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from models.clock import HCM, day_start, local_day

#: Days nobody answered on in this system.
_FIRST = datetime.datetime(2000, 1, 1, tzinfo=HCM)
#: Excel's own numbers of days between 2000 and 2100.
_SERIAL = re.compile(r"(3[6-9]|[4-6]\d|7[0-2])\d{3}(\.\d+)?\Z")
_EXCEL_ZERO = datetime.datetime(1899, 12, 30)
_TIME = r"(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,]\d+)?)?"
_DAY = r"(?P<a>\d{1,4})(?P<sign>[-/.])(?P<b>\d{1,2})(?P=sign)(?P<c>\d{1,4})"
_HALF = r"(?:\s*(?P<half>sa|ch|am|pm))?"
_ZONE = r"(?:\s*(?P<zone>z|(?:gmt|utc)?[+-]\d{1,2}(?::?\d{2})?))?"
_DAY_FIRST = re.compile(rf"{_DAY}(?:(?:t|,?\s+){_TIME}{_HALF})?{_ZONE}\Z", re.ASCII | re.IGNORECASE)
_TIME_FIRST = re.compile(rf"{_TIME}{_HALF},?\s+{_DAY}\Z", re.ASCII | re.IGNORECASE)
_OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{2}))?\Z")


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment (ms since 1970, UTC) and how it is written in Vietnam's time: `2026-10-14T09:30:05`, or `2026-10-14`
    when that is all that is known; then the moment is noon."""

    ms: int
    written: str


def parse_timestamp(cell: str, dates: str) -> Moment | None:
    """The moment a cell names; `dates` says which of two numbers is the day (`dd/mm/yyyy`, `mm/dd/yyyy`); a year that
    comes first settles it. None if the cell names none."""
    if _SERIAL.match(cell):
        moment = _EXCEL_ZERO + datetime.timedelta(seconds=round(float(cell) * 86_400))
        return _moment(moment.replace(tzinfo=HCM))
    fits = _DAY_FIRST.match(cell) or _TIME_FIRST.match(cell)
    if fits is None:
        return None
    part = fits.groupdict()
    if len(part["a"]) == 4:
        year, month, day = part["a"], part["b"], part["c"]
    elif len(part["c"]) == 4:
        year = part["c"]
        day, month = (part["a"], part["b"]) if dates.startswith("dd") else (part["b"], part["a"])
    else:
        return None
    try:
        hour = _hour(int(part["h"] or 0), part["half"])
        moment = datetime.datetime(
            int(year), int(month), int(day), hour, int(part["m"] or 0), int(part["s"] or 0), tzinfo=_zone(part)
        )
        return _moment(moment.astimezone(HCM))
    except (ValueError, OverflowError):
        return None


def _moment(moment: datetime.datetime) -> Moment | None:
    if moment < _FIRST:
        return None
    if (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return Moment(int(moment.replace(hour=12).timestamp()) * 1000, f"{moment:%Y-%m-%d}")
    return Moment(int(moment.timestamp()) * 1000, f"{moment:%Y-%m-%dT%H:%M:%S}")


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("an hour of half a day")
    return hour % 12 + (12 if half.lower() in ("ch", "pm") else 0)


def _zone(part: dict[str, str | None]) -> datetime.tzinfo:
    zone = (part.get("zone") or "").upper()
    if not zone:
        return HCM
    offset = _OFFSET.search(zone)
    if offset is None:
        return datetime.UTC
    minutes = int(offset[2]) * 60 + int(offset[3] or 0)
    return datetime.timezone(datetime.timedelta(minutes=minutes if offset[1] == "+" else -minutes))


def noon_ms(day: str) -> int:
    """Noon of a day in Vietnam, in ms since 1970 (UTC)."""
    return day_start(day) + 43_200_000


def is_after(moment: Moment, now_ms: int) -> bool:
    """Whether a moment (or a day, where no more is known) has not come yet at `now_ms` (ms since 1970, UTC)."""
    return moment.ms > now_ms if "T" in moment.written else moment.written > local_day(now_ms)
