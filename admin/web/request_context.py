"""The parts of a request at the centre: the store, both clocks, and figures that are up to date.

Staff pages show complete days as of 06:00, so the newest month they show is the last complete one.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import current_app, g
from sqlalchemy.orm import Session

from admin.ledgers import centre_clock
from admin.ledgers.centre_clock import ClockReading
from admin.statistics.tallies import recount
from models.clock import HCM, months_before
from models.storage.database import Database

#: From when on a day's figures are shown, local time.
MORNING = datetime.time(6)


@dataclass(frozen=True)
class CompleteFigures:
    """The newest complete figures: `ms` is the last 06:00 (ms since 1970, UTC), `month` the last complete month."""

    ms: int
    month: str


def find_complete_figures(now_ms: int) -> CompleteFigures:
    """What is complete at `now_ms` (milliseconds since 1970, UTC)."""
    local = datetime.datetime.fromtimestamp(now_ms / 1000, HCM)
    morning = datetime.datetime.combine(local.date(), MORNING, HCM)
    if local < morning:
        morning -= datetime.timedelta(days=1)
    return CompleteFigures(int(morning.timestamp() * 1000), months_before(f"{morning:%Y-%m}", 1))


def now_ms() -> int:
    """The wall clock in milliseconds since 1970 (UTC); tests put a clock of their own there."""
    ms: int = current_app.extensions["clock"]().t
    return ms


def mono_ms() -> int:
    """The running clock, in ms since some start of its own."""
    ms: int = current_app.extensions["clock"]().mono
    return ms


def read_page_clock(session: Session) -> ClockReading:
    """How the centre's clock stands, looked at once a request."""
    if "clock_stands" not in g:
        g.clock_stands = centre_clock.read_clock(session, now_ms())
    reading: ClockReading = g.clock_stands
    return reading


def read_shown_ms(session: Session) -> int:
    """The time that pages and files reckon by (ms since 1970, UTC): the clock's, and while that may lie what was signed
    last. Raises `ClockDoubted` where nothing was signed yet."""
    page_clock = read_page_clock(session)
    if page_clock.doubt is None:
        return now_ms()
    if page_clock.newest_ms is None:
        raise page_clock.doubt
    return page_clock.newest_ms


def database() -> Database:
    """The centre's store."""
    store: Database = current_app.extensions["database"]
    return store


@contextmanager
def fresh_session(
    agency_keys: Collection[str] | None = None, months: Collection[str] | None = None
) -> Iterator[Session]:
    """A session for reading figures, after recounting what is stale in the given scope (None: everything): for what is
    frozen by a POST. Pages read what was counted; what was marked since is counted by whoever marked it, if that is
    soon done, else by `admin.jobs`."""
    with database().read() as session:
        if not recount.find_stale_pairs(session, agency_keys, months):
            yield session
            return
    with database().write() as session:
        recount.recount_stale(session, agency_keys, months)
    with database().read() as session:
        yield session
