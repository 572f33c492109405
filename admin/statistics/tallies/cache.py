"""The cache of tallies: answers read once, kept in memory until their months are counted anew.

A page of the whole province reads thousands of rows that did not change since it was last asked for. Every recount
draws a new stamp for its agency and month (`admin.statistics.tallies.staleness`) in its own transaction, so what was
read under a stamp holds as long as the stamp does, in every process, and needs no clock. Months without a stamp are
read each time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Pool, func, select
from sqlalchemy.orm import Session

from models.tables.tally import TallyStamp

T = TypeVar("T")
#: How many parts all kept readings may hold together; a part takes about a kilobyte.
MOST_PARTS = 60_000
#: Up to so many agencies only their own stamps count; above it those of all.
FEW_AGENCIES = 8


class TallyCache:
    """What was read of one store: the least recently used goes first."""

    def __init__(self, most: int = MOST_PARTS) -> None:
        self._most, self._parts, self._lock = most, 0, threading.Lock()
        self._found: OrderedDict[Hashable, tuple[Hashable, Any, int]] = OrderedDict()

    def get(self, question: Hashable, stamp: Hashable) -> Any:
        """What was found under this stamp, not to be changed; None if nothing was, or under another one."""
        with self._lock:
            entry = self._found.get(question)
            if entry is None or entry[0] != stamp:
                return None
            self._found.move_to_end(question)
            return entry[1]

    def put(self, question: Hashable, stamp: Hashable, value: object, parts: int) -> None:
        """Keep what was found, of so many parts, in place of what was found earlier."""
        with self._lock:
            before = self._found.pop(question, None)
            self._found[question] = (stamp, value, parts)
            self._parts += parts - (before[2] if before else 0)
            while self._parts > self._most:
                self._parts -= self._found.popitem(last=False)[1][2]


_stores: WeakKeyDictionary[Pool, TallyCache] = WeakKeyDictionary()


def tally_cache(session: Session) -> TallyCache:
    """What this process keeps of the session's store."""
    pool = session.connection().engine.pool
    if pool not in _stores:
        _stores[pool] = TallyCache()
    return _stores[pool]


def clear_tally_cache(session: Session) -> None:
    """Be as a new process is: nothing is kept of the session's store."""
    _stores.pop(session.connection().engine.pool, None)


def get_or_compute(
    session: Session, question: Hashable, stamp: Hashable | None, find: Callable[[], T], parts: int = 1
) -> T:
    """What was found under this stamp, else what is found now; without a stamp nothing is kept."""
    if stamp is None:
        return find()
    value: T | None = tally_cache(session).get(question, stamp)
    if value is None:
        value = find()
        tally_cache(session).put(question, stamp, value, parts)
    return value


def tally_stamp(session: Session, keys: Collection[str], months: Collection[str]) -> Hashable | None:
    """What stays the same as long as the tallies of these agencies in these months do; None where it is not known.

    Of more than a few agencies those of all others count too. One statement a session and set of agencies.
    """
    few = frozenset(keys) if len(keys) <= FEW_AGENCIES else None
    stamps_cache: dict[Any, dict[str, int]] = session.info.setdefault("stamps", {})
    if few not in stamps_cache:
        t = TallyStamp
        statement = select(t.month, func.sum(t.stamp)).group_by(t.month)
        if few is not None:
            statement = statement.where(t.agency_key.in_(few))
        stamps_cache[few] = {month: int(total) for month, total in session.execute(statement)}
    stamps = tuple((month, stamps_cache[few][month]) for month in sorted(months) if month in stamps_cache[few])
    return stamps or None
