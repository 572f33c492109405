"""The start of the desk: the store opened or set aside, the start counted, what was left open sealed.

A start never needs to write. What it cannot do now, because the disk is full, may not be written to or does not answer,
it does as soon as it can: `kiosk.web.start_gate` tries `DeskStart` again with the requests that come, and the pages say
meanwhile what is the matter. A store that is certainly damaged is set aside (`kiosk.desk.set_aside_stores`) by the
process that holds the desk's lock and by no other.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import exc

from kiosk.desk import clock_reading, device_key, identity_copy, ledger, set_aside_stores, state
from kiosk.rating import drafts
from kiosk.settings import Settings
from models import clock
from models.clock import Moment
from models.migrations import migrate
from models.storage import store_faults
from models.storage.database import Database
from models.storage.process_lock import WriterLock
from models.storage.store_faults import StoreFault
from models.tables.declarative_base import KIOSK

log = logging.getLogger(__name__)


class AlreadyServed(RuntimeError):
    """Another process serves this desk's tablet."""


class DeskStart:
    """What is done before the first tap, tried until it is done: raises what hinders it (`store_faults.FAILURES`,
    `AlreadyServed`), and then everything may be tried again.

    `counted`: the start of `hailong kiosk serve`, which checks the store through and is counted as a start of the
    machine; else the store is only opened, and looked at more closely when it will not open. `secrets` are files that
    may be made anew, each with what reads or makes it; `then` follows at the end. `served_elsewhere` says whether the
    last try found another process in this one's place.
    """

    def __init__(
        self, database: Database, settings: Settings, *, counted: bool = False,
        secrets: Sequence[tuple[Path, Callable[[Path], object]]] = (), after_start: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        self._database, self._settings, self._counted = database, settings, counted
        self._secrets, self._then = secrets, after_start
        self._lock: WriterLock | None = None
        self.served_elsewhere = False
        self._doubted = False

    def doubt(self) -> None:
        """The store turned out to be damaged while it was served: the next try looks at it closely."""
        self._doubted = True

    def __call__(self) -> None:
        if self._counted:
            self._own()
        for path, secret in self._secrets:
            read_or_renew_secret(path, secret)
        try:
            self._open()
        except exc.DBAPIError as error:
            if store_faults.classify_fault(error) is not StoreFault.DAMAGED or not self._set_aside():
                raise
            self._open()
        if self._then is not None:
            self._then()

    def _own(self) -> None:
        """Take the desk's lock, which is kept until this process ends. Raises `AlreadyServed`."""
        if self._lock is None:
            lock = WriterLock(self._settings.serving_file)
            self.served_elsewhere = not lock.taken
            if not lock.taken:
                lock.release()
                raise AlreadyServed
            self._lock = lock

    def _open(self) -> None:
        database, settings = self._database, self._settings
        if set_aside_stores.find_unfinished_name(settings) is not None or set_aside_stores.has_log_without_store(
            settings
        ):
            self._own()
            log.error(
                "the store was set aside: %s", set_aside_stores.set_store_aside(database, settings, clock.now()).name
            )
        migrate.upgrade_store(database, KIOSK)
        if self._counted or self._doubted:
            torn = database.check()
            if (torn and self._set_aside()) or (not torn and self._spoilt()):
                return self._open()
            self._doubted = False
        if not self._counted:
            if set_aside_stores.list_set_aside_stores(settings):
                with database.write() as session:
                    set_aside_stores.fill_new_store(session, settings, clock.now())
            return None
        start_desk(database, clock.now(), settings, torn=torn or "")
        return None

    def _spoilt(self) -> bool:
        """Whether the facts of the store cannot be used; then it was set aside."""
        with self._database.read() as session:
            damage = set_aside_stores.find_state_damage(session)
        return damage is not None and self._set_aside()

    def _set_aside(self) -> bool:
        """Set the store aside if its damage is certain; returns whether it was."""
        self._own()
        reason = set_aside_stores.find_certain_damage(self._database)
        if reason is None:
            return False
        path = set_aside_stores.set_store_aside(self._database, self._settings, clock.now())
        log.error("the store is damaged (%s) and was set aside: %s", reason, path.name)
        return True


def start_desk(database: Database, now: Moment, settings: Settings, torn: str | None = None) -> str | None:
    """Do what a start needs; returns what is wrong with the ledger, or None. Taps are taken either way. `torn` is what
    the check of the file said, empty for nothing; it is made here if nobody made it."""
    broken = (database.check() if torn is None else torn) or None
    with database.write() as session:
        clock_reading.record_start(session, now)
        identity = state.read_state(session).identity
        sealed = 0
        if identity is not None or set_aside_stores.fill_new_store(session, settings, now):
            sealed = drafts.seal_idle_drafts(session, now, settings.idle_seconds)
        if identity is not None:
            device_key.find_key_fault(session, settings.key_file)
            broken = broken or ledger.find_chain_break(session, identity)
            p = {"app": settings.version, "disk_mb": settings.free_mb, "sealed": sealed, "sound": broken is None}
            ledger.append_entry(session, "boot", p, now)
            state.write_state(session, ledger_fault=broken or "")
        identity_copy.write_identity_copy(session, settings.instance)
    if broken:
        log.error("ledger check: %s", broken)
    return broken


def read_or_renew_secret(path: Path, secret: Callable[[Path], object]) -> None:
    """Have the secret in the file at `path` (`secret` reads or makes it), which may be made anew: a damaged one is kept
    under another name. Raises OSError when the disk does not let it be made."""
    try:
        secret(path)
    except OSError as error:
        if error.errno is not None:  # the disk's word, not ours about what it holds
            raise
        os.replace(path, path.with_name(f"{path.name}.damaged"))
        log.error("%s was damaged; it is kept under another name, a new one is made", path.name)
        secret(path)
