"""Error screens of the tablet, and the headers of everything it sends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from kiosk import create_app
from kiosk.settings import Settings
from kiosk.web.security_headers import HEADERS
from models.ids import new_id
from models.protocol import form_seal
from tests.fixtures.citizen import Citizen
from tests.fixtures.paired_desk import leave_alone, make_paired_app, read_hidden_fields, read_payloads


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk")


def test_a_tablet_that_was_never_paired_shows_no_faces(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    client = create_app(Settings(tmp_path / "new")).test_client()
    page = client.get("/")
    assert page.status_code == 503
    assert "Máy chưa được cài đặt" in page.text
    assert "<form" not in page.text and "face-" not in page.text
    assert 'content="30;url=/"' in page.text
    assert client.post("/rate", data={"score": "3"}).status_code == 503


@pytest.mark.parametrize(
    ("path", "method", "status", "code"),
    [
        ("/nothing", "GET", 404, "not_found"),
        ("/rate", "GET", 405, "wrong_method"),
        ("/static/no", "GET", 404, "not_found"),
    ],
)
def test_errors_are_a_page_for_people_and_json_for_scripts(
    app: Flask, path: str, method: str, status: int, code: str
) -> None:
    client = app.test_client()
    page = client.open(path, method=method)
    assert page.status_code == status and f"HL-{status}" in page.text and 'href="/"' in page.text
    reply = client.open(path, method=method, headers={"Accept": "application/json"})
    assert reply.status_code == status
    assert reply.json is not None and reply.json["error"]["code"] == code and len(reply.json["error"]["message"]) > 20


def test_a_wrong_method_names_the_right_one(app: Flask) -> None:
    assert "POST" in app.test_client().get("/rate").headers["Allow"]


def test_errors_speak_the_readers_language(app: Flask) -> None:
    assert "Không có trang này" in app.test_client().get("/nothing").text
    assert "There is no such page" in app.test_client().get("/nothing?lang=en").text


def test_too_long_a_body_is_refused_before_it_is_read(app: Flask) -> None:
    reply = app.test_client().post("/rate", data={"score": "3" * 70_000}, headers={"Accept": "application/json"})
    assert reply.status_code == 413
    assert reply.json is not None and reply.json["error"]["code"] == "too_large"


def test_a_broken_store_says_so_and_loses_nothing_recorded(app: Flask) -> None:
    client = app.test_client()
    fields = read_hidden_fields(client.get("/").text)
    with app.extensions["database"].write() as session:
        session.execute(text("ALTER TABLE draft RENAME TO draft_gone"))
    for reply in (client.get(f"/rate/{fields['id']}/topics"), client.post("/rate", data={**fields, "score": "4"})):
        assert reply.status_code == 503
        assert "Máy đang tạm dừng" in reply.text and "chưa được ghi" in reply.text
        assert 'name="score"' not in reply.text
    with app.extensions["database"].write() as session:
        session.execute(text("ALTER TABLE draft_gone RENAME TO draft"))
    assert client.post("/rate", data={**fields, "score": "4"}).status_code == 303
    leave_alone(app)
    assert [p["answers"] for p in read_payloads(app)] == [[["overall", 4]]]


def test_a_full_disk_is_named(app: Flask) -> None:
    client, store = app.test_client(), app.extensions["database"]
    fields = read_hidden_fields(client.get("/").text)
    with store.write() as session:
        pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
    event.listen(store.engine, "connect", lambda one, _: one.execute(f"PRAGMA max_page_count={pages}"))
    store.close()
    with pytest.raises(DBAPIError, match="full"), store.write() as session:
        session.execute(text("CREATE TABLE more AS SELECT zeroblob(1000000) AS x"))
    pages_of_many = [
        {"id": id, "seal": form_seal.make_seal(app.config["SECRET_KEY"], id)} for id in map(new_id, range(200))
    ]
    replies = [
        client.post("/rate", data={**page, "score": "4"}, headers={"Accept": "application/json"})
        for page in [fields, *pages_of_many]
    ]  # fmt: skip
    assert {reply.status_code for reply in replies} <= {303, 507}  # what is left inside the last pages is used first
    reply = replies[-1]
    assert reply.status_code == 507
    assert reply.json is not None and reply.json["error"]["code"] == "disk_full"


@pytest.mark.parametrize(
    "path", ["/", "/thanks", "/nothing", "/rate", "/static/kiosk.css", "/static/faces.svg", "/tokens.css", "/healthz"]
)
def test_every_answer_carries_the_security_headers(app: Flask, path: str) -> None:
    reply = app.test_client().get(path)
    expected = HEADERS | ({"Cross-Origin-Resource-Policy": "cross-origin"} if path == "/healthz" else {})
    assert {name: reply.headers.get(name) for name in HEADERS} == expected
    policy = reply.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and policy.startswith("default-src 'none'")


def test_pages_are_never_kept_and_style_sheets_are_checked(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/").headers["Cache-Control"] == "no-store"
    sheet = client.get("/tokens.css")
    assert "--lam:" in sheet.text and sheet.headers["ETag"]
    assert client.get("/tokens.css", headers={"If-None-Match": sheet.headers["ETag"]}).status_code == 304


def test_a_cold_tablet_loads_little(tmp_path: Path) -> None:
    """Each page with everything it asks for, as it travels: headers, compressed style sheets, script and drawings."""
    someone = Citizen(make_paired_app(tmp_path / "full", factors=True, typing=True, follow_up=True))
    pages = [someone.replies[-1], someone.tap(3), someone.topics(act="write")]
    pages += [someone.send(someone.path, act="skip"), someone.topics("wait")]
    pages += [someone.tap(3), someone.send(someone.path, act="skip")]
    for page in pages:
        assets = set(re.findall(r'(?:href|src)="(/(?:static/|tokens|rate/[^"]+svg)[^"#]*)', page.text))
        assert "/tokens.css" in " ".join(assets) and len(assets) >= 5
        replies = [someone.client.get(path, headers={"Accept-Encoding": "gzip"}) for path in assets]
        total = sum(len(reply.data) + len(str(reply.headers)) for reply in [page, *replies])
        assert total <= 60_000, (page.request.path, total)


def test_a_seal_needs_a_secret() -> None:
    with pytest.raises(ValueError, match="secret"):
        form_seal.make_seal("", "x")
    assert form_seal.is_valid_seal("k", "x", form_seal.make_seal(b"k", "x"))
    assert not form_seal.is_valid_seal("k", "x", form_seal.make_seal("other", "x"))
    assert not form_seal.is_valid_seal("k", "y", form_seal.make_seal("k", "x"))
    assert not form_seal.is_valid_seal("k", "x", "é")
