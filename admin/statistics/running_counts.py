"""Counts of what runs: how many answers came today and this month, by agency and desk; no scores.

They are for those who answer for an agency: they say how much was collected while a month runs, of which nothing else
is shown yet. A count below 5 stands there like any other: beside it is no index and no distribution from which
somebody's answer could follow, and when the month is over its published figures know only "<5". Who sits at a desk
does not see them: a number that rises, or does not, while somebody stands there would tell whether that person rated.

Answers count where and when they were given (days and months in Asia/Ho_Chi_Minh), as soon as they are counted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from admin.statistics.arrivals import arrived
from admin.statistics.tallies.instruments import RESPONSES
from models.clock import local_day
from models.reference.localized_text import LocalText
from models.tables.agency import Desk
from models.tables.tally import TallyBrief, TallyDay
from models.vocabulary import Outcome

_COUNTED = Outcome.COUNTED.value


@dataclass(frozen=True)
class DeskCount:
    """One desk's answers; without a name those that name no known desk."""

    name: LocalText
    today: int
    month: int


@dataclass(frozen=True)
class Running:
    """The counts of agencies: of the local `day` (`2026-11-21`), of its `month` (`2026-11`), and by desk where that was
    asked for. `until_ms`: up to when something arrived (ms since 1970, UTC; None: nothing ever did)."""

    day: str
    month: str
    today: int
    this_month: int
    desks: list[DeskCount]
    until_ms: int | None


def running(session: Session, keys: Collection[str], now_ms: int, *, by_desk: bool = False) -> Running:
    """The counts of these agencies at `now_ms` (ms since 1970, UTC), from what was counted. Three statements,
    whatever came in."""
    day = local_day(now_ms)
    month, until = day[:7], arrived(session, keys, now_ms).ms
    if not by_desk:
        today = sum(today_by_desk(session, keys, day).values())
        b = TallyBrief
        whole = select(func.sum(b.n)).where(
            b.month == month, b.item == RESPONSES, b.value == _COUNTED, b.agency_key.in_(keys)
        )
        return Running(day, month, today, int(session.scalar(whole) or 0), [], until)
    d = TallyDay
    statement = (
        select(d.desk_code, func.sum(case((d.day == day, d.n), else_=0)), func.sum(d.n))
        .where(d.agency_key.in_(keys), d.month == month, *_counted())
        .group_by(d.desk_code)
    )
    found = {desk: (int(today), int(whole)) for desk, today, whole in session.execute(statement)}
    names = select(Desk.code, Desk.name_vi, Desk.name_en).where(Desk.agency_key.in_(keys)).order_by(Desk.code)
    desks = [
        DeskCount(LocalText({"vi": vi, "en": en}), *found.pop(code, (0, 0))) for code, vi, en in session.execute(names)
    ]
    if found:
        others = found.values()
        desks.append(DeskCount(LocalText({}), sum(one[0] for one in others), sum(one[1] for one in others)))
    return Running(day, month, sum(one.today for one in desks), sum(one.month for one in desks), desks, until)


def today_by_desk(session: Session, keys: Collection[str], day: str) -> dict[str, int]:
    """Desk → its answers of a local day, of desks of these agencies. One statement."""
    d = TallyDay
    statement = (
        select(d.desk_code, func.sum(d.n))
        .where(d.agency_key.in_(keys), d.day == day, *_counted())
        .group_by(d.desk_code)
    )
    return {desk: int(n) for desk, n in session.execute(statement)}


def _counted() -> tuple[ColumnElement[Any], ...]:
    return (TallyDay.item == RESPONSES, TallyDay.value == _COUNTED)
