"""The centre's clock: what may be signed by it, and when a person has to confirm it first.

What the centre signs holds for ever: the month of an answer, the end of a slip, the day a key is destroyed. A machine
that starts at the date of its battery, or whose clock ran ahead, must decide none of it. The clock is therefore
compared with the newest time this store has signed. A little behind, it is led on; far behind, or more than a month
ahead, nothing is written until whoever runs the centre has looked at it: `hailong admin clock confirm`. The moment of
the last confirmation goes out with every receipt (`ck`), so that desks can tell the times signed before it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from admin.error_catalogue.any_command_errors import ANY_COMMAND
from admin.statistics.tallies import staleness
from models.clock import DAY_MS, MINUTE_MS, date_and_time, day_start
from models.errors import CodedError
from models.tables.device import BatchLog
from models.tables.staff_account import AuditRow, StoreMark

#: A clock so far behind what was signed is no clock that was put right by a moment (ms).
BEHIND_MS = 5 * MINUTE_MS
#: A clock so far ahead of it has made a leap, or the centre stood still: a person knows (ms).
AHEAD_MS = 31 * DAY_MS
#: No clock was right before this product was there (ms since 1970, UTC).
EARLIEST_MS = day_start("2025-01-01")
#: After how many seconds whoever was refused may ask again.
RETRY_SECONDS = 300

SIGNED, CONFIRMED = "newest_signed", "clock_confirmed"
#: Digits of a time in the store: equally long ones stand in the order of their numbers.
_DIGITS = 15


class ClockDoubted(CodedError):
    """The centre's clock may lie; nothing was written (`clock_behind`, `clock_ahead`). `now_ms` is what it shows,
    `newest_ms` the newest time that was signed (both ms since 1970, UTC; None: nothing was)."""

    table = ANY_COMMAND

    def __init__(self, name: str, now_ms: int, newest_ms: int | None) -> None:
        impossible = now_ms < EARLIEST_MS
        super().__init__(
            "clock_behind.impossible" if impossible else name,
            now=date_and_time(now_ms), newest=date_and_time(newest_ms or 0),
        )  # fmt: skip
        self.now_ms, self.newest_ms = now_ms, newest_ms


class ClockImpossible(ValueError):
    """No person can confirm this time: it lies before this product was there."""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The centre's clock as it may be believed. `ms` is the time to sign by, `newest_ms` the newest that was signed,
    `confirmed_ms` when a person last confirmed the clock (all ms since 1970, UTC; None: never). `doubt` is why nothing
    may be signed, None where it may."""

    ms: int
    newest_ms: int | None
    confirmed_ms: int | None
    doubt: ClockDoubted | None


def judge_clock(now_ms: int, newest_ms: int | None) -> int:
    """The time to sign by (ms since 1970, UTC), for a clock that shows `now_ms` when `newest_ms` was the newest that
    was signed. Raises `ClockDoubted`."""
    if now_ms < EARLIEST_MS or (newest_ms is not None and now_ms <= newest_ms - BEHIND_MS):
        raise ClockDoubted("clock_behind", now_ms, newest_ms)
    if newest_ms is None or now_ms >= newest_ms:
        if newest_ms is not None and now_ms > newest_ms + AHEAD_MS:
            raise ClockDoubted("clock_ahead", now_ms, newest_ms)
        return now_ms
    return newest_ms + 1


def read_clock(session: Session, now_ms: int) -> ClockReading:
    """How the centre's clock stands, which shows `now_ms`. Nothing is changed."""
    rows = select(StoreMark.name, StoreMark.value).where(StoreMark.name.in_((SIGNED, CONFIRMED)))
    marks = {name: int(value) for name, value in session.execute(rows)}
    newest, confirmed = marks.get(SIGNED), marks.get(CONFIRMED)
    try:
        return ClockReading(judge_clock(now_ms, newest), newest, confirmed, None)
    except ClockDoubted as doubt:
        return ClockReading(now_ms, newest, confirmed, doubt)


def require_trusted_clock(session: Session, now_ms: int) -> ClockReading:
    """The same for whoever is about to write by it. Raises `ClockDoubted`."""
    reading = read_clock(session, now_ms)
    if reading.doubt is not None:
        raise reading.doubt
    return reading


def record_signed_time(session: Session, ms: int) -> None:
    """Note that the centre signs or keeps something by the time `ms` of a `ClockReading`, as the last step of the
    caller's write transaction: the note's row is locked until that ends. An older time changes nothing."""
    staleness.write_stale_marks(session)  # who waits for a recount keeps nobody else from signing
    _keep(session, SIGNED, ms, only_newer=True)


def adopt_signed_time(session: Session) -> None:
    """Take over what a store has signed that kept no note of it: the time of its newest batch."""
    if session.get(StoreMark, SIGNED) is None:
        newest = session.scalar(select(BatchLog.received_ms).order_by(BatchLog.number.desc()).limit(1))
        if newest is not None:
            record_signed_time(session, newest)


def confirm_clock(session: Session, now_ms: int, who: str) -> None:
    """`who` says that the clock, which shows `now_ms`, is right: from here on the centre signs by it, whatever was
    signed before. Raises `ClockImpossible`."""
    if now_ms < EARLIEST_MS:
        raise ClockImpossible(now_ms)
    before = read_clock(session, now_ms)
    code = before.doubt.code if before.doubt is not None else "clock_right"
    restart_clock_comparison(session, now_ms)
    _keep(session, CONFIRMED, now_ms, only_newer=False)
    session.add(AuditRow(at_ms=now_ms, who=who[:120], action="clock_confirmed", subject=f"{code} {before.newest_ms}"))
    session.flush()


def restart_clock_comparison(session: Session, now_ms: int) -> None:
    """Compare with `now_ms` from here on, whatever was signed before."""
    _keep(session, SIGNED, now_ms, only_newer=False)


def _keep(session: Session, name: str, ms: int, *, only_newer: bool) -> None:
    table = StoreMark.__table__
    assert isinstance(table, Table)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    new = dialect.insert(table).values(name=name, value=f"{ms:0{_DIGITS}d}")
    newer = table.c.value < new.excluded.value if only_newer else None
    session.execute(
        new.on_conflict_do_update(index_elements=["name"], set_={"value": new.excluded.value}, where=newer)
    )
