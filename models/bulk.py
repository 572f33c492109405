"""Many rows at once: one compiled statement and the driver's own `executemany`, past the unit of work.

SQLAlchemy prepares the parameters of every row anew; for the thousands of small rows of a ledger that costs more
than the insert itself. The statement and the columns' own conversions still come from the table's definition.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, Table
from sqlalchemy.orm import Session

from models.base import Base

_Convert = Callable[[Any], Any]


def insert(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert `rows` (column name → value, the same columns in each) into the table of `model`.

    Part of the session's transaction. Columns that are left out get the database's default or NULL, not the model's
    Python default; objects of these rows that the session already holds are not refreshed.
    """
    if not rows:
        return
    session.flush()
    connection = session.connection()
    table = model.__table__
    assert isinstance(table, Table)
    columns = tuple(rows[0])
    sql, positional, converts = _statement(table, columns, connection.dialect)
    for name, convert in converts:
        rows = [{**row, name: convert(row[name])} for row in rows]
    connection.exec_driver_sql(sql, list(map(itemgetter(*positional), rows)) if positional else list(rows))


@functools.lru_cache(maxsize=64)
def _statement(
    table: Table, columns: tuple[str, ...], dialect: Dialect
) -> tuple[str, tuple[str, ...], list[tuple[str, _Convert]]]:
    """The SQL text, the order of its places (empty: named places), and the conversions some columns need."""
    compiled = table.insert().compile(dialect=dialect, column_keys=list(columns))
    positional = tuple(getattr(compiled, "positiontup", None) or ())
    converts: list[tuple[str, _Convert]] = []
    for name in columns:
        convert = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            converts.append((name, convert))
    return str(compiled), positional, converts
