"""Many rows at once: one statement with many parameter sets, past the unit of work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from models.base import Base


def insert(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert `rows` (column name → value) into the table of `model`, in the session's transaction.

    Objects of these rows that the session already holds are not refreshed.
    """
    if rows:
        session.flush()
        table = model.__table__
        assert isinstance(table, Table)
        session.connection().execute(table.insert(), list(rows))
