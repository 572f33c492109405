"""The count of what a device sent, once its receipt is safe: over the network and by hand alike."""

from __future__ import annotations

import logging

from admin.responses import projection
from admin.statistics.tallies.recount import recount_pairs, stale_pairs
from models.storage.database import Database

log = logging.getLogger(__name__)


def count(database: Database, device: str, epoch: int, *, recount: bool) -> None:
    """Project what came, and recount once the device's last batch is in (`recount`): while more is coming the months
    stay marked as stale, and whoever reads them first recounts them. The same if something goes wrong here."""
    try:
        while True:
            with database.write() as session:
                read = projection.project(session, device, epoch)
            if read < projection.STEP:
                break
        with database.read() as session:
            pairs = stale_pairs(session) if recount else []
        for pair in pairs:
            with database.write() as session:
                recount_pairs(session, [pair])
    except Exception:  # the entries are safe and the device has its receipt: it must get it
        log.exception("projection of %s/%s stopped", device, epoch)
