"""A second tab, a page of anybody's, a browser that reads ahead: none is the next person.

While somebody says more about a rating, all of them may ask for the faces.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, request
from playwright.sync_api import Browser, expect

from tests.fixtures.browser_tablet import open_tablet_page, serve_app
from tests.fixtures.paired_desk import count_open_drafts, leave_alone, make_paired_app, read_payloads

#: A page that somebody else wrote: the faces in a hidden frame, as a picture, and to be read ahead.
ELSEWHERE = """<!doctype html><title>elsewhere</title><link rel="prefetch" href="{url}/">
<iframe hidden src="{url}/"></iframe><img alt="" src="{url}/?picture">"""


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk", follow_up=True)


@pytest.fixture
def asked(app: Flask) -> list[str]:
    """How the faces were asked for: what the browser says they are to become."""
    destinations: list[str] = []

    @app.before_request
    def hear() -> None:
        if request.path == "/":
            destinations.append(request.headers.get("Sec-Fetch-Dest", ""))

    return destinations


@pytest.fixture
def address(app: Flask, asked: list[str]) -> Iterator[str]:
    with serve_app(app) as url:
        yield url


def test_the_faces_in_another_tab_take_nothing_of_the_rating_in_hand(
    browser: Browser, address: str, app: Flask, asked: list[str]
) -> None:
    page = open_tablet_page(browser)
    page.goto(address)
    page.locator(".bowl").nth(0).tap()
    page.wait_for_url("**/topics")
    page.locator("input[value=wait]").check()

    other = page.context.new_page()
    other.goto(address)
    elsewhere = Flask("elsewhere")
    elsewhere.add_url_rule("/", view_func=lambda: ELSEWHERE.format(url=address))
    with serve_app(elsewhere) as url:
        other.goto(url)  # loaded with all that is in it
        other.wait_for_load_state("networkidle")
    assert {"document", "iframe", "image"} <= set(asked), asked
    other.close()

    assert count_open_drafts(app) == 1 and read_payloads(app) == []
    page.locator(".undo").tap()  # the way back still stands
    expect(page.locator(".bowl")).to_have_count(5)
    assert "/again" in page.url
    page.locator(".bowl").nth(4).tap()
    page.wait_for_url("**/topics")
    expect(page.locator("input[value=wait]")).to_be_visible()
    page.locator("input[value=wait]").check()
    page.locator(".end .first").tap()
    expect(page.locator(".follow .number")).to_be_visible()
    (p,) = read_payloads(app)
    assert (p["answers"], p["topics"], p["state"], p["undos"]) == ([["overall", 5]], ["wait"], "complete", 1)


def test_who_is_done_with_the_code_leaves_none_to_find(browser: Browser, address: str, app: Flask) -> None:
    """With a script and without: the button ends the page of thanks for good."""
    for script in (True, False):
        page = open_tablet_page(browser, script=script)
        page.goto(address)
        page.locator(".bowl").nth(3).click()
        page.wait_for_url("**/topics")
        page.locator("input[value=wait]").check()
        page.locator(".end .first").click()
        expect(page.locator(".follow .number")).to_be_visible()
        thanks = page.url
        page.locator(".thanks .first").click()
        expect(page.locator(".bowl")).to_have_count(5)
        page.goto(thanks)
        expect(page.locator(".bowl")).to_have_count(5)
        assert page.url == address + "/"
    assert leave_alone(app) == 0
