"""Tables of devices at the centre, their epochs, and the log of what they sent."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    and_,
    func,
    or_,
    select,
)
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from models import ids
from models.tables.declarative_base import CentralOnly


def _number(context: DefaultExecutionContext) -> int | None:
    parameters: dict[str, str] = context.get_current_parameters()  # type: ignore[no-untyped-call]
    return ids.device_number(parameters["id"])


class Device(CentralOnly):
    """A recorder of answers: a desk's device (`d-0042-k3v7q2mn`; `d-0042` before names were drawn) or one of the
    centre's own (`c-web-1`, `c-import`)."""

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint("state IN ('new','pending','active','suspended','forked','revoked','lost')", name="state"),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    #: the number in the name of a desk's device: what tokens and typed codes say, and several may have
    number: Mapped[int | None] = mapped_column(default=_number, index=True)
    desk_code: Mapped[str | None] = mapped_column(ForeignKey("desk.code"), index=True)
    state: Mapped[str] = mapped_column(String(10))
    #: whether it was made by the simulator
    simulated: Mapped[bool] = mapped_column(default=False)
    #: the last head report, by the centre's clock (ms since 1970, UTC)
    last_seen_ms: Mapped[int | None] = mapped_column(BigInteger)
    head_seq: Mapped[int] = mapped_column(default=0)
    backlog: Mapped[int] = mapped_column(default=0)
    #: device clock minus centre clock at the last report (ms)
    clock_offset_ms: Mapped[int | None] = mapped_column(BigInteger)
    disk_mb: Mapped[int | None]
    app: Mapped[str | None] = mapped_column(String(24))
    created_ms: Mapped[int] = mapped_column(BigInteger)
    #: since when the key of the centre's that it pinned is no longer in force: it has to be paired again (ms, UTC)
    foreign_ms: Mapped[int | None] = mapped_column(BigInteger)
    #: when it was reported lost, as long as it is (ms since 1970, UTC)
    lost_ms: Mapped[int | None] = mapped_column(BigInteger)


class PairingCode(CentralOnly):
    """A one-time code by which a machine becomes a device; only its hash is kept."""

    __tablename__ = "pairing_code"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    expires_ms: Mapped[int] = mapped_column(BigInteger)
    #: whether a person still has to approve the key on the screen
    approved: Mapped[bool]
    #: the public key (hex) that used it; the same key may ask again, another may not
    vk: Mapped[str | None] = mapped_column(String(64))


class Epoch(CentralOnly):
    """One incarnation of a device's ledger: the contiguous prefix the centre holds, up to (`last_seq`, `last_h`)."""

    __tablename__ = "epoch"
    __table_args__ = (
        CheckConstraint("state IN ('open','closed','forked')", name="state"),
        CheckConstraint("projected_seq <= last_seq", name="projected"),
    )

    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    vk: Mapped[str] = mapped_column(String(64))
    certificate: Mapped[bytes] = mapped_column(LargeBinary)
    certificate_signature: Mapped[str] = mapped_column(String(128))
    genesis: Mapped[str] = mapped_column(String(64))
    issued_ms: Mapped[int] = mapped_column(BigInteger)
    #: where it stood when the certificate was issued: the desk that is named there, and that desk's agency on that day.
    #: NULL for the centre's own recorders, and as long as the desk is unknown here
    desk_code: Mapped[str | None] = mapped_column(String(40))
    agency_key: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(8), default="open")
    last_seq: Mapped[int] = mapped_column(default=0)
    last_h: Mapped[str] = mapped_column(String(64))
    #: centre's time in the newest receipt that the stored entries embed, and where (for corrected time)
    anchor_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    anchor_seq: Mapped[int] = mapped_column(default=0)
    #: how far the projection has read
    projected_seq: Mapped[int] = mapped_column(default=0)
    #: how far the entries were first read under the first rules, and are read so again
    first_rules_seq: Mapped[int] = mapped_column(default=0, server_default="0")


class BatchLog(CentralOnly):
    """Every accepted batch with its signed envelope; chained like a ledger, so that none can be taken out later."""

    __tablename__ = "batch"
    __table_args__ = (
        ForeignKeyConstraint(["device_id", "epoch"], ["epoch.device_id", "epoch.epoch"]),
        Index("ix_batch_epoch", "device_id", "epoch", "to_seq"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    device_id: Mapped[str] = mapped_column(String(24))
    epoch: Mapped[int]
    from_seq: Mapped[int]
    to_seq: Mapped[int]
    received_ms: Mapped[int] = mapped_column(BigInteger)
    envelope: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[str] = mapped_column(String(128))
    #: H(previous head ‖ envelope ‖ received), hex
    head: Mapped[str] = mapped_column(String(64))


class Sighting(CentralOnly):
    """A point of a ledger that was seen from outside before its entries came: a reported head, or a slip's QR."""

    __tablename__ = "sighting"
    __table_args__ = (CheckConstraint("source IN ('head','slip')", name="source"),)

    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(4), primary_key=True)
    #: the hash or its beginning, hex
    h: Mapped[str] = mapped_column(String(64))
    seen_ms: Mapped[int] = mapped_column(BigInteger)
    #: what proves it: envelope and signature, or the token
    proof: Mapped[bytes] = mapped_column(LargeBinary)


class Evidence(CentralOnly):
    """Two signed statements of one device that contradict each other; kept for a third party to check."""

    __tablename__ = "evidence"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), index=True)
    epoch: Mapped[int]
    seq: Mapped[int]
    found_ms: Mapped[int] = mapped_column(BigInteger)
    stored: Mapped[bytes] = mapped_column(LargeBinary)
    presented: Mapped[bytes] = mapped_column(LargeBinary)


def is_undisputed(seq: ColumnElement[int | None] | InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """Whether a ledger proves something about its place `seq`; for statements over `Epoch` and `Device`.

    A device that contradicts itself takes back nothing that it said before: its ledger proves what stands before the
    first contradiction. The ledger of a lost device proves nothing.
    """
    of_epoch = and_(Evidence.device_id == Epoch.device_id, Evidence.epoch == Epoch.epoch)
    first = select(func.min(Evidence.seq)).where(of_epoch).correlate(Epoch).scalar_subquery()
    return and_(Device.state != "lost", or_(Epoch.state != "forked", seq < func.coalesce(first, 0)))


class Refusal(CentralOnly):
    """How often malformed requests came in, per day, device as claimed and code: nothing else of them is kept."""

    __tablename__ = "refusal"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    device: Mapped[str] = mapped_column(String(24), primary_key=True)
    code: Mapped[str] = mapped_column(String(24), primary_key=True)
    n: Mapped[int]
