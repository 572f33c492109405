"""The period choice of a page: a complete month or quarter, and what it is compared with.

Read from the address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.statistics import queries
from models.clock import months_before
from models.tables.tally import TallyMonth

#: What a period may be compared with: the one right before, or the same one a year earlier.
BEFORE, YEAR = "before", "year"


@dataclass(frozen=True)
class Chosen:
    """A period (`2026-10`, `2026-Q3`) with its months, what it is compared with, and what could be chosen instead.

    `newest` is the newest month that has answers, None in an empty store.
    """

    period: str
    months: tuple[str, ...]
    against: str
    months_offered: tuple[str, ...]
    quarters_offered: tuple[str, ...]
    newest: str | None

    @property
    def earlier(self) -> str:
        """The period it is compared with."""
        return year_before(self.period) if self.against == YEAR else queries.period_before(self.period)

    @property
    def is_month(self) -> bool:
        """Whether it is a single month: only months have a paper."""
        return len(self.months) == 1

    @property
    def quarter(self) -> str | None:
        """The complete quarter nearest to a month: where few answers of a month may be enough."""
        own = quarter_of(self.months[-1])
        return own if own in self.quarters_offered else next(iter(self.quarters_offered), None)


def choose(session: Session, asked: Mapping[str, str], last_complete: str) -> Chosen:
    """The period named in an address (`period`, `against`), by default the last complete month.

    Raises `BadPeriod` for a period that cannot be read or is not over yet.
    """
    # two look-ups at the ends of an index; asked for together, SQLite would read all of it
    ends = [select(end(TallyMonth.month)).scalar_subquery() for end in (func.min, func.max)]
    first, last = session.execute(select(*ends)).one()
    newest = min(last, last_complete) if last is not None and first <= last_complete else None
    offered = _months(min(first, last_complete) if newest else last_complete, last_complete)
    named = dict.fromkeys(quarter_of(month) for month in offered)
    quarters = tuple(quarter for quarter in named if queries.months_of(quarter)[-1] <= offered[0])
    period = asked.get("period") or last_complete
    months = queries.months_of(period)
    if months[-1] > last_complete or queries.kind_of(period) not in ("month", "quarter"):
        raise queries.BadPeriod(period)
    against = YEAR if asked.get("against") == YEAR else BEFORE
    return Chosen(period, months, against, offered, quarters, newest)


def quarter_of(month: str) -> str:
    """The quarter of a month: 2026-10 → 2026-Q4."""
    return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


def year_before(period: str) -> str:
    """The same month or quarter a year earlier."""
    return f"{int(period[:4]) - 1:04d}{period[4:]}"


def _months(first: str, last: str) -> tuple[str, ...]:
    """Every month from `last` back to `first`, at most ten years."""
    found = [last]
    while found[-1] > first and len(found) < 120:
        found.append(months_before(found[-1], 1))
    return tuple(found)
