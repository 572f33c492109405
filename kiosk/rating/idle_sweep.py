"""The idle sweep: what people left standing is sealed while the desk runs, whoever looks at its pages.

The server sweeps every few seconds, sync with each of its runs. A rating that nobody touches is so sealed within the
time a screen stands (`read_idle_seconds`) and `EVERY_SECONDS`, with or without a network, a sender, or a tablet that is
on. Where nothing was left nothing is written.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from sqlalchemy.orm import Session

from kiosk.desk import reference, set_aside_stores, state
from kiosk.rating import drafts
from kiosk.settings import Settings
from models.clock import Moment
from models.storage import store_faults
from models.storage.database import Database

log = logging.getLogger(__name__)
#: Between two sweeps of the server, in seconds.
EVERY_SECONDS = 5.0


def read_idle_seconds(desk: reference.Reference | None, settings: Settings) -> int:
    """How long a rating may be left untouched: the screens stand as long as the centre says."""
    return max(settings.idle_seconds, desk.idle_seconds if desk else 0)


def sweep_once(database: Database, clock: Callable[[], Moment], settings: Settings) -> int:
    """Seal what was left; returns how many. `clock` is read inside each transaction."""
    with database.read() as session:
        if not drafts.find_idle_drafts(
            session, clock(), read_idle_seconds(reference.read_reference(session), settings)
        ):
            return 0
    with database.write() as session:
        return sweep_in_transaction(session, clock(), settings)


def sweep_in_transaction(session: Session, now: Moment, settings: Settings) -> int:
    """The same within the caller's write transaction. On a desk that must be paired again what is over is closed and
    waits for a ledger; on one that never was there is nothing."""
    if state.read_state(session).identity is None and not set_aside_stores.must_pair_again(session):
        return 0
    return drafts.seal_idle_drafts(session, now, read_idle_seconds(reference.read_reference(session), settings))


def run_for_ever(
    work: Callable[[], object], failed: Callable[[BaseException], object], stop: threading.Event, every: float
) -> None:
    """Do `work` (a sweep) every `every` seconds until `stop`. `failed` is told what the store threw; of failures one
    after the other only the first is logged: the next sweep tries again."""
    failing = False
    while not stop.wait(every):
        try:
            work()
            failing = False
        except Exception as error:
            if not failing:
                log.exception("the idle sweep")
            failing = True
            if isinstance(error, store_faults.FAILURES):
                failed(error)
