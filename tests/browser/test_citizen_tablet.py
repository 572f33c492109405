"""The tablet in a real browser: with and without script, by finger and keyboard, on both ways up.

Pictures are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, expect

from kiosk import create_app
from kiosk.settings import Settings
from tests.fixtures.browser_tablet import (
    CHOICES,
    LANDSCAPE,
    PORTRAIT,
    Window,
    collect_complaints,
    find_clipped,
    follow_control,
    freeze_clock,
    let_time_pass,
    measure_overflow,
    open_tablet_page,
    serve_app,
    wait_until_settled,
)
from tests.fixtures.paired_desk import count_open_drafts, leave_alone, make_paired_app, read_payloads


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk")


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with serve_app(app) as url:
        yield url


def test_all_of_it_works_without_script(browser: Browser, address: str, app: Flask) -> None:
    page = open_tablet_page(browser, LANDSCAPE, script=False)
    page.goto(address)
    follow_control(page.locator(".bowl").nth(3))
    page.locator("input[value=wait]").check()
    follow_control(page.locator(".open"))
    page.locator("input[value=fair]").check()
    follow_control(page.locator(".choices [lang=en]"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    follow_control(page.locator(".end .first"))
    follow_control(page.locator(".thanks .first"))
    expect(page.locator(".bowl")).to_have_count(5)
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    (p,) = read_payloads(app)
    assert p["answers"] == [["overall", 4]] and p["topics"] == ["wait", "fair"] and "ms" not in p


def test_wrong_tap_without_script(browser: Browser, address: str, app: Flask) -> None:
    page = open_tablet_page(browser, PORTRAIT, script=False)
    page.goto(address)
    follow_control(page.locator(".bowl").nth(0))
    follow_control(page.locator(".undo"))
    follow_control(page.locator(".bowl").nth(4))
    follow_control(page.locator(".end .second"))
    expect(page.locator(".thanks")).to_be_visible()
    (p,) = read_payloads(app)
    assert p["answers"] == [["overall", 5]] and p["undos"] == 1


@pytest.mark.parametrize("screen", [LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
@pytest.mark.parametrize("choice", CHOICES)
def test_each_screen_fits_and_is_kept_as_a_picture(
    browser: Browser, address: str, pictures: Path, screen: tuple[int, int], choice: str
) -> None:
    page = open_tablet_page(browser, screen)
    heard = collect_complaints(page)
    way = "landscape" if screen == LANDSCAPE else "portrait"

    def keep(name: str) -> None:
        page.screenshot(path=pictures / f"{name}-{way}-{choice}.png")
        assert measure_overflow(page) == (0, 0), name
        assert find_clipped(page) == [], name

    page.goto(address + "/" + CHOICES[choice])
    keep("K1-faces")
    boxes = [bowl.bounding_box() for bowl in page.locator(".bowl").all()]
    sizes = {(round(box["width"]), round(box["height"])) for box in boxes if box}
    assert len(sizes) == 1
    width, height = sizes.pop()
    assert (width >= 225 and height >= 340) if screen == LANDSCAPE else (width >= 720 and height >= 120)
    page.locator(".bowl").nth(1).tap()
    page.locator("input[value=wait]").check()
    page.locator("input[value=ontime]").check()
    keep("K2-topics")
    page.locator(".open").tap()
    expect(page.locator(".factor")).to_have_count(5)
    keep("K2-all-topics")
    page.wait_for_timeout(450)  # the same place so soon would be a double touch
    page.locator(".end .first").tap()
    expect(page.locator(".thanks")).to_be_visible()
    keep("K4-thanks")
    assert heard == []


@pytest.mark.parametrize("screen", [LANDSCAPE, PORTRAIT, (1366, 768), (1024, 768)], ids=str)
@pytest.mark.parametrize("path", ["/", "/?lang=en&size=large", "/thanks", "/nothing"])
def test_nothing_overflows_on_other_tablets(window: Window, address: str, screen: tuple[int, int], path: str) -> None:
    page = window(screen)
    page.goto(address + path)
    assert measure_overflow(page)[0] == 0 and find_clipped(page) == []
    controls = page.locator(".bowl, .quiet, .choices a, .first").all()
    assert controls
    for control in controls:
        box = control.bounding_box()
        assert box and box["height"] >= 52 and box["y"] + box["height"] <= screen[1]


def test_double_tap_is_one_answer(browser: Browser, address: str, app: Flask) -> None:
    page = open_tablet_page(browser, LANDSCAPE, touch=False)
    page.goto(address)
    page.locator(".bowl").nth(1).dblclick()
    page.wait_for_url("**/topics")
    leave_alone(app)
    assert [p["answers"] for p in read_payloads(app)] == [[["overall", 2]]]
    assert read_payloads(app)[0]["ms"][0][0] == "faces"


def test_sliding_off_a_face_chooses_nothing(browser: Browser, address: str, app: Flask) -> None:
    page = open_tablet_page(browser, LANDSCAPE, touch=False)
    page.goto(address)
    box = page.locator(".bowl").nth(0).bounding_box()
    assert box
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, 40)
    page.mouse.up()
    page.wait_for_timeout(300)
    assert page.url == address + "/" and count_open_drafts(app) == 0


def test_digits_and_arrows_choose_and_enter_sends(browser: Browser, address: str, app: Flask) -> None:
    page = open_tablet_page(browser, LANDSCAPE)
    page.goto(address)
    page.keyboard.press("2")
    expect(page.locator(".bowl").nth(1)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**/topics")
    page.locator("input[value=papers]").focus()
    page.keyboard.press("Space")
    expect(page.locator(".count")).to_have_text(" (1)")
    page.keyboard.press("Enter")
    page.wait_for_url("**/thanks")
    (p,) = read_payloads(app)
    assert p["answers"] == [["overall", 3]] and p["topics"] == ["papers"]


def test_escape_says_nothing_more(browser: Browser, address: str, app: Flask) -> None:
    page = open_tablet_page(browser, LANDSCAPE)
    page.goto(address)
    page.locator(".bowl").nth(0).tap()
    page.wait_for_url("**/topics")
    page.locator("input[value=papers]").check()
    page.keyboard.press("Escape")
    page.wait_for_url("**/thanks")
    assert "topics" not in read_payloads(app)[0]


def test_at_rest_the_page_dims_and_a_tap_still_counts(
    browser: Browser, address: str, app: Flask, pictures: Path
) -> None:
    page = open_tablet_page(browser, LANDSCAPE)
    freeze_clock(page)
    page.goto(address)
    let_time_pass(page, 59)
    expect(page.locator("body.resting")).to_have_count(0)
    let_time_pass(page, 1)
    expect(page.locator("body.resting")).to_have_count(1)
    page.wait_for_url("**/#rest")  # at rest it draws itself afresh
    page.screenshot(path=pictures / "K1-resting.png")
    page.locator(".bowl").nth(4).tap()
    page.wait_for_url("**/topics")
    assert count_open_drafts(app) == 1


def test_another_language_ends_when_nobody_is_there(browser: Browser, address: str) -> None:
    page = open_tablet_page(browser, LANDSCAPE)
    freeze_clock(page)
    page.goto(address + "/?lang=en&contrast=high")
    let_time_pass(page, 60)
    page.wait_for_url(address + "/")
    expect(page.locator("html")).to_have_attribute("lang", "vi")


def test_still_here_asks_waits_twenty_seconds_and_can_be_extended(
    browser: Browser, address: str, app: Flask, pictures: Path
) -> None:
    page = open_tablet_page(browser, LANDSCAPE)
    freeze_clock(page)
    page.goto(address)
    page.locator(".bowl").nth(2).tap()
    page.wait_for_url("**/topics")
    let_time_pass(page, 34)
    expect(page.locator("dialog")).to_be_hidden()
    let_time_pass(page, 1)
    expect(page.locator("dialog")).to_be_visible()
    expect(page.locator(".here")).to_be_focused()
    page.screenshot(path=pictures / "K2-still-here.png")
    with page.expect_request("**/stay"):
        page.locator(".here").tap()
        page.clock.run_for(6_000)
    wait_until_settled(page)
    expect(page.locator("dialog")).to_be_hidden()
    let_time_pass(page, 28)
    expect(page.locator("dialog")).to_be_hidden()
    assert count_open_drafts(app) == 1
    let_time_pass(page, 21)
    page.wait_for_url(address + "/")
    leave_alone(app)
    assert [p["state"] for p in read_payloads(app)] == ["partial"]


def test_the_pressed_look_is_gone_before_anybody_else_sees_it(browser: Browser, address: str) -> None:
    page = open_tablet_page(browser, LANDSCAPE)
    page.goto(address)
    looks: list[int] = page.evaluate(
        """async () => {
            const form = document.getElementById("answer"), wait = ms => new Promise(done => setTimeout(done, ms));
            form.action = "javascript:void 0";  // a server that does not answer
            const pressed = () => document.querySelectorAll(".pressed, .picked, .bowl:focus").length;
            document.querySelector(".bowl").focus();  // by keyboard: the ring would stay as long as nobody answers
            document.querySelector(".bowl").click();
            const first = pressed();
            await wait(450);
            return [first, pressed()];
        }"""
    )
    assert looks == [2, 0]


@pytest.mark.parametrize("path", ["/", "/?lang=en&size=large", "/?contrast=high", "/thanks", "/nothing"])
def test_pages_have_no_accessibility_faults(window: Window, address: str, path: str) -> None:
    page = window(LANDSCAPE)
    page.goto(address + path)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_the_topics_page_has_no_accessibility_faults(browser: Browser, address: str) -> None:
    page = open_tablet_page(browser, LANDSCAPE)
    page.goto(address)
    page.locator(".bowl").nth(2).tap()
    page.wait_for_url("**/topics")
    for _view in ("six", "all"):
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        if page.locator(".open").count():
            page.locator(".open").tap()
            expect(page.locator(".factor")).to_have_count(5)


def test_faults_are_kept_as_pictures(browser: Browser, address: str, tmp_path: Path, pictures: Path) -> None:
    page = open_tablet_page(browser, LANDSCAPE)
    page.goto(address)
    page.locator(".bowl").nth(0).evaluate("bowl => { bowl.value = '9' }")
    page.locator(".bowl").nth(0).tap()
    expect(page.locator(".notice")).to_be_visible()
    expect(page.locator(".bowl")).to_have_count(5)
    assert measure_overflow(page) == (0, 0)
    page.screenshot(path=pictures / "K1-bad-score.png")
    page.goto(address + "/nothing")
    page.screenshot(path=pictures / "K-not-found.png")
    (tmp_path / "new").mkdir()
    with serve_app(create_app(Settings(tmp_path / "new"))) as bare:
        page.goto(bare)
        expect(page.locator(".bowl")).to_have_count(0)
        page.screenshot(path=pictures / "K-not-installed.png")
