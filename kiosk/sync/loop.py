"""The sync loop: run after run in a process of its own, or in a thread beside the served tablet.

Where the SQLite in use allows two writing processes, sync is a process of its own and a crash of one leaves the
other. Where it does not (the WAL-reset bug), `serve` runs sync in a thread and holds a lock so that no command writes
beside it.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

from kiosk.desk import state
from kiosk.desk.sender_heartbeat import SenderHeartbeat
from kiosk.rating import idle_sweep
from kiosk.settings import Settings
from kiosk.sync import client
from kiosk.sync.transport import HttpTransport
from models import clock
from models.storage.database import Database

log = logging.getLogger(__name__)
FIRST_WAIT = 5.0
LONGEST_WAIT = 900.0


def run_once(database: Database, settings: Settings) -> client.SyncResult:
    """One run of sync with the real network and the real clock."""
    life = SenderHeartbeat(settings.instance)
    life.beat(clock.now().t)
    try:
        with database.read() as session:
            centre = state.read_state(session).centre_url or ""
        return client.sync_once(database, HttpTransport(centre), clock.now, settings)
    finally:
        life.release()


def describe_sync_result(outcome: client.SyncResult) -> str:
    """What a run did, as one line of a log."""
    return f"{outcome.state}: sent {outcome.sent}, waiting {outcome.waiting} {outcome.detail}".rstrip()


def run_for_ever(
    database: Database,
    settings: Settings,
    every: float,
    report_result: Callable[[client.SyncResult], None],
    stop: threading.Event,
) -> None:
    """Sync every `every` seconds; after a failure wait with full jitter, 5 s growing to 15 min, less if told so. What
    people left standing is sealed meanwhile. It gives a sign of life while it lives (`kiosk.desk.sender_heartbeat`).
    """
    life = SenderHeartbeat(settings.instance)
    try:
        _rounds(database, settings, every, report_result, stop, life)
    finally:
        life.release()


def _rounds(
    database: Database, settings: Settings, every: float, report_result: Callable[[client.SyncResult], None],
    stop: threading.Event, life: SenderHeartbeat,
) -> None:  # fmt: skip
    failures = 0
    while not stop.is_set():
        started = time.monotonic()
        try:
            outcome = run_once(database, settings)
        except Exception as error:  # a locked store, a full disk: taps go on, and the next round tries again
            log.exception("sync")
            outcome = client.SyncResult("failed", detail=type(error).__name__)
        report_result(outcome)
        if outcome.sent or outcome.state != "ok":
            log.log(logging.INFO if outcome.state == "ok" else logging.WARNING, describe_sync_result(outcome))
        database.close()  # by the next run the store may have been set aside, or its disk mounted anew
        if outcome.state in ("ok", "forked", "stopped"):
            failures = 0
            wait = max(0.0, every - (time.monotonic() - started))
        else:
            longest = min(LONGEST_WAIT, max(every, FIRST_WAIT) * 2**failures)
            failures = min(failures + 1, 12)
            wait = max(outcome.retry_after or 0, random.uniform(min(every, FIRST_WAIT), longest))
        until = time.monotonic() + wait
        while not stop.wait(max(0.0, min(until - time.monotonic(), settings.idle_seconds / 2))):
            if time.monotonic() >= until:
                break
            life.beat(clock.now().t)
            try:
                idle_sweep.sweep_once(database, clock.now, settings)
            except Exception:  # a locked store: the next round tries again
                log.exception("sweep")
            database.close()
