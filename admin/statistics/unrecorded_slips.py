"""Slips that were answered but stand in no ledger: their number for an agency, and the list.

Their answers count; that a desk made slips beside its ledger is told, not judged.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from models.clock import local_day
from models.tables.device import Device, Epoch
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response, SpentSlip


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """A slip that its desk signed and its ledger does not hold. `day` is the local one of its first answer; agency and
    desk are empty as long as that answer is not sealed."""

    device: str
    epoch: int
    serial: int
    seq: int
    day: str
    agency: str
    desk: str

    def as_json(self) -> dict[str, Any]:
        """For the command line."""
        return asdict(self)


def _flagged(statement: Any) -> Any:
    """The statement over `SpentSlip`, with only those that a ledger denies which proves something."""
    s = SpentSlip
    return (
        statement.join(Epoch, and_(Epoch.device_id == s.device_id, Epoch.epoch == s.epoch))
        .join(Device, Device.id == s.device_id)
        .where(s.recorded.is_(False), Epoch.state != "forked", Device.state.not_in(("forked", "lost")))
    )


def unrecorded(session: Session, keys: Collection[str], months: Collection[str]) -> int:
    """How many such slips were answered for these agencies in these local months. They are among what is counted."""
    e, r = StoredEntry, Response
    statement = _flagged(select(func.count()).select_from(SpentSlip))
    statement = statement.join(e, and_(e.rid == SpentSlip.response_id, e.device.like("c-%")))
    statement = statement.join(r, and_(r.device_id == e.device, r.epoch == e.epoch, r.seq == e.seq))
    return int(session.scalar(statement.where(r.agency_key.in_(keys), r.month.in_(months))) or 0)


def listed(session: Session) -> list[Unrecorded]:
    """All of them, by device and serial."""
    e, r, s = StoredEntry, Response, SpentSlip
    statement = _flagged(
        select(s.device_id, s.epoch, s.serial, s.seq, s.spent_ms, r.agency_key, r.desk_code).select_from(s)
    )
    statement = statement.outerjoin(e, and_(e.rid == s.response_id, e.device.like("c-%")))
    statement = statement.outerjoin(r, and_(r.device_id == e.device, r.epoch == e.epoch, r.seq == e.seq))
    return [
        Unrecorded(device, epoch, serial, seq, local_day(t), agency or "", desk or "")
        for device, epoch, serial, seq, t, agency, desk in session.execute(
            statement.order_by(s.device_id, s.epoch, s.serial)
        )
    ]
