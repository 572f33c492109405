"""The health of the desk: for the watchdog (`/healthz`) and for people (`hailong kiosk status`).

It shows no answer.
"""

from __future__ import annotations

import shutil
from typing import Any

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kiosk.desk import device_key, ledger, set_aside, state
from kiosk.settings import Settings
from models.storage.database import Database
from models.tables.desk_store import Draft
from models.tables.ledger_entry import StoredEntry

blueprint = Blueprint("health", __name__)


def status(session: Session, settings: Settings) -> dict[str, Any]:
    """The desk in figures. `waiting` and `parked` are ratings; `last_sync` ms since 1970 by this machine's clock or
    None; `disk_free` bytes; `set_aside` the damaged stores kept here; `key` `ok` or why the key cannot be used."""
    facts = state.facts(session)
    identity = state.identity(session)
    known: dict[str, Any] = {
        "device": None,
        "open": session.scalar(select(func.count()).select_from(Draft)),
        "waiting": 0,
        "sent": 0,
        "parked": 0,
        "conflicts": int(facts.get("conflicts", "0")),
        "last_sync": int(facts["last_sync_ms"]) if "last_sync_ms" in facts else None,
        "clock_offset_ms": int(facts["clock_offset_ms"]) if "clock_offset_ms" in facts else None,
        "chain": {"seq": 0, "head": None},
        "disk_free": shutil.disk_usage(settings.instance).free,
        "version": settings.version,
        "state": facts.get("state", "new"),
        "sync": facts.get("sync_shape"),
        "set_aside": [path.name for path in set_aside.kept(settings)],
        "key": facts.get(device_key.FACT, "") or "ok",
    }
    if set_aside.waiting_for_pairing(session):  # what is given now waits as drafts
        known |= {"state": "store_set_aside", "waiting": known["open"]}
    if identity is not None:
        seq, h = ledger.head(session, identity)
        total = ledger.ratings_after(session, identity, 0)
        waiting = ledger.ratings_after(session, identity, int(facts.get("acked_seq", "0")))
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
    """200 when the store answers and has room, 503 otherwise; `paired` says whether faces are shown."""
    database: Database = current_app.extensions["database"]
    settings: Settings = current_app.extensions["settings"]
    gate = current_app.extensions["gate"]
    if not gate.ready:
        return jsonify(ok=False, error=gate.pause.code), 503
    try:
        with database.read() as session:
            paired = state.identity(session) is not None
        free = shutil.disk_usage(settings.instance).free
        ok = free > 8 << 20
    except Exception as error:  # whatever is wrong with the store, the watchdog must hear it as "not well"
        return jsonify(ok=False, error=type(error).__name__), 503
    return jsonify(ok=ok, paired=paired, disk_free=free, version=settings.version), 200 if ok else 503
