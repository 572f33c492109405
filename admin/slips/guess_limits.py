"""Guess limits: wrong follow-up codes and typed codes of slips, counted by the minute.

Counting slows guessing. Counted in the store, so that all processes of the centre count together, and over everybody,
never by address: a whole office shares one, and who typed is nobody's business. A code that cannot be one at all is no
try.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Table, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.tables.slip_record import WrongTries

MINUTE_MS = 60_000
#: The kinds of codes.
FOLLOW_UP, TYPED = "c", "m"
#: How long a count that is over is kept, in minutes.
_KEPT = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """How many codes may be wrong within a minute, after which all of the kind wait: follow-up codes, typed codes, and
    the typed codes of one device."""

    follow_up: int = 60
    typed: int = 60
    of_device: int = 10


def wait_ms(session: Session, limits: Mapping[str, int], now_ms: int) -> int:
    """How long a code has to wait, right or wrong (0: not at all). `limits`: scope → how many may be wrong."""
    minute = now_ms // MINUTE_MS
    counts = select(WrongTries.scope, WrongTries.n).where(WrongTries.scope.in_(limits), WrongTries.minute == minute)
    full = any(n >= limits[scope] for scope, n in session.execute(counts))
    return (minute + 1) * MINUTE_MS - now_ms if full else 0


def wrong(session: Session, scopes: Collection[str], now_ms: int) -> None:
    """One more was wrong, in each of these scopes; two at once are two."""
    minute, table = now_ms // MINUTE_MS, WrongTries.__table__
    assert isinstance(table, Table)
    session.execute(delete(WrongTries).where(WrongTries.minute < minute - _KEPT))
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    rows = [{"scope": scope, "minute": minute, "n": 1} for scope in sorted(scopes)]
    statement = dialect.insert(table).values(rows)
    same = table.c.minute == statement.excluded.minute
    counted = {"n": case((same, table.c.n + 1), else_=1), "minute": statement.excluded.minute}
    session.execute(statement.on_conflict_do_update(index_elements=["scope"], set_=counted))
