"""The tablet in a real browser: with and without script, by finger and keyboard, on both ways up; pictures kept."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from kiosk import create_app
from kiosk.settings import Settings
from tests.browser.tablet import clipped, complaints, overflow, served
from tests.kiosk.paired_desk import open_drafts, paired, payloads

LANDSCAPE, PORTRAIT = (1280, 800), (800, 1280)
CHOICES = {
    "vi": "",
    "en-large": "?lang=en&size=large",
    "small": "?size=small",
    "contrast": "?contrast=high",
    "en-large-contrast": "?lang=en&size=large&contrast=high",
}


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return paired(tmp_path / "desk")


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with served(app) as url:
        yield url


@pytest.fixture
def full_app(tmp_path: Path) -> Flask:
    """A desk that asks the factors' questions, lets people type and gives follow-up codes."""
    return paired(tmp_path / "full", factors=True, typing=True, follow_up=True)


@pytest.fixture
def full(full_app: Flask) -> Iterator[str]:
    with served(full_app) as url:
        yield url


def on(browser: Browser, screen: tuple[int, int], script: bool = True, touch: bool = True) -> Page:
    context = browser.new_context(
        viewport={"width": screen[0], "height": screen[1]}, java_script_enabled=script, has_touch=touch
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    return page


def test_all_of_it_works_without_script(browser: Browser, address: str, app: Flask) -> None:
    page = on(browser, LANDSCAPE, script=False)
    page.goto(address)
    page.locator(".bowl").nth(3).tap()
    page.locator("input[value=wait]").check()
    page.locator(".open").tap()
    page.locator("input[value=fair]").check()
    page.locator(".choices [lang=en]").tap()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator(".end .first").tap()
    page.locator(".thanks .first").tap()
    expect(page.locator(".bowl")).to_have_count(5)
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    (p,) = payloads(app)
    assert p["answers"] == [["overall", 4]] and p["topics"] == ["wait", "fair"] and "ms" not in p


def test_a_desk_that_asks_everything_works_without_script(browser: Browser, full: str, full_app: Flask) -> None:
    page = on(browser, LANDSCAPE, script=False)
    page.goto(full)
    page.locator(".bowl").nth(3).tap()
    page.locator("input[value=wait]").check()
    page.locator(".write .second").tap()
    page.locator("textarea").fill("Chờ lâu")
    page.locator(".end .first").tap()
    expect(page.locator("input[value=wait]")).to_be_checked()
    page.locator(".end .first").tap()
    for nth in (0, 4, 2):
        page.locator(".bowl").nth(nth).tap()
    page.locator(".turns [value=back]").tap()
    page.locator(".turns [value='0']").tap()
    page.locator(".choices [lang=en]").tap()
    expect(page.locator(".progress")).to_contain_text("Question 4 of 5")
    page.locator(".turns [value=skip]").tap()
    expect(page.locator(".number")).to_be_visible()
    page.go_back()
    page.locator(".bowl, .thanks").first.wait_for()
    page.goto(full)
    page.go_back()
    expect(page.locator(".number")).to_have_count(0)
    (p,) = payloads(full_app)
    assert p["answers"] == [["overall", 4], ["A", 1], ["B", 5], ["C", 0]]
    assert p["topics"] == ["wait"] and {"c", "f"} <= p.keys()


def test_wrong_tap_without_script(browser: Browser, address: str, app: Flask) -> None:
    page = on(browser, PORTRAIT, script=False)
    page.goto(address)
    page.locator(".bowl").nth(0).tap()
    page.locator(".undo").tap()
    page.locator(".bowl").nth(4).tap()
    page.locator(".end .second").tap()
    expect(page.locator(".thanks")).to_be_visible()
    (p,) = payloads(app)
    assert p["answers"] == [["overall", 5]] and p["undos"] == 1


@pytest.mark.parametrize("screen", [LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
@pytest.mark.parametrize("choice", CHOICES)
def test_each_screen_fits_and_is_kept_as_a_picture(
    browser: Browser, address: str, pictures: Path, screen: tuple[int, int], choice: str
) -> None:
    page = on(browser, screen)
    heard = complaints(page)
    way = "landscape" if screen == LANDSCAPE else "portrait"

    def keep(name: str) -> None:
        page.screenshot(path=pictures / f"{name}-{way}-{choice}.png")
        assert overflow(page) == (0, 0), name
        assert clipped(page) == [], name

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
    page.locator(".end .first").tap()
    expect(page.locator(".thanks")).to_be_visible()
    keep("K4-thanks")
    assert heard == []


def scan(page: Page, what: str) -> str:
    """What a QR says that stands on the screen."""
    page.wait_for_function("[...document.images].every(image => image.complete && image.naturalWidth)")
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.locator(what).screenshot())))
    return found.text


@pytest.mark.parametrize("screen", [LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
@pytest.mark.parametrize("choice", CHOICES)
def test_each_screen_of_a_desk_that_asks_everything(
    browser: Browser, full: str, pictures: Path, screen: tuple[int, int], choice: str
) -> None:
    page = on(browser, screen)
    heard = complaints(page)
    way = "landscape" if screen == LANDSCAPE else "portrait"

    def keep(name: str) -> None:
        page.wait_for_function("[...document.images].every(image => image.complete)")
        page.screenshot(path=pictures / f"{name}-{way}-{choice}.png")
        assert overflow(page) == (0, 0), name
        assert clipped(page) == [], name
        small = page.evaluate(
            """() => [...document.querySelectorAll('button, a, label.topic, textarea')]
                  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 52).map(e => e.outerHTML)"""
        )
        assert small == [], name

    page.goto(full + "/" + CHOICES[choice])
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


def test_the_page_with_the_code_stands_thirty_seconds(browser: Browser, full: str) -> None:
    page = on(browser, LANDSCAPE)
    page.clock.install()
    page.goto(full)
    page.locator(".bowl").nth(1).tap()
    page.locator("input[value=wait]").check()
    page.locator(".end .first").tap()
    page.locator(".turns [value=skip]").tap()
    expect(page.locator(".number")).to_be_visible()
    page.clock.run_for(29_000)
    expect(page.locator(".number")).to_be_visible()
    page.clock.run_for(2_000)
    expect(page.locator(".bowl")).to_have_count(5)
    assert page.url == full + "/"
    page.go_back()
    expect(page.locator(".number")).to_have_count(0)


def test_the_field_stays_in_sight_above_a_keyboard_on_the_screen(browser: Browser, full: str, pictures: Path) -> None:
    page = on(browser, LANDSCAPE)
    page.goto(full)
    page.locator(".bowl").nth(1).tap()
    page.locator(".write .second").tap()
    page.locator("textarea").focus()
    page.set_viewport_size({"width": 1280, "height": 420})  # what a keyboard leaves
    page.screenshot(path=pictures / "K2-comment-keyboard.png")
    for what in ("textarea", ".end .first", "h1"):
        box = page.locator(what).bounding_box()
        assert box and box["y"] >= 0 and box["y"] + box["height"] <= 420, what


@pytest.mark.parametrize("screen", [LANDSCAPE, PORTRAIT, (1366, 768), (1024, 768)], ids=str)
@pytest.mark.parametrize("path", ["/", "/?lang=en&size=large", "/thanks", "/nothing"])
def test_nothing_overflows_on_other_tablets(browser: Browser, address: str, screen: tuple[int, int], path: str) -> None:
    page = on(browser, screen)
    page.goto(address + path)
    assert overflow(page)[0] == 0 and clipped(page) == []
    controls = page.locator(".bowl, .quiet, .choices a, .first").all()
    assert controls
    for control in controls:
        box = control.bounding_box()
        assert box and box["height"] >= 52 and box["y"] + box["height"] <= screen[1]


def test_double_tap_is_one_answer(browser: Browser, address: str, app: Flask) -> None:
    page = on(browser, LANDSCAPE, touch=False)
    page.goto(address)
    page.locator(".bowl").nth(1).dblclick()
    page.wait_for_url("**/topics")
    page.goto(address)
    assert [p["answers"] for p in payloads(app)] == [[["overall", 2]]]
    assert payloads(app)[0]["ms"][0][0] == "faces"


def test_sliding_off_a_face_chooses_nothing(browser: Browser, address: str, app: Flask) -> None:
    page = on(browser, LANDSCAPE, touch=False)
    page.goto(address)
    box = page.locator(".bowl").nth(0).bounding_box()
    assert box
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, 40)
    page.mouse.up()
    page.wait_for_timeout(300)
    assert page.url == address + "/" and open_drafts(app) == 0


def test_digits_and_arrows_choose_and_enter_sends(browser: Browser, address: str, app: Flask) -> None:
    page = on(browser, LANDSCAPE)
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
    (p,) = payloads(app)
    assert p["answers"] == [["overall", 3]] and p["topics"] == ["papers"]


def test_escape_says_nothing_more(browser: Browser, address: str, app: Flask) -> None:
    page = on(browser, LANDSCAPE)
    page.goto(address)
    page.locator(".bowl").nth(0).tap()
    page.wait_for_url("**/topics")
    page.locator("input[value=papers]").check()
    page.keyboard.press("Escape")
    page.wait_for_url("**/thanks")
    assert "topics" not in payloads(app)[0]


def test_at_rest_the_page_dims_and_a_tap_still_counts(
    browser: Browser, address: str, app: Flask, pictures: Path
) -> None:
    page = on(browser, LANDSCAPE)
    page.clock.install()
    page.goto(address)
    page.clock.run_for(55_000)
    expect(page.locator("body.resting")).to_have_count(0)
    page.clock.run_for(10_000)
    expect(page.locator("body.resting")).to_have_count(1)
    page.wait_for_url("**/#rest")  # at rest it draws itself afresh
    page.wait_for_load_state()
    page.clock.resume()
    page.screenshot(path=pictures / "K1-resting.png")
    page.locator(".bowl").nth(4).tap()
    page.wait_for_url("**/topics")
    assert open_drafts(app) == 1


def test_another_language_ends_when_nobody_is_there(browser: Browser, address: str) -> None:
    page = on(browser, LANDSCAPE)
    page.clock.install()
    page.goto(address + "/?lang=en&contrast=high")
    page.clock.run_for(65_000)
    page.wait_for_url(address + "/")
    expect(page.locator("html")).to_have_attribute("lang", "vi")


def test_still_here_asks_waits_twenty_seconds_and_can_be_extended(
    browser: Browser, address: str, app: Flask, pictures: Path
) -> None:
    page = on(browser, LANDSCAPE)
    page.clock.install()
    page.goto(address)
    page.locator(".bowl").nth(2).tap()
    page.wait_for_url("**/topics")
    page.clock.run_for(30_000)
    expect(page.locator("dialog")).to_be_hidden()
    page.clock.run_for(7_000)
    expect(page.locator("dialog")).to_be_visible()
    expect(page.locator(".here")).to_be_focused()
    page.screenshot(path=pictures / "K2-still-here.png")
    with page.expect_request("**/stay"):
        page.locator(".here").tap()
        page.clock.run_for(6_000)
    expect(page.locator("dialog")).to_be_hidden()
    page.clock.run_for(20_000)
    expect(page.locator("dialog")).to_be_hidden()
    assert open_drafts(app) == 1
    page.clock.run_for(40_000)
    page.wait_for_url(address + "/")
    assert [p["state"] for p in payloads(app)] == ["partial"]


def test_the_pressed_look_is_gone_before_anybody_else_sees_it(browser: Browser, address: str) -> None:
    page = on(browser, LANDSCAPE)
    page.goto(address)
    looks: list[int] = page.evaluate(
        """async () => {
            const form = document.getElementById("answer"), wait = ms => new Promise(done => setTimeout(done, ms));
            form.action = "javascript:void 0";  // a server that does not answer
            const pressed = () => document.querySelectorAll(".pressed, .picked").length;
            document.querySelector(".bowl").click();
            const first = pressed();
            await wait(450);
            return [first, pressed()];
        }"""
    )
    assert looks == [2, 0]


@pytest.mark.parametrize("path", ["/", "/?lang=en&size=large", "/?contrast=high", "/thanks", "/nothing"])
def test_pages_have_no_accessibility_faults(browser: Browser, address: str, path: str) -> None:
    page = on(browser, LANDSCAPE)
    page.goto(address + path)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_topics_page_has_no_accessibility_faults(browser: Browser, address: str) -> None:
    page = on(browser, LANDSCAPE)
    page.goto(address)
    page.locator(".bowl").nth(2).tap()
    page.wait_for_url("**/topics")
    for _view in ("six", "all"):
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        if page.locator(".open").count():
            page.locator(".open").tap()
            expect(page.locator(".factor")).to_have_count(5)


def test_further_pages_have_no_accessibility_faults(browser: Browser, full: str) -> None:
    page = on(browser, LANDSCAPE)
    page.goto(full + "/?contrast=high")
    page.locator(".bowl").nth(2).tap()
    for leave in (".write .second", ".end .first", ".end .first", ".turns [value=skip]", ""):
        page.wait_for_timeout(600)
        found = Axe().run(page)
        assert found.violations_count == 0, (page.url, found.generate_report())
        if page.locator("textarea").count():
            page.locator("textarea").fill("Chờ lâu")
        if leave:
            before = page.url
            page.locator(leave).tap()
            page.wait_for_function("before => location.href !== before", arg=before)
    expect(page.locator(".number")).to_be_visible()


def test_faults_are_kept_as_pictures(browser: Browser, address: str, tmp_path: Path, pictures: Path) -> None:
    page = on(browser, LANDSCAPE)
    page.goto(address)
    page.locator(".bowl").nth(0).evaluate("bowl => { bowl.value = '9' }")
    page.locator(".bowl").nth(0).tap()
    expect(page.locator(".notice")).to_be_visible()
    expect(page.locator(".bowl")).to_have_count(5)
    assert overflow(page) == (0, 0)
    page.screenshot(path=pictures / "K1-bad-score.png")
    page.goto(address + "/nothing")
    page.screenshot(path=pictures / "K-not-found.png")
    (tmp_path / "new").mkdir()
    with served(create_app(Settings(tmp_path / "new"))) as bare:
        page.goto(bare)
        expect(page.locator(".bowl")).to_have_count(0)
        page.screenshot(path=pictures / "K-not-installed.png")
