"""Tables of the desk: drafts, state, reference data, minted slips, receipts, waiting sidecars.

The draft is the rating in hand; the others are what it minted, what it was told, and what it still has to send.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, LargeBinary, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.declarative_base import KioskOnly


class Draft(KioskOnly):
    """A rating that was tapped and not yet sealed. One row a response; sealing moves it into the ledger."""

    __tablename__ = "draft"
    __table_args__ = (CheckConstraint("score IS NULL OR score BETWEEN 1 AND 5", name="score"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    #: the overall score; NULL while the tap is taken back
    score: Mapped[int | None]
    #: [item, score] of the factor questions answered so far, in order
    answers: Mapped[list[Any]] = mapped_column(JSON, default=list)
    topics: Mapped[list[str]] = mapped_column(JSON, default=list)
    lang: Mapped[str] = mapped_column(String(16))
    undos: Mapped[int] = mapped_column(default=0)
    #: milliseconds spent per screen, as the page reported them
    screens: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    #: wall clock and running clock of the first tap (ms)
    t: Mapped[int] = mapped_column(BigInteger)
    mono: Mapped[int] = mapped_column(BigInteger)
    #: running clock of the last touch (ms), and the machine start it belongs to
    touched: Mapped[int] = mapped_column(BigInteger)
    boot: Mapped[int]
    #: what was typed on the tablet where a desk allows it, masked
    comment: Mapped[str | None]
    #: digest of the follow-up code that was given out (`models.protocol.follow_up_code`)
    follow: Mapped[str | None] = mapped_column(String(64))
    #: what the desk was serving at the tap
    stage: Mapped[str | None] = mapped_column(String(12))
    procedure: Mapped[str | None] = mapped_column(String(40))
    #: the keyed references to the dossier that the officer named for this rating
    #: (`models.protocol.dossier_code.make_transaction_name`)
    tie: Mapped[str | None]
    #: tapped outside the opening hours; tapped during a rehearsal
    off_hours: Mapped[bool] = mapped_column(default=False)
    drill: Mapped[bool] = mapped_column(default=False)
    #: over, but without a ledger to be sealed in until the desk is paired (again): `state`, and under which `agency`,
    #: `desk`, `instrument`, `version` it was given
    closed: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class DeskState(KioskOnly):
    """The desk's own facts, a name and a text each: device, epoch, certificate, pinned centre key, pointers, clock."""

    __tablename__ = "desk_state"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str]


class Reference(KioskOnly):
    """The questionnaire and reference data last received, exactly as sent."""

    __tablename__ = "reference"

    #: always 1: there is one current document
    slot: Mapped[int] = mapped_column(primary_key=True)
    sha: Mapped[str] = mapped_column(String(64))
    document: Mapped[bytes] = mapped_column(LargeBinary)
    received_ms: Mapped[int] = mapped_column(BigInteger)


class MintedSlip(KioskOnly):
    """A serial that was given out; committed before anything is printed, so none is ever given twice."""

    __tablename__ = "minted_slip"

    epoch: Mapped[int] = mapped_column(primary_key=True)
    serial: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int]
    token: Mapped[str] = mapped_column(String(160))


class StoredReceipt(KioskOnly):
    """A signed receipt of the centre, kept: it proves what the centre had accepted."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("epoch", "seq", "t"),
        Index("ix_receipt_day", "epoch", "undone", "day", "number"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    epoch: Mapped[int]
    seq: Mapped[int]
    h: Mapped[str] = mapped_column(String(64))
    #: the centre's clock, ms since 1970 (UTC)
    t: Mapped[int] = mapped_column(BigInteger)
    #: the local day of `t`
    day: Mapped[str] = mapped_column(String(10), default="", server_default="")
    #: this machine's clock when it came; the start it came in, and its running clock then (NULL: of an older version)
    at: Mapped[int] = mapped_column(BigInteger)
    boot: Mapped[int | None]
    mono: Mapped[int | None] = mapped_column(BigInteger)
    #: the centre was restored since, and lacks what it had signed for here
    undone: Mapped[bool] = mapped_column(default=False, server_default=false())
    bytes: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[str] = mapped_column(String(128))


class WaitingSidecar(KioskOnly):
    """An opening that travels beside its entry; erased here once the centre acknowledged the entry."""

    __tablename__ = "waiting_sidecar"
    __table_args__ = (Index("ix_waiting_sidecar_seq", "epoch", "seq"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(1), primary_key=True)
    salt: Mapped[str] = mapped_column(String(32))
    value: Mapped[str]
    epoch: Mapped[int]
    seq: Mapped[int]
    t: Mapped[int] = mapped_column(BigInteger)
