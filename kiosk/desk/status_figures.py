"""The desk in figures, from its store: what waits, who sends, how its ledger stands.

It shows no answer. For people (`hailong kiosk status`, the staff's page) and, in part, for the watchdog
(`kiosk.health`).
"""

from __future__ import annotations

import shutil
from dataclasses import asdict
from typing import Any

from kiosk.desk import ledger, sender_heartbeat, set_aside_stores, state, waiting_sidecars
from kiosk.desk.state_values import CentreTreatment
from kiosk.settings import Settings
from models.storage.row_reading import Reader, read_value


def read_figures(session: Reader, settings: Settings) -> dict[str, Any]:
    """The desk in figures. `waiting` and `parked` are ratings; `last_sync` ms since 1970 by the centre's clock or
    None; `disk_free` bytes; `set_aside` the damaged stores kept here; `key` `ok` or why the key cannot be used;
    `unsendable` openings (comments, codes) that stay here because no line can say them."""
    desk = state.read_state(session)
    identity = desk.identity
    figures: dict[str, Any] = {
        "device": None,
        "open": read_value(session, "SELECT count(*) FROM draft") or 0,
        "waiting": 0,
        "sent": 0,
        "parked": 0,
        "conflicts": desk.conflicts,
        "last_sync": desk.last_sync_ms,
        "clock_offset_ms": desk.clock_offset_ms,
        "chain": {"seq": 0, "head": None},
        "disk_free": shutil.disk_usage(settings.instance).free,
        "version": settings.version,
        "state": (desk.centre_word or CentreTreatment.NEW).value,
        "sync": desk.sync_shape,
        "sender": read_sender_status(settings),
        "set_aside": [path.name for path in set_aside_stores.list_set_aside_stores(settings)],
        "key": desk.key_fault or "ok",
        "unsendable": waiting_sidecars.count_unsendable(session),
    }
    if set_aside_stores.must_pair_again(session):  # what is given now waits as drafts
        figures |= {"state": "store_set_aside", "waiting": figures["open"]}
    if identity is not None:
        seq, h = ledger.read_head(session, identity)
        total = ledger.count_ratings_after(session, identity, 0)
        waiting = ledger.count_ratings_after(session, identity, desk.acked_seq)
        earlier = "SELECT count(*) FROM entry WHERE typ = 'rating' AND epoch < ?"
        figures |= {
            "device": identity.device,
            "waiting": waiting,
            "sent": total - waiting,
            "parked": read_value(session, earlier, identity.epoch),
            "chain": {"seq": seq, "head": h},
        }
    return figures


def read_sender_status(settings: Settings) -> dict[str, Any]:
    """Whether somebody sends (`alive`), and when last (`last_seen_ms` since 1970 by this machine's clock, or None)."""
    return asdict(sender_heartbeat.read_heartbeat(settings.instance))
