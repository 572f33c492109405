"""The tablet's pages in a browser without script: one tap is never lost, never doubled, never shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk import create_app
from kiosk.desk.sender_heartbeat import SenderHeartbeat
from kiosk.settings import Settings
from tests.fixtures.paired_desk import (
    count_open_drafts,
    leave_alone,
    make_paired_app,
    read_hidden_fields,
    read_payloads,
)


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client(use_cookies=False)


def tap(client: FlaskClient, score: object, query: str = "") -> tuple[str, TestResponse]:
    """Open the faces and tap one: the response id and the reply."""
    page = client.get("/" + query)
    fields = read_hidden_fields(page.text)
    return fields["id"], client.post("/rate" + query, data={**fields, "score": str(score)})


def seal_of(client: FlaskClient, path: str) -> str:
    return read_hidden_fields(client.get(path).text)["seal"]


def test_the_first_page_has_one_form_with_five_scores_in_order(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert page.text.count("<form") == 1
    assert re.findall(r'name="score" value="(\d)"', page.text) == ["1", "2", "3", "4", "5"]
    assert "checked" not in page.text and "selected" not in page.text
    assert set(read_hidden_fields(page.text)) == {"id", "seal"}
    assert page.headers["Cache-Control"] == "no-store"


def test_two_drawings_never_share_an_id(client: FlaskClient) -> None:
    assert read_hidden_fields(client.get("/").text)["id"] != read_hidden_fields(client.get("/").text)["id"]


def test_a_tap_is_durable_before_anything_else_is_shown(client: FlaskClient, app: Flask) -> None:
    id, reply = tap(client, 2)
    assert (reply.status_code, reply.location) == (303, f"/rate/{id}/topics")
    assert count_open_drafts(app) == 1


def test_send_seals_one_entry_with_the_topics_in_the_order_of_the_questionnaire(
    client: FlaskClient, app: Flask
) -> None:
    id, reply = tap(client, 4)
    seal = seal_of(client, reply.location)
    ticked = {"seal": seal, "topic": ["ontime", "wait", "nonsense"], "act": "send"}
    sent = client.post(f"/rate/{id}/topics", data=ticked)
    assert (sent.status_code, sent.location) == (303, "/thanks")
    again = client.post(f"/rate/{id}/topics", data={"seal": seal, "topic": ["fees"], "act": "send"})
    assert (again.status_code, again.location) == (303, "/thanks")
    (p,) = read_payloads(app)
    assert p["answers"] == [["overall", 4]]
    assert p["topics"] == ["wait", "ontime"]
    assert (p["state"], p["channel"], p["lang"]) == ("complete", "kiosk", "vi")


def test_nothing_more_keeps_the_score_and_no_topics(client: FlaskClient, app: Flask) -> None:
    id, reply = tap(client, 1)
    client.post(f"/rate/{id}/topics", data={"seal": seal_of(client, reply.location), "topic": "wait", "act": "skip"})
    (p,) = read_payloads(app)
    assert "topics" not in p and p["answers"] == [["overall", 1]]


def test_the_same_page_tapped_twice_keeps_the_first_score(client: FlaskClient, app: Flask) -> None:
    fields = read_hidden_fields(client.get("/").text)
    first = client.post("/rate", data={**fields, "score": "5"})
    second = client.post("/rate", data={**fields, "score": "1"})
    assert first.location == second.location
    leave_alone(app)
    third = client.post("/rate", data={**fields, "score": "2"})
    assert (third.status_code, third.location) == (303, "/thanks")
    (p,) = read_payloads(app)
    assert p["answers"] == [["overall", 5]]


def test_silence_seals_what_was_left(client: FlaskClient, app: Flask) -> None:
    id, _reply = tap(client, 3)
    assert leave_alone(app) == 1
    (p,) = read_payloads(app)
    assert p["state"] == "partial"
    assert client.get(f"/rate/{id}/topics").location == "/"


@pytest.mark.parametrize("score", ["", "0", "6", "-1", "3 ", " 3", "03", "3.0", "٣", "true", "1\n", None])
def test_a_bad_score_stores_nothing_and_shows_fresh_faces(client: FlaskClient, app: Flask, score: str | None) -> None:
    fields = read_hidden_fields(client.get("/").text)
    reply = client.post("/rate", data=fields if score is None else {**fields, "score": score})
    assert reply.status_code == 400
    assert "HL-400" in reply.text and "Xin chạm lại một khuôn mặt" in reply.text
    assert reply.text.count('name="score"') == 5
    assert read_hidden_fields(reply.text)["id"] != fields["id"]
    assert count_open_drafts(app) == 0 and read_payloads(app) == []


def test_a_script_hears_about_a_bad_score_in_json(client: FlaskClient) -> None:
    fields = read_hidden_fields(client.get("/").text)
    reply = client.post("/rate", data={**fields, "score": "6"}, headers={"Accept": "application/json"})
    assert reply.status_code == 400
    assert reply.json is not None and set(reply.json) == {"error"} and set(reply.json["error"]) == {"code", "message"}
    assert reply.json["error"]["code"] == "bad_score"


def test_a_seal_fits_one_response_only(client: FlaskClient, app: Flask) -> None:
    mine, other = read_hidden_fields(client.get("/").text), read_hidden_fields(client.get("/").text)
    for fields in (
        {"id": mine["id"], "seal": other["seal"]},
        {"id": mine["id"], "seal": ""},
        {"id": mine["id"]},
        {"seal": mine["seal"]},
        {"id": "x" * 32, "seal": mine["seal"]},
    ):
        reply = client.post("/rate", data={**fields, "score": "5"}, headers={"Accept": "application/json"})
        assert reply.status_code == 400
        assert reply.json is not None and reply.json["error"]["code"] == "page_too_old"
    assert count_open_drafts(app) == 0


@pytest.mark.parametrize("step", ["topics", "undo", "stay"])
def test_every_later_step_needs_the_seal(client: FlaskClient, app: Flask, step: str) -> None:
    id, _reply = tap(client, 5)
    assert client.post(f"/rate/{id}/{step}", data={"seal": "0" * 32}).status_code == 400
    assert count_open_drafts(app) == 1 and read_payloads(app) == []


def test_a_page_drawn_before_a_restart_is_still_good(app: Flask, tmp_path: Path) -> None:
    fields = read_hidden_fields(app.test_client().get("/").text)
    after = create_app(Settings(tmp_path / "desk"))
    assert after.test_client().post("/rate", data={**fields, "score": "2"}).status_code == 303


def test_no_page_sets_a_cookie(client: FlaskClient) -> None:
    id, reply = tap(client, 5)
    pages = [reply, client.get("/"), client.get(reply.location), client.get("/thanks"), client.get("/nothing")]
    assert not [page for page in pages if "Set-Cookie" in page.headers]


def test_choose_again_replaces_the_score_of_the_same_response(client: FlaskClient, app: Flask) -> None:
    id, reply = tap(client, 1)
    undone = client.post(f"/rate/{id}/undo", data={"seal": seal_of(client, reply.location)})
    assert (undone.status_code, undone.location) == (303, f"/rate/{id}/again")
    faces = client.get(undone.location)
    assert read_hidden_fields(faces.text)["id"] == id
    client.post("/rate", data={**read_hidden_fields(faces.text), "score": "4"})
    client.post(f"/rate/{id}/topics", data={"seal": read_hidden_fields(faces.text)["seal"], "act": "send"})
    (p,) = read_payloads(app)
    assert p["answers"] == [["overall", 4]] and p["undos"] == 1


def test_taken_back_and_left_is_withdrawn(client: FlaskClient, app: Flask) -> None:
    id, reply = tap(client, 1)
    client.post(f"/rate/{id}/undo", data={"seal": seal_of(client, reply.location)})
    leave_alone(app)
    assert [p["state"] for p in read_payloads(app)] == ["withdrawn"]
    assert client.get(f"/rate/{id}/again").location == "/"


def test_a_refusal_is_recorded_without_an_answer(client: FlaskClient, app: Flask) -> None:
    reply = client.post("/decline", data=read_hidden_fields(client.get("/").text))
    assert (reply.status_code, reply.location) == (303, "/thanks")
    (p,) = read_payloads(app)
    assert (p["state"], p["answers"]) == ("declined", [])


def test_ticks_survive_a_change_of_language_and_opening_all_topics(client: FlaskClient, app: Flask) -> None:
    id, reply = tap(client, 3)
    seal = seal_of(client, reply.location)
    ticked = {"seal": seal, "topic": ["papers", "fair"], "act": "look"}
    drawn = client.post(f"/rate/{id}/topics?lang=en&size=large", data=ticked)
    assert (drawn.status_code, drawn.location) == (303, f"/rate/{id}/topics?lang=en&size=large")
    page = client.get(drawn.location)
    assert page.status_code == 200 and count_open_drafts(app) == 1
    assert re.findall(r'value="(\w+)" checked', page.text) == ["papers", "fair"]
    assert page.text.count('name="topic"') == 15
    assert "Papers to hand in" in page.text and '<html lang="en" class="size-large contrast-normal">' in page.text


def test_more_opens_all_fifteen_by_factor(client: FlaskClient) -> None:
    id, reply = tap(client, 3)
    six = client.get(reply.location).text
    assert six.count('name="topic"') == 6
    everything = client.get(reply.location + "?all=1").text
    assert everything.count('name="topic"') == 15 and everything.count('<p class="name"') == 5


def test_enter_sends_and_never_changes_the_language(client: FlaskClient) -> None:
    """The browser presses a form's first submit button in page order when somebody presses Enter."""
    _id, reply = tap(client, 3)
    first = re.search(r"<button[^>]*>", client.get(reply.location).text)
    assert first and 'value="send"' in first[0]


def test_choices_travel_in_the_address_and_end_with_the_person(client: FlaskClient, app: Flask) -> None:
    query = "?lang=en&size=large&contrast=high"
    id, reply = tap(client, 4, query)
    assert reply.location == f"/rate/{id}/topics{query}"
    page = client.get(reply.location)
    assert "What would you like to say more about?" in page.text
    sent = client.post(f"/rate/{id}/topics{query}", data={"seal": read_hidden_fields(page.text)["seal"], "act": "send"})
    assert sent.location == f"/thanks{query}"
    thanks = client.get(sent.location).text
    assert "Thank you!" in thanks and 'content="8;url=/"' in thanks and 'href="/">Done' in thanks
    assert read_payloads(app)[0]["lang"] == "en"
    assert '<html lang="vi" class="size-normal contrast-normal">' in client.get("/").text


@pytest.mark.parametrize("query", ["?lang=en", "?size=large", "?contrast=high"])
def test_without_script_choices_end_when_nobody_is_there(client: FlaskClient, query: str) -> None:
    again = '<noscript><meta http-equiv="refresh" content="60;url=/"></noscript>'
    assert again in client.get("/" + query).text and again not in client.get("/").text


@pytest.mark.parametrize("query", ["?lang=xx&size=huge&contrast=7", "?lang=&size=", "?lang=%00&size=<b>"])
def test_unknown_choices_are_the_defaults(client: FlaskClient, query: str) -> None:
    assert '<html lang="vi" class="size-normal contrast-normal">' in client.get("/" + query).text


def test_high_contrast_draws_lines_in_place_of_colours(client: FlaskClient) -> None:
    page = client.get("/?contrast=high").text
    assert [f"#face-{n}-line" in page for n in range(1, 6)] == [True] * 5
    assert "-line" not in client.get("/").text


def test_thanks_says_where_the_answer_is(tmp_path: Path) -> None:
    apps = [make_paired_app(tmp_path / "a"), make_paired_app(tmp_path / "b", online=False)]
    senders = [SenderHeartbeat(tmp_path / folder) for folder in ("a", "b")]
    online, offline = (app.test_client().get("/thanks").text for app in apps)
    for sender in senders:
        sender.release()
    assert "Phiếu đã lưu an toàn trên máy và đang được gửi." in online
    assert "Máy đang mất kết nối." in offline and "dot offline" in offline


def test_i_am_still_here_keeps_the_draft(client: FlaskClient, app: Flask) -> None:
    id, reply = tap(client, 3)
    stay = client.post(f"/rate/{id}/stay", data={"seal": seal_of(client, reply.location)})
    assert (stay.status_code, stay.location) == (303, reply.location)
    assert count_open_drafts(app) == 1


def test_time_on_a_screen_is_kept_only_when_believable(client: FlaskClient, app: Flask) -> None:
    for ms in ("1234", "-5", "1e3", "99999999", "３"):
        fields = read_hidden_fields(client.get("/").text)
        client.post("/rate", data={**fields, "score": "3", "ms": ms})
    leave_alone(app)
    assert [dict(p.get("ms", [])) for p in read_payloads(app)] == [{"faces": 1234}, {}, {}, {}, {}]
