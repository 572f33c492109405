"""Bulk writes of many rows: one compiled statement and the driver's own `executemany`.

They go past the unit of work. SQLAlchemy prepares the parameters of every row anew; for the thousands of small rows of
a ledger that costs more than the insert itself. The statement and the columns' own conversions still come from the
table's definition.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, Table, bindparam
from sqlalchemy.orm import Session

from models.tables.declarative_base import Base

_Convert = Callable[[Any], Any]
_Prepared = tuple[str, tuple[str, ...], list[tuple[str, _Convert]]]


def insert(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert `rows` (column name → value, the same columns in each) into the table of `model`.

    Part of the session's transaction. Columns that are left out get the database's default or NULL, not the model's
    Python default; objects of these rows that the session already holds are not refreshed.
    """
    if not rows:
        return
    session.flush()
    connection = session.connection()
    sql, positional, converts = _insertion(_table(model), tuple(rows[0]), connection.dialect)
    if converts:
        rows = [row.copy() for row in rows]
        for name, convert in converts:
            for row in rows:
                row[name] = convert(row[name])
    connection.exec_driver_sql(sql, list(map(itemgetter(*positional), rows)) if positional else list(rows))


def insert_rows(session: Session, model: type[Base], rows: Collection[tuple[Any, ...]]) -> None:
    """The same for rows as tuples of all columns in the table's order, with values that the driver takes as they are:
    numbers and texts."""
    _tuples(session, _table(model), rows, _insertion)


def delete_rows(session: Session, model: type[Base], rows: Collection[tuple[Any, ...]]) -> None:
    """Delete such rows from the table of `model`, by their primary keys."""
    _tuples(session, _table(model), rows, _deletion)


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _tuples(
    session: Session,
    table: Table,
    rows: Collection[tuple[Any, ...]],
    prepared: Callable[[Table, tuple[str, ...], Dialect], _Prepared],
) -> None:
    if not rows:
        return
    session.flush()
    connection = session.connection()
    columns = tuple(table.columns.keys())
    sql, positional, converts = prepared(table, columns, connection.dialect)
    assert not converts, f"{table.name} holds more than numbers and texts"
    if positional == columns:
        connection.exec_driver_sql(sql, list(rows))
    elif positional:
        places = [columns.index(name) for name in positional]
        connection.exec_driver_sql(sql, [tuple(row[place] for place in places) for row in rows])
    else:
        connection.exec_driver_sql(sql, [dict(zip(columns, row, strict=True)) for row in rows])


@functools.lru_cache(maxsize=64)
def _insertion(table: Table, columns: tuple[str, ...], dialect: Dialect) -> _Prepared:
    """The SQL text, the order of its places (empty: named places), and the conversions some columns need."""
    return _prepared(table.insert().compile(dialect=dialect, column_keys=list(columns)), table, columns, dialect)


@functools.lru_cache(maxsize=16)
def _deletion(table: Table, columns: tuple[str, ...], dialect: Dialect) -> _Prepared:
    statement = table.delete().where(*(column == bindparam(column.name) for column in table.primary_key))
    return _prepared(statement.compile(dialect=dialect), table, columns, dialect)


def _prepared(compiled: Any, table: Table, columns: tuple[str, ...], dialect: Dialect) -> _Prepared:
    positional = tuple(getattr(compiled, "positiontup", None) or ())
    converts: list[tuple[str, _Convert]] = []
    for name in columns:
        convert = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            converts.append((name, convert))
    return str(compiled), positional, converts
