"""The reading of rows by one statement, whether a session or the bare driver reads the store.

What only looks at a desk's store (`hailong kiosk status`) need not load SQLAlchemy; what serves and sends reads the
same figures inside its transactions. The statements are SQLite's, with `?` for each parameter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from models.storage.bare_store import BareStore

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Whoever reads a store: a session of `Database`, or the driver alone.
Reader: TypeAlias = "Session | BareStore"


def read_rows(reader: Reader, statement: str, *parameters: object) -> Iterator[Any]:
    """The rows of `statement`, each a tuple; they come while they are asked for. What a session has not flushed yet it
    flushes first, as with a statement of its own."""
    if isinstance(reader, BareStore):
        return reader.read_rows(statement, parameters)
    if reader.autoflush:
        reader.flush()
    return iter(reader.connection().exec_driver_sql(statement, parameters))


def read_row(reader: Reader, statement: str, *parameters: object) -> Any:
    """The first row, a tuple, or None; the statement is to ask for one alone."""
    return next(iter(list(read_rows(reader, statement, *parameters))), None)


def read_value(reader: Reader, statement: str, *parameters: object) -> Any:
    """The first column of the first row, or None."""
    row = read_row(reader, statement, *parameters)
    return None if row is None else row[0]
