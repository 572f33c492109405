"""The idle sweep: the served desk seals what was left by itself.

No page is asked for, there is no sender and no network.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from kiosk import add_idle_sweep
from kiosk.rating import idle_sweep
from models import clock
from models.clock import Moment
from models.storage.database import Database
from models.storage.sqlite_module import load_sqlite_module
from models.tables.desk_store import Draft
from tests.fixtures.citizen import Citizen
from tests.fixtures.desk_server import DeskServer
from tests.fixtures.paired_desk import count_open_drafts, leave_alone, make_paired_app, read_payloads

#: Whatever is to come by itself has come by then, on any machine (seconds).
DEADLINE = 60


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk")


def until(true: Callable[[], bool]) -> bool:
    """Wait for something that comes by itself."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


def test_a_server_beside_which_nothing_runs_seals_what_was_left(app: Flask) -> None:
    Citizen(app).tap(2)
    now = clock.now()
    add_idle_sweep(app, every=0.01)
    try:
        app.extensions["clock"] = lambda: Moment(now.t, now.mono + 59_000)
        threading.Event().wait(0.1)  # some sweeps may come by; none of them may take it
        assert count_open_drafts(app) == 1
        app.extensions["clock"] = lambda: Moment(now.t, now.mono + 61_000)
        assert until(lambda: count_open_drafts(app) == 0)
    finally:
        app.extensions["sweep_over"].set()
    assert [p["state"] for p in read_payloads(app)] == ["partial"]


def test_the_command_that_serves_the_desk_sweeps(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    app = make_paired_app(folder)
    app.extensions["database"].close()
    server = DeskServer(folder)
    server.start()
    store = Database(f"sqlite:///{folder / 'kiosk.sqlite'}")
    try:
        assert server.tap(server.page(), 2) == 303
        with store.write() as session:  # nobody touched it for two minutes
            session.execute(update(Draft).values(touched=Draft.touched - 120_000))
        assert until(lambda: count_open_drafts(app) == 0)
        assert [p["state"] for p in read_payloads(app)] == ["partial"]
    finally:
        server.kill()
        store.close()


def test_where_nothing_was_left_nobody_is_waited_for_and_nothing_written(app: Flask) -> None:
    Citizen(app).tap(2)
    other = load_sqlite_module().connect(app.extensions["database"].path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # somebody writes, for as long as he likes
    try:
        settings = app.extensions["settings"]
        assert idle_sweep.sweep_once(app.extensions["database"], app.extensions["clock"], settings) == 0
    finally:
        other.close()
    assert leave_alone(app) == 1


def test_a_store_that_fails_is_told_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    told: list[BaseException] = []
    over, turns = threading.Event(), iter(["full", "full", "well", "busy", "well"])

    def work() -> None:
        turn = next(turns, None)
        if turn is None:
            over.set()
        elif turn != "well":
            raise OperationalError(turn, None, Exception(turn))

    with caplog.at_level(logging.ERROR):
        idle_sweep.run_for_ever(work, told.append, over, 0)
    assert len(told) == 3 and [record.message for record in caplog.records] == ["the idle sweep"] * 2
