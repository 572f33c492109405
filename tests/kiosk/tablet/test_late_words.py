"""Late words: what is sent after a start has sealed the rating is not in it, and the thanks say so.

What is sent twice is thanked once.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from kiosk import boot
from kiosk.sync import client
from kiosk.sync.transport import HttpAnswer, NoAnswer
from models import clock
from models.clock import Moment
from tests.fixtures.paired_desk import (
    change_reference,
    count_open_drafts,
    make_paired_app,
    read_hidden_fields,
    read_payloads,
)

LATE = "Phần thêm sau cùng đến muộn nên chưa ghi được."


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk", factors=True, typing=True, follow_up=True)


def seal_of(html: str) -> dict[str, str]:
    return dict(re.findall(r'name="(seal)" type="hidden" value="([^"]*)"', html))


def tapped(app: Flask, score: str) -> str:
    fields = read_hidden_fields(app.test_client().get("/").text)
    assert app.test_client().post("/rate", data={**fields, "score": score}).status_code == 303
    return fields["id"]


def restarted(app: Flask) -> None:
    boot.start_desk(app.extensions["database"], clock.now(), app.extensions["settings"])


@pytest.mark.parametrize("score", list("12345"))
@pytest.mark.parametrize(
    ("page", "fields", "late"),
    [
        ("topics", {"topic": "wait", "act": "send"}, True),
        ("topics", {"act": "send"}, False),
        ("topics", {"act": "skip", "topic": "wait"}, False),
        ("factor/A", {"score": "3"}, True),
        ("factor/A", {"act": "skip"}, False),
        ("comment", {"act": "keep", "text": "Chờ lâu"}, True),
        ("comment", {"act": "keep", "text": " "}, False),
    ],
    ids=["topics", "no topics", "skipped", "factor", "no more factors", "comment", "empty comment"],
)
def test_what_came_after_a_start_is_not_thanked_for(
    app: Flask, page: str, fields: dict[str, str], late: bool, score: str
) -> None:
    id = tapped(app, score)
    client = app.test_client()
    sealed = seal_of(client.get(f"/rate/{id}/{page}").text)
    restarted(app)
    reply = client.post(f"/rate/{id}/{page}", data={**sealed, **fields}, follow_redirects=True)
    assert reply.status_code == 200 and "Cảm ơn Ông/Bà!" in reply.text
    assert (LATE in reply.text) is late
    (p,) = read_payloads(app)
    assert p["state"] == "partial" and p["answers"] == [["overall", int(score)]] and "topics" not in p


def test_the_same_page_sent_twice_is_thanked_as_the_first_time(app: Flask) -> None:
    id = tapped(app, "2")
    client = app.test_client()
    sealed = seal_of(client.get(f"/rate/{id}/factor/E").text)
    for _ in range(2):
        reply = client.post(f"/rate/{id}/factor/E", data={**sealed, "score": "4"}, follow_redirects=True)
        assert LATE not in reply.text and "Cảm ơn Ông/Bà!" in reply.text
    (p,) = read_payloads(app)
    assert p["answers"] == [["overall", 2], ["E", 4]] and p["state"] == "complete"


class NoNetwork:
    def post(self, path: str, body: bytes, headers: dict[str, str]) -> HttpAnswer:
        raise NoAnswer("no network")


def test_a_screen_that_stands_longer_is_not_swept_earlier(app: Flask) -> None:
    change_reference(app, lambda value: value.update(idle_seconds=120))
    tapped(app, "4")
    began = clock.now()
    for seconds, left in ((90, 1), (125, 0)):
        later = partial(Moment, began.t + seconds * 1000, began.mono + seconds * 1000)
        client.sync_once(app.extensions["database"], NoNetwork(), later, app.extensions["settings"])
        assert count_open_drafts(app) == left
