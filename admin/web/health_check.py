"""The watchdog's page `/healthz`: 200 only where answers can be kept and are counted.

It tries what the centre needs: the store with this version's tables, that it may be written, a clock it may sign by,
room on the disks of instance and store, and that the background jobs get through. Nothing of the data is touched.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify
from sqlalchemy import text

from admin.auth.permissions import same_for_all
from admin.ledgers import centre_clock
from admin.settings import Settings
from models.clock import MINUTE_MS, Moment
from models.migrations import migrate
from models.storage import store_faults
from models.storage.database import Database
from models.storage.store_faults import StoreFault
from models.tables.declarative_base import CENTRAL

blueprint = Blueprint("health", __name__)

#: Less room than this (MiB) counts as none: a log of SQLite, a report and its fonts must still fit.
LEAST_FREE_MB = 32
#: For so long (ms of the running clock) the disks are not tried again, however often somebody asks.
TRIED_MS = 5_000
#: So long (ms of the running clock) the background jobs may fail before it counts.
JOBS_MS = 10 * MINUTE_MS
_PROBE = bytes(4096)
RETRY_SECONDS = 30


class JobHealth:
    """What the background jobs of this process say of themselves: since when every round has failed, if so."""

    def __init__(self) -> None:
        self.began = False
        self.failing_since: int | None = None

    def went_well(self) -> None:
        """A round came to its end."""
        self.began, self.failing_since = True, None

    def failed(self, now: Moment) -> None:
        """A round did not."""
        self.began = True
        if self.failing_since is None:
            self.failing_since = now.mono

    def failing_ms(self, now: Moment) -> int:
        """For how long (ms) no round has come to its end; 0 when the last did."""
        return 0 if self.failing_since is None else now.mono - self.failing_since


class FolderCheck:
    """The folders the centre writes in, tried now and then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: tuple[int, StoreFault | None] | None = None

    def fault(self, folders: Collection[Path], now: Moment) -> StoreFault | None:
        """What is wrong with one of these folders, as it was found a moment ago at most; None when all are well."""
        with self._lock:
            if self._found is None or not 0 <= now.mono - self._found[0] < TRIED_MS:
                self._found = now.mono, find_folder_fault(folders)
            return self._found[1]


def find_folder_fault(folders: Collection[Path]) -> StoreFault | None:
    """What keeps a file out of one of these folders; None when all take one. Nothing is left there."""
    for folder in folders:
        try:
            room = shutil.disk_usage(folder).free >> 20
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(_PROBE)
                probe.flush()
        except OSError as error:
            return store_faults.classify_fault(error)
        if room < LEAST_FREE_MB:
            return StoreFault.FULL
    return None


def list_written_folders(settings: Settings, database: Database) -> set[Path]:
    """Where the centre writes: its instance folder, and the folder of an SQLite store elsewhere."""
    return {settings.instance.resolve(), *([database.path.resolve().parent] if database.path else [])}


def _store(database: Database, now: Moment) -> str | None:
    """The code of what is wrong with the store, or with the clock it would be written by; None when both are well."""
    try:
        if migrate.read_revision(database) != migrate.HEADS[CENTRAL]:
            return "not_upgraded"
        if not database.is_sqlite:
            with database.read() as session:
                if session.scalar(text("SHOW transaction_read_only")) == "on":
                    return StoreFault.READ_ONLY.value
        with database.read() as session:
            if (doubt := centre_clock.read_clock(session, now.t).doubt) is not None:
                return doubt.code
    except Exception as error:  # whatever is wrong with the store, the watchdog must hear it as "not well"
        return store_faults.classify_fault(error).value
    return None


@blueprint.get("/healthz")
@same_for_all  # a watchdog has no account
def healthz() -> Response:
    """Whether the centre is well, as JSON: `ok`, and where it is not, `reason`, a stable code."""
    extensions = current_app.extensions
    settings: Settings = extensions["settings"]
    database: Database = extensions["database"]
    now: Moment = extensions["clock"]()
    upkeep: JobHealth = extensions["upkeep"]
    disks: FolderCheck = extensions["disks"]
    failing, reason = upkeep.failing_ms(now), _store(database, now)
    fault = disks.fault(list_written_folders(settings, database), now) if reason is None else None
    if fault is not None:
        reason = fault.value
    if reason is None and failing >= JOBS_MS:
        reason = "jobs_failing"
    body: dict[str, Any] = {
        "ok": reason is None, "reason": reason, "store": database.engine_name, "version": settings.version,
        "jobs_failing_s": failing // 1000 if upkeep.began else None,
    }  # fmt: skip
    response = jsonify(body)
    if reason is not None:
        response.status_code = 503
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def install_health_check(app: Flask) -> None:
    """Let `app` answer its watchdog; its background jobs say in `app.extensions["upkeep"]` how they do."""
    app.extensions.update(upkeep=JobHealth(), disks=FolderCheck())
    app.register_blueprint(blueprint)
