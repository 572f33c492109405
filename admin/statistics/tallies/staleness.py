"""Staleness of tallies: those that no longer show all responses, and those counted anew since.

The latter are new to whoever read them before. Marking happens in the transaction that changes a response, stamping in
the one that counts anew.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Collection
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.tables.tally import HiddenYear, StaleTally, TallyStamp


def mark(session: Session, touched: Collection[tuple[str, str]]) -> None:
    """Mark (agency key, month) pairs. An existing mark is updated, not left alone: its row lock is what orders this
    transaction against a recount that is under way, which would otherwise miss the change and delete the mark."""
    if not touched:
        return
    rows = [{"agency_key": agency, "month": month} for agency, month in sorted(touched)]
    session.execute(_marking(session.get_bind().dialect.name), rows)


def stamp(session: Session, counted: Collection[tuple[str, str]]) -> None:
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


def mark_hidden(session: Session, month: str) -> None:
    """Say that what is hidden from this month on must be worked out again, for every instrument; empty: an unknown
    day, which is in no period. A row that says so already is written all the same: whoever is about to store what was
    worked out of it waits for this transaction, and sees its stamps."""
    h = HiddenYear
    session.execute(
        update(h).where(h.year == month[:4], h.stale_from >= month).values(stale_from=month)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def mark_all_hidden(session: Session) -> None:
    """The same for every month there is: after the tree of agencies changed."""
    h = HiddenYear
    statement = update(h).values(stale_from=h.year + "-01")
    session.execute(statement.execution_options(synchronize_session=False))
