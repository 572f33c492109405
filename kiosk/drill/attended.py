"""The attended rehearsal: a person at the desk pulls cable and plug, and sets the clock wrong.

The desk is being served as always; this process taps through its pages, watches its store, and says what to do next.
Only the disk is filled by the machine: a file beside the store, removed at once afterwards.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from kiosk.desk import state
from kiosk.desk.reference import ONLINE_MS
from kiosk.desk.state import State
from kiosk.drill.citizen import Citizen, HttpPageClient
from kiosk.drill.journal import FOLDER
from kiosk.drill.rehearsal_steps import Rehearsal, StepFailed
from kiosk.settings import Settings
from kiosk.sync import client
from kiosk.sync.transport import HttpTransport
from models import clock
from models.clock import Moment
from models.storage.database import Database
from translations import gettext as _

STEP_MS = client.CLOCK_STEP_MS
#: What is left of the disk for a moment; too little for one more page of the store.
CRUMB = 4096
PIECE = 1 << 30


class AttendedFaultInjector:
    """The means of a person. `ask` shows a sentence and waits: True when it is done, False when it is left out."""

    def __init__(self, settings: Settings, database: Database, url: str, ask: Callable[[str], bool],
                 say: Callable[[str], None]) -> None:  # fmt: skip
        self._settings = settings
        self.database = database
        self.citizen = Citizen(HttpPageClient(url))
        self._ask = ask
        self._say = say

    def now(self) -> Moment:
        """The machine's clocks."""
        return clock.now()

    def _do(self, sentence: str) -> None:
        if not self._ask(sentence):
            raise StepFailed(_("This step was left out."))

    def cable_out(self) -> None:
        """Have the network cable pulled, and see that the centre cannot be reached."""
        for _try in range(3):
            self._do(_("Pull the network cable of the desk's PC (or switch its Wi-Fi off)."))
            if not self._centre_answers():
                return
            self._say(_("The centre still answers; another way to the network must be open."))
        raise StepFailed(_("The centre still answers; another way to the network must be open."))

    @contextmanager
    def long_alone(self) -> Iterator[None]:
        """Wait until the tablet may call itself alone."""
        self._say(_("Waiting until the dot on the screen turns hollow; at most six minutes."))
        self._until(lambda: self.citizen.faces().offline, ONLINE_MS / 1000 + 60)
        yield

    def power_off(self, course: Rehearsal) -> None:
        """Have the plug pulled; this process goes with it. Raises `Failed` when it does not."""
        course.tap(5)
        course.journal.record_power_cut(course.look().boot)
        self._do(
            _("Now pull the power plug of the desk's PC; do not shut it down. When it runs again: "
              "hailong kiosk drill --resume")
        )  # fmt: skip
        raise StepFailed(_("The machine is still running; its plug was not pulled."))

    def wrong_clocks(self) -> Iterator[str]:
        """Have the clock set wrong, and right again."""
        for sentence in (
            _("Set the date of this PC one year ahead (switch automatic time off first)."),
            _("Set the date of this PC right again (and automatic time on)."),
        ):
            before = self._offset()
            self._do(sentence)
            if not self._until(lambda before=before: abs(self._offset() - before) >= STEP_MS, 5):  # type: ignore[misc]
                raise StepFailed(_("The clock of this PC did not change."))
            yield sentence

    @staticmethod
    def _offset() -> int:
        moment = clock.now()
        return moment.t - moment.mono

    def sweep(self) -> None:
        """What sync does; where only one process may write, wait for the server to do it."""
        if self.database.two_writers_safe:
            self._sync()
        else:
            self._say(_("Waiting for the desk's server to look at its clock and to send; up to a quarter of an hour."))
            with self.database.read() as session:
                steps = state.read_state(session).clock_base
            self._until(lambda: self._state().clock_base != steps, 900)

    def _state(self) -> State:
        with self.database.read() as session:
            return state.read_state(session)

    def _sync(self) -> client.SyncResult:
        transport = HttpTransport(self._state().centre_url or "")
        return client.sync_once(self.database, transport, self.now, self._settings)

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Fill the disk the store lies on, for as long as the block lasts."""
        free = shutil.disk_usage(self._settings.instance).free
        self._do(
            _("The disk (%(mb)s MB free) will be filled for some seconds and emptied again. Nothing of yours is "
              "touched. Close other programs.", mb=free >> 20)
        )  # fmt: skip
        filler = self._settings.instance / FOLDER / "filler"
        try:
            raw = self.database.engine.raw_connection()
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")  # else there is room in the log for many taps
            raw.close()
            _fill(filler)
            yield
        finally:
            filler.unlink(missing_ok=True)

    def cable_in(self) -> None:
        """Have the cable put back, and wait until nothing waits any more."""
        self._do(_("Put the network cable back."))
        self._until(self._centre_answers, 120)
        if self.database.two_writers_safe:
            self._sync()
        if not self._until(self._drained, 960):
            raise StepFailed(_("The ratings did not get to the centre."))

    def _drained(self) -> bool:
        from kiosk.desk import status_figures

        with self.database.read() as session:
            status = status_figures.read_figures(session, self._settings)
        return int(status["waiting"]) == 0 and int(status["open"]) == 0

    def _centre_answers(self) -> bool:
        address = urlsplit(self._state().centre_url or "")
        port = address.port or (443 if address.scheme == "https" else 80)
        try:
            socket.create_connection((address.hostname or "", port), timeout=5).close()
        except OSError:
            return False
        return True

    @staticmethod
    def _until(condition: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.5)
        return True


def _fill(filler: Path) -> None:
    """Take the room on the disk with one file that holds nothing."""
    with open(filler, "wb") as file:
        size, piece = 0, PIECE
        while piece >= CRUMB:
            try:
                _take(file.fileno(), size, piece)
                size += piece
            except OSError:
                piece //= 2
        file.flush()
        os.fsync(file.fileno())


def _take(handle: int, offset: int, length: int) -> None:
    """Really allocate, not only promise. Raises OSError when there is no room."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, offset, length)
        return
    os.ftruncate(handle, offset + length)  # Windows takes the clusters at once
