"""The unattended rehearsal: real means, which touch neither cable, power, clock nor disk.

The centre is out of reach because sync talks to a port where nobody listens; the power goes by killing a server between
tap and thanks; the desk's clock is read with an offset; the store may not grow by a page. Nothing of the machine itself
is touched. All on this very desk's store, which no other process may be serving meanwhile.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

import kiosk
from kiosk import boot, create_app
from kiosk.desk import state
from kiosk.drill.citizen import AppPageClient, Citizen, HttpPageClient
from kiosk.drill.rehearsal_steps import Rehearsal, StepFailed
from kiosk.settings import Settings
from kiosk.sync import client
from kiosk.sync.transport import HttpTransport, NoAnswer
from models import clock
from models.clock import DAY_MS, HOUR_MS, Moment
from models.storage.database import Database
from models.storage.process_lock import WriterLock
from translations import gettext as _

#: What the wall clock is set to, beside the truth.
WRONG_MS = {"+400 d": 400 * DAY_MS, "-2 h": -2 * HOUR_MS, "±0": 0}
UP_SECONDS = 60
_SERVE = "from kiosk.cli import cli; cli(prog_name='hailong kiosk')"


class DeskIsServed(Exception):
    """Another process serves this desk; it must be stopped first."""


class UnattendedFaultInjector:
    """The means of a rehearsal by itself. Raises `DeskIsServed` when the desk is being served."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ahead = self._ran = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._take()

    def _take(self) -> None:
        """Serve the desk in this process, as a start of the desk."""
        self._lock = WriterLock(self._settings.serving_file)
        if not self._lock.taken:
            raise DeskIsServed
        app = create_app(self._settings)
        app.extensions["clock"] = self.now
        self.database: Database = app.extensions["database"]
        boot.start_desk(self.database, self.now(), self._settings)
        self.citizen = Citizen(AppPageClient(app))

    def close(self) -> None:
        """Leave the desk to whoever serves it next."""
        self._kill()
        self.database.close()
        self._lock.release()

    def now(self) -> Moment:
        """The machine's clocks, with the offsets of the moment."""
        moment = clock.now()
        return Moment(moment.t + self._ahead + self._ran, moment.mono + self._ran)

    def cable_out(self) -> None:
        """Nothing to do: in this rehearsal sync only ever sees a dead port until the cable is in again."""

    @contextmanager
    def long_alone(self) -> Iterator[None]:
        """Six minutes later by both clocks."""
        self._ran = 360_000
        try:
            yield
        finally:
            self._ran = 0

    def sweep(self) -> None:
        """One run of sync against a port where nobody listens."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))  # taken, but it does not listen
            outcome = self._sync(f"http://127.0.0.1:{probe.getsockname()[1]}")
        if outcome.state != "offline":
            raise StepFailed(_("Without a centre, sync says %(state)s.", state=outcome.state))

    def power_off(self, course: Rehearsal) -> None:
        """Kill the serving process after a tap was taken, and while one is on its way; each time start again."""
        self.database.close()
        self._lock.release()
        self.database = self._settings.database()
        try:
            wire = self._serve()
            for wait in (0.0, 0.002, 0.02):
                course.practise()
                course.tap(1)
                faces, late = course.faces(), course.faces()
                reply = self.citizen.tap(faces)  # stays open: nobody opens a fresh page before the power goes
                if reply.status != 303:
                    raise StepFailed(_("A tap was not taken (answer %(status)s).", status=reply.status))
                course.journal.thanked(faces.id)
                pressed = self.citizen.pressed(late)
                waiting = wire.send("/rate", pressed)
                time.sleep(wait)
                self._kill()
                waiting.close()
                wire = self._serve()
                course.practise()
                if wire.ask("/rate", pressed).status != 303:  # what the page in hand does: the same tap once more
                    raise StepFailed(_("The tap in hand was not taken after the start."))
                course.journal.thanked(late.id)
        finally:
            self._kill()
            self.database.close()
            self._take()
        course.practise()

    def _serve(self) -> HttpPageClient:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        root = str(Path(kiosk.__file__).resolve().parents[1])
        paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, "HAILONG_INSTANCE": str(self._settings.instance), "PYTHONPATH": paths}
        self._child = subprocess.Popen(
            [sys.executable, "-c", _SERVE, "serve", "--port", str(port)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wire = HttpPageClient(f"http://127.0.0.1:{port}")
        self.citizen.wire = wire
        deadline = time.monotonic() + UP_SECONDS
        while not self.citizen.healthy():
            if self._child.poll() is not None or time.monotonic() > deadline:
                raise StepFailed(_("The desk's server did not start."))
            time.sleep(0.05)
        return wire

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def wrong_clocks(self) -> Iterator[str]:
        """Far ahead, behind, and right again."""
        try:
            for name, ahead in WRONG_MS.items():
                self._ahead = ahead
                yield name
        finally:
            self._ahead = 0

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """The store keeps its size: SQLite then answers what it answers on a full disk."""
        engine = self.database.engine
        raw = engine.raw_connection()
        raw.cursor().execute("VACUUM")  # a store that erased much has room inside
        raw.close()

        def pin(connection: Any, record: Any, proxy: Any) -> None:
            connection.execute("PRAGMA max_page_count=1")  # SQLite makes of it: the present size

        event.listen(engine, "checkout", pin)
        try:
            yield
        finally:
            event.remove(engine, "checkout", pin)
            engine.dispose()

    def cable_in(self) -> None:
        """Send to the real centre until nothing waits."""
        with self.database.read() as session:
            centre = state.read_state(session).centre_url or ""
        for _try in range(3):
            outcome = self._sync(centre)
            if outcome.state == "ok" and not outcome.waiting:
                return
        raise StepFailed(
            _("The centre %(centre)s does not answer as it must: %(state)s.", centre=centre, state=outcome.state)
        )

    def _sync(self, url: str) -> client.SyncResult:
        try:
            return client.sync_once(self.database, HttpTransport(url), self.now, self._settings)
        except NoAnswer:
            return client.SyncResult("offline")
