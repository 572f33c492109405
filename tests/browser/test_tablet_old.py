"""Old WebViews: style sheets without what Chrome 60-80 lacks, and a script that names nothing newer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route, expect

from tests.fixtures.browser_tablet import measure_overflow, open_tablet_page, serve_app
from tests.fixtures.paired_desk import make_paired_app, read_payloads

STATIC = Path(__file__).resolve().parents[2] / "kiosk" / "static"
#: What came to Chrome after version 80 (79 for min), and how a style sheet names it.
NEWER = {
    r"\binset:": "x-inset:",
    r"\bmin\(": "x-min(",
    r"\bmax\(": "x-max(",
    r"cqw\b": "x-cqw",
    r":has\(": ":x-has(",
    r":is\(": ":x-is(",
    r":focus-visible": ":x-focus-visible",
    r"\baspect-ratio:": "x-aspect-ratio:",
    r"\bcontainer-type:": "x-container-type:",
    r"\btext-wrap:": "x-text-wrap:",
    r"color-mix\(": "x-color-mix(",
}
#: Syntax and names that an engine of 2017 cannot read or does not have.
LATER = (
    r"\?\.(?!\d)|\?\?|\|\|=|&&=|\bcatch\s*\{|\{\s*\.\.\.|replaceAll|\.at\(|\.flat\(|flatMap|fromEntries|matchAll|allSettled"
    r"|\.finally\(|structuredClone|randomUUID|crypto\.|serviceWorker|localStorage|sessionStorage|indexedDB|\bcaches\b"
    r"|queueMicrotask|globalThis|replaceChildren|toggleAttribute|for await|import\(|\d_\d|\d+n\b|#\w+\s*="
)


def older(route: Route) -> None:
    """Give out a style sheet in which an old browser's gaps are gaps here too."""
    reply = route.fetch(headers={**route.request.headers, "accept-encoding": "identity"})
    text = reply.text()
    for pattern, unknown in NEWER.items():
        text = re.sub(pattern, unknown, text)
    if "kiosk.css" in route.request.url:  # no gap in a row of boxes before 84; grids have had it for long
        text = re.sub(r"(display:(?:inline-)?flex[^}]*?)\bgap:", r"\1x-gap:", text)
    headers = {name: value for name, value in reply.headers.items() if name != "content-length"}
    route.fulfill(status=200, headers=headers, body=text)


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk", factors=True)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with serve_app(app) as url:
        yield url


def tablet(browser: Browser, screen: tuple[int, int]) -> Page:
    page = open_tablet_page(browser, screen)
    page.route("**/*.css*", older)
    page.add_init_script(
        """delete window.AbortController; delete SubmitEvent.prototype.submitter; delete String.prototype.replaceAll;
           delete Array.prototype.flat; delete Array.prototype.at; delete Promise.prototype.finally;"""
    )
    return page


@pytest.mark.parametrize("screen", [(1280, 800), (800, 1280), (1024, 768)], ids=str)
def test_an_old_webview_can_be_rated_on(
    browser: Browser, address: str, app: Flask, pictures: Path, screen: tuple[int, int]
) -> None:
    page = tablet(browser, screen)
    page.goto(address)
    page.screenshot(path=pictures / f"K1-old-{screen[0]}.png")
    assert measure_overflow(page)[0] == 0
    boxes = [bowl.bounding_box() for bowl in page.locator(".bowl").all()]
    sizes = {(round(box["width"]), round(box["height"])) for box in boxes if box}
    assert len(sizes) == 1 and min(sizes.pop()) >= 110
    rims = [face.bounding_box() for face in page.locator(".face").all()]
    for bowl, face in zip(boxes, rims, strict=True):
        assert bowl and face and face["width"] >= 90 and bowl["x"] <= face["x"]
        assert face["x"] + face["width"] <= bowl["x"] + bowl["width"] + 1
    page.locator(".bowl").nth(3).tap()
    page.wait_for_url("**/topics")
    assert measure_overflow(page)[0] == 0
    page.locator(".topic").nth(1).tap()
    expect(page.locator(":checked")).to_have_count(1)
    page.locator(".write .qr").evaluate("image => image.decode()")
    page.screenshot(path=pictures / f"K2-old-{screen[0]}.png")
    page.locator(".end .first").tap()
    page.wait_for_url("**/factor/**")
    assert measure_overflow(page)[0] == 0
    page.wait_for_timeout(450)  # a touch so soon at the same place would be a double one
    page.locator("[value=skip]").tap()
    expect(page.locator(".thanks")).to_be_visible()
    (p,) = read_payloads(app)
    assert p["answers"] == [["overall", 4]] and len(p["topics"]) == 1 and p["ms"][0][0] == "faces"


@pytest.mark.parametrize("name", ["kiosk.js", "gestures.js", "sleep.js", "starting.js", "staff.js", "staff-door.js"])
def test_scripts_name_nothing_newer_than_2017(name: str) -> None:
    text = re.sub(r"^\s*//.*", "", (STATIC / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert re.findall(LATER, text) == []


def test_the_search_would_find_it() -> None:
    for newer in ("a?.b", "a ?? b", "try {} catch {}", "{...a}", "x.replaceAll('a', 'b')", "localStorage.a = 1"):
        assert re.search(LATER, newer), newer
    assert not re.search(LATER, "a ? .5 : b; a?.5:b; catch (error) {}")
