"""Work for many that is done for each by itself where it fails for all: nobody stops the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from sqlalchemy import exc
from sqlalchemy.orm import Session

from admin.ledgers.centre_key_register import KeyRefused
from models.storage import store_faults

log = logging.getLogger(__name__)
#: What fails for one because of what it says, though the store says so.
_ITS_OWN = (exc.IntegrityError, exc.DataError)


def is_own_failure(error: Exception) -> bool:
    """Whether something failed because of what it says itself; else the store, the machine or the centre's key did."""
    return isinstance(error, _ITS_OWN) or not isinstance(error, (MemoryError, KeyRefused, *store_faults.FAILURES))


def process_isolating_failures(
    session: Session, names: Sequence[str], work: Callable[[Sequence[str]], None]
) -> list[str]:
    """Do `work` for all of `names` within the caller's write transaction, and where that fails for each half of them
    by itself; returns the names for which it fails alone, of which nothing is written.

    Raises what the store does when it is full, away or busy: that is the fault of none of them."""
    if not names:
        return []
    try:
        with session.begin_nested():
            work(names)
    except Exception as error:
        if not is_own_failure(error):
            raise
        if len(names) == 1:
            log.exception("%s is passed over", names[0])
            return list(names)
        half = len(names) // 2
        return [
            name for some in (names[:half], names[half:]) for name in process_isolating_failures(session, some, work)
        ]
    return []
