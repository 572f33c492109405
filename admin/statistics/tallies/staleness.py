"""Staleness of tallies: those that no longer show all responses, and those counted anew since.

The latter are new to whoever read them before. Marking happens in the transaction that changes a response, at its end;
stamping in the one that counts anew.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Collection
from typing import Any

from sqlalchemy import event, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.tables.tally import HiddenYear, StaleTally, TallyStamp

#: Where a session keeps what it has still to mark.
_WAITING = "stale"


def mark_stale(session: Session, touched: Collection[tuple[str, str]]) -> None:
    """Mark (agency key, month) pairs: written with all others of this transaction just before it is committed.

    So the rows are locked once and in one order, and two transactions never wait for each other. A recount that is
    under way misses nothing of it. Each statement sees what was committed before it began (READ COMMITTED), a recount
    holds its rows before it reads the responses, and this transaction holds them before its responses are seen: if the
    recount was first, the mark waits for its end and stands anew; if this was first, the recount waits and reads what
    was changed. An existing mark is updated, not left alone: nobody waits for a row that is only looked at.

    What a savepoint took back stays marked: it is counted once more, and comes out the same."""
    if not touched:
        return
    if _WAITING not in session.info:
        session.info[_WAITING] = set()
        event.listen(session, "before_commit", _before_commit)
    session.info[_WAITING].update(touched)


def write_stale_marks(session: Session, pairs: Collection[tuple[str, str]] = ()) -> None:
    """Write the marks that wait and those of `pairs` now, in one order, and hold them until the transaction ends. For
    whoever looks for marks or recounts in the transaction that changed responses, or is about to lock what all others
    need (`admin.ledgers.centre_clock.record_signed_time`); it marks nothing afterwards."""
    waiting = session.info.get(_WAITING, set())
    rows = [{"agency_key": agency, "month": month} for agency, month in sorted({*waiting, *pairs})]
    waiting.clear()
    if rows:
        session.flush()  # whoever holds a response waits for no mark
        session.execute(_marking(session.get_bind().dialect.name), rows)


def _before_commit(session: Session) -> None:
    if not session.in_nested_transaction():  # the end of a savepoint, of which there are many
        write_stale_marks(session)


def draw_stamps(session: Session, counted: Collection[tuple[str, str]]) -> None:
    """Draw a new stamp for each of these (agency key, month) pairs: what anybody kept of their tallies is old now."""
    if not counted:
        return
    session.info.pop("stamps", None)
    rows = [{"agency_key": agency, "month": month, "stamp": secrets.randbits(48)} for agency, month in counted]
    session.execute(_stamping(session.get_bind().dialect.name), rows)


@functools.cache
def _marking(dialect: str) -> Any:
    insert, t = _inserting(dialect), StaleTally.__table__
    once = insert(t).values(marks=1)
    return once.on_conflict_do_update(index_elements=["agency_key", "month"], set_={"marks": t.c.marks + 1})


@functools.cache
def _stamping(dialect: str) -> Any:
    new = _inserting(dialect)(TallyStamp.__table__)
    return new.on_conflict_do_update(index_elements=["month", "agency_key"], set_={"stamp": new.excluded.stamp})


def _inserting(dialect: str) -> Any:
    return (postgresql if dialect == "postgresql" else sqlite).insert


def mark_hidden_stale(session: Session, month: str) -> None:
    """Say that what is hidden from this month on must be worked out again, for every instrument; empty: an unknown
    day, which is in no period. A row that says so already is written all the same: whoever is about to store what was
    worked out of it waits for this transaction, and sees its stamps."""
    h = HiddenYear
    session.execute(
        update(h).where(h.year == month[:4], h.stale_from >= month).values(stale_from=month)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def mark_all_hidden_stale(session: Session) -> None:
    """The same for every month there is: after the tree of agencies changed."""
    h = HiddenYear
    statement = update(h).values(stale_from=h.year + "-01")
    session.execute(statement.execution_options(synchronize_session=False))
