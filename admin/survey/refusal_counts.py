"""Counts of refusals on citizens' pages: by day and kind, and nothing else of them.

They wait in this process's memory until the jobs write them down (`admin.jobs`): a page that is only looked at, by
whomever, writes nothing. What a process counted since its jobs came by ends with it: the count is for people, not a
promise.
"""

from __future__ import annotations

import threading
from collections import Counter

from models.storage.database import Database
from models.tables.device import Refusal


class RefusalCounts:
    """How often each kind of refusal was shown on a day, as far as it is not written down."""

    def __init__(self) -> None:
        self._waiting: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def count(self, day: str, code: str) -> None:
        """Somebody was refused on a local day (`2026-10-14`) for the reason `code`."""
        with self._lock:
            self._waiting[day, code] += 1

    def write_down(self, database: Database) -> None:
        """Add what waits to the store's counts. What the store does not take waits on."""
        with self._lock:
            waiting, self._waiting = self._waiting, Counter()
        if not waiting:
            return
        try:
            with database.write() as session:
                for (day, code), n in sorted(waiting.items()):
                    row = session.get(Refusal, (day, "phone", code), with_for_update=True)
                    if row is None:
                        session.add(Refusal(day=day, device="phone", code=code, n=n))
                    else:
                        row.n += n
        except Exception:
            with self._lock:
                self._waiting.update(waiting)
            raise
