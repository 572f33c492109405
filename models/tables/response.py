"""Tables of responses as the projection counts them: derived from entries, rebuildable at any time.

What was answered and what ties it to a slip stand in separate tables; the tie is erased on a schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ColumnElement, ForeignKey, Index, String, and_, text
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from models.tables.declarative_base import CentralOnly


class Response(CentralOnly):
    """One response: where, when, how it came in, and what the projection made of it."""

    __tablename__ = "response"
    __table_args__ = (
        CheckConstraint("outcome IN ('counted','superseded','contested','not_counted')", name="outcome"),
        CheckConstraint("(outcome = 'not_counted') = (reason IS NOT NULL)", name="reason"),
        CheckConstraint("score IS NULL OR score BETWEEN 1 AND 5", name="score"),
        Index("ix_response_agency_month", "agency_key", "month"),
        Index("ix_response_decider_month", "decider_key", "month"),
        Index("ix_response_entry", "device_id", "epoch", "seq"),
    )

    #: as its device named it; where another device had that name here before, as `Name.beside` says
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    device_id: Mapped[str] = mapped_column(String(24))
    epoch: Mapped[int]
    seq: Mapped[int]
    #: agencies are kept as they were named at the visit, known or not
    agency_key: Mapped[str] = mapped_column(String(40))
    #: the deciding agency where it is another than the receiving one
    decider_key: Mapped[str | None] = mapped_column(String(40))
    desk_code: Mapped[str | None] = mapped_column(String(40))
    procedure_code: Mapped[str | None] = mapped_column(String(40))
    stage: Mapped[str | None] = mapped_column(String(12))
    channel: Mapped[str] = mapped_column(String(8))
    lang: Mapped[str] = mapped_column(String(16))
    instrument: Mapped[str] = mapped_column(String(24))
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    #: the score on the overall question
    score: Mapped[int | None]
    #: on a desk's answer: the overall score of the answer that came later on the same transaction and took its place,
    #: kept when the tie between the two is erased (tallied as `_paired`)
    later_score: Mapped[int | None]
    #: item → score and topics, as given
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    topics: Mapped[list[str]] = mapped_column(JSON)
    outcome: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(24))
    #: the devices of the papers that a dossier's reference joined it with at its agency, its own among them; NULL: none
    #: but its own. Stays when the references are erased
    joined: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    #: tapped outside the desk's opening hours
    off_hours: Mapped[bool] = mapped_column(default=False)
    #: left out of the second figure by two persons
    excluded: Mapped[bool] = mapped_column(default=False)
    #: under which rules it was judged (`admin.responses.field_authority.RULES`), and the fields that these passed over,
    #: by
    #: name; NULL: none
    rule: Mapped[int] = mapped_column(default=1, server_default="1")
    ignored: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    #: corrected time and its proven bounds, ms since 1970 (UTC); as claimed where it lay outside
    at_ms: Mapped[int] = mapped_column(BigInteger)
    low_ms: Mapped[int] = mapped_column(BigInteger)
    high_ms: Mapped[int] = mapped_column(BigInteger)
    claimed_ms: Mapped[int] = mapped_column(BigInteger)
    #: local day and month in Asia/Ho_Chi_Minh, set once and never moved; an unknown day is empty
    day: Mapped[str] = mapped_column(String(10))
    month: Mapped[str] = mapped_column(String(7))


@dataclass(frozen=True, slots=True)
class ResponseName:
    """What one device calls one response: an id names a response of that device alone, whoever else uses it."""

    device: str
    id: str

    @property
    def beside(self) -> str:
        """Under what it is kept where another device's response has its id: no id has this shape."""
        return f"{self.device}/{self.id}"

    @property
    def known_by(self) -> tuple[str, str]:
        """The two under which it may be kept; whose it is stands in the row (`device_id`)."""
        return (self.id, self.beside)


def matches_response(device: InstrumentedAttribute[str], id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The condition that joins a `Response` with what came beside it, by the two columns that name it there."""
    return and_(Response.device_id == device, Response.id.in_([id, device + "/" + id]))


class Tie(CentralOnly):
    """What transaction or slip a response belongs to; erased when its window ends."""

    __tablename__ = "tie"

    response_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: `d-0042:1:77` for a slip
    key: Mapped[str] = mapped_column(String(80), index=True)


class OpenedSidecar(CentralOnly):
    """The opening of a commitment (`models.protocol.sidecar.KINDS`), or a note that was written for an answer (`n`; of
    later days `0` to `9`)."""

    __tablename__ = "sidecar"

    #: whose entry it opens, and the entry's id as that device named it
    device_id: Mapped[str] = mapped_column(String(24), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(1), primary_key=True)
    salt: Mapped[str] = mapped_column(String(32))
    value: Mapped[str]
    received_ms: Mapped[int] = mapped_column(BigInteger)


#: Slips that name their place in a ledger: of others no ledger says anything.
_PLACED = text("seq IS NOT NULL")


class SpentSlip(CentralOnly):
    """A slip that was used: one row per device, epoch and serial, in the transaction that stores the answer."""

    __tablename__ = "spent_slip"
    __table_args__ = (
        Index(
            "ix_spent_slip_recorded", "recorded", "device_id", "epoch", "seq", sqlite_where=_PLACED,
            postgresql_where=_PLACED ),
    )

    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    serial: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[str] = mapped_column(String(64))
    #: hash of the browser's own secret: the same browser gets its first answer again
    browser: Mapped[str] = mapped_column(String(64))
    spent_ms: Mapped[int] = mapped_column(BigInteger)
    #: what its token says of its place in the ledger and of its minute; NULL for a typed code, and before this was kept
    seq: Mapped[int | None]
    minute: Mapped[int | None] = mapped_column(BigInteger)
    #: whether the ledger holds it there; NULL until it has come so far
    recorded: Mapped[bool | None]


class LaterAnswer(CentralOnly):
    """Another browser's answer on a slip that was used before; of all answers on a slip the lowest counts."""

    __tablename__ = "later_answer"

    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    serial: Mapped[int] = mapped_column(primary_key=True)
    browser: Mapped[str] = mapped_column(String(64), primary_key=True)
    response_id: Mapped[str] = mapped_column(String(64), unique=True)
    spent_ms: Mapped[int] = mapped_column(BigInteger)


class PhoneDraft(CentralOnly):
    """An answer begun on a phone: the face is tapped and durable, the rest may follow page by page."""

    __tablename__ = "phone_draft"
    __table_args__ = (CheckConstraint("score IS NULL OR score BETWEEN 1 AND 5", name="score"),)

    response_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    #: the overall score; NULL in a questionnaire without one
    score: Mapped[int | None]
    #: the slip's token; empty for an answer through a desk's poster
    slip: Mapped[str] = mapped_column(String(160))
    #: how it came: a channel of `models.vocabulary`; the desk, for a poster
    channel: Mapped[str] = mapped_column(String(8), default="qr")
    desk_code: Mapped[str | None] = mapped_column(String(40))
    instrument: Mapped[str] = mapped_column(String(24), default="short")
    #: item → score, topics, comment (masked) and the answers for the province alone, as far as they were sent
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    topics: Mapped[list[str]] = mapped_column(JSON, default=list)
    comment: Mapped[str | None]
    province: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: digest of the follow-up code that was given out
    follow: Mapped[str | None] = mapped_column(String(64))
    #: the last page that was sent
    step: Mapped[int] = mapped_column(default=0)
    lang: Mapped[str] = mapped_column(String(16))
    t: Mapped[int] = mapped_column(BigInteger)
    touched_ms: Mapped[int] = mapped_column(BigInteger)


class Note(CentralOnly):
    """What was written on a phone for one answer of a tablet; it waits here until that answer arrives, at most 180
    days, and is then its text."""

    __tablename__ = "note"

    #: the tablet, and the answer's id as it named it
    device_id: Mapped[str] = mapped_column(ForeignKey("device.id"), primary_key=True)
    response_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    text: Mapped[str]
    lang: Mapped[str] = mapped_column(String(16))
    #: hash of the browser's own secret: the same browser gets its first page again
    browser: Mapped[str] = mapped_column(String(64))
    #: digest of the follow-up code that was given out with it
    follow: Mapped[str | None] = mapped_column(String(64))
    received_ms: Mapped[int] = mapped_column(BigInteger)


class FollowUp(CentralOnly):
    """A follow-up code, by its digest alone, and the answer it belongs to. Knows no slip and no dossier. Each device
    that says it showed a code has a row: nobody takes another's code by naming its digest."""

    __tablename__ = "follow_up"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: the device whose answer it is; empty where a former version kept a code without its answer
    device_id: Mapped[str] = mapped_column(String(24), primary_key=True, default="", server_default="")
    response_id: Mapped[str] = mapped_column(String(64), index=True)
