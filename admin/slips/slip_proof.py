"""Proof of a slip by arithmetic and by its device's key; it says nothing about whether it was used."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.error_catalogue.phone_errors import PHONE
from admin.ledgers.signing_keys import CentreKeys
from admin.slips import slip_validity, typed_codes
from admin.slips.slip_validity import UNKNOWN, Validity
from models.clock import local_day
from models.errors import CodedError
from models.protocol import slip
from models.protocol.slip import Slip
from models.tables.agency import Agency, Desk, Procedure
from models.tables.device import Device, Epoch
from models.tables.slip_record import AnnouncedSlip
from models.vocabulary import Channel, Stage

#: Devices in these states have no slips out there.
NEVER = frozenset({"new", "pending"})
REVOKED, LOST = "revoked", "lost"
#: What an address ends in once the citizen said that the result was received.
RECEIVED = ".result"
#: The papers that go out before the result does.
BEFORE_RESULT = frozenset({Stage.SUBMISSION, Stage.SUPPLEMENT})


@dataclass(frozen=True, slots=True)
class SlipMaker:
    """Who may have made a slip, or shown a private page: the device's name, the key of the epoch, where it stands, its
    device's state, and since when it is lost (ms since 1970, UTC)."""

    device_id: str
    vk: str
    desk: Desk
    agency: Agency
    state: str
    lost_ms: int | None

    def disowns(self, paper: Slip) -> bool:
        """Whether the slip is worth nothing because of what became of its device: it was revoked, or the slip says that
        it was made after the device was reported lost. One of a minute that nobody knows is not."""
        late = self.lost_ms is not None and bool(paper.minute) and paper.minted_ms > self.lost_ms
        return self.state == REVOKED or (self.state == LOST and late)


def find_slip_makers(session: Session, number: int, epoch: int) -> list[SlipMaker]:
    """The devices of desks that have this number in their names and may sign for citizens in this epoch. Mostly one:
    where a store was lost, several; the signature says which."""
    rows = (
        select(Device.id, Epoch.vk, Desk, Agency, Device.state, Device.lost_ms)
        .join(Epoch, Epoch.device_id == Device.id)
        .join(Desk, Desk.code == func.coalesce(Epoch.desk_code, Device.desk_code))
        .join(Agency, Agency.key == func.coalesce(Epoch.agency_key, Desk.agency_key))
        .where(Device.number == number, Epoch.epoch == epoch, Device.state.not_in(NEVER))
        .order_by(Device.id)
    )
    return [SlipMaker(*row) for row in session.execute(rows)]


class SlipRefused(CodedError):
    """The slip cannot be used (`slip_unknown`, `slip_revoked`, `slip_expired`, `slip_used`, `slip_crowded`). Never says
    who or when. `proved` is what a genuine slip stands for."""

    table = PHONE

    def __init__(self, name: str, proved: ProvedSlip | None = None) -> None:
        super().__init__(name)
        self.proved = proved


@dataclass(frozen=True, slots=True)
class ProvedSlip:
    """A genuine slip with what it stands for. `token` stands in addresses: that of the QR, or what stands for a typed
    code (`channel` `code`). `sure`: it is known when, and for which stage, it was made; a typed code does not say, its
    ledger does. `device_id`: whose it is, by its whole name. `last_two`: the dossier's last digits, where another
    system announced the slip. `received`: the citizen says that the result was received."""

    token: str
    slip: Slip
    device_id: str
    agency: Agency
    desk: Desk | None
    procedure: Procedure | None
    channel: Channel = Channel.QR
    sure: bool = True
    decider: str | None = None
    last_two: str = ""
    received: bool = False
    validity: Validity = UNKNOWN

    @property
    def stage(self) -> Stage | None:
        """Where in the dossier's life the citizen answers: where the slip was handed out, or at the result."""
        if self.received:
            return Stage.RESULT
        return self.slip.stage if self.sure else None

    def past_due(self, now_ms: int) -> bool:
        """Whether the day is over on which the result of a dossier that was handed in was due."""
        due = self.validity.due_ms
        early = self.sure and self.slip.stage in BEFORE_RESULT
        return early and due is not None and local_day(now_ms) > local_day(due)

    @property
    def tie(self) -> str:
        """Under what name the slip is spent, and its answers belong together. What its paper has to do with others is
        known beside it (`models.tables.slip_record.SlipReference`)."""
        return slip.name_slip(self.device_id, self.slip.epoch, self.slip.serial)


@dataclass(frozen=True, slots=True)
class PosterDesk:
    """A desk whose poster was read: everybody may, so nothing is proved by it."""

    agency: Agency
    desk: Desk
    procedure: Procedure | None = None
    stage: Stage | None = None
    tie: str | None = None


class SlipProver:
    """Proves tokens by arithmetic and by their device's key; what it looked up once it keeps, so it is for one
    transaction, or for a time in which no device and no reference data change."""

    def __init__(self, centre: CentreKeys, *, was_used: bool = False) -> None:
        """`was_used`: the slip was proved when it was used; what became known since (its device was revoked, a typed
        code's ledger came) takes no answer away here."""
        self._centre, self._taken = centre, was_used
        self._printers: dict[tuple[int, int], list[SlipMaker]] = {}
        self._procedures: dict[int, Procedure | None] = {}

    def prove(self, session: Session, token: str, now_ms: int) -> ProvedSlip:
        """The slip of a token, with what it stands for. Raises `SlipRefused`; says nothing about its use."""
        received, token = token.endswith(RECEIVED), token.removesuffix(RECEIVED)
        opened_code = typed_codes.open_sealed_code(session, self._centre, token, now_ms)
        channel, sure, lasts = Channel.QR, True, None
        if opened_code is not None:
            paper, sure, channel, lasts = opened_code.slip, opened_code.sure, Channel.CODE, opened_code.validity
            signature: str | None = None
        else:
            try:
                paper, signature = slip.parse(token)
            except slip.BadToken as error:
                raise SlipRefused("slip_unknown") from error
            token = token.strip().upper()
        by_code = None if opened_code is None else opened_code.device_id
        proved, disowned = self._place(session, token, paper, signature, by_code)
        lasts = lasts or self._validity(session, paper, proved.device_id, now_ms)
        proved = replace(proved, channel=channel, sure=sure, validity=lasts)
        if received and proved.past_due(now_ms):
            proved = replace(proved, token=token + RECEIVED, received=True)
        if disowned and not self._taken:
            raise SlipRefused("slip_revoked", proved)
        if lasts.expired(now_ms) and not self._taken:
            raise SlipRefused("slip_expired", proved)
        return proved

    def _validity(self, session: Session, paper: Slip, device_id: str, now_ms: int) -> Validity:
        """Until when a token works. Raises `SlipRefused` for one that no ledger can have reached."""
        if paper.device == slip.CENTRE_NUMBER:  # made by the centre's own clock
            return slip_validity.compute_validity(paper.minted_ms, paper.minted_ms, paper.due_days)
        validity = slip_validity.token_validity(session, paper, device_id, now_ms)
        if validity is not None:
            return validity
        if self._taken:
            return UNKNOWN
        raise SlipRefused("slip_unknown")

    def _place(
        self, session: Session, token: str, paper: Slip, signature: str | None, by_code: str | None
    ) -> tuple[ProvedSlip, bool]:
        """The slip where it belongs, and whether it is worth nothing because of its device. `by_code`: the device
        whose typed code was proved; its slip has no signature."""
        procedure = self._procedure(session, paper.procedure)
        if paper.device == slip.CENTRE_NUMBER:
            return self._announced(session, token, paper, signature, procedure), False
        printer = (paper.device, paper.epoch)
        if printer not in self._printers:
            self._printers[printer] = find_slip_makers(session, *printer)
        for one in self._printers[printer]:
            if by_code in (None, one.device_id) and self._signed(paper, signature, one.vk):
                return ProvedSlip(token, paper, one.device_id, one.agency, one.desk, procedure), one.disowns(paper)
        raise SlipRefused("slip_unknown")

    def _announced(
        self, session: Session, token: str, paper: Slip, signature: str | None, procedure: Procedure | None
    ) -> ProvedSlip:
        """A slip that the centre made for another system."""
        epoch = session.get(Epoch, (slip.CENTRE_ID, paper.epoch))
        if epoch is None or not self._signed(paper, signature, epoch.vk):
            raise SlipRefused("slip_unknown")
        row = session.get(AnnouncedSlip, (epoch.device_id, paper.epoch, paper.serial))
        if row is None:
            raise SlipRefused("slip_unknown")
        agency = session.get_one(Agency, row.agency_key)
        desk = session.get(Desk, row.desk_code) if row.desk_code else None
        two = row.last_two or ""
        return ProvedSlip(
            token, paper, epoch.device_id, agency, desk, procedure, decider=row.decider_key, last_two=two
        )

    def _signed(self, paper: Slip, signature: str | None, vk: str) -> bool:
        publics = self._centre.publics
        return signature is None or any(slip.is_genuine(paper, signature, vk, public) for public in publics)

    def _procedure(self, session: Session, number: int) -> Procedure | None:
        if number not in self._procedures:
            procedure = session.scalars(select(Procedure).where(Procedure.number == number)).first()
            self._procedures[number] = procedure
        return self._procedures[number]


def prove_slip(session: Session, token: str, centre: CentreKeys, now_ms: int) -> ProvedSlip:
    """Prove one token (see `SlipProver`). Raises `SlipRefused`."""
    return SlipProver(centre).prove(session, token, now_ms)
