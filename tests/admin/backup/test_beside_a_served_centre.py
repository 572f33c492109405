"""A backup beside `hailong admin serve`, while desks send and others look into the store."""

from __future__ import annotations

import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from admin.backup import manifest, restoration, store_facts
from admin.devices import pairing
from kiosk.sync import enrolment
from kiosk.sync.transport import HttpTransport
from models import clock
from models.storage.database import Database
from models.tables.response import Response
from tests.fixtures import postgres
from tests.fixtures.backed_up_centre import AGENCY, make_centre, make_settings
from tests.fixtures.centre_and_desk import Desk
from tests.fixtures.installation import Installation


@pytest.fixture
def urls(request: pytest.FixtureRequest, store_url: str) -> Iterator[tuple[str, str]]:
    """Addresses of a centre's store and of an empty place; "" is a file in the instance."""
    if store_url.startswith("sqlite"):
        yield "", ""
        return
    server: postgres.PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as other:
        yield store_url, other


class Sending(threading.Thread):
    """A desk that rates and sends until it is stopped; `thanked` are the answers for which a receipt came."""

    def __init__(self, desk: Desk, url: str) -> None:
        super().__init__()
        self.desk, self.url = desk, url
        self.stopped, self.first = threading.Event(), threading.Event()
        self.thanked: list[str] = []

    def run(self) -> None:
        """Rate and send."""
        while not self.stopped.wait(0.05):  # leaves the machine to the backup
            id = self.desk.rate(1 + len(self.thanked) % 5)
            if self.desk.sync(url=self.url).waiting == 0:
                self.thanked.append(id)
                self.first.set()


def test_what_is_thanked_while_a_backup_runs_is_kept_and_the_backup_is_whole(
    tmp_path: Path, urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, database = make_centre(tmp_path / "centre", urls[0])
    with database.write() as session:
        code = pairing.offer_pairing(session, f"{AGENCY}-Q1", clock.now().t, approved=True)[1]
    database.close()
    environment = {"HAILONG_PG_BIN": str(postgres.find_programs()), **({"DATABASE_URL": urls[0]} if urls[0] else {})}
    centre = Installation(settings.instance, environment=environment)
    desk = Desk(tmp_path / "desk")
    with centre.serving("admin", end=signal.SIGKILL) as url:
        enrolment.enrol(desk.database, HttpTransport(url), url, code, desk.now(), desk.settings)
        sending = Sending(desk, url)
        sending.start()
        try:
            sending.first.wait(60)
            centre.run("admin", "backup", str(tmp_path / "night"))
            during = len(sending.thanked)
            if not urls[0]:
                _look(settings.instance / "admin.sqlite", tmp_path / "copy.sqlite")
            assert sending.is_alive() and during > 1
        finally:
            sending.stopped.set()
            sending.join()
    live = Database(settings.database_url)
    with live.read() as session:
        kept = list(session.scalars(select(Response.id)))
    live.close()
    assert len(kept) == len(set(kept)) and set(sending.thanked) <= set(kept)
    place = make_settings(tmp_path / "place", urls[1])
    if urls[1]:
        monkeypatch.setenv("DATABASE_URL", urls[1])
    restoration.restore_backup(tmp_path / "night", place, lambda step, done, of: None)
    restored = Database(place.database_url)
    with restored.read() as session:
        facts = store_facts.read_store_facts(session)
        assert store_facts.find_broken_ledgers(session, facts, lambda done, of: None) == []
        there = set(session.scalars(select(Response.id)))
    restored.close()
    assert facts == manifest.read_manifest(tmp_path / "night").facts
    assert facts["tables"]["entry"] > 5 and there <= {*kept}
    desk.close()


def _look(store: Path, copy: Path) -> None:
    """Another process opens the store, reads, copies and closes it."""
    with closing(sqlite3.connect(store)) as other, closing(sqlite3.connect(copy)) as target:
        other.execute("SELECT count(*) FROM response").fetchone()
        other.backup(target)
