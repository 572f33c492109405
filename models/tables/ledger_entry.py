"""The table of ledger entries in both stores: verbatim bytes under (device, epoch, seq)."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.declarative_base import Shared


class StoredEntry(Shared):
    """One entry. The row is written once and never changed; everything else can be derived from it."""

    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint("seq >= 1", name="seq"),
        CheckConstraint("epoch >= 1", name="epoch"),
        Index("ix_entry_rid", "rid"),
    )

    device: Mapped[str] = mapped_column(String(24), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    #: the exact bytes, hashed and sent as they are
    bytes: Mapped[bytes] = mapped_column(LargeBinary)
    #: H(0x00 ‖ bytes), hex
    h: Mapped[str] = mapped_column(String(64))
    #: the type, copied out of the bytes for look-ups
    typ: Mapped[str] = mapped_column(String(8))
    #: the entry's id (for a rating: the response's id)
    rid: Mapped[str] = mapped_column(String(64))
    #: the centre: its clock when this entry was first covered by a head (ms since 1970, UTC); the desk: 0
    covered_ms: Mapped[int] = mapped_column(BigInteger, default=0)
