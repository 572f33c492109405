"""Lots of citizens' words: what may be read from when on, so that nobody tells who wrote when.

Once a day, as of 06:00, an agency's waiting words are released together if they are of at least `FEWEST` answers. What
waits on a Monday for `DAYS` days or longer is released then, however little it is: that tells no more than the week
that stands beside it. Who looks every minute so sees at least five come at once, or what is a week old.

The rule looks at nothing but when something came to the centre and whose counter it was, morning by morning: the same
words make the same lots again where a store is put back. What was released stays, whatever becomes of its answer.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from models import clock
from models.clock import DAY_MS

FEWEST, DAYS = 5, 7
#: From when on a day's words are released, ms after its local midnight: as figures are (06:00).
MORNING_MS = clock.MORNING_MS


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """One thing that waits: the answer it belongs to, what it is (any value), when it came to the centre (ms since
    1970, UTC). `weighs`: it helps to fill a lot; what is of an answer that no rule counts only comes along."""

    answer: str
    what: object
    came_ms: int
    weighs: bool = True


def list_release_mornings(after: str, now_ms: int) -> list[str]:
    """The local days whose 06:00 lies behind `now_ms`, from the day behind `after` on (empty: only the last one)."""
    last = clock.morning_day(now_ms)
    if not after or after >= last:
        return [] if after else [last]
    first, count = date.fromisoformat(after), (date.fromisoformat(last) - date.fromisoformat(after)).days
    return [(first + timedelta(days=n)).isoformat() for n in range(1, count + 1)]


def draw_up_lots(waiting: Iterable[WaitingItem], days: Sequence[str]) -> list[tuple[str, list[WaitingItem]]]:
    """The lots of one agency over these mornings (local days, in order): the day and what it releases."""
    left = sorted(waiting, key=lambda one: one.came_ms)
    lots: list[tuple[str, list[WaitingItem]]] = []
    for day in days:
        start = clock.day_start(day)
        candidates = [one for one in left if one.came_ms < start + MORNING_MS]
        if not candidates:
            continue
        if len({one.answer for one in candidates if one.weighs}) >= FEWEST:
            out = candidates
        elif date.fromisoformat(day).isoweekday() == 1:
            out = [one for one in candidates if one.came_ms < start - DAYS * DAY_MS]
        else:
            continue
        if out:
            lots.append((day, out))
            gone = {id(one) for one in out}
            left = [one for one in left if id(one) not in gone]
    return lots


def shuffle_rank(secret: str, *name: str) -> str:
    """The place of something among those of its week, 32 hex characters: by chance for whoever lacks the secret."""
    return hmac.digest(secret.encode(), b"hailong words\0" + "\0".join(name).encode(), hashlib.sha256)[:16].hex()


def iso_week_of(day: str, month: str) -> tuple[str, str]:
    """The ISO week of a local day (`2026-W44`) and the month that its Thursday lies in; without a day, the month."""
    if not day:
        return "", month
    at = date.fromisoformat(day)
    year, week, weekday = at.isocalendar()
    thursday = at + timedelta(days=4 - weekday)
    return f"{year}-W{week:02d}", thursday.isoformat()[:7]
