"""The opening hours as data: when a desk is open, in its own local time.

A document: `{"week": {"1": [["07:30","11:30"],["13:30","17:00"]], …}, "closed": ["2026-09-02", …]}`; the keys of `week`
are 1 (Monday) … 7 (Sunday), a day that is not named is closed; `closed` names days off. An empty document: always open.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z|24:00\Z")


class BadHours(ValueError):
    """The document cannot be opening hours; the message names the place."""


@dataclass(frozen=True)
class OpeningHours:
    """Opening hours. `week` maps 1…7 to spans of local times `("07:30", "11:30")`, in order; `closed` are days off."""

    week: Mapping[int, tuple[tuple[str, str], ...]]
    closed: frozenset[str]

    def open_at(self, when: datetime.datetime) -> bool:
        """Whether the desk is open at the local time `when` (a span's end is outside)."""
        if not self.week:
            return True
        if when.date().isoformat() in self.closed:
            return False
        time = when.strftime("%H:%M")
        return any(start <= time < end for start, end in self.week.get(when.isoweekday(), ()))

    def rows(self) -> list[tuple[int, int, tuple[tuple[str, str], ...]]]:
        """The week as people write it: neighbouring days with the same hours together, as (first, last day, spans).
        Days off are left out."""
        rows: list[tuple[int, int, tuple[tuple[str, str], ...]]] = []
        for day in range(1, 8):
            spans = self.week.get(day, ())
            if not spans:
                continue
            if rows and rows[-1][1] == day - 1 and rows[-1][2] == spans:
                rows[-1] = (rows[-1][0], day, spans)
            else:
                rows.append((day, day, spans))
        return rows


def parse(document: Mapping[str, Any]) -> OpeningHours:
    """The hours of a document. Raises `BadHours`."""
    try:
        week = {int(day): tuple((str(start), str(end)) for start, end in spans)
                for day, spans in document.get("week", {}).items()}
        closed = frozenset(str(day) for day in document.get("closed", ()))
        for day in closed:
            datetime.date.fromisoformat(day)
    except (AttributeError, TypeError, ValueError) as error:
        raise BadHours(f"opening hours: {error}") from error
    for day_number, spans in week.items():
        if not 1 <= day_number <= 7:
            raise BadHours(f"opening hours: day {day_number}")
        before = ""
        for start, end in spans:
            if not (_TIME.match(start) and _TIME.match(end) and before <= start < end):
                raise BadHours(f"opening hours: {start} – {end} on day {day_number}")
            before = end
    return OpeningHours(week, closed)
