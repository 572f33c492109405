"""The sleep screen: only outside opening hours, in the reader's language, at the desk's time."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from flask import Flask

from kiosk.tablet.sleep_screen import day_names
from models import clock
from models.clock import HCM, Moment
from tests.fixtures.opening_hours import HOURS
from tests.fixtures.paired_desk import (
    change_reference,
    leave_alone,
    make_paired_app,
    read_hidden_fields,
    read_payloads,
)


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    app = make_paired_app(tmp_path / "desk")
    change_reference(app, lambda value: value.update(hours=HOURS))
    return app


def at(app: Flask, text: str) -> None:
    """The desk's clock stands at this local time."""
    ms = int(datetime.datetime.fromisoformat(text).replace(tzinfo=HCM).timestamp() * 1000)
    app.extensions["clock"] = lambda: Moment(ms, clock.now().mono)


@pytest.mark.parametrize(
    ("time", "asleep"),
    [
        ("2026-10-14T07:29", True),
        ("2026-10-14T07:30", False),
        ("2026-10-14T12:00", True),
        ("2026-10-14T16:59", False),
        ("2026-10-14T17:00", True),
        ("2026-10-17T09:00", False),
        ("2026-10-18T09:00", True),
        ("2026-09-02T09:00", True),
    ],
)
def test_it_stands_only_while_the_desk_is_closed(app: Flask, time: str, asleep: bool) -> None:
    at(app, time)
    client = app.test_client()
    reply = client.get("/sleep")
    assert (reply.status_code, reply.headers.get("Location")) == ((200, None) if asleep else (303, "/"))
    assert ("data-sleep" in client.get("/").text) is asleep


def test_a_desk_without_hours_never_sleeps(tmp_path: Path) -> None:
    app = make_paired_app(tmp_path / "desk")
    client = app.test_client()
    at(app, "2026-10-18T03:00")
    assert client.get("/sleep").headers["Location"] == "/"
    assert "data-sleep" not in client.get("/").text


def test_it_says_the_time_the_day_and_the_hours_in_words(app: Flask) -> None:
    at(app, "2026-10-14T18:05")
    page = app.test_client().get("/sleep").text
    for words in ("18:05", "Thứ Tư, 14/10/2026", "Thứ Hai – Thứ Sáu", "Thứ Bảy", "13:30 – 17:00", "Chạm để đánh giá"):
        assert words in page
    assert 'href="/"' in page and 'transform="rotate(182.5)"' in page and 'transform="rotate(30)"' in page
    english = app.test_client().get("/sleep?lang=en").text
    assert "Wednesday, 14 Oct 2026" in english and "Monday – Friday" in english and "Thứ" not in english


def test_nothing_primes(app: Flask) -> None:
    at(app, "2026-10-14T18:05")
    page = app.test_client().get("/sleep").text
    assert "face-" not in page and "bowl" not in page and "hài lòng" not in page.lower().replace("hài lòng</title>", "")


def test_a_rating_of_the_night_is_taken(app: Flask) -> None:
    at(app, "2026-10-14T23:00")
    client = app.test_client()
    fields = read_hidden_fields(client.get("/").text)
    assert client.post("/rate", data={**fields, "score": "4"}).status_code == 303
    leave_alone(app)
    assert [p["answers"] for p in read_payloads(app)] == [[["overall", 4]]]


def test_days_have_names_in_any_language(app: Flask) -> None:
    assert day_names("vi")[1] == "Thứ Hai" and day_names("en")[7] == "Sunday"
    assert day_names("cjm") == day_names("km") == day_names("vi")  # no catalogue here has words of theirs


def test_a_desk_that_is_not_installed_says_so(tmp_path: Path) -> None:
    from kiosk import create_app
    from kiosk.settings import Settings

    (tmp_path / "new").mkdir()
    assert create_app(Settings(tmp_path / "new")).test_client().get("/sleep").status_code == 503
