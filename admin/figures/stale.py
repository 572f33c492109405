"""Which tallies no longer show all responses. Marking happens in the transaction that changes a response."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.tallies import StaleTally


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
