"""The health of the desk: for the watchdog (`/healthz`) and for people (`hailong kiosk status`).

It shows no answer.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kiosk.desk import ledger, promise, sender_life, set_aside, state, waiting_openings
from kiosk.desk.state_values import CentreWord
from kiosk.settings import Settings
from models.storage import store_faults
from models.storage.database import Database
from models.storage.store_faults import StoreFault
from models.tables.desk_store import Draft
from models.tables.ledger_entry import StoredEntry

log = logging.getLogger(__name__)
blueprint = Blueprint("health", __name__)
#: How long a busy store is waited for (milliseconds).
PATIENCE_MS = 1_000
#: What a restart does not mend.
STAYS = {
    fault.value
    for fault in (StoreFault.FULL, StoreFault.READ_ONLY, StoreFault.BUSY, StoreFault.NEWER, StoreFault.FOREIGN)
}


def status(session: Session, settings: Settings) -> dict[str, Any]:
    """The desk in figures. `waiting` and `parked` are ratings; `last_sync` ms since 1970 by the centre's clock or
    None; `disk_free` bytes; `set_aside` the damaged stores kept here; `key` `ok` or why the key cannot be used;
    `unsendable` openings (comments, codes) that stay here because no line can say them."""
    desk = state.read(session)
    identity = desk.identity
    known: dict[str, Any] = {
        "device": None,
        "open": session.scalar(select(func.count()).select_from(Draft)),
        "waiting": 0,
        "sent": 0,
        "parked": 0,
        "conflicts": desk.conflicts,
        "last_sync": desk.last_sync_ms,
        "clock_offset_ms": desk.clock_offset_ms,
        "chain": {"seq": 0, "head": None},
        "disk_free": shutil.disk_usage(settings.instance).free,
        "version": settings.version,
        "state": (desk.centre_word or CentreWord.NEW).value,
        "sync": desk.sync_shape,
        "sender": sender(settings),
        "set_aside": [path.name for path in set_aside.kept(settings)],
        "key": desk.key_fault or "ok",
        "unsendable": waiting_openings.unsendable(session),
    }
    if set_aside.waiting_for_pairing(session):  # what is given now waits as drafts
        known |= {"state": "store_set_aside", "waiting": known["open"]}
    if identity is not None:
        seq, h = ledger.head(session, identity)
        total = ledger.ratings_after(session, identity, 0)
        waiting = ledger.ratings_after(session, identity, desk.acked_seq)
        parked = session.scalar(
            select(func.count())
            .select_from(StoredEntry)
            .where(StoredEntry.typ == "rating", StoredEntry.epoch < identity.epoch)
        )
        known |= {
            "device": identity.device,
            "waiting": waiting,
            "sent": total - waiting,
            "parked": parked,
            "chain": {"seq": seq, "head": h},
        }
    return known


@blueprint.get("/healthz")
def healthz() -> tuple[Response, int]:
    """200 when the store answers and a tap would be kept, tried here and taken back; else 503, and `code` says why.

    `error` repeats the code where a restart may help. `paired` says whether faces are shown, `sender` whether somebody
    carries the ledger to the centre: that nobody does is no reason for a restart."""
    database: Database = current_app.extensions["database"]
    settings: Settings = current_app.extensions["settings"]
    gate = current_app.extensions["gate"]
    known: dict[str, Any] = {"version": settings.version, "sender": sender(settings)}
    if not gate.ready:
        return _unwell(gate.pause.code, known)
    try:
        with database.read() as session:
            known["paired"] = state.read(session).identity is not None
        known["disk_free"] = free = shutil.disk_usage(settings.instance).free
        if free < promise.NO_ROOM:
            return _unwell(StoreFault.FULL.value, known)
        with tempfile.TemporaryFile(dir=settings.instance) as file:
            file.write(bytes(4096))
        database.try_write(PATIENCE_MS)
    except store_faults.FAILURES as error:
        return _unwell(store_faults.kind_in(error, settings.instance).value, known)
    except Exception:  # whatever it is, the watchdog must hear it as "not well"
        log.exception("health")
        return _unwell("out_of_order", known)
    return jsonify(ok=True, **known), 200


def _unwell(code: str, known: dict[str, Any]) -> tuple[Response, int]:
    said = {"code": code} if code in STAYS else {"code": code, "error": code}
    return jsonify(ok=False, **said, **known), 503


def sender(settings: Settings) -> dict[str, Any]:
    """Whether somebody sends (`alive`), and when last (`last_seen_ms` since 1970 by this machine's clock, or None)."""
    return asdict(sender_life.seen(settings.instance))
