"""The count of what a device sent, once its receipt is safe: over the network and by hand alike."""

from __future__ import annotations

import logging

from admin.responses import projection
from admin.statistics.tallies import recount as tallies
from models.storage.database import Database

log = logging.getLogger(__name__)


def count_accepted(database: Database, device: str, epoch: int, *, recount: bool) -> None:
    """Project what came, and recount what is soon done once the device's last batch is in (`recount`): while more is
    coming the months stay marked as stale, as those of many answers do, and `admin.jobs` or whoever reads them first
    recounts them. The same if something goes wrong here."""
    try:
        while True:
            with database.write() as session:
                read = projection.project_entries(session, device, epoch)
            if read < projection.STEP:
                break
        if recount:
            tallies.recount_small_stale_months(database)
    except Exception:  # the entries are safe and the device has its receipt: it must get it
        log.exception("projection of %s/%s stopped", device, epoch)
