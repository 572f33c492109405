"""Slips that were answered and that no ledger holds, or none confirms: numbers and lists.

Their answers count; that a desk made slips beside its ledger is told, not judged. A ledger that is disputed at the
slip's place (`models.tables.device.is_undisputed`), of a lost device, or that never came so far proves nothing: there
it is "not confirmed", never "wrong".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from models.clock import local_day
from models.tables.device import Device, Epoch, is_undisputed
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response, SpentSlip

#: Why a slip is not confirmed: its device signed two histories, or is lost, or its ledger did not come as far
#: (it waits at the desk, or never comes: of a store that was lost or salvaged).
WHY = ("forked", "lost", "not_come")


@dataclass(frozen=True, slots=True)
class UnrecordedSlip:
    """A slip that its desk signed and its ledger does not hold. `day` is the local one of its first answer; agency and
    desk are empty as long as that answer is not sealed. `why` is one of `WHY` where it is not confirmed, else empty."""

    device: str
    epoch: int
    serial: int
    seq: int
    day: str
    agency: str
    desk: str
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the command line."""
        return {name: value for name, value in asdict(self).items() if name != "why" or value}


@dataclass(frozen=True, slots=True)
class DoubtfulSlipCounts:
    """How many slips were answered that their ledger does not hold, and how many that no ledger confirms."""

    unrecorded: int
    unconfirmed: int


def count_doubtful_slips(session: Session, keys: Collection[str], months: Collection[str]) -> DoubtfulSlipCounts:
    """Both numbers for these agencies in these local months. They are among what is counted. One statement."""
    counts = {"": 0, **dict.fromkeys(_undecided(), 0)}
    parts = [_by_place(name, which) for name, which in (("", _denied()), *_undecided().items())]
    for name, agency, month, n in session.execute(union_all(*parts)):
        if agency in keys and month in months:
            counts[name] += int(n)
    return DoubtfulSlipCounts(counts.pop(""), sum(counts.values()))


def count_unrecorded(session: Session, keys: Collection[str], months: Collection[str]) -> int:
    """How many such slips were answered for these agencies in these local months."""
    return count_doubtful_slips(session, keys, months).unrecorded


def count_unconfirmed(session: Session, keys: Collection[str], months: Collection[str]) -> int:
    """How many slips were answered for them that no ledger confirms and none denies."""
    return count_doubtful_slips(session, keys, months).unconfirmed


def list_unrecorded(session: Session) -> list[UnrecordedSlip]:
    """All that their ledger does not hold, by device and serial."""
    return _list(session, _denied())


def list_unconfirmed(session: Session) -> list[UnrecordedSlip]:
    """All that no ledger confirms and none denies, by device and serial."""
    return _list(session, or_(*_undecided().values()))


def _denied() -> ColumnElement[bool]:
    return and_(SpentSlip.recorded.is_(False), is_undisputed(SpentSlip.seq))


def _undecided() -> dict[str, ColumnElement[bool]]:
    """A ledger that proves nothing does not hold it; or it has not come as far. Each by itself is found by an index."""
    s = SpentSlip
    return {
        "unproved": and_(s.recorded.is_(False), ~is_undisputed(s.seq)),
        "not_come": and_(s.recorded.is_(None), s.seq > Epoch.last_seq),
    }


def _joined(statement: Select[*tuple[Any, ...]], which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """The statement over `SpentSlip`, with such slips alone, their ledgers and devices."""
    s = SpentSlip
    return (
        statement.join(Epoch, and_(Epoch.device_id == s.device_id, Epoch.epoch == s.epoch))
        .join(Device, Device.id == s.device_id)
        .where(which, s.seq.is_not(None))
    )


def _by_place(name: str, which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """The statement that counts such slips by agency and month, under a name. The places are picked by who asks: an
    engine that is given them looks through all responses there, and such slips are few everywhere."""
    e, r = StoredEntry, Response
    columns = (literal(name), r.agency_key, r.month)
    statement = _joined(select(*columns, func.count()).select_from(SpentSlip), which)
    statement = statement.join(e, and_(e.rid == SpentSlip.response_id, e.device.like("c-%")))
    statement = statement.join(r, and_(r.device_id == e.device, r.epoch == e.epoch, r.seq == e.seq))
    return statement.group_by(r.agency_key, r.month)


def _list(session: Session, which: ColumnElement[bool]) -> list[UnrecordedSlip]:
    e, r, s = StoredEntry, Response, SpentSlip
    denied, forked = and_(s.recorded.is_(False), is_undisputed(s.seq)), Epoch.state == "forked"
    why = case((denied, ""), (forked, "forked"), (Device.state == "lost", "lost"), else_="not_come")
    statement = _joined(
        select(s.device_id, s.epoch, s.serial, s.seq, s.spent_ms, r.agency_key, r.desk_code, why).select_from(s), which
    )
    statement = statement.outerjoin(e, and_(e.rid == s.response_id, e.device.like("c-%")))
    statement = statement.outerjoin(r, and_(r.device_id == e.device, r.epoch == e.epoch, r.seq == e.seq))
    return [
        UnrecordedSlip(device, epoch, serial, seq, local_day(t), agency or "", desk or "", because)
        for device, epoch, serial, seq, t, agency, desk, because in session.execute(
            statement.order_by(s.device_id, s.epoch, s.serial)
        )
    ]
