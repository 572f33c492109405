"""Tables of slips at the centre: printed and announced ones, API keys, dossier references.

Every printed one is here from the ledgers, with those that other systems announced, and the keys those systems show.
What could lead to a dossier is a keyed reference alone, and is erased with its key.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, true
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.declarative_base import CentralOnly


class PrintedSlip(CentralOnly):
    """A slip that was made, as its ledger says (`token` entries); derived, and rebuildable from them. One row a slip,
    however often it is printed."""

    __tablename__ = "printed_slip"
    __table_args__ = (Index("ix_printed_slip_agency_month", "agency_key", "month"),)

    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    serial: Mapped[int] = mapped_column(primary_key=True)
    agency_key: Mapped[str] = mapped_column(String(40))
    desk_code: Mapped[str | None] = mapped_column(String(40))
    stage: Mapped[str] = mapped_column(String(12))
    procedure_code: Mapped[str | None] = mapped_column(String(40))
    #: days from minting to the day the result is due; NULL when no date is known
    due_days: Mapped[int | None]
    #: by its recorder's clock as claimed (ms since 1970, UTC; 0: it knew no time), and from when its days count: the
    #: same where the centre's own clock allows it, else when its ledger came (NULL: a row of a former version)
    minted_ms: Mapped[int] = mapped_column(BigInteger)
    counted_ms: Mapped[int | None] = mapped_column(BigInteger)
    #: the local month of its corrected time
    month: Mapped[str] = mapped_column(String(7))


class ApiKey(CentralOnly):
    """A system that may announce slips for an agency and what lies under it; only the key's digest is kept."""

    __tablename__ = "api_key"
    __table_args__ = (CheckConstraint("per_minute >= 1", name="per_minute"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    agency_key: Mapped[str] = mapped_column(ForeignKey("agency.key"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    revoked_ms: Mapped[int | None] = mapped_column(BigInteger)
    #: slips it may announce within a minute
    per_minute: Mapped[int]
    #: the agencies it may name as deciding, by key; NULL: any, for keys that were made before this was asked
    deciders: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    #: the minute (since 1970) that is being counted, and how many came in it
    minute: Mapped[int] = mapped_column(default=0)
    used: Mapped[int] = mapped_column(default=0)


class IdempotentReply(CentralOnly):
    """What was answered to an `Idempotency-Key`, so that a request that is sent again gets the same answer."""

    __tablename__ = "idempotent_reply"

    api_key_id: Mapped[int] = mapped_column(ForeignKey("api_key.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    #: SHA-256 (hex) of the body it came with
    body_sha: Mapped[str] = mapped_column(String(64))
    #: the answer, as JSON text
    reply: Mapped[str]
    created_ms: Mapped[int] = mapped_column(BigInteger, index=True)


class AnnouncedSlip(CentralOnly):
    """A slip that another system asked for: what its citizen is shown beyond the token, and who asked."""

    __tablename__ = "announced_slip"
    __table_args__ = (Index("ix_announced_slip_month", "dossier_month"),)

    #: the recorder that minted it: one of the centre's own
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    serial: Mapped[int] = mapped_column(primary_key=True)
    agency_key: Mapped[str] = mapped_column(ForeignKey("agency.key"))
    desk_code: Mapped[str | None] = mapped_column(ForeignKey("desk.code"))
    #: the deciding agency where it is another than the receiving one
    decider_key: Mapped[str | None] = mapped_column(ForeignKey("agency.key"))
    stage: Mapped[str] = mapped_column(String(12))
    procedure_code: Mapped[str | None] = mapped_column(ForeignKey("procedure.code"))
    #: the local day the result is due
    due: Mapped[str | None] = mapped_column(String(10))
    #: the dossier's code under the key of its month, and its last two digits; erased with the ties
    dossier: Mapped[str | None] = mapped_column(String(32))
    dossier_month: Mapped[str | None] = mapped_column(String(7))
    last_two: Mapped[str | None] = mapped_column(String(2))
    announced_ms: Mapped[int] = mapped_column(BigInteger)
    api_key_id: Mapped[int] = mapped_column(ForeignKey("api_key.id"))


class SlipReference(CentralOnly):
    """What a slip, or an answer of a tablet, is known to belong to: a dossier's keyed reference, one row for each month
    whose key was in use. When the key is destroyed, a name drawn by lot takes its place: what belongs together stays
    together, and nothing leads to the dossier."""

    __tablename__ = "slip_reference"
    __table_args__ = (Index("ix_slip_reference_month", "month"),)

    #: `d-0042:1:77` for a slip, the response's id for an answer of a tablet
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    reference: Mapped[str] = mapped_column(String(32), primary_key=True, index=True)
    #: the local month of the key; empty once it was destroyed
    month: Mapped[str] = mapped_column(String(7))


class DossierKey(CentralOnly):
    """The secret of a local month under which dossier codes are referred to; once destroyed, nothing leads back."""

    __tablename__ = "dossier_key"
    __table_args__ = (CheckConstraint("(destroyed_ms IS NULL) = (key <> '')", name="destroyed"),)

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    #: 32 bytes, hex; empty once destroyed
    key: Mapped[str] = mapped_column(String(64))
    destroyed_ms: Mapped[int | None] = mapped_column(BigInteger)
    #: whether desks are given it as it is, the same for all agencies; else what follows from it for theirs
    shared: Mapped[bool] = mapped_column(default=False, server_default=true())
