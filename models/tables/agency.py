"""Tables of agencies, desks and procedures: the reference data a response is placed in.

They are dated, never overwritten silently.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.declarative_base import CentralOnly

#: What an agency may be; agencies are compared only within a group of kinds.
KINDS = ("province", "service_centre", "department", "ward", "commune", "special_zone", "vertical", "branch")


class Agency(CentralOnly):
    """A node of the tree. `key` is our own and never changes; official codes are rows of `AgencyCode`."""

    __tablename__ = "agency"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid"),
        CheckConstraint("parent_key IS NULL OR parent_key <> key", name="parent"),
    )

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    parent_key: Mapped[str | None] = mapped_column(ForeignKey("agency.key"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    name_vi: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    #: local days `2026-10-14`; the last day it exists is the day before `valid_to`
    valid_from: Mapped[str] = mapped_column(String(10))
    valid_to: Mapped[str | None] = mapped_column(String(10))
    #: what its papers are headed and signed with; absent parts follow from kind and name
    paper: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class AgencyCode(CentralOnly):
    """An official code of an agency in a scheme (administrative units: `dvhc`)."""

    __tablename__ = "agency_code"

    scheme: Mapped[str] = mapped_column(String(20), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    valid_from: Mapped[str] = mapped_column(String(10), primary_key=True)
    valid_to: Mapped[str | None] = mapped_column(String(10))
    agency_key: Mapped[str] = mapped_column(ForeignKey("agency.key"), index=True)


class AgencySuccession(CentralOnly):
    """`agency_key` took over from `predecessor_key` (merger, split, renaming): shown, never used to move figures."""

    __tablename__ = "agency_succession"

    agency_key: Mapped[str] = mapped_column(ForeignKey("agency.key"), primary_key=True)
    predecessor_key: Mapped[str] = mapped_column(ForeignKey("agency.key"), primary_key=True)


class Desk(CentralOnly):
    """A counter where citizens are served."""

    __tablename__ = "desk"
    __table_args__ = (UniqueConstraint("agency_key", "name_vi"),)

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    agency_key: Mapped[str] = mapped_column(ForeignKey("agency.key"), index=True)
    name_vi: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    #: whether the tablet asks the factor questions too, lets people type, and gives out follow-up codes (these only
    #: where the province says that somebody answers: `admin.desks.follow_up_promise`)
    factors: Mapped[bool] = mapped_column(default=False)
    typing: Mapped[bool] = mapped_column(default=False)
    follow_up: Mapped[bool] = mapped_column(default=True)
    #: its own opening hours (`models.reference.opening_hours`); empty: the province's
    hours: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Procedure(CentralOnly):
    """An administrative procedure. `number` (1…65535) is its place in a slip's token and never changes."""

    __tablename__ = "procedure"
    __table_args__ = (CheckConstraint("number BETWEEN 1 AND 65535", name="number"), UniqueConstraint("number"))

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int]
    name_vi: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    field_vi: Mapped[str] = mapped_column(default="")


class Language(CentralOnly):
    """A language besides Vietnamese: offered to citizens only when complete and confirmed by the province."""

    __tablename__ = "language"

    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    #: when it was confirmed (ms since 1970, UTC) and by whom; a change of texts asks for a new confirmation
    confirmed_ms: Mapped[int | None] = mapped_column(BigInteger)
    confirmed_by: Mapped[str] = mapped_column(default="")


class SpokenPrompt(CentralOnly):
    """A recording of what one screen says, in one language; the file lies under its hash in the instance's `media/`,
    the centre's own in `media/centre/`."""

    __tablename__ = "spoken_prompt"

    #: an item of a questionnaire (`overall`, `A`…), or a screen (`topics`, `thanks`)
    text_id: Mapped[str] = mapped_column(String(24), primary_key=True)
    lang: Mapped[str] = mapped_column(String(16), primary_key=True)
    sha: Mapped[str] = mapped_column(String(64))
    #: bytes, and what kind of sound (`audio/mpeg`)
    size: Mapped[int]
    mime: Mapped[str] = mapped_column(String(40))


class StoredInstrument(CentralOnly):
    """One version of a questionnaire; unchangeable once it is open."""

    __tablename__ = "instrument"
    __table_args__ = (CheckConstraint("status IN ('draft','open','closing','closed')", name="status"),)

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(String(8))
    document: Mapped[dict[str, Any]] = mapped_column(JSON)


class DossierMonth(CentralOnly):
    """Monthly counts of the one-stop software for an agency, a stage and a field: what response rates divide by."""

    __tablename__ = "dossier_month"

    agency_key: Mapped[str] = mapped_column(ForeignKey("agency.key"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    stage: Mapped[str] = mapped_column(String(12), primary_key=True, default="")
    field: Mapped[str] = mapped_column(String(80), primary_key=True, default="")
    received: Mapped[int]
    closed: Mapped[int]
    overdue: Mapped[int]
    complained: Mapped[int] = mapped_column(default=0)
    overdue_and_complained: Mapped[int] = mapped_column(default=0)
    #: points of the nine indicators of TT 01/2018 where they were sent: {"cs1_0": n, …}
    points: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
