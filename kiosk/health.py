"""The health of the desk, for the watchdog (`/healthz`); for people: `kiosk.desk.status_figures`.

It shows no answer.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from typing import Any

from flask import Blueprint, Response, current_app, jsonify

from kiosk.desk import kept_ratings, state, status_figures
from kiosk.settings import Settings
from models.storage import store_faults
from models.storage.database import Database
from models.storage.store_faults import StoreFault

log = logging.getLogger(__name__)
blueprint = Blueprint("health", __name__)
#: How long a busy store is waited for (milliseconds).
PATIENCE_MS = 1_000
#: What a restart does not mend.
STAYS = {
    fault.value
    for fault in (StoreFault.FULL, StoreFault.READ_ONLY, StoreFault.BUSY, StoreFault.NEWER, StoreFault.FOREIGN)
}


@blueprint.get("/healthz")
def healthz() -> tuple[Response, int]:
    """200 when the store answers and a tap would be kept, tried here and taken back; else 503, and `code` says why.

    `error` repeats the code where a restart may help. `paired` says whether faces are shown, `sender` whether somebody
    carries the ledger to the centre: that nobody does is no reason for a restart."""
    database: Database = current_app.extensions["database"]
    settings: Settings = current_app.extensions["settings"]
    gate = current_app.extensions["gate"]
    facts: dict[str, Any] = {"version": settings.version, "sender": status_figures.read_sender_status(settings)}
    if not gate.ready:
        return _unwell(gate.pause.code, facts)
    try:
        with database.read() as session:
            facts["paired"] = state.read_state(session).identity is not None
        facts["disk_free"] = free = shutil.disk_usage(settings.instance).free
        if free < kept_ratings.NO_ROOM:
            return _unwell(StoreFault.FULL.value, facts)
        with tempfile.TemporaryFile(dir=settings.instance) as file:
            file.write(bytes(4096))
        database.try_write(PATIENCE_MS)
    except store_faults.FAILURES as error:
        return _unwell(store_faults.classify_fault_in(error, settings.instance).value, facts)
    except Exception:  # whatever it is, the watchdog must hear it as "not well"
        log.exception("health")
        return _unwell("out_of_order", facts)
    return jsonify(ok=True, **facts), 200


def _unwell(code: str, facts: dict[str, Any]) -> tuple[Response, int]:
    codes = {"code": code} if code in STAYS else {"code": code, "error": code}
    return jsonify(ok=False, **codes, **facts), 503
