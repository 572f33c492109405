"""Time: what a device claims, what can be believed, and the local day a response belongs to.

A tablet's clock is a claim. `correct_time` clamps it into the window that the centre's own clock proves (the newest
receipt embedded before an entry; the moment a head covering it first reached the centre). Local days and months are
those of Asia/Ho_Chi_Minh, which knows no daylight saving.

The product reads the wall clock in one place, `wall_ms`. No setting and no variable of the environment moves it.
"""

from __future__ import annotations

import datetime
import functools
import logging
import re
import sys
import time
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

HCM = ZoneInfo("Asia/Ho_Chi_Minh")

#: A minute, an hour and a day in milliseconds.
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
#: The last moment that has a local day (ms since 1970, UTC): the calendar ends with the year 9999.
LAST_MS = 253_402_214_400_000
#: How far a clock may be off that is called right (ms): what a network and the rounding to a minute do.
SLOP_MS = 10 * MINUTE_MS
#: From when on a day's figures and words are shown, ms after its local midnight (06:00).
MORNING_MS = 6 * HOUR_MS


@dataclass(frozen=True)
class Moment:
    """One reading of a machine's clocks: wall clock and running clock, both in milliseconds.

    `t` counts from 1970 in UTC and may be wrong; `mono` counts from the machine's start and never steps back. A clock
    that stands before 1970 or after the calendar's end reads as that end: no line can say more.
    """

    t: int
    mono: int

    def __post_init__(self) -> None:
        if not 0 <= self.t <= LAST_MS:
            object.__setattr__(self, "t", min(max(0, self.t), LAST_MS))


def wall_ms() -> int:
    """The machine's wall clock, in milliseconds since 1970 (UTC); for this module and `models.ids`, others take `now`.

    A test puts another function in this one's place (`clock.wall_ms = …`); so nobody imports it by its bare name.
    """
    return time.time_ns() // 1_000_000


def now() -> Moment:
    """Read both clocks. Only views and commands call this; everything else takes a `Moment` or `ms` as an argument."""
    return Moment(wall_ms(), time.monotonic_ns() // 1_000_000)


@dataclass(frozen=True)
class CorrectedTime:
    """A corrected time with its proven bounds, all in milliseconds since 1970 (UTC)."""

    ms: int
    low: int
    high: int
    clamped: bool


def clamp_claimed_time(claimed: int, low: int, high: int) -> CorrectedTime:
    """The claimed time moved to the nearest end of `low`…`high` if it lies outside (then `clamped`).

    When the bounds contradict each other the upper one, read from the centre's own clock at arrival, holds.
    """
    low = min(low, high)
    ms = max(low, min(claimed, high))
    return CorrectedTime(ms, low, high, ms != claimed)


def accept_claimed_time(claimed: int, low: int, high: int) -> int | None:
    """The claimed time where it lies in `low`…`high` (a clock that is off by `SLOP_MS` is moved into it), None where it
    cannot be true; 0 claims nothing. All in ms since 1970 (UTC)."""
    time = clamp_claimed_time(claimed, low, high)
    return time.ms if claimed and abs(time.ms - claimed) <= SLOP_MS else None


def local_day(ms: int) -> str:
    """The day of `ms` (milliseconds since 1970, UTC; 0 to `LAST_MS`) in Asia/Ho_Chi_Minh, as `2026-10-14`."""
    return datetime.datetime.fromtimestamp(ms / 1000, HCM).date().isoformat()


def morning_day(t: int) -> str:
    """The local day whose 06:00 was the last one at `t` (ms since 1970, UTC)."""
    return local_day(t - MORNING_MS)


def day_start(day: str) -> int:
    """The first millisecond (since 1970, UTC) of a local day given as `2026-10-14`."""
    date = datetime.date.fromisoformat(day)
    return int(datetime.datetime.combine(date, datetime.time(), HCM).timestamp() * 1000)


@functools.lru_cache(maxsize=240)
def month_days(month: str) -> tuple[str, ...]:
    """All days of a month given as `2026-10`."""
    year, number = (int(part) for part in month.split("-"))
    first = datetime.date(year, number, 1)
    following = datetime.date(year + number // 12, number % 12 + 1, 1)
    return tuple((first + datetime.timedelta(days=i)).isoformat() for i in range((following - first).days))


def months_before(month: str, count: int) -> str:
    """The month `count` months before `month` (`2026-10`, 1 → `2026-09`); a negative count goes forward."""
    year, number = (int(part) for part in month.split("-"))
    index = year * 12 + number - 1 - count
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


#: What would make two lines of one, or move a terminal's cursor.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class LogFormatter(logging.Formatter):
    """Lines of a log: `2026-11-28T22:15:03+07:00 WARNING kiosk.sync.loop: …`, in Asia/Ho_Chi_Minh, to the second.

    A message stays one line, whatever it quotes; a traceback follows below it. The time is that of the writing.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """The present moment, with its offset."""
        return datetime.datetime.fromtimestamp(wall_ms() // 1000, HCM).isoformat()

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line, with what could break it written as Python writes it."""
        return _CONTROL.sub(lambda found: repr(found[0])[1:-1], super().formatMessage(record))


class _ToStderr(logging.StreamHandler[Any]):
    """Writes to what is `sys.stderr` at that moment."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stderr


def log_to_stderr(level: int = logging.INFO) -> None:
    """Have this process log to stderr, each line once (`LogFormatter`): this system's own lines from `level` on, those
    of libraries from WARNING on. To be called before anything is served; a second call changes the level alone."""
    root = logging.getLogger()
    if not any(isinstance(handler, _ToStderr) for handler in root.handlers):
        handler = _ToStderr()
        handler.setFormatter(LogFormatter())
        root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for package in ("admin", "kiosk", "models", "translations", "wsgi"):
        logging.getLogger(package).setLevel(level)


def date_and_time(ms: int) -> str:
    """A moment (ms since 1970, UTC) as Vietnam's clocks show it, for commands and logs: `2026-10-14 09:30:00`."""
    return f"{datetime.datetime.fromtimestamp(ms // 1000, HCM):%Y-%m-%d %H:%M:%S}"
