"""Tables of staff, their sessions, and the log of what they did."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.declarative_base import CentralOnly


class Staff(CentralOnly):
    """A person who may sign in. What they see is their agency and what lies under it."""

    __tablename__ = "staff"
    __table_args__ = (CheckConstraint("role IN ('province','agency','desk','auditor','editor')", name="role"),)

    email: Mapped[str] = mapped_column(String(120), primary_key=True)
    role: Mapped[str] = mapped_column(String(10))
    agency_key: Mapped[str] = mapped_column(ForeignKey("agency.key"))
    #: Argon2id; NULL until the one-time link was used
    password: Mapped[str | None] = mapped_column(String(200))
    #: hash and end of the one-time sign-in link
    link: Mapped[str | None] = mapped_column(String(64))
    link_until_ms: Mapped[int | None] = mapped_column(BigInteger)
    #: of former versions, which counted wrong passwords here: 0, and read by nobody (`admin.auth.sign_in_limits`)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    #: since when nobody signs in with it (ms since 1970, UTC); NULL: they may
    disabled_ms: Mapped[int | None] = mapped_column(BigInteger)


class StaffSession(CentralOnly):
    """A sign-in that can be ended from here; the browser holds only the secret whose hash this is."""

    __tablename__ = "staff_session"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    email: Mapped[str] = mapped_column(ForeignKey("staff.email", ondelete="CASCADE"), index=True)
    started_ms: Mapped[int] = mapped_column(BigInteger)
    seen_ms: Mapped[int] = mapped_column(BigInteger)


class AuditRow(CentralOnly):
    """Something that was done by a person or a command: who, what, to what, when."""

    __tablename__ = "audit"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    who: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200))


class StoreMark(CentralOnly):
    """Facts about the store itself, a name and a text each (`practice`: figures are invented, for ever;
    `follow_up`: whether codes that promise a reply are given out)."""

    __tablename__ = "store_mark"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str]
