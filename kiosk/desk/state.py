"""The desk's state: which device it is, under which certificate, how far it is acknowledged.

These are the desk's own facts. A few names with a text each, read and written inside the transaction of whoever needs
them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.protocol import entry_chain
from models.tables.desk_store import DeskState


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this machine is to the centre."""

    device: str
    epoch: int
    certificate: bytes
    certificate_signature: str
    centre_key: str
    centre_url: str
    public_url: str

    @property
    def genesis(self) -> str:
        """What the first entry of the epoch names as its predecessor."""
        return entry_chain.parse_certificate(self.certificate).genesis


def facts(session: Session) -> dict[str, str]:
    """All facts at once."""
    return {row.name: row.value for row in session.scalars(select(DeskState))}


def fact(session: Session, name: str, default: str = "") -> str:
    """One fact, or `default`."""
    row = session.get(DeskState, name)
    return default if row is None else row.value


def remember(session: Session, **values: str | int) -> None:
    """Set facts."""
    for name, value in values.items():
        row = session.get(DeskState, name)
        if row is None:
            session.add(DeskState(name=name, value=str(value)))
        else:
            row.value = str(value)
    session.flush()


def identity(session: Session) -> Identity | None:
    """Who this machine is, or None while it is not paired."""
    known = facts(session)
    if "device" not in known:
        return None
    return Identity(
        known["device"],
        int(known["epoch"]),
        known["certificate"].encode(),
        known["certificate_signature"],
        known["centre_key"],
        known["centre_url"],
        known["public_url"],
    )


def boot_number(session: Session) -> int:
    """The number of the present start of this desk."""
    return int(fact(session, "boot", "0"))
