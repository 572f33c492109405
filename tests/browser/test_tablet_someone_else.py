"""A way to faces of their own for somebody else before the page of the one who left.

It leads there with and without script.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.browser_tablet import (
    follow_control,
    freeze_clock,
    leave_page,
    let_time_pass,
    open_tablet_page,
    serve_app,
)
from tests.fixtures.paired_desk import make_paired_app, read_payloads


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk", factors=True)


def rated(page: Page, score: int) -> None:
    leave_page(page, page.locator(".bowl").nth(score - 1))
    expect(page.locator(".six")).to_be_visible()


def both(app: Flask) -> list[tuple[object, object, object]]:
    return [(p["answers"], p["state"], p.get("topics")) for p in read_payloads(app)]


TWO = [([["overall", 1]], "complete", ["wait"]), ([["overall", 4]], "complete", None)]


@pytest.mark.parametrize("way", ["page", "warning"])
def test_the_next_person_gets_faces_of_their_own(
    browser: Browser, app: Flask, pictures: Path, way: str
) -> None:
    page = open_tablet_page(browser)
    freeze_clock(page)
    with serve_app(app) as address:
        page.goto(address)
        rated(page, 1)
        page.locator("input[value=wait]").check()
        if way == "warning":
            let_time_pass(page, 35)
            expect(page.locator("dialog")).to_be_visible()
            expect(page.locator(".here")).to_be_focused()  # whoever is still here need only touch the first one
        leave_page(page, page.locator("dialog .other" if way == "warning" else ".head .other"))
        expect(page.locator("dialog")).to_have_count(0)
        expect(page.locator(".bowl")).to_have_count(5)
        assert page.evaluate("location.pathname + location.search") == "/"
        rated(page, 4)
        expect(page.locator(":checked")).to_have_count(0)
        leave_page(page, page.locator(".end .second"))
    assert both(app) == TWO


def test_it_works_without_script(browser: Browser, app: Flask) -> None:
    page = open_tablet_page(browser, script=False)
    with serve_app(app) as address:
        page.goto(address + "/?lang=en")
        follow_control(page.locator(".bowl").nth(0))
        page.locator("input[value=wait]").check()
        follow_control(page.get_by_role("button", name="Someone else? New rating"))
        follow_control(page.locator(".bowl").nth(3))
        follow_control(page.locator(".end .second"))
    assert both(app) == TWO
