"""Static files: kept by their content, sent compressed; and the very first page on its own."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask

from kiosk.tablet import startup_page
from tests.fixtures.paired_desk import make_paired_app


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk")


def addresses(app: Flask) -> list[str]:
    return sorted(set(re.findall(r'(?:href|src)="(/(?:static/|tokens)[^"#]+)', app.test_client().get("/").text)))


def test_every_file_of_a_page_may_be_kept_because_its_address_is_its_contents(app: Flask) -> None:
    client = app.test_client()
    found = addresses(app)
    assert len(found) >= 5
    for address in found:
        reply = client.get(address)
        assert re.search(r"\?v=[0-9a-f]{8}$", address) and reply.status_code == 200
        assert "immutable" in reply.headers["Cache-Control"]
        assert client.get(address.replace("?v=", "?v=0")).headers["Cache-Control"] == "no-cache"


def test_packed_bytes_are_the_files_and_always_the_same(app: Flask, tmp_path: Path) -> None:
    client, other = app.test_client(), make_paired_app(tmp_path / "other").test_client()
    for address in addresses(app):
        plain, packed = client.get(address), client.get(address, headers={"Accept-Encoding": "gzip, deflate"})
        assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data and len(packed.data) < len(plain.data)
        assert "Accept-Encoding" in packed.headers["Vary"] and "Accept-Encoding" in plain.headers["Vary"]
        assert packed.headers["ETag"] != plain.headers["ETag"]
        assert other.get(address, headers={"Accept-Encoding": "gzip"}).data == packed.data
        tag = {"If-None-Match": packed.headers["ETag"], "Accept-Encoding": "gzip"}
        assert client.get(address, headers=tag).status_code == 304
        assert client.get(address, headers={"Accept-Encoding": "gzip;q=0"}).data == plain.data


def test_pages_are_not_packed(app: Flask) -> None:
    reply = app.test_client().get("/", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in reply.headers and b"<!doctype html>" in reply.data


def test_the_first_page_of_all_needs_nothing_and_knows_both_languages(app: Flask) -> None:
    text = startup_page.render_startup_page("http://192.168.1.10:8001")
    assert 'data-address="http://192.168.1.10:8001"' in text
    assert "Thiết bị đang khởi động" in text and "The device is starting" in text
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:,)""", text)
    assert "@import" not in text and "url(" not in text
    reply = app.test_client().get("/starting.html")
    assert reply.text == startup_page.render_startup_page() and "attachment" in reply.headers["Content-Disposition"]


def test_its_script_runs_anywhere() -> None:
    script = (Path(startup_page.__file__).parents[1] / "static" / "starting.js").read_text(encoding="utf-8")
    code = re.sub(r"//.*", "", script.replace("http://", ""))
    assert not re.search(r"=>|`|\b(let|const|class|async|await)\b|\.\.\.|\?\.|\?\?", code)
