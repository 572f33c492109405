"""The fleet of devices as staff see it: state in words, when last heard, what waits on each.

Counts here are live and say nothing of any score.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.statistics.alerts import SILENT_MS
from models import ids
from models.clock import MINUTE_MS
from models.reference.localized_text import LocalText
from models.tables.agency import Agency, Desk
from models.tables.device import Device, Epoch
from models.vocabulary import DeviceState
from translations import lazy

#: A clock farther off than this is shown as a fault (ms).
CLOCK_MS = MINUTE_MS

#: Condition → words, sign, tone; in the order in which somebody should look.
CONDITIONS: dict[str, tuple[Any, str, str]] = {
    "forked": (lazy("Two ledgers under one name: keep the machine as it is"), "warning", "error"),
    "silent": (lazy("Offline for more than 24 hours"), "offline", "error"),
    "foreign": (lazy("Does not trust the centre's new key: pair it again"), "warning", "error"),
    "lost": (lazy("Lost"), "stop", "error"),
    "pending": (lazy("Waits for approval"), "clock", "attention"),
    "clock": (lazy("Clock is off"), "clock", "attention"),
    "suspended": (lazy("Suspended"), "stop", "attention"),
    "waiting": (lazy("Answers waiting"), "inbox", "attention"),
    "new": (lazy("Not paired yet"), "plus", "blue"),
    "fine": (lazy("In order"), "check", "fine"),
    "revoked": (lazy("Taken out of use"), "stop", "plain"),
    "paired_again": (lazy("Its desk was paired again"), "check", "plain"),
}
#: Conditions that need nobody.
QUIET = ("fine", "new", "revoked", "paired_again")
#: So many answers on a device that reports are a queue worth a look.
QUEUE = 20


@dataclass(frozen=True)
class FleetDevice:
    """One device. `condition` is a key of `CONDITIONS`; times in ms since 1970 (UTC), the offset in ms."""

    id: str
    agency_key: str
    agency: LocalText
    desk: LocalText
    desk_code: str
    condition: str
    last_seen_ms: int | None
    backlog: int
    clock_offset_ms: int | None
    disk_mb: int | None
    app: str | None

    @property
    def label(self) -> str:
        """What people at the desk read out: the number and the first two characters of its name."""
        return ids.device_label(self.id)

    @property
    def words(self) -> Any:
        """Its condition in words."""
        return CONDITIONS[self.condition][0]

    @property
    def sign(self) -> str:
        """The sign beside the words."""
        return CONDITIONS[self.condition][1]

    @property
    def tone(self) -> str:
        """How pressing it is."""
        return CONDITIONS[self.condition][2]


@dataclass(frozen=True)
class FleetSummary:
    """A fleet in numbers: devices in use, how many need a look, how many are silent, and how many answers wait."""

    total: int
    troubled: int
    silent: int
    clock: int
    waiting: int


def list_fleet_devices(session: Session, keys: Collection[str], now_ms: int) -> list[FleetDevice]:
    """The devices at the desks of these agencies, those that need somebody first; `now_ms` is the present (UTC)."""
    statement = (
        select(Device, Desk.name_vi, Desk.name_en, Agency.key, Agency.name_vi, Agency.name_en)
        .join(Desk, Device.desk_code == Desk.code)
        .join(Agency, Desk.agency_key == Agency.key)
        .order_by(Device.id)
    )
    order = list(CONDITIONS)
    newest = _newest(session)
    lines = [
        FleetDevice(
            device.id, key, LocalText({"vi": agency_vi, "en": agency_en}), LocalText({"vi": desk_vi, "en": desk_en}),
            device.desk_code or "", _condition(device, now_ms, newest), device.last_seen_ms, device.backlog,
            device.clock_offset_ms,
            device.disk_mb, device.app,
        )
        for device, desk_vi, desk_en, key, agency_vi, agency_en in session.execute(statement)
        if key in keys
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (order.index(line.condition), line.last_seen_ms or 0, line.id))


def summarise_fleet(session: Session, keys: Collection[str], now_ms: int) -> FleetSummary:
    """The same in numbers."""
    return count_by_condition(list_fleet_devices(session, keys, now_ms))


def count_by_condition(lines: Collection[FleetDevice]) -> FleetSummary:
    """How many lines there are of each kind; devices out of use are left out."""
    in_use = [line for line in lines if line.condition not in ("revoked", "lost", "paired_again")]
    return FleetSummary(
        len(in_use),
        sum(line.condition not in QUIET for line in in_use),
        sum(line.condition == "silent" for line in in_use),
        sum(line.condition == "clock" for line in in_use),
        sum(line.backlog for line in in_use),
    )


def _newest(session: Session) -> dict[str, int]:
    """Desk → when a device that trusts the centre's key was last paired there (ms since 1970, UTC)."""
    trusting = (Device.state == DeviceState.ACTIVE.value, Device.foreign_ms.is_(None), Device.desk_code.is_not(None))
    paired = select(Device.desk_code, func.max(Epoch.issued_ms)).join(Epoch, Epoch.device_id == Device.id)
    newest = session.execute(paired.where(*trusting).group_by(Device.desk_code))
    return {desk: ms for desk, ms in newest if desk is not None}


def _condition(device: Device, now_ms: int, newest: dict[str, int]) -> str:
    if device.state != DeviceState.ACTIVE.value:
        return device.state
    if device.foreign_ms is not None:
        return "paired_again" if newest.get(device.desk_code or "", 0) >= device.foreign_ms else "foreign"
    heard = device.created_ms if device.last_seen_ms is None else device.last_seen_ms
    if now_ms - heard > SILENT_MS:
        return "silent"
    if abs(device.clock_offset_ms or 0) > CLOCK_MS:
        return "clock"
    return "waiting" if device.backlog >= QUEUE else "fine"
