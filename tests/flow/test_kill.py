"""The desk's server killed at the worst moment: what was tapped is there, once."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from models.tables.desk_store import Draft
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response
from tests.clock_seam import environment
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk
from tests.fixtures.desk_server import ROOT, RUN, DeskServer


@pytest.fixture
def scene(tmp_path: Path, sqlite_url: str) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path, sqlite_url) as both:
        yield both


def test_killed_between_tap_and_thanks(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    desk.database.close()
    server = DeskServer(desk.settings.instance)
    taken = []
    server.start()
    for score in (5, 2, 4):
        fields = server.page()
        assert server.tap(fields, score) == 303
        taken.append((fields, score))
        server.kill()
        server.start()
        assert server.tap(fields, score) == 303  # the page in hand sends again: same id, nothing new
    server.kill()
    with desk.database.read() as session:
        open_drafts = session.scalar(select(func.count()).select_from(Draft)) or 0
        sealed = set(session.scalars(select(StoredEntry.rid).where(StoredEntry.typ == "rating")))
    assert open_drafts + len(sealed) == 3
    desk.ahead += 120_000
    assert desk.sync(url=centre.url).waiting == 0
    with centre.database.read() as session:
        counted = select(Response.id, Response.score).where(Response.outcome == "counted")
        rows = dict(session.execute(counted).all())
    assert rows == {fields["id"]: score for fields, score in taken}


def test_sync_killed_while_sending(scene: tuple[Centre, Desk]) -> None:
    """The sync process dies between the centre's commit and its own note of it; the next run finds its place."""
    centre, desk = scene
    for score in (1, 3, 5):
        desk.rate(score)
    desk.database.close()
    env = environment(HAILONG_INSTANCE=str(desk.settings.instance), PYTHONPATH=str(ROOT))
    for delay in (0.6, 0.9, 1.2):
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, "kiosk", "sync", "--every", "0.01"],
            cwd=ROOT,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert desk.sync(url=centre.url).state == "ok"
    with centre.database.read() as session:
        counted = select(Response.score).where(Response.outcome == "counted").order_by(Response.score)
        scores = session.scalars(counted).all()
    assert scores == [1, 3, 5]
