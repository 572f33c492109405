"""Follow-up codes on the tablet: for whoever said something, after every score alike.

The next person never sees one again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from kiosk import create_app
from kiosk.settings import Settings
from kiosk.tablet import thanks_code
from models import clock
from models.clock import Moment
from models.protocol import follow_up_code
from models.protocol.sidecar import commitment
from models.tables.desk_store import DeskState
from tests.fixtures.citizen import Citizen, read_waiting_sidecars
from tests.fixtures.paired_desk import make_paired_app, read_payloads


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk", follow_up=True, typing=True, factors=True)


def finished(app: Flask, score: int = 3, topic: str = "wait") -> Citizen:
    someone = Citizen(app)
    someone.tap(score)
    someone.topics(*([topic] if topic else []))
    someone.send(someone.path, act="skip")
    return someone


def test_the_code_on_the_page_is_the_one_whose_digest_was_sealed(app: Flask) -> None:
    someone = finished(app)
    code = someone.code()
    assert code and follow_up_code.read_typed_code(code) == code and len(code) == 12
    said = read_waiting_sidecars(app)["f"]
    (p,) = read_payloads(app)
    assert said.value == follow_up_code.digest_code(code) and p["f"] == commitment(said.salt, said.value)
    assert 'data-leave="30"' in someone.page and 'content="30;url=/"' in someone.page
    assert follow_up_code.group_code(code) in someone.page and "Chụp lại hoặc quét để xem trả lời." in someone.page
    assert re.search(r'<svg class="qr" role="img" aria-label="[^"]+" viewBox="0 0 (\d+) \1"', someone.page)


@pytest.mark.parametrize("score", [1, 2, 3, 4, 5])
def test_every_score_gets_one(app: Flask, score: int) -> None:
    assert finished(app, score).code()


@pytest.mark.parametrize("way", ["topic", "answer", "words"])
def test_whoever_said_something_gets_one(app: Flask, way: str) -> None:
    someone = Citizen(app)
    someone.tap(4)
    if way == "words":
        someone.write("Tốt")
    someone.topics(*(["fees"] if way == "topic" else []))
    if way == "answer":
        someone.tap(3)
    someone.send(someone.path, act="skip")
    assert someone.code()


def test_who_said_nothing_gets_thanks_alone(app: Flask) -> None:
    someone = finished(app, topic="")
    assert someone.path == "/thanks" and someone.code() is None and 'data-leave="8"' in someone.page
    skipped = Citizen(app)
    skipped.tap(4)
    skipped.topics("wait", act="skip")
    assert skipped.path == "/thanks" and read_waiting_sidecars(app) == {}
    assert Citizen(app).send("/decline").request.path == "/thanks"


def test_without_the_setting_there_is_no_code(tmp_path: Path) -> None:
    app = make_paired_app(tmp_path / "plain")
    someone = Citizen(app)
    someone.tap(4)
    someone.topics("wait")
    assert someone.path == "/thanks" and read_waiting_sidecars(app) == {}


def test_a_lost_reply_is_asked_for_again_and_says_the_same_code(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(4)
    someone.topics("wait")
    at = someone.path
    first = someone.send(at, act="skip")
    code = someone.code()
    someone.send(at, act="skip")
    assert code and first.status_code == 200 and someone.code() == code and len(read_payloads(app)) == 1
    assert read_waiting_sidecars(app)["f"].value == follow_up_code.digest_code(code)


def test_the_next_person_cannot_find_it(app: Flask) -> None:
    someone = finished(app)
    page = f"/rate/{someone.id}/thanks"
    assert page == someone.path and someone.client.get(page).status_code == 200
    other = Citizen(app)
    assert someone.client.get(page).status_code == 200  # a page that is drawn is nobody
    other.tap(4)
    assert someone.client.get(page).location == "/"
    again = someone.client.post(f"/rate/{someone.id}/topics", data={"seal": someone.seal, "act": "send"})
    assert again.location == "/thanks"


def test_who_is_done_leaves_no_code_behind(app: Flask) -> None:
    someone = finished(app)
    page = someone.path
    assert someone.send(f"/rate/{someone.id}/done").request.path == "/"
    assert someone.client.get(page).location == "/"


@pytest.mark.parametrize("seal", ["", "0" * 32])
def test_nobody_else_says_that_somebody_is_done(app: Flask, seal: str) -> None:
    someone = finished(app)
    assert someone.client.post(f"/rate/{someone.id}/done", data={"seal": seal}).status_code == 400
    assert someone.client.get(someone.path).status_code == 200


def test_it_goes_with_its_page_and_with_a_start(app: Flask) -> None:
    now = clock.now()
    app.extensions["clock"] = lambda: now
    someone = finished(app)
    code, at = someone.code(), f"/rate/{someone.id}/topics"

    def after(seconds: float) -> None:
        app.extensions["clock"] = lambda: Moment(now.t, now.mono + int(seconds * 1000))

    after(12)
    assert 'data-leave="18"' in someone.open(someone.path).text and someone.code() == code
    after(thanks_code.STANDS_WITH_CODE)
    assert someone.client.get(f"/rate/{someone.id}/thanks").location == "/"
    after(45)  # the tablet had no reply, and sends the answer again
    assert someone.send(at, act="skip").status_code == 200 and someone.code() == code
    after(74)
    assert someone.client.get(someone.path).status_code == 200
    after(75)
    assert someone.client.get(someone.path).location == "/"
    after(91)
    assert someone.client.post(at, data={"seal": someone.seal, "act": "skip"}).location == "/thanks"
    after(50)
    assert someone.client.get(someone.path).status_code == 200
    with app.extensions["database"].write() as session:
        session.get_one(DeskState, "boot").value = "2"
    assert someone.client.get(someone.path).location == "/"


def test_the_code_stands_in_no_address_and_not_in_the_store(app: Flask) -> None:
    someone = finished(app)
    code = someone.code()
    assert code
    assert not [reply for reply in someone.replies if code in reply.request.url or code in str(reply.headers)]
    app.extensions["database"].close()
    stored = b"".join(path.read_bytes() for path in app.extensions["settings"].instance.glob("kiosk.sqlite*"))
    assert someone.id.encode() in stored
    assert code.encode() not in stored and follow_up_code.group_code(code).encode() not in stored


def test_codes_are_drawn_by_chance(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = [finished(app).code() for _ in range(3)]
    assert len(set(codes)) == 3
    someone = finished(app)
    with app.extensions["database"].write() as session:
        fact = session.get_one(DeskState, "farewell")
        fact.value = json.dumps({**json.loads(fact.value), "chance": "0" * 32})
    other = someone.client.get(someone.path).text
    assert follow_up_code.group_code(someone.code() or "") not in other  # neither id nor page secret alone makes it


def test_it_outlives_a_restart_of_the_server_alone(app: Flask, tmp_path: Path) -> None:
    someone = finished(app)
    after = create_app(Settings(tmp_path / "desk")).test_client()
    assert follow_up_code.group_code(someone.code() or "") in after.get(someone.path).text


@pytest.fixture(autouse=True)
def _no_cookie_is_ever_set(app: Flask) -> Iterator[None]:
    yield
    assert "Set-Cookie" not in app.test_client().get("/thanks").headers
