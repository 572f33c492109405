"""Arrivals of what is read: up to when figures of agencies can be complete, by what was heard.

A device that was heard says how far its ledger goes; a ledger of which not all is read yet says nothing for now. So a
figure's time is never that of whoever looks at it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from admin.statistics.alerts import SILENT_MS
from models.tables.agency import Desk
from models.tables.device import Device, Epoch

_UNREAD = exists().where(Epoch.device_id == Device.id, Epoch.projected_seq < Epoch.last_seq)
_HEARD = (
    select(Desk.agency_key, Device.last_seen_ms)
    .join(Desk, Device.desk_code == Desk.code, isouter=True)
    .where(Device.last_seen_ms.is_not(None), ~_UNREAD)
)


@dataclass(frozen=True)
class DataCompleteness:
    """Up to when figures can be complete (ms since 1970, UTC; None: nothing ever arrived), and how many agencies with
    devices were not heard of in the 24 hours before."""

    ms: int | None
    silent: int


def read_data_completeness(session: Session, keys: Collection[str], until_ms: int | None = None) -> DataCompleteness:
    """What has arrived from the recorders of these agencies, the centre's own among them, up to `until_ms` (ms since
    1970, UTC) where that is named. One statement a session."""
    own, agencies = 0, dict[str, int]()
    if "heard" not in session.info:
        session.info["heard"] = [(agency, heard) for agency, heard in session.execute(_HEARD)]
    for agency, heard in session.info["heard"]:
        if agency is None:
            own = max(own, heard)
        elif agency in keys:
            agencies[agency] = max(agencies.get(agency, 0), heard)
    newest = max([own, *agencies.values()])
    if until_ms is not None:
        newest = min(newest, until_ms)
    return DataCompleteness(newest or None, sum(heard < newest - SILENT_MS for heard in agencies.values()))
