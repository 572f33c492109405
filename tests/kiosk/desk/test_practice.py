"""Practice: its answers go the whole way and count nowhere, and it cannot be left on."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from kiosk import boot
from kiosk.desk import practice
from models import clock
from models.clock import Moment
from models.protocol import entry_chain
from models.tables.ledger_entry import StoredEntry
from tests.fixtures import desk_state_rows
from tests.fixtures.paired_desk import leave_alone, make_paired_app, read_hidden_fields, read_payloads

SAYS = "DIỄN TẬP – đánh giá lúc này không tính"
MINUTE = 60_000


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk")


class Clock:
    """The desk's two clocks, moved by hand."""

    def __init__(self, app: Flask) -> None:
        self.wall = self.running = 0
        app.extensions["clock"] = self.now

    def now(self) -> Moment:
        moment = clock.now()
        return Moment(moment.t + self.wall, moment.mono + self.running)


def begin(app: Flask, now: Moment) -> None:
    with app.extensions["database"].write() as session:
        practice.begin_practice(session, now)


def tap(app: Flask, score: int) -> str:
    """One tap on fresh faces, and it is left; returns its id."""
    client = app.test_client()
    fields = read_hidden_fields(client.get("/").get_data(as_text=True))
    assert client.post("/rate", data={**fields, "score": score}).status_code == 303
    leave_alone(app)
    return fields["id"]


def drills(app: Flask) -> list[bool]:
    """Of each sealed rating, oldest first, whether it was practice."""
    return [p.get("drill", False) for p in read_payloads(app)]


def banner(app: Flask) -> list[bool]:
    """Whether the strip stands on the faces, on the topics and on the thanks."""
    client = app.test_client()
    faces = client.get("/").get_data(as_text=True)
    client.post("/rate", data={**read_hidden_fields(faces), "score": 4})
    topics = client.get(f"/rate/{read_hidden_fields(faces)['id']}/topics").get_data(as_text=True)
    return [SAYS in page for page in (faces, topics, client.get("/thanks").get_data(as_text=True))]


def test_a_tap_in_practice_is_flagged_and_every_page_says_so(app: Flask) -> None:
    time = Clock(app)
    assert banner(app) == [False, False, False]
    begin(app, time.now())
    assert banner(app) == [True, True, True]
    tap(app, 5)
    assert drills(app) == [False, True, True]
    with app.extensions["database"].read() as session:
        entry = entry_chain.parse(session.scalars(select(StoredEntry.bytes).where(StoredEntry.typ == "drill")).one())
    assert entry.p == {"minutes": 15, "on": True}


def test_a_refusal_and_a_tap_taken_back_are_practice_too(app: Flask) -> None:
    begin(app, clock.now())
    client = app.test_client()
    faces = read_hidden_fields(client.get("/").get_data(as_text=True))
    client.post("/decline", data=faces)
    faces = read_hidden_fields(client.get("/").get_data(as_text=True))
    client.post("/rate", data={**faces, "score": 1})
    again = read_hidden_fields(client.get(f"/rate/{faces['id']}/topics").get_data(as_text=True))
    client.post(f"/rate/{faces['id']}/undo", data={"seal": again["seal"]})
    leave_alone(app)
    assert [(p["state"], p.get("drill")) for p in read_payloads(app)] == [("declined", True), ("withdrawn", True)]


def test_it_ends_by_itself_after_a_quarter_of_an_hour(app: Flask) -> None:
    time = Clock(app)
    begin(app, time.now())
    time.running = 14 * MINUTE
    assert practising(app, time)
    time.running = 15 * MINUTE + 1
    assert not practising(app, time)
    tap(app, 2)
    assert drills(app) == [False]


@pytest.mark.parametrize("days", [-800, 400])
def test_a_wall_clock_set_wrong_neither_ends_nor_stretches_it(app: Flask, days: int) -> None:
    time = Clock(app)
    begin(app, time.now())
    time.wall = days * 86_400_000
    assert practising(app, time)
    time.running = 15 * MINUTE + 1
    assert not practising(app, time)


def test_a_start_of_the_desk_ends_it(app: Flask) -> None:
    time = Clock(app)
    begin(app, time.now())
    boot.start_desk(app.extensions["database"], time.now(), app.extensions["settings"])
    assert not practising(app, time)


def test_a_machine_that_was_restarted_counts_its_running_clock_from_nought(app: Flask) -> None:
    time = Clock(app)
    begin(app, time.now())
    time.running = -40 * 86_400_000  # as if the start had not been counted
    assert not practising(app, time)


def test_it_can_be_ended(app: Flask) -> None:
    time = Clock(app)
    begin(app, time.now())
    with app.extensions["database"].write() as session:
        practice.end_practice(session, time.now(), failed=0, passed=6)
        practice.end_practice(session, time.now())
    assert not practising(app, time)
    with app.extensions["database"].read() as session:
        rows = session.scalars(select(StoredEntry.bytes).where(StoredEntry.typ == "drill").order_by(StoredEntry.seq))
        assert [entry_chain.parse(raw).p for raw in rows] == [
            {"minutes": 15, "on": True},
            {"failed": 0, "on": False, "passed": 6},
        ]


def test_what_was_tapped_before_stays_an_answer(app: Flask) -> None:
    client = app.test_client()
    faces = read_hidden_fields(client.get("/").get_data(as_text=True))
    client.post("/rate", data={**faces, "score": 3})
    begin(app, clock.now())
    leave_alone(app)
    assert drills(app) == [False]


def practising(app: Flask, time: Clock) -> bool:
    with app.extensions["database"].read() as session:
        on = practice.is_practice(session, time.now())
        assert on == (practice.practice_left_ms(session, time.now()) > 0)
        assert desk_state_rows.read_text(session, "drill_until_ms") != ""
        return on
