"""The start of the desk: the store checked, the start counted, what was left open sealed."""

from __future__ import annotations

import logging

from kiosk.desk import ledger, state
from kiosk.rating import drafts
from kiosk.settings import Settings
from models.clock import Moment
from models.storage.database import Database

log = logging.getLogger(__name__)


def boot(database: Database, now: Moment, settings: Settings) -> str | None:
    """Do what a start needs; returns what is wrong with the ledger, or None. Taps are taken either way."""
    broken = database.check()
    with database.write() as session:
        state.remember(session, boot=state.boot_number(session) + 1, boot_mono=now.mono)
        identity = state.identity(session)
        if identity is None:
            return broken
        sealed = drafts.sweep(session, now, settings.idle_seconds)
        broken = broken or ledger.self_check(session, identity)
        p = {"app": settings.version, "disk_mb": settings.free_mb, "sealed": sealed, "sound": broken is None}
        ledger.append(session, "boot", p, now)
        state.remember(session, sound=broken or "")
    if broken:
        log.error("ledger check: %s", broken)
    return broken
