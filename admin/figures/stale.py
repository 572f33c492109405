"""Which tallies no longer show all responses. Marking happens in the transaction that changes a response."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Table, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.tallies import HiddenYear, StaleTally


def mark(session: Session, touched: Collection[tuple[str, str]]) -> None:
    """Mark (agency key, month) pairs. An existing mark is updated, not left alone: its row lock is what orders this
    transaction against a recount that is under way, which would otherwise miss the change and delete the mark."""
    if not touched:
        return
    table = StaleTally.__table__
    assert isinstance(table, Table)
    rows = [{"agency_key": agency, "month": month, "marks": 1} for agency, month in sorted(touched)]
    dialect = session.get_bind().dialect.name
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(table).values(rows)
    session.execute(
        statement.on_conflict_do_update(index_elements=["agency_key", "month"], set_={"marks": table.c.marks + 1})
    )


def mark_hidden(session: Session, month: str) -> None:
    """Say that what is hidden from this month on must be worked out again, for every instrument; empty: an unknown
    day, which is in no period."""
    h = HiddenYear
    session.execute(
        update(h).where(h.year == month[:4], h.stale_from > month).values(stale_from=month)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def mark_all_hidden(session: Session) -> None:
    """The same for every month there is: after the tree of agencies changed."""
    h = HiddenYear
    statement = update(h).values(stale_from=h.year + "-01")
    session.execute(statement.execution_options(synchronize_session=False))
