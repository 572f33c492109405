"""Start of the data: the day on which those of agencies begin, and whether they hold all of a period.

What is compared, or issued as final, must be whole at its beginning too: the first weeks of a centre or of an agency
are not a month, and its first months are not a half year. A month in which nobody answered is whole all the same.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.statistics.measures.periods import days_of
from models.clock import local_day
from models.tables.agency import Agency, Desk
from models.tables.device import Device
from models.tables.tally import TallyBrief, TallyDay

_SATURDAY = 5


def find_first_data_day(session: Session, keys: Collection[str]) -> str | None:
    """The local day on which the data of these agencies begin (`2026-08-03`): the first answer's day, or the day their
    first device was enrolled. Agencies without either begin with the store; None in an empty store."""
    begun = _begun(session)
    return min((begun[key] for key in keys if key in begun), default=min(begun.values(), default=None))


def data_cover_period(session: Session, keys: Collection[str], period: str) -> bool:
    """Whether the data of these agencies reach back to the beginning of a period, days off at its begin apart.

    False for a period before every other one. Whether it is over already is not asked here. Raises `BadPeriod`.
    """
    begun = find_first_data_day(session, keys)
    return begun is not None and begun <= _first_weekday(days_of(period)[0])


def _begun(session: Session) -> dict[str, str]:
    """Agency → the day its own data begin; read once a session. One look-up at an index for each agency and table."""
    first_days: dict[str, str] | None = session.info.get("begun")
    if first_days is None:
        days = select(func.min(TallyDay.day)).where(TallyDay.agency_key == Agency.key).scalar_subquery()
        months = select(func.min(TallyBrief.month)).where(TallyBrief.agency_key == Agency.key).scalar_subquery()
        enrolled = (
            select(func.min(Device.created_ms))
            .join(Desk, Device.desk_code == Desk.code)
            .where(Desk.agency_key == Agency.key)
            .scalar_subquery()
        )
        first_days = session.info["begun"] = {}
        for key, day, month, created_ms in session.execute(select(Agency.key, days, months, enrolled)):
            start_days = _begin(day, month)
            if created_ms is not None:
                start_days.append(local_day(created_ms))
            if start_days:
                first_days[key] = min(start_days)
    return first_days


def _begin(day: str | None, month: str | None) -> list[str]:
    """The first day of the answers, from the first `day` and the first `month` that were counted; a month of which no
    day is known counts from its beginning."""
    if day is not None and (month is None or day[:7] <= month):
        return [day if len(day) > len("2026-10") else f"{day}-01"]
    return [] if month is None else [f"{month}-01"]


def _first_weekday(day: str) -> str:
    date = datetime.date.fromisoformat(day)
    while date.weekday() >= _SATURDAY:
        date += datetime.timedelta(days=1)
    return date.isoformat()
