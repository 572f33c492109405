"""Proving a slip by arithmetic and by its device's key; this says nothing about whether it was used."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.centre import Centre
from models import slip
from models.agency import Agency, Desk, Procedure
from models.devices import Device, Epoch
from models.slip import Slip
from models.vocabulary import Stage

#: Devices in these states have no slips out there.
NEVER = frozenset({"new", "pending"})
REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Printer:
    """Who made a slip, or showed a private page: the key of the epoch, its desk and agency, and its device's state."""

    vk: str
    desk: Desk
    agency: Agency
    state: str


def printer(session: Session, device_id: str, epoch_number: int) -> Printer | None:
    """The device of a desk that may sign for citizens; None for any other."""
    epoch = session.get(Epoch, (device_id, epoch_number))
    device = session.get(Device, device_id)
    if epoch is None or device is None or device.desk_code is None or device.state in NEVER:
        return None
    desk = session.get_one(Desk, device.desk_code)
    return Printer(epoch.vk, desk, session.get_one(Agency, desk.agency_key), device.state)


class SlipRefused(Exception):
    """The slip cannot be used; `code` is `slip_unknown`, `slip_revoked`, `slip_expired`, `slip_used` or `slip_crowded`.
    Never says who or when. `proved` is what a genuine slip stands for."""

    def __init__(self, code: str, proved: Proved | None = None) -> None:
        super().__init__(code)
        self.code, self.proved = code, proved


@dataclass(frozen=True, slots=True)
class Proved:
    """A genuine slip with what it stands for."""

    token: str
    slip: Slip
    agency: Agency
    desk: Desk
    procedure: Procedure | None

    @property
    def stage(self) -> Stage | None:
        """Where in the dossier's life the slip was handed out."""
        return self.slip.stage

    @property
    def tie(self) -> str | None:
        """Under what name the answers of this slip belong together."""
        return self.slip.key


@dataclass(frozen=True, slots=True)
class Posted:
    """A desk whose poster was read: everybody may, so nothing is proved by it."""

    agency: Agency
    desk: Desk
    procedure: Procedure | None = None
    stage: Stage | None = None
    tie: str | None = None


class Prover:
    """Proves tokens by arithmetic and by their device's key; what it looked up once it keeps, so it is for one
    transaction, or for a time in which no device and no reference data change."""

    def __init__(self, centre: Centre, *, taken: bool = False) -> None:
        """`taken`: the slip was proved when it was used; that its device was revoked since takes no answer away."""
        self._centre, self._taken = centre, taken
        self._printers: dict[tuple[str, int], Printer | None] = {}
        self._procedures: dict[int, Procedure | None] = {}

    def prove(self, session: Session, token: str, now_ms: int) -> Proved:
        """The slip of a token, with what it stands for. Raises `SlipRefused`; says nothing about its use."""
        try:
            paper, signature = slip.parse(token)
        except slip.BadToken as error:
            raise SlipRefused("slip_unknown") from error
        asked = (paper.device_id, paper.epoch)
        if asked not in self._printers:
            self._printers[asked] = printer(session, *asked)
        made = self._printers[asked]
        if made is None or not slip.genuine(paper, signature, made.vk, self._centre.public):
            raise SlipRefused("slip_unknown")
        procedure = self._procedure(session, paper.procedure)
        proved = Proved(token.strip().upper(), paper, made.agency, made.desk, procedure)
        if made.state == REVOKED and not self._taken:
            raise SlipRefused("slip_revoked", proved)
        if paper.expired(now_ms):
            raise SlipRefused("slip_expired", proved)
        return proved

    def _procedure(self, session: Session, number: int) -> Procedure | None:
        if number not in self._procedures:
            found = session.scalars(select(Procedure).where(Procedure.number == number)).first()
            self._procedures[number] = found
        return self._procedures[number]


def prove(session: Session, token: str, centre: Centre, now_ms: int) -> Proved:
    """Prove one token (see `Prover`). Raises `SlipRefused`."""
    return Prover(centre).prove(session, token, now_ms)
