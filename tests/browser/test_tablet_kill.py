"""Kills of the desk's server or the tablet's browser at each step: what said thank you is there, once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserType, Page, expect

from models.storage.database import Database
from models.tables.desk_store import Draft
from tests.fixtures.browser_tablet import open_tablet_page, serve_app
from tests.fixtures.desk_server import DeskServer
from tests.fixtures.paired_desk import count_open_drafts, leave_alone, make_paired_app, read_payloads

STEPS = ["faces", "topics", "all topics", "undo", "factor", "last factor", "decline"]
HELD = "Máy ở quầy chưa trả lời"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    desk_app = make_paired_app(tmp_path / "desk", factors=True, follow_up=True)
    database: Database = desk_app.extensions["database"]
    database.close()  # the server's process is the one that writes
    yield desk_app
    database.close()


@pytest.fixture
def server(app: Flask, tmp_path: Path) -> Iterator[DeskServer]:
    running = DeskServer(tmp_path / "desk")
    running.start()
    yield running
    running.kill()


def walk_to(page: Page, url: str, step: str) -> None:
    """Stand before the touch of `step`."""
    page.goto(url)
    if step in ("faces", "decline"):
        return
    page.locator(".bowl").nth(1).tap()
    page.wait_for_url("**/topics")
    page.locator("input[value=wait]").check()
    if step in ("factor", "last factor"):
        page.locator(".end .first").tap()
        page.wait_for_url("**/factor/A")
    for item in "BCDE" if step == "last factor" else "":
        page.wait_for_timeout(450)
        page.locator(".bowl").nth(3).tap()
        page.wait_for_url(f"**/factor/{item}")


BUTTON = {
    "faces": ".bowl >> nth=1",
    "topics": ".end .second",
    "all topics": ".open",
    "undo": ".undo",
    "factor": ".bowl >> nth=4",
    "last factor": ".bowl >> nth=4",
    "decline": ".quiet",
}


def once(app: Flask) -> dict[str, Any]:
    """The one rating there is, in the ledger or still open; its answer to the first question."""
    ratings = read_payloads(app)
    with app.extensions["database"].read() as session:
        drafts: list[dict[str, Any]] = [
            {"answers": [["overall", one.score]], "state": "open"} for one in session.query(Draft).all()
        ]
    assert len(ratings) + len(drafts) == 1, (ratings, drafts)
    return (ratings + drafts)[0]


@pytest.mark.parametrize("step", STEPS)
def test_the_server_is_killed_before_a_touch_and_comes_back(
    browser: Browser, app: Flask, server: DeskServer, step: str
) -> None:
    page = open_tablet_page(browser)
    walk_to(page, server.url, step)
    server.kill()
    page.wait_for_timeout(450)
    page.locator(BUTTON[step]).first.tap()
    expect(page.locator(".waiting")).to_contain_text(HELD)
    assert page.locator(".thanks").count() == 0
    server.start()
    expect(page.locator(".waiting")).to_be_empty()
    if step == "faces":
        page.wait_for_url("**/topics")
    elif step == "undo":  # the start sealed the tap, nothing is taken back in a ledger; no faces for a second answer
        expect(page.locator(".thanks")).to_contain_text("Phần thêm sau cùng đến muộn")
    elif step != "all topics":
        expect(page.locator(".thanks")).to_be_visible()
    server.kill()
    payload = once(app)
    assert payload["answers"][:1] == ([] if step == "decline" else [["overall", 2]])
    if step in ("topics", "factor"):
        assert payload["state"] == "partial"
    if step in ("factor", "last factor"):  # what came after the start is not there, and the thanks say so
        expect(page.locator(".thanks")).to_contain_text("Phần thêm sau cùng đến muộn")
        assert len(payload["answers"]) == (1 if step == "factor" else 5)


@pytest.mark.parametrize("step", STEPS)
def test_the_server_is_killed_after_it_acknowledged(
    browser: Browser, app: Flask, server: DeskServer, step: str
) -> None:
    page = open_tablet_page(browser)
    walk_to(page, server.url, step)
    page.wait_for_timeout(450)
    with page.expect_response(lambda reply: reply.request.method == "POST"):
        page.locator(BUTTON[step]).first.tap()
    server.kill()
    server.start()
    page.wait_for_timeout(500)
    if page.locator(".waiting:not(:empty)").count():  # the page after it had not come yet: asked for again
        expect(page.locator(".waiting")).to_be_empty()
    server.kill()
    payload = once(app)
    score = {"decline": [], "undo": []}.get(step, [["overall", 2]])
    assert payload["answers"][:1] == score
    if step == "last factor":
        assert payload["state"] == "complete" and len(payload["answers"]) == 6 and payload["topics"] == ["wait"]
    if step == "topics":
        assert payload["state"] == "complete"
    if step == "undo":
        assert payload["state"] == "withdrawn"
    if step == "factor":
        assert payload["answers"][1:] == [["A", 5]] and payload["state"] == "partial"


@pytest.mark.parametrize("step", STEPS)
def test_the_browser_is_killed_after_a_touch(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], tmp_path: Path, step: str
) -> None:
    """The tablet's browser dies with no goodbye; the next one shows fresh faces and the answer is counted once."""
    app = make_paired_app(tmp_path / "desk", factors=True, follow_up=True)
    with serve_app(app) as url:
        doomed = browser_type.launch(**browser_type_launch_args)
        pid = browser_process(doomed)
        page = open_tablet_page(doomed)
        walk_to(page, url, step)
        page.wait_for_timeout(450)
        with page.expect_response(lambda reply: reply.request.method == "POST" and reply.status == 303):
            page.locator(BUTTON[step]).first.tap()
        os.kill(pid, signal.SIGKILL)
        doomed.close()
        after = browser_type.launch(**browser_type_launch_args)
        try:
            page = open_tablet_page(after)
            page.goto(url)
            expect(page.locator(".bowl")).to_have_count(5)
            assert page.locator(":checked, .pressed").count() == 0
        finally:
            after.close()
    leave_alone(app)
    assert count_open_drafts(app) == 0
    (p,) = read_payloads(app)
    assert p["answers"][:1] == ([] if step in ("decline", "undo") else [["overall", 2]])
    states = {"topics": "complete", "last factor": "complete", "decline": "declined", "undo": "withdrawn"}
    assert p["state"] == states.get(step, "partial")


def browser_process(browser: Browser) -> int:
    """The number of the browser's own process."""
    info = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    return next(int(one["id"]) for one in info["processInfo"] if one["type"] == "browser")
