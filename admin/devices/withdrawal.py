"""The withdrawal of a device: suspended for a while, reported lost, revoked for good; the way back.

Whatever of the three it is, the centre gives the device nothing and takes nothing from it; it answers, signed, which it
is. They differ in the slips that the device made. A suspended one's work. A lost one's work as long as any other if
they were made before it was reported, by what they say; whoever holds its key can say what they like, so a device that
was stolen is revoked: then none of its slips works.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from admin.auth import accounts
from admin.error_catalogue.command_errors import DEVICE_ACTS
from admin.slips import slip_validity
from models import ids
from models.errors import CodedError
from models.tables.device import Device, Epoch, Sighting
from models.tables.response import SpentSlip
from models.tables.slip_record import PrintedSlip
from models.vocabulary import DeviceState

#: What can be done → from which states, and the state it leads to.
ACTS: dict[str, tuple[frozenset[str], DeviceState]] = {
    "suspend": (frozenset({"active"}), DeviceState.SUSPENDED),
    "resume": (frozenset({"suspended", "lost"}), DeviceState.ACTIVE),
    "lost": (frozenset({"new", "pending", "active", "suspended", "forked"}), DeviceState.LOST),
    "revoke": (frozenset({"new", "pending", "active", "suspended", "forked", "lost"}), DeviceState.REVOKED),
}


class DeviceError(CodedError):
    """Nothing was done with a device, whose name is the value `device`."""

    table = DEVICE_ACTS


@dataclass(frozen=True, slots=True)
class WithdrawalEffect:
    """What hangs on a device: its desk and state, how many slips of it are out there that are neither used nor past
    their time, and how many lines of its ledger it is known to hold that the centre does not."""

    device: str
    desk: str | None
    state: str
    slips: int
    missing: int


def find_desk_device(session: Session, name: str) -> Device:
    """The device of a desk with this name. Raises `DeviceError`."""
    device = session.get(Device, name)
    if device is None:
        raise DeviceError("unknown_device", device=name)
    if ids.device_number(name) is None:
        raise DeviceError("not_a_desk_device", device=name)
    return device


def find_withdrawal_effect(session: Session, name: str, act: str, now_ms: int) -> WithdrawalEffect:
    """What hangs on a device to which `act` (of `ACTS`) is to be done at `now_ms` (ms since 1970, UTC). Raises
    `DeviceError`, `wrong_state` where that cannot be done: what it would mean is then not true."""
    device = find_desk_device(session, name)
    _done_already(device, act)
    slips, missing = _open_slips(session, name, now_ms), _missing(session, device)
    return WithdrawalEffect(device.id, device.desk_code, device.state, slips, missing)


def change_device_state(session: Session, name: str, act: str, now_ms: int, *, who: str = "command") -> bool:
    """Do `act` (of `ACTS`) to a device, within the caller's write transaction; False if it is so already. Who did it
    stands in the audit log. Raises `DeviceError`."""
    state = ACTS[act][1]
    find_desk_device(session, name)
    device = session.scalars(select(Device).where(Device.id == name).with_for_update()).one()
    session.refresh(device)
    if _done_already(device, act):
        return False
    was = device.state
    if act == "resume" and _forked(session, name):
        state = DeviceState.FORKED
    device.state = state.value
    device.lost_ms = now_ms if state is DeviceState.LOST else None
    accounts.write_audit_row(session, who, f"device_{act}", f"{name} {was} > {state.value}", now_ms)
    session.flush()
    return True


def _done_already(device: Device, act: str) -> bool:
    """Whether it is so already. Raises `DeviceError("wrong_state")` where it cannot become so."""
    sources, state = ACTS[act]
    if device.state == state.value:
        return True
    if device.state not in sources:
        raise DeviceError(f"wrong_state.{device.state}", device=device.id)
    return False


def _forked(session: Session, name: str) -> bool:
    newest = select(Epoch.state).where(Epoch.device_id == name).order_by(Epoch.epoch.desc()).limit(1)
    return session.scalar(newest) == "forked"


def _open_slips(session: Session, name: str, now_ms: int) -> int:
    """Slips of its ledger that a citizen may still use."""
    used = and_(
        SpentSlip.device_id == PrintedSlip.device_id,
        SpentSlip.epoch == PrintedSlip.epoch,
        SpentSlip.serial == PrintedSlip.serial,
    )
    rows: Sequence[PrintedSlip] = session.scalars(
        select(PrintedSlip).where(PrintedSlip.device_id == name, ~select(SpentSlip).where(used).exists())
    ).all()
    return sum(not slip_validity.printed_slip_validity(row).expired(now_ms) for row in rows)


def _missing(session: Session, device: Device) -> int:
    """Lines of its newest ledger that were seen from outside, in a report or a slip, and have not come."""
    epoch = session.scalars(
        select(Epoch).where(Epoch.device_id == device.id).order_by(Epoch.epoch.desc()).limit(1)
    ).first()
    if epoch is None:
        return 0
    highest_seq = select(func.max(Sighting.seq)).where(Sighting.device_id == device.id, Sighting.epoch == epoch.epoch)
    return max(0, max(session.scalar(highest_seq) or 0, device.head_seq) - epoch.last_seq)
