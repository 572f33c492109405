"""A desk that asks everything, in a real browser: factor questions, typed words, a follow-up code."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.fixtures import qr_reader
from tests.fixtures.browser_tablet import (
    CHOICES,
    LANDSCAPE,
    PORTRAIT,
    collect_complaints,
    find_clipped,
    follow_control,
    freeze_clock,
    leave_page,
    let_time_pass,
    measure_overflow,
    open_tablet_page,
    serve_app,
    wait_for_pictures,
)
from tests.fixtures.paired_desk import make_paired_app, read_payloads


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """A desk that asks the factors' questions, lets people type and gives follow-up codes."""
    return make_paired_app(tmp_path / "full", factors=True, typing=True, follow_up=True)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with serve_app(app) as url:
        yield url


def test_a_desk_that_asks_everything_works_without_script(browser: Browser, address: str, app: Flask) -> None:
    page = open_tablet_page(browser, LANDSCAPE, script=False)
    page.goto(address)
    follow_control(page.locator(".bowl").nth(3))
    page.locator("input[value=wait]").check()
    follow_control(page.locator(".write .second"))
    page.locator("textarea").fill("Chờ lâu")
    follow_control(page.locator(".end .first"))
    expect(page.locator("input[value=wait]")).to_be_checked()
    follow_control(page.locator(".end .first"))
    for nth in (0, 4, 2):
        follow_control(page.locator(".bowl").nth(nth))
    follow_control(page.locator(".turns [value=back]"))
    follow_control(page.locator(".turns [value='0']"))
    follow_control(page.locator(".choices [lang=en]"))
    expect(page.locator(".progress")).to_contain_text("Question 4 of 5")
    follow_control(page.locator(".turns [value=skip]"))
    expect(page.locator(".number")).to_be_visible()
    page.go_back()
    page.locator(".bowl, .thanks").first.wait_for()
    page.goto(address)
    page.go_back()
    expect(page.locator(".number")).to_have_count(0)
    (p,) = read_payloads(app)
    assert p["answers"] == [["overall", 4], ["A", 1], ["B", 5], ["C", 0]]
    assert p["topics"] == ["wait"] and {"c", "f"} <= p.keys()


def scan(page: Page, selector: str) -> str:
    """What a QR says that stands on the screen."""
    wait_for_pictures(page)
    (code,) = qr_reader.read_qr_codes(Image.open(io.BytesIO(page.locator(selector).screenshot())))
    return code.text


@pytest.mark.parametrize("screen", [LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
@pytest.mark.parametrize("choice", CHOICES)
def test_each_screen_of_a_desk_that_asks_everything(
    browser: Browser, address: str, pictures: Path, screen: tuple[int, int], choice: str
) -> None:
    page = open_tablet_page(browser, screen)
    heard = collect_complaints(page)
    way = "landscape" if screen == LANDSCAPE else "portrait"

    def keep(name: str) -> None:
        wait_for_pictures(page)
        page.screenshot(path=pictures / f"{name}-{way}-{choice}.png")
        assert measure_overflow(page) == (0, 0), name
        assert find_clipped(page) == [], name
        small = page.evaluate(
            """() => [...document.querySelectorAll('button, a, label.topic, textarea')]
                  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 52).map(e => e.outerHTML)"""
        )
        assert small == [], name

    page.goto(address + "/" + CHOICES[choice])
    page.locator(".bowl").nth(1).tap()
    page.locator("input[value=wait]").check()
    assert scan(page, ".write .qr").startswith("HTTPS://DANHGIA.EXAMPLE/N/")
    keep("K2-write-here")
    page.locator(".open").tap()
    expect(page.locator(".factor")).to_have_count(5)
    assert scan(page, ".write .qr").startswith("HTTPS://DANHGIA.EXAMPLE/N/")
    keep("K2-all-write-here")
    page.locator(".write .second").tap()
    page.locator("textarea").fill("Tôi phải chờ lâu.")
    keep("K2-comment")
    page.locator(".end .first").tap()
    page.locator(".write .second").tap()
    expect(page.locator(".kept")).to_be_visible()
    keep("K2-comment-kept")
    page.locator(".end .second").tap()
    expect(page.locator(".head")).to_be_visible()
    page.wait_for_timeout(600)  # the same place so soon would be a double touch
    page.locator(".end .first").tap()
    for item in "ABCDE":
        page.wait_for_url(f"**/factor/{item}**")
        keep(f"K3-factor-{item}")
        boxes = [bowl.bounding_box() for bowl in page.locator(".bowl").all()]
        sizes = {(round(box["width"]), round(box["height"])) for box in boxes if box}
        assert len(sizes) == 1, item
        page.locator(".bowl").nth(ord(item) % 2 * 2).tap()
    code = page.locator(".number span").first.inner_text().replace(" ", "")
    assert scan(page, ".follow .qr") == f"HTTPS://DANHGIA.EXAMPLE/C/{code}"
    keep("K4-code")
    assert heard == []


def test_the_page_with_the_code_stands_thirty_seconds(browser: Browser, address: str) -> None:
    page = open_tablet_page(browser, LANDSCAPE)
    freeze_clock(page)
    page.goto(address)
    page.locator(".bowl").nth(1).tap()
    page.locator("input[value=wait]").check()
    page.locator(".end .first").tap()
    expect(page.locator(".progress")).to_be_visible()
    let_time_pass(page, 1)  # the same place so soon would be a double touch
    page.locator(".turns [value=skip]").tap()
    expect(page.locator(".number")).to_be_visible()
    let_time_pass(page, 29)
    expect(page.locator(".number")).to_be_visible()
    let_time_pass(page, 1)
    expect(page.locator(".bowl")).to_have_count(5)
    expect(page).to_have_url(address + "/")
    page.go_back()
    expect(page.locator(".number")).to_have_count(0)


def test_the_field_stays_in_sight_above_a_keyboard(browser: Browser, address: str, pictures: Path) -> None:
    page = open_tablet_page(browser, LANDSCAPE)
    page.goto(address)
    page.locator(".bowl").nth(1).tap()
    page.locator(".write .second").tap()
    page.locator("textarea").focus()
    page.set_viewport_size({"width": 1280, "height": 420})  # what a keyboard leaves
    page.screenshot(path=pictures / "K2-comment-keyboard.png")
    for selector in ("textarea", ".end .first", "h1"):
        box = page.locator(selector).bounding_box()
        assert box and box["y"] >= 0 and box["y"] + box["height"] <= 420, selector


def test_further_pages_have_no_accessibility_faults(browser: Browser, address: str) -> None:
    page = open_tablet_page(browser, LANDSCAPE)
    page.goto(address + "/?contrast=high")
    leave_page(page, page.locator(".bowl").nth(2))
    for button in (".write .second", ".end .first", ".end .first", ".turns [value=skip]", ""):
        page.wait_for_timeout(600)  # the same place so soon would be a double touch
        results = Axe().run(page)
        assert results.violations_count == 0, (page.url, results.generate_report())
        if page.locator("textarea").count():
            page.locator("textarea").fill("Chờ lâu")
        if button:
            leave_page(page, page.locator(button))
    expect(page.locator(".number")).to_be_visible()


#: What readers may set for themselves (WCAG 2.2, 1.4.12).
SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }"""


@pytest.mark.parametrize(
    ("screen", "spaced"),
    [((640, 400), False), ((320, 640), False), (LANDSCAPE, True), (PORTRAIT, True)],
    ids=["zoomed", "narrow", "spaced-landscape", "spaced-portrait"],
)
def test_nothing_is_lost_when_zoomed_narrow_or_spaced(
    browser: Browser, address: str, pictures: Path, screen: tuple[int, int], spaced: bool
) -> None:
    size: ViewportSize = {"width": screen[0], "height": screen[1]}
    page = browser.new_context(viewport=size, java_script_enabled=spaced, bypass_csp=spaced, has_touch=True).new_page()

    def keep(name: str) -> None:
        page.wait_for_load_state()
        if spaced:
            page.add_style_tag(content=SPACED)
        page.screenshot(path=pictures / f"{name}-{screen[0]}{'-spaced' * spaced}.png", full_page=True)
        assert measure_overflow(page)[0] == 0, name
        assert find_clipped(page) == [], name

    page.goto(address)
    keep("K1-reflow")
    page.locator(".bowl").nth(1).tap()
    expect(page.locator(".six")).to_be_visible()
    keep("K2-reflow")
    page.locator(".open").tap()
    expect(page.locator(".factors")).to_be_visible()
    keep("K2-all-reflow")
    page.locator(".write .second").tap()
    page.locator("textarea").fill("Chờ lâu")
    keep("K2-comment-reflow")
    page.locator(".end .first").tap()
    expect(page.locator(".head")).to_be_visible()
    page.wait_for_timeout(600)  # the same place so soon would be a double touch
    page.locator(".end .first").tap()
    expect(page.locator(".progress")).to_be_visible()
    keep("K3-reflow")
    page.locator(".bowl").nth(2).tap()
    expect(page.locator(".progress")).to_contain_text("2")
    page.locator(".turns [value=skip]").tap()
    expect(page.locator(".number")).to_be_visible()
    keep("K4-reflow")
