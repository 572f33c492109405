"""Validity of a slip: when it was made and how long it works, as far as the centre's clock can tell.

What a token says of its minute is its desk's word. It is believed where it lies in the window that the centre proved:
not before the newest receipt of ours that the ledger holds before it (else the certificate), not after the moment the
ledger was first seen to have reached it. Any other minute, and none at all, makes the slip *undated*: no day of it is
shown, and no result is due. No slip is refused for its clock, and none lives for ever by it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from models import clock
from models.clock import DAY_MS, MINUTE_MS
from models.protocol import note_token, slip
from models.protocol.slip import Slip
from models.tables.device import BatchLog, Epoch, Sighting
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response
from models.tables.slip_record import PrintedSlip

#: How long an undated slip works that its ledger does not show yet: days after the last word of its desk.
UNSEEN_DAYS = 180
#: No ledger gets so many entries ahead of what the centre knows of it.
FARTHEST = 100_000


@dataclass(frozen=True, slots=True)
class Validity:
    """`made_ms`: when the slip was made, `due_ms`: when its result is due, each None where nobody knows; `until_ms`:
    the last moment it works, None while nothing says when it was made. All in ms since 1970 (UTC)."""

    made_ms: int | None
    due_ms: int | None
    until_ms: int | None

    def expired(self, now_ms: int) -> bool:
        """Whether the slip is past its time."""
        return self.until_ms is not None and now_ms > self.until_ms


#: A typed code whose ledger has not come.
UNKNOWN = Validity(None, None, None)


def compute_validity(made_ms: int | None, counted_ms: int, due_days: int | None) -> Validity:
    """The validity of a slip whose days count from `counted_ms`; `made_ms` None: it has no day."""
    due = None if made_ms is None or due_days is None else made_ms + due_days * DAY_MS
    return Validity(made_ms, due, slip.find_last_valid_ms(counted_ms, due_days))


def printed_slip_validity(row: PrintedSlip) -> Validity:
    """The validity of a slip whose ledger has come. Rows of former versions count from what the desk said."""
    if row.counted_ms is None:
        return compute_validity(row.minted_ms, row.minted_ms, row.due_days)
    dated = abs(row.counted_ms - row.minted_ms) <= clock.SLOP_MS
    return compute_validity(row.counted_ms if dated else None, row.counted_ms, row.due_days)


def token_validity(session: Session, paper: Slip, device_id: str, now_ms: int) -> Validity | None:
    """The validity of a genuine token at `now_ms`; None for one that no ledger can have reached."""
    facts = _known(session, paper, device_id)
    if facts.covered_ms is None and paper.seq > facts.last_seq + FARTHEST:
        if paper.seq > _seen_head(session, paper, device_id) + FARTHEST:
            return None
    if facts.covered_ms is not None and facts.counted_ms is not None and paper.minute:
        dated = abs(facts.counted_ms - paper.minted_ms) <= clock.SLOP_MS
        return compute_validity(facts.counted_ms if dated else None, facts.counted_ms, paper.due_days)
    low = facts.anchor_ms if 0 < facts.anchor_seq < paper.seq else facts.issued_ms
    high = facts.covered_ms
    if high is None:
        closed = _closed_ms(session, device_id, paper.epoch)
        high = now_ms if closed is None else min(now_ms, closed)
    made_ms = clock.accept_claimed_time(paper.minted_ms, low, high)
    if made_ms is not None or facts.covered_ms is not None:
        counted = made_ms if made_ms is not None else facts.covered_ms
        assert counted is not None
        return compute_validity(made_ms, counted, paper.due_days)
    return Validity(None, None, _last_word(session, paper, device_id, facts.issued_ms, now_ms) + UNSEEN_DAYS * DAY_MS)


def unseen_slip_validity(session: Session, device_id: str, epoch: int) -> Validity:
    """The validity of a typed code whose slip its ledger does not show: unknown as long as that may come; a ledger that
    was closed shows no more."""
    closed = _closed_ms(session, device_id, epoch)
    return UNKNOWN if closed is None else Validity(None, None, closed + UNSEEN_DAYS * DAY_MS)


def _closed_ms(session: Session, device_id: str, epoch: int) -> int | None:
    """Since when a later epoch of the device is certified (ms since 1970, UTC): the old key makes no slips for it."""
    later = select(func.min(Epoch.issued_ms)).where(Epoch.device_id == device_id, Epoch.epoch > epoch)
    return session.scalar(later)


def private_page_deadline_ms(session: Session, page: note_token.Note, device_id: str, now_ms: int) -> int:
    """The last moment (ms since 1970, UTC) that the private page of an answer can be opened: 7 days after its answer
    came; before that, after its minute where that can be true, else as long as an undated slip."""
    came = session.scalar(
        select(StoredEntry.covered_ms)
        .join(Response, and_(Response.epoch == StoredEntry.epoch, Response.seq == StoredEntry.seq))
        .where(StoredEntry.device == device_id, Response.device_id == device_id, Response.id == page.id)
    )
    if came is not None:
        return came + note_token.VALID_DAYS * DAY_MS
    heard = session.scalar(
        select(BatchLog.received_ms)
        .where(BatchLog.device_id == device_id, BatchLog.epoch == page.epoch)
        .order_by(BatchLog.to_seq.desc())
        .limit(1)
    )
    low = heard if heard is not None else session.get_one(Epoch, (device_id, page.epoch)).issued_ms
    made_ms = clock.accept_claimed_time(page.minute * MINUTE_MS, low, now_ms)
    return low + UNSEEN_DAYS * DAY_MS if made_ms is None else made_ms + note_token.VALID_DAYS * DAY_MS


@dataclass(frozen=True, slots=True)
class _Known:
    """What the centre holds of a token's ledger and of its place there (`covered_ms` None: it has not come so far)."""

    issued_ms: int
    last_seq: int
    anchor_ms: int
    anchor_seq: int
    covered_ms: int | None
    counted_ms: int | None


def _known(session: Session, paper: Slip, device_id: str) -> _Known:
    at = and_(
        StoredEntry.device == Epoch.device_id, StoredEntry.epoch == Epoch.epoch, StoredEntry.seq == paper.seq
    )
    printed = and_(
        PrintedSlip.device_id == Epoch.device_id,
        PrintedSlip.epoch == Epoch.epoch,
        PrintedSlip.serial == paper.serial,
    )
    columns = (
        Epoch.issued_ms, Epoch.last_seq, Epoch.anchor_ms, Epoch.anchor_seq, StoredEntry.covered_ms,
        PrintedSlip.counted_ms,
    )  # fmt: skip
    one = session.execute(
        select(*columns)
        .outerjoin(StoredEntry, at)
        .outerjoin(PrintedSlip, printed)
        .where(Epoch.device_id == device_id, Epoch.epoch == paper.epoch)
    ).one()
    return _Known(*one)


def _seen_head(session: Session, paper: Slip, device_id: str) -> int:
    """The farthest head that the device itself reported of this epoch."""
    reported = select(func.max(Sighting.seq)).where(
        Sighting.device_id == device_id, Sighting.epoch == paper.epoch, Sighting.source == "head"
    )
    return session.scalar(reported) or 0


def _last_word(session: Session, paper: Slip, device_id: str, issued_ms: int, now_ms: int) -> int:
    """When the newest receipt of the epoch was signed that is older than the slip's first use (now, if there was
    none): the centre's clock, ms since 1970 (UTC)."""
    used = session.scalar(
        select(Sighting.seen_ms).where(
            Sighting.device_id == device_id,
            Sighting.epoch == paper.epoch,
            Sighting.seq == paper.seq,
            Sighting.source == "slip",
        )
    )
    newest = session.scalar(
        select(BatchLog.received_ms)
        .where(
            BatchLog.device_id == device_id,
            BatchLog.epoch == paper.epoch,
            BatchLog.received_ms <= (now_ms if used is None else used),
        )
        .order_by(BatchLog.to_seq.desc())
        .limit(1)
    )
    return issued_ms if newest is None else newest
