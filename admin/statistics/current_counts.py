"""Counts of what runs: how many answers came today and this month, by agency and desk; no scores.

They are for those who answer for an agency: they say how much was collected while a month runs, of which nothing else
is shown yet. A count below 5 stands there like any other: beside it is no index and no distribution from which
somebody's answer could follow, and when the month is over its published figures know only "<5". Who sits at a desk
does not see them: a number that rises, or does not, while somebody stands there would tell whether that person rated.

Answers count where and when they were given (days and months in Asia/Ho_Chi_Minh), as soon as they are counted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from admin.statistics.data_completeness import read_data_completeness
from admin.statistics.tallies.agency_tree import build_subtrees, read_parents
from admin.statistics.tallies.questionnaire_items import RESPONSES
from models.clock import local_day
from models.reference.localized_text import LocalText
from models.tables.agency import Desk
from models.tables.tally import TallyBrief, TallyDay
from models.vocabulary import CountOutcome

_COUNTED = CountOutcome.COUNTED.value


@dataclass(frozen=True)
class Count:
    """Answers of the running day, and of its month so far."""

    today: int = 0
    month: int = 0


@dataclass(frozen=True)
class DeskCount:
    """One desk's answers; without code and name those that name no known desk."""

    code: str
    name: LocalText
    count: Count


@dataclass(frozen=True)
class RunningCounts:
    """The counts of agencies: of the local `day` (`2026-11-21`), of its `month` (`2026-11`), and by desk where that was
    asked for, else by agency (key → its own and those of all under it). `until_ms`: up to when something arrived (ms
    since 1970, UTC; None: nothing ever did)."""

    day: str
    month: str
    today: int
    this_month: int
    desks: list[DeskCount]
    agencies: Mapping[str, Count]
    until_ms: int | None

    def of_agency(self, key: str) -> Count:
        """The counts of one of the agencies; noughts where nothing came."""
        return self.agencies.get(key, Count())

    def of_desk(self, code: str) -> Count:
        """The counts of one desk; noughts where nothing came."""
        return next((one.count for one in self.desks if one.code == code), Count())

    def places(self) -> dict[str, Count]:
        """All of them by the name that their place has on a page: an agency's key, a desk's code, `*` for all in one,
        `-` for no known desk."""
        desks = {one.code or "-": one.count for one in self.desks}
        return {"*": Count(self.today, self.this_month), **self.agencies, **desks}


def read_running_counts(
    session: Session, keys: Collection[str], now_ms: int, *, by_desk: bool = False
) -> RunningCounts:
    """The counts of these agencies at `now_ms` (ms since 1970, UTC), from what was counted. Three statements,
    whatever came in and however many agencies there are."""
    day = local_day(now_ms)
    month, until = day[:7], read_data_completeness(session, keys, now_ms).ms
    if not by_desk:
        whole, agencies = _by_agency(session, keys, day, month)
        return RunningCounts(day, month, whole.today, whole.month, [], agencies, until)
    d = TallyDay
    statement = (
        select(d.desk_code, func.sum(case((d.day == day, d.n), else_=0)), func.sum(d.n))
        .where(d.agency_key.in_(keys), d.month == month, *_counted())
        .group_by(d.desk_code)
    )
    counts = {desk: Count(int(today), int(whole)) for desk, today, whole in session.execute(statement)}
    names = select(Desk.code, Desk.name_vi, Desk.name_en).where(Desk.agency_key.in_(keys)).order_by(Desk.code)
    desks = [
        DeskCount(code, LocalText({"vi": vi, "en": en}), counts.pop(code, Count()))
        for code, vi, en in session.execute(names)
    ]
    if counts:
        desks.append(DeskCount("", LocalText({}), _sum(counts.values())))
    whole = _sum([one.count for one in desks])
    return RunningCounts(day, month, whole.today, whole.month, desks, {}, until)


def _sum(counts: Collection[Count]) -> Count:
    return Count(sum(one.today for one in counts), sum(one.month for one in counts))


def _by_agency(session: Session, keys: Collection[str], day: str, month: str) -> tuple[Count, dict[str, Count]]:
    """All of these agencies together, and each with those under it that are among them."""
    d, b = TallyDay, TallyBrief
    by_day = select(d.agency_key, func.sum(d.n)).where(d.agency_key.in_(keys), d.day == day, *_counted())
    by_month = select(b.agency_key, func.sum(b.n)).where(
        b.month == month, b.item == RESPONSES, b.value == _COUNTED, b.agency_key.in_(keys)
    )
    today = {agency: int(n) for agency, n in session.execute(by_day.group_by(d.agency_key))}
    whole = {agency: int(n) for agency, n in session.execute(by_month.group_by(b.agency_key))}
    below = build_subtrees(read_parents(session))
    agencies = {
        key: Count(*(sum(n.get(one, 0) for one in below.get(key, ())) for n in (today, whole))) for key in keys
    }
    return Count(sum(today.values()), sum(whole.values())), agencies


def count_today_by_desk(session: Session, keys: Collection[str], day: str) -> dict[str, int]:
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
