"""The context of a tap besides the answer, who may not tap, and which languages a desk offers."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from flask import Flask

from kiosk.auth import sessions
from kiosk.desk import practice, rating_context
from models import clock
from models.clock import Moment, local_day
from tests.fixtures import desk_state_rows
from tests.fixtures.citizen import Citizen
from tests.fixtures.paired_desk import (
    change_reference,
    count_open_drafts,
    make_paired_app,
    read_hidden_fields,
    read_payloads,
)

#: A Thursday; 09:30 in Viet Nam.
THURSDAY = int(datetime.datetime(2026, 11, 5, 9, 30, tzinfo=clock.HCM).timestamp() * 1000)
HOURS = {"week": {"4": [["07:30", "11:30"], ["13:30", "17:00"]]}, "closed": ["2026-11-12"]}
PROCEDURE = {"code": "1.001193", "number": 7, "name": {"vi": "Đăng ký khai sinh"}}


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    app = make_paired_app(tmp_path / "desk")
    change_reference(app, lambda value: value.update(hours=HOURS, procedures=[PROCEDURE]))
    at(app, THURSDAY)
    return app


def at(app: Flask, ms: int) -> None:
    mono = clock.now().mono
    app.extensions["clock"] = lambda: Moment(ms, mono)


def serve(app: Flask, **facts: str) -> None:
    with app.extensions["database"].write() as session:
        desk_state_rows.put_texts(session, **facts)


def sealed(app: Flask, *, refused: bool = False) -> dict[str, object]:
    someone = Citizen(app)
    if refused:
        someone.send("/decline")
    else:
        someone.tap(3)
        someone.topics()
    return dict(read_payloads(app)[-1])


def test_what_is_served_goes_with_the_ratings_until_the_day_ends(app: Flask) -> None:
    serve(app, serving_procedure="1.001193", serving_stage="result", serving_day=local_day(THURSDAY))
    for _ in range(2):
        p = sealed(app)
        assert (p["procedure"], p["stage"]) == ("1.001193", "result")
    assert sealed(app, refused=True)["procedure"] == "1.001193"
    serve(app, serving_stage="")
    assert "stage" not in sealed(app)
    at(app, THURSDAY + 86_400_000)
    p = sealed(app)
    assert "procedure" not in p and "stage" not in p


def test_what_was_served_at_the_tap_stays_with_it(app: Flask) -> None:
    serve(app, serving_procedure="1.001193", serving_stage="submission", serving_day=local_day(THURSDAY))
    someone = Citizen(app)
    someone.tap(3)
    serve(app, serving_procedure="", serving_stage="result")
    someone.topics()
    assert (read_payloads(app)[0]["procedure"], read_payloads(app)[0]["stage"]) == ("1.001193", "submission")


@pytest.mark.parametrize(("fact", "value"), [("serving_procedure", "9.9"), ("serving_stage", "elsewhere")])
def test_what_the_centre_does_not_know_is_left_out(app: Flask, fact: str, value: str) -> None:
    serve(app, **{fact: value, "serving_day": local_day(THURSDAY)})
    p = sealed(app)
    assert "procedure" not in p and "stage" not in p


@pytest.mark.parametrize(
    ("hour", "minute", "outside"), [(7, 29, True), (7, 30, False), (11, 30, True), (12, 0, True), (16, 59, False)]
)
def test_a_tap_outside_the_opening_hours_is_tagged(app: Flask, hour: int, minute: int, outside: bool) -> None:
    at(app, int(datetime.datetime(2026, 11, 5, hour, minute, tzinfo=clock.HCM).timestamp() * 1000))
    assert sealed(app).get("off_hours", False) is outside


def test_the_tag_is_of_the_tap_not_of_the_sealing(app: Flask) -> None:
    at(app, THURSDAY + 2 * 3_600_000 - 1)
    someone = Citizen(app)
    someone.tap(3)
    at(app, THURSDAY + 2 * 3_600_000)
    someone.topics()
    assert "off_hours" not in read_payloads(app)[0]


def test_a_desk_without_hours_is_always_open(tmp_path: Path) -> None:
    app = make_paired_app(tmp_path / "open")
    with app.extensions["database"].read() as session:
        assert not rating_context.read_context(session, Moment(0, 0)).off_hours


def test_practice_goes_with_the_rating(app: Flask) -> None:
    with app.extensions["database"].write() as session:
        practice.begin_practice(session, app.extensions["clock"]())
    assert sealed(app)["drill"] is True


@pytest.mark.parametrize("kind", [sessions.STAFF, sessions.OFFICER])
def test_who_is_on_duty_is_given_no_faces_and_can_send_nothing(app: Flask, kind: str) -> None:
    someone = Citizen(app)
    fields = read_hidden_fields(someone.page)
    someone.tap(2)
    with app.extensions["database"].write() as session:
        cookie = sessions.sign_in(session, kind, app.extensions["clock"]())
    staff = app.test_client()
    staff.set_cookie(sessions.COOKIE, cookie)
    own = f"/rate/{someone.id}"
    replies = [staff.get(path) for path in ("/", own + "/topics", own + "/again", own + "/thanks", own + "/note.svg")]
    data = {**fields, "score": "5", "act": "send"}
    replies += [
        staff.post(path, data=data)
        for path in ("/rate", "/decline", *(own + step for step in ("/topics", "/undo", "/stay", "/factor/A")))
    ]
    for reply in replies:
        assert reply.status_code == 403 and "HL-403" in reply.text
        assert "Phần đánh giá dành cho người dân" in reply.text
        assert 'name="score"' not in reply.text and "face-1" not in reply.text
    assert count_open_drafts(app) == 1 and read_payloads(app) == []
    assert staff.get("/tokens.css").status_code == 200 and staff.get("/static/kiosk.css").status_code == 200
    asked = staff.get("/", headers={"Accept": "application/json"})
    assert asked.json is not None and asked.json["error"]["code"] == "staff_cannot_rate"


def test_an_expired_duty_leaves_no_tablet_dead(app: Flask) -> None:
    someone = app.test_client()
    someone.set_cookie(sessions.COOKIE, "left over from yesterday")
    assert someone.get("/").text.count('name="score"') == 5


def test_only_languages_the_centre_confirmed_are_offered_and_read(app: Flask) -> None:
    assert 'hreflang="en"' in Citizen(app).page
    change_reference(app, lambda value: value.update(languages=[["vi", "Tiếng Việt"]]))
    page = Citizen(app, "?lang=en").page
    assert '<html lang="vi"' in page and "hreflang" in page and 'hreflang="en"' not in page
    assert "Không có trang này" in app.test_client().get("/nothing?lang=en").text


def test_a_language_this_machine_has_no_words_for_is_not_offered(app: Flask) -> None:
    change_reference(
        app, lambda value: value.update(languages=[["vi", "Tiếng Việt"], ["qyy", "Khác"], ["en", "English"]])
    )
    page = Citizen(app, "?lang=qyy").page
    assert '<html lang="vi"' in page and "Khác" not in page and 'hreflang="en"' in page
    assert 'hreflang="qyy"' not in page and "lang=qyy" not in page
