"""The factors' questions on the tablet: one page each, every answer durable, none ever shown again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from models.clock import Moment, local_day, now
from tests.fixtures import desk_state_rows
from tests.fixtures.citizen import Citizen
from tests.fixtures.paired_desk import change_reference, count_open_drafts, leave_alone, make_paired_app, read_payloads


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk", factors=True)


def answers(app: Flask) -> list[list[object]]:
    (p,) = read_payloads(app)
    found: list[list[object]] = p["answers"]
    return found


def test_five_questions_follow_in_order_and_the_last_one_sends(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(4)
    someone.topics("wait")
    for number, (item, score) in enumerate({"A": 5, "B": 3, "C": 1, "D": 2, "E": 4}.items(), start=1):
        assert someone.path.endswith(f"/factor/{item}")
        assert f"Câu <strong>{number}</strong> trong 5" in someone.page
        assert f"#factor-{item}" in someone.page
        assert re.findall(r'name="score" value="(\d)"', someone.page) == ["1", "2", "3", "4", "5", "0"]
        someone.tap(score)
    assert someone.path == "/thanks"
    assert answers(app) == [["overall", 4], ["A", 5], ["B", 3], ["C", 1], ["D", 2], ["E", 4]]
    assert read_payloads(app)[0]["state"] == "complete" and read_payloads(app)[0]["topics"] == ["wait"]


def test_without_the_setting_there_are_none(tmp_path: Path) -> None:
    app = make_paired_app(tmp_path / "plain")
    someone = Citizen(app)
    someone.tap(2)
    someone.topics()
    assert someone.path == "/thanks"
    other = Citizen(app)
    other.tap(2)
    assert other.open(f"/rate/{other.id}/factor/A").request.path == f"/rate/{other.id}/topics"


def test_each_answer_is_durable_when_tapped(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(4)
    someone.topics("fees")
    someone.tap(1)
    someone.tap(0)
    leave_alone(app)  # what was answered is kept
    assert answers(app) == [["overall", 4], ["A", 1], ["B", 0]]
    assert read_payloads(app)[0]["state"] == "partial" and read_payloads(app)[0]["topics"] == ["fees"]


def test_going_back_shows_nothing_and_a_new_tap_replaces(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(4)
    someone.topics()
    first = someone.page
    someone.tap(1)
    someone.send(someone.path, act="back")
    assert someone.page == first
    someone.tap(5)
    someone.send(someone.path, act="skip")
    assert someone.path == "/thanks" and answers(app) == [["overall", 4], ["A", 5]]


def test_back_from_the_first_question_leads_to_the_topics_where_undo_stands(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(1)
    someone.topics("wait")
    someone.tap(2)
    someone.send(someone.path, act="back")
    someone.send(someone.path, act="back")
    assert someone.path.endswith("/topics") and 'value="wait" checked' in someone.page
    someone.send(f"/rate/{someone.id}/undo")
    someone.tap(5)
    someone.topics(act="skip")
    assert answers(app) == [["overall", 5], ["A", 2]]


def test_nothing_more_ends_at_once(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(4)
    someone.topics("wait", act="skip")
    assert someone.path == "/thanks" and answers(app) == [["overall", 4]]


def test_taken_back_and_left_keeps_nothing_of_what_was_said(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(4)
    someone.topics("wait")
    someone.tap(1)
    someone.open(f"/rate/{someone.id}/topics")
    someone.send(f"/rate/{someone.id}/undo")
    leave_alone(app)
    (p,) = read_payloads(app)
    assert (p["state"], p["answers"]) == ("withdrawn", []) and "topics" not in p


def test_one_question_is_answered_once_however_often_it_is_sent(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(4)
    someone.topics()
    at = someone.path
    for score in (2, 2, 3):
        someone.send(at, score=str(score))
    someone.send(someone.path, act="skip")
    assert answers(app) == [["overall", 4], ["A", 3]]


@pytest.mark.parametrize("score", ["", "6", "-1", " 3", "٣", "00"])
def test_a_bad_answer_keeps_the_question(app: Flask, score: str) -> None:
    someone = Citizen(app)
    someone.tap(4)
    someone.topics()
    reply = someone.send(someone.path, score=score)
    assert reply.status_code == 400 and "HL-400" in reply.text and "Câu <strong>1</strong>" in reply.text
    two = someone.client.post(someone.path, data={"seal": someone.seal, "score": ["1", "5"]})
    assert two.status_code == 400
    leave_alone(app)
    assert answers(app) == [["overall", 4]]


def test_not_applicable_is_asked_only_where_the_questionnaire_allows_it(app: Flask) -> None:
    change_reference(app, lambda value: value["instrument"]["items"][1].update(not_applicable=False))
    someone = Citizen(app)
    someone.tap(4)
    someone.topics()
    assert 'value="0"' not in someone.page
    assert someone.tap(0).status_code == 400
    someone.tap(3)
    assert 'value="0"' in someone.page


def test_an_answer_needs_the_seal(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(4)
    someone.topics()
    assert someone.client.post(someone.path, data={"seal": "0" * 32, "score": "1"}).status_code == 400
    assert count_open_drafts(app) == 1


@pytest.mark.every_moment
def test_questions_of_other_stages_are_left_out_when_the_stage_is_known(app: Flask) -> None:
    def change(value: dict[str, object]) -> None:
        instrument = value["instrument"]
        assert isinstance(instrument, dict)
        instrument["items"][4]["stages"] = ["result"]

    change_reference(app, change)
    at = now()
    app.extensions["clock"] = lambda: Moment(at.t, now().mono)  # no day ends while the officer serves

    def asked() -> list[str]:
        someone, found = Citizen(app), []
        someone.tap(3)
        someone.topics()
        while "/factor/" in someone.path:
            found.append(someone.path[-1])
            someone.tap(3)
        return found

    assert asked() == ["A", "B", "C", "D", "E"]
    with app.extensions["database"].write() as session:
        desk_state_rows.put_texts(session, serving_stage="submission", serving_day=local_day(at.t))
    assert asked() == ["A", "B", "C", "E"]
    with app.extensions["database"].write() as session:
        desk_state_rows.put_texts(session, serving_stage="result")
    assert asked() == ["A", "B", "C", "D", "E"]


def test_a_page_of_a_sealed_rating_leads_to_the_faces(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(4)
    someone.topics()
    leave_alone(app)
    assert someone.open(f"/rate/{someone.id}/factor/B").request.path == "/"
    late = someone.client.post(f"/rate/{someone.id}/factor/B", data={"seal": someone.seal, "score": "2"})
    assert (late.status_code, late.location) == (303, "/thanks?rating=only")
    assert answers(app) == [["overall", 4]]
