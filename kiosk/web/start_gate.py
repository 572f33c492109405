"""The gate before every page: until the start is done it says why, and tries again.

A desk on a full or read-only disk, or with a store that this program cannot use, is served all the same. Each request
that is about the store tries the start again, one at a time and once a second at most, so taps are taken as soon as
they can be, without a restart.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from flask import Flask, Response, request

from kiosk.error_catalogue.page_errors import PAUSES
from kiosk.settings import Settings
from kiosk.web import errors
from models.errors import ErrorKind
from models.storage import store_faults
from models.storage.database import Database
from models.storage.store_faults import StoreFault, StoreGone

log = logging.getLogger(__name__)
#: Seconds between two tries.
PATIENCE = 1.0
#: What is shown without the store.
_WITHOUT = frozenset({"static", "rate.tokens_css", "starting.download"})


class StartGate:
    """Whether the desk's start is done: `ready`, or `pause` says why not. `start` does it, and raises what hinders;
    `doubted` is told before it is done again because the store is damaged."""

    def __init__(
        self, start: Callable[[], None], doubted: Callable[[], None], database: Database, settings: Settings
    ) -> None:
        self._start, self._doubted, self._database, self._settings = start, doubted, database, settings
        self._turn = threading.Lock()
        self._tried: float | None = None
        self.ready = False
        self.pause: ErrorKind = PAUSES["out_of_order"]

    def open(self) -> bool:
        """Try the start if it is not done; returns whether it is."""
        if self.ready:
            return True
        if not self._turn.acquire(blocking=False):
            return False
        try:
            if not self.ready and (self._tried is None or time.monotonic() - self._tried >= PATIENCE):
                self._try()
        finally:
            self._turn.release()
        return self.ready

    def _try(self) -> None:
        try:
            self._start()
            self.ready = True
        except Exception as error:  # whatever hinders a start: the pages come, and say it
            pause = find_pause(error, self._settings)
            if self._tried is None or pause is not self.pause:
                log.error("the desk cannot start yet (%s): %s", pause.code, " ".join(str(error).split())[:300])
            if not isinstance(error, (*store_faults.FAILURES, RuntimeError)):
                log.exception("unexpected error at the start")
            self.pause = pause
            self._database.close()  # what was opened on a disk that could not be written to stays so
        self._tried = time.monotonic()

    def doubt(self) -> None:
        """The store turned out to be damaged while it was served: start again, which looks at it closely."""
        self._doubted()
        self.ready, self._tried = False, None


def find_pause(error: Exception, settings: Settings) -> ErrorKind:
    """What the pages say while `error` hinders the start."""
    if not isinstance(error, store_faults.FAILURES):
        return PAUSES["out_of_order"]
    kind = store_faults.classify_fault_in(error, settings.instance)
    return PAUSES.get(kind.value, PAUSES["out_of_order"])


def install_start_gate(app: Flask, gate: StartGate) -> None:
    """Put `gate` before every page of `app`."""
    app.extensions["gate"] = gate

    @app.before_request
    def ask() -> Response | None:
        if request.endpoint in _WITHOUT or gate.open() or request.endpoint == "health.healthz":
            return None
        return errors.error_response(gate.pause, as_json=request.blueprint == "slip_door")


def handle_store_failure(app: Flask, error: BaseException) -> StoreFault:
    """The kind of a failure of the store while it is served; connections that may not recover are given back."""
    gate: StartGate = app.extensions["gate"]
    database: Database = app.extensions["database"]
    settings: Settings = app.extensions["settings"]
    kind = store_faults.classify_fault_in(error, settings.instance)
    if isinstance(error, StoreGone):
        return kind  # it is asked for by name until it is back: no empty one takes its place
    if kind is StoreFault.DAMAGED:
        gate.doubt()
    if kind not in (StoreFault.BUSY, StoreFault.FULL):
        database.close()
    return kind
