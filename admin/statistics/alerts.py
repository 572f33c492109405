"""Alerts of a month: agencies without answers, those that fell or rose, devices that went silent.

Of 144 agencies seven move "significantly" every month by chance alone; so all of them are judged together
(`change_detection`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.statistics import change_detection, data_start
from admin.statistics.agency_comparison import AgencyRow, compare_all_agencies
from admin.statistics.measures.index import Change
from admin.statistics.measures.periods import period_before
from admin.statistics.tallies.agency_tree import build_subtrees, read_parents, read_scope_keys
from models.clock import DAY_MS
from models.tables.agency import Desk
from models.tables.device import Device
from models.vocabulary import DeviceState

#: After so long without a word from it a device counts as silent.
SILENT_MS = DAY_MS


@dataclass(frozen=True)
class SilentDevice:
    """A device in use that has not been heard of for a day; `backlog` is what it last said it still had to send."""

    device_id: str
    desk_code: str
    agency_key: str
    last_seen_ms: int | None
    backlog: int


@dataclass(frozen=True)
class MonthAlerts:
    """The inputs of "Cần chú ý"; what deserves a line, and in which order, the page decides.

    `falling` and `rising` moved against the period before by more than chance, of all `looked_at` agencies that show an
    index in both periods and whose data hold all of the earlier one: of all that are ever named, at most one in twenty
    is named in error on average.
    """

    without_answers: list[AgencyRow]
    falling: list[tuple[AgencyRow, Change]]
    silent: list[SilentDevice]
    rising: list[tuple[AgencyRow, Change]] = field(default_factory=list)
    looked_at: int = 0

    @property
    def waiting(self) -> int:
        """How many answers silent devices said they still had to send."""
        return sum(device.backlog for device in self.silent)


def find_month_alerts(
    session: Session,
    province_key: str,
    period: str,
    instrument: str,
    now_ms: int,
    rows: Sequence[AgencyRow] | None = None,
) -> MonthAlerts:
    """What to look at in a period under a province or an agency; `now_ms` is the present (ms since 1970, UTC).

    `rows` spares reading the agencies of the period again. Falls and rises are sorted steepest first,
    devices by silence.
    Raises `BadPeriod` and `UnknownAgency`.
    """
    rows = compare_all_agencies(session, province_key, period, instrument) if rows is None else rows
    earlier, under = period_before(period), build_subtrees(read_parents(session))
    before = {
        row.key: row.figure
        for row in compare_all_agencies(session, province_key, earlier, instrument)
        if data_start.data_cover_period(session, under[row.key], earlier)
    }
    moves = {row.key: (row.figure, before[row.key]) for row in rows if row.key in before}
    by_key = {row.key: row for row in rows}
    changes = change_detection.detect_figure_changes(moves)
    moved = [(by_key[alarm.key], Change(alarm.points, beyond_error=True)) for alarm in changes.alarms]
    return MonthAlerts(
        without_answers=[row for row in rows if row.figure.shown == "none"],
        falling=sorted((one for one in moved if one[1].difference < 0), key=lambda one: one[1].difference),
        silent=_silent(session, province_key, now_ms),
        rising=sorted((one for one in moved if one[1].difference > 0), key=lambda one: -one[1].difference),
        looked_at=changes.looked_at,
    )


def _silent(session: Session, province_key: str, now_ms: int) -> list[SilentDevice]:
    keys = read_scope_keys(session, province_key)
    statement = (
        select(Device.id, Desk.code, Desk.agency_key, Device.last_seen_ms, Device.backlog, Device.created_ms)
        .join(Desk, Device.desk_code == Desk.code)
        .where(Device.state == DeviceState.ACTIVE.value, Device.foreign_ms.is_(None))
        .order_by(Device.id)
    )
    devices = []
    for device, desk, agency, last_seen_ms, backlog, created in session.execute(statement):
        if agency in keys and now_ms - (created if last_seen_ms is None else last_seen_ms) > SILENT_MS:
            devices.append(SilentDevice(device, desk, agency, last_seen_ms, backlog))
    return sorted(devices, key=lambda device: device.last_seen_ms or 0)
