"""Coverage: every agency of the province, and for those without an index the reason.

An agency that is missing from a ranking may have no desk, no device, a device that went silent, or nobody who answered;
what is to be done differs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.statistics.agency_comparison import AgencyRow, compare_all_agencies
from admin.statistics.alerts import SILENT_MS
from admin.statistics.breakdowns import read_figure
from admin.statistics.measures.index import Figure
from admin.statistics.measures.periods import months_of, period_end_ms
from admin.statistics.tallies.agency_tree import UnknownAgency, build_subtrees, read_agencies_by_key
from models.clock import local_day, month_days
from models.reference.localized_text import LocalText
from models.tables.agency import Agency, Desk
from models.tables.device import Device
from models.tables.slip_record import PrintedSlip
from models.vocabulary import DeviceState
from translations.collation import vietnamese_key

#: Why an agency shows no index, empty where it shows one: it (or its first device) came after the period, or it had
#: ended before; it has no desk; no device and no slips; its devices have been silent for a day at the period's end (or
#: now); devices, but no answers and no slips; slips that nobody answered; too few answers.
Reason = Literal[
    "", "began_later", "ended", "no_desk", "no_device", "device_silent", "no_slips", "no_answers", "under_5", "n_only",
    "withheld",
]  # fmt: skip


@dataclass(frozen=True)
class AgencyCoverage:
    """An agency with its figure and why there is no index. `desks` and `devices` (in use) hold everything under it;
    `last_seen_ms` is the last word of any of its devices (ms since 1970, UTC); `slips` are those made in the period,
    counted only where nobody answered; `began` is the local day since when it can have answers."""

    key: str
    kind: str
    name: LocalText
    figure: Figure
    reason: Reason
    desks: int
    devices: int
    last_seen_ms: int | None
    slips: int | None
    began: str


@dataclass
class _Equipment:
    desks: int = 0
    devices: int = 0
    last_seen_ms: int | None = None
    first_ms: int | None = None


def list_agency_coverage(
    session: Session,
    province_key: str,
    period: str,
    instrument: str,
    now_ms: int,
    rows: Sequence[AgencyRow] | None = None,
) -> list[AgencyCoverage]:
    """One row for every agency under a province, branches and past ones too, in Vietnamese order of names.

    `rows` spares reading the agencies of the period again; `now_ms` is the present (ms since 1970, UTC). Raises
    `BadPeriod` and `UnknownAgency`.
    """
    months = months_of(period)
    rows = compare_all_agencies(session, province_key, period, instrument) if rows is None else rows
    agencies = read_agencies_by_key(session)
    if province_key not in agencies:
        raise UnknownAgency(province_key)
    under = build_subtrees({key: agency.parent_key for key, agency in agencies.items()})
    figures = {row.key: row.figure for row in rows}
    keys = sorted(
        under[province_key] - {province_key}, key=lambda key: (vietnamese_key(agencies[key].name_vi), key)
    )
    for key in keys:
        if key not in figures:  # no line of its own on the list of agencies
            figures[key] = read_figure(session, under[key], months, instrument)
    equipment = _equipment(session)
    silent_keys = {key for key in keys if figures[key].shown == "none"}
    slips = _slips(session, {inner for key in silent_keys for inner in under[key]}, months)
    asked_ms = min(now_ms, period_end_ms(period))
    coverage = []
    for key in keys:
        agency, own = agencies[key], _together(equipment[inner] for inner in under[key] if inner in equipment)
        slip_count = sum(slips.get(inner, 0) for inner in under[key]) if key in silent_keys else None
        began = max(agency.valid_from, local_day(own.first_ms) if own.first_ms is not None else "")
        reason = _reason(agency, figures[key], own, slip_count or 0, months, asked_ms, period_end_ms(period))
        name = LocalText({"vi": agency.name_vi, "en": agency.name_en})
        coverage.append(
            AgencyCoverage(
                key,
                agency.kind,
                name,
                figures[key],
                reason,
                own.desks,
                own.devices,
                own.last_seen_ms,
                slip_count,
                began,
            )
        )
    return coverage


def _reason(
    agency: Agency, figure: Figure, own: _Equipment, slips: int, months: Sequence[str], asked_ms: int, end: int
) -> Reason:
    if figure.shown != "none":
        return "" if figure.shown == "full" else figure.shown
    if agency.valid_from > month_days(months[-1])[-1]:
        return "began_later"
    if agency.valid_to is not None and agency.valid_to <= f"{months[0]}-01":
        return "ended"
    if not slips and not own.desks:
        return "no_desk"
    if not slips and not own.devices:
        return "no_device"
    if own.devices and not slips and own.first_ms is not None and own.first_ms >= end:
        return "began_later"
    if own.devices and (own.last_seen_ms is None or own.last_seen_ms < asked_ms - SILENT_MS):
        return "device_silent"
    return "no_answers" if slips else "no_slips"


def _equipment(session: Session) -> dict[str, _Equipment]:
    """Agency → its own desks and the devices in use at them."""
    equipment: dict[str, _Equipment] = {}
    for key, n in session.execute(select(Desk.agency_key, func.count()).group_by(Desk.agency_key)):
        equipment[key] = _Equipment(desks=n)
    statement = (
        select(Desk.agency_key, func.count(), func.max(Device.last_seen_ms), func.min(Device.created_ms))
        .join(Device, Device.desk_code == Desk.code)
        .where(Device.state == DeviceState.ACTIVE.value)
        .group_by(Desk.agency_key)
    )
    for key, n, last_seen_ms, created in session.execute(statement):
        equipment[key] = _Equipment(equipment[key].desks, n, last_seen_ms, created)
    return equipment


def _together(parts: Iterable[_Equipment]) -> _Equipment:
    whole = _Equipment()
    for part in parts:
        whole.desks += part.desks
        whole.devices += part.devices
        if part.last_seen_ms is not None:
            whole.last_seen_ms = max(part.last_seen_ms, whole.last_seen_ms or 0)
        if part.first_ms is not None:
            whole.first_ms = part.first_ms if whole.first_ms is None else min(part.first_ms, whole.first_ms)
    return whole


def _slips(session: Session, keys: Collection[str], months: Collection[str]) -> dict[str, int]:
    statement = (
        select(PrintedSlip.agency_key, func.count())
        .where(PrintedSlip.agency_key.in_(keys), PrintedSlip.month.in_(months))
        .group_by(PrintedSlip.agency_key)
    )
    return {key: n for key, n in session.execute(statement)}
