"""The period choice of a page: a complete period, and what it is compared with.

Read from the address in any form of the public contract; a page names it by its canonical id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.statistics import queries
from models.clock import months_before
from models.tables.tally import TallyMonth

#: What a period may be compared with: the one right before, or the same one a year earlier.
BEFORE, YEAR = "before", "year"


@dataclass(frozen=True)
class PeriodChoice:
    """A period (`2026-10`, `2026-Q3`) with its months, what it is compared with, and what could be chosen instead.

    `longer_offered` are half years, years, and the months since January; a chosen period of another kind stands first
    among them. `newest` is the newest month that has answers, None in an empty store.
    """

    period: str
    months: tuple[str, ...]
    against: str
    months_offered: tuple[str, ...]
    quarters_offered: tuple[str, ...]
    longer_offered: tuple[str, ...]
    newest: str | None

    @property
    def earlier(self) -> str:
        """The period it is compared with."""
        return queries.year_before(self.period) if self.against == YEAR else queries.period_before(self.period)

    @property
    def is_month(self) -> bool:
        """Whether it is a single month."""
        return len(self.months) == 1

    @property
    def quarter(self) -> str | None:
        """The complete quarter nearest to a month: where few answers of a month may be enough."""
        own = quarter_of(self.months[-1])
        return own if own in self.quarters_offered else next(iter(self.quarters_offered), None)


def choose_period(session: Session, parameters: Mapping[str, str], last_complete: str) -> PeriodChoice:
    """The period named in an address (`period`, `against`), by default the last complete month.

    Raises `BadPeriod` for a period that cannot be read or is not over yet.
    """
    # two look-ups at the ends of an index; asked for together, SQLite would read all of it
    ends = [select(end(TallyMonth.month)).scalar_subquery() for end in (func.min, func.max)]
    first, last = session.execute(select(*ends)).one()
    newest = min(last, last_complete) if last is not None and first <= last_complete else None
    offered = _months(min(first, last_complete) if newest else last_complete, last_complete)
    period = queries.canonical_period(parameters.get("period") or last_complete)
    months = queries.months_of(period)
    if months[-1] > last_complete:
        raise queries.BadPeriod(period)
    against = YEAR if parameters.get("against") == YEAR else BEFORE
    quarters = _over((quarter_of(month) for month in offered), offered[0])
    longer = _over(_longer(offered), offered[0])
    if period not in (*offered, *quarters, *longer):
        longer = (period, *longer)
    return PeriodChoice(period, months, against, offered, quarters, longer, newest)


def quarter_of(month: str) -> str:
    """The quarter of a month: 2026-10 → 2026-Q4."""
    return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


def _longer(offered: Sequence[str]) -> Iterator[str]:
    """The months since January up to the newest, and the halves and years of all these months, newest first."""
    since = queries.since_january(offered[0])
    if queries.period_kind(since) not in ("month", "quarter"):
        yield since
    for month in offered:
        yield month[:4]
        yield f"{month[:4]}-H{(int(month[5:]) + 5) // 6}"


def _over(periods: Iterator[str], last_complete: str) -> tuple[str, ...]:
    """Each once, without those that are not over."""
    return tuple(name for name in dict.fromkeys(periods) if queries.months_of(name)[-1] <= last_complete)


def _months(first: str, last: str) -> tuple[str, ...]:
    """Every month from `last` back to `first`, at most ten years."""
    months = [last]
    while months[-1] > first and len(months) < 120:
        months.append(months_before(months[-1], 1))
    return tuple(months)
