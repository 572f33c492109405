"""Playback of recordings: by their hash alone, whole or in part, only those the reference data names."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from flask import Flask

from kiosk.desk import reference
from kiosk.tablet.recording_playback import prompt_path
from tests.fixtures.paired_desk import change_reference, make_paired_app

SOUND = bytes(range(256)) * 8
SHA = hashlib.sha256(SOUND).hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    app = make_paired_app(tmp_path / "desk")
    named = [{"id": "overall", "lang": "vi", "sha": SHA, "size": len(SOUND), "mime": "audio/ogg"}]
    change_reference(app, lambda value: value.update(prompts=named))
    folder = tmp_path / "desk" / "media"
    folder.mkdir()
    (folder / SHA).write_bytes(SOUND)
    (folder / OTHER).write_bytes(b"other")
    return app


def test_a_recording_is_sent_whole_with_its_kind_and_may_be_kept(app: Flask) -> None:
    reply = app.test_client().get(f"/media/{SHA}")
    assert reply.data == SOUND and reply.mimetype == "audio/ogg"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert {"max-age=31536000", "immutable"} <= set(reply.headers["Cache-Control"].split(", "))
    again = app.test_client().get(f"/media/{SHA}", headers={"If-None-Match": reply.headers["ETag"]})
    assert again.status_code == 304


def test_a_part_of_it_too(app: Flask) -> None:
    reply = app.test_client().get(f"/media/{SHA}", headers={"Range": "bytes=256-511"})
    assert reply.status_code == 206 and reply.data == SOUND[256:512]
    assert reply.headers["Content-Range"] == f"bytes 256-511/{len(SOUND)}"


@pytest.mark.parametrize("name", [OTHER, "0" * 64, "kiosk.key", "..%2Fkiosk.key", SHA.upper()])
def test_nothing_else_is_given_out(app: Flask, name: str) -> None:
    assert app.test_client().get(f"/media/{name}").status_code == 404


def test_a_file_that_is_not_whole_is_not_there(app: Flask, tmp_path: Path) -> None:
    settings = app.extensions["settings"]
    with app.extensions["database"].read() as session:
        desk = reference.read_reference(session)
    assert desk is not None
    path = prompt_path(settings, desk, "overall", "vi")
    assert path == tmp_path / "desk" / "media" / SHA
    assert prompt_path(settings, desk, "overall", "en") is None and prompt_path(settings, desk, "topics", "vi") is None
    path.write_bytes(SOUND[:-1])
    assert prompt_path(settings, desk, "overall", "vi") is None
    assert app.test_client().get(f"/media/{SHA}").status_code == 404


def test_the_button_stands_only_where_there_is_something_to_hear(app: Flask, tmp_path: Path) -> None:
    client = app.test_client()
    assert f'data-src="/media/{SHA}"' in client.get("/").text
    assert "listen" not in client.get("/?lang=en").text
    (tmp_path / "desk" / "media" / SHA).unlink()
    assert "listen" not in client.get("/").text
