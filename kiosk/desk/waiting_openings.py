"""Openings that wait for the centre's receipt: which of them can travel, and how many cannot.

An opening that no line can say (a byte of the store rotted, a kind of a newer version) holds nothing back: its entry
goes without it, and it stays here as long as any other.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, LargeBinary, cast, select
from sqlalchemy.orm import Session

from models.protocol.canonical import NotCanonical
from models.protocol.sidecar import Sidecar
from models.tables.desk_store import WaitingSidecar

#: As bytes: text that is no UTF-8 would end the whole query.
_COLUMNS = [
    cast(column, LargeBinary)
    for column in (WaitingSidecar.id, WaitingSidecar.kind, WaitingSidecar.salt, WaitingSidecar.value)
]


def sendable(openings: Iterable[Sidecar]) -> list[Sidecar]:
    """Those of `openings` that a line can say."""
    return [one for one in openings if _can_travel(one)]


def between(session: Session, epoch: int, after: int, to: int) -> list[Sidecar]:
    """What can travel beside the entries of `epoch` behind the seq `after`, up to the seq `to`."""
    stretch = (WaitingSidecar.epoch == epoch, WaitingSidecar.seq > after, WaitingSidecar.seq <= to)
    return sendable(_read(session, *stretch))


def unsendable(session: Session) -> int:
    """How many of all that stand here cannot travel."""
    return sum(not _can_travel(one) for one in _read(session))


def _read(session: Session, *which: ColumnElement[bool]) -> Iterable[Sidecar]:
    for row in session.execute(select(*_COLUMNS).where(*which).order_by(WaitingSidecar.seq, WaitingSidecar.kind)):
        yield Sidecar(*(raw.decode(errors="surrogateescape") for raw in row))


def _can_travel(one: Sidecar) -> bool:
    try:
        one.dump()
    except NotCanonical:
        return False
    return True
