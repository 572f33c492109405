"""The next person at the tablet, and what the one before must not leave them.

Zoom above all: with two faces out of sight the other three would be chosen more often.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.browser_tablet import LANDSCAPE, freeze_clock, leave_page, let_time_pass, open_tablet_page
from tests.fixtures.paired_desk import change_reference, count_open_drafts, leave_alone, make_paired_app, read_payloads
from tests.fixtures.touch_gestures import SCALE, find_middle, spread_fingers, touch_twice, zoom_page
from tests.fixtures.unreachable_desk import DeskPc

#: The tablets there are: one of the desk PC's own kind, and one whose browser is a phone's.
KINDS: dict[str, dict[str, Any]] = {"touch-screen": {}, "mobile": {"is_mobile": True}}
#: How many of a thousand pixels of the same page may be painted otherwise: round edges come out a shade lighter or
#: darker. A ring around a face would be six, a tint of one a hundred and fifty.
PAINT = 1


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk", factors=True, typing=True, follow_up=True)


@pytest.fixture
def pc(app: Flask) -> Iterator[DeskPc]:
    machine = DeskPc(app)
    machine.on()
    yield machine
    machine.off()


def whole(page: Page) -> None:
    """Five faces, each wholly in sight, at no zoom, of nobody."""
    page.wait_for_function("() => visualViewport.scale === 1")
    expect(page.locator(".bowl")).to_have_count(5)
    expect(page.locator("body.away, body.gone")).to_have_count(0)
    visible_count = page.evaluate(
        """() => [...document.querySelectorAll(".bowl")].map((one) => one.getBoundingClientRect())
              .filter((box) => box.left >= visualViewport.offsetLeft && box.top >= visualViewport.offsetTop
                  && box.right <= visualViewport.offsetLeft + visualViewport.width
                  && box.bottom <= visualViewport.offsetTop + visualViewport.height).length"""
    )
    assert visible_count == 5


def topics(page: Page) -> None:
    page.locator(".bowl").nth(2).tap()
    expect(page.locator(".six")).to_be_visible()


def factor(page: Page) -> None:
    topics(page)
    leave_page(page, page.locator(".end .first"))
    expect(page.locator(".progress")).to_be_visible()


def comment(page: Page) -> None:
    topics(page)
    leave_page(page, page.locator(".write .second"))
    expect(page.locator("textarea")).to_be_visible()


def asleep(page: Page) -> None:
    page.goto(page.url + "sleep")


PLACES = {"faces": lambda page: None, "topics": topics, "factor": factor, "comment": comment, "sleep": asleep}


@pytest.mark.parametrize("kind", KINDS)
def test_no_page_can_be_pinched_or_touched_twice_into_a_zoom(browser: Browser, pc: DeskPc, kind: str) -> None:
    page = open_tablet_page(browser, **KINDS[kind])
    for name, walk in PLACES.items():
        page.goto(pc.url)
        walk(page)
        for selector in ("h1", ".bowl, .topic, textarea, .touch", "header", "footer"):
            spread_fingers(page, *find_middle(page, selector))
            assert page.evaluate(SCALE) == 1, (name, selector)
        touch_twice(page, *find_middle(page, "h1"), 60)
        page.wait_for_timeout(350)  # as long as a browser takes to make a zoom of two touches
        assert page.evaluate(SCALE) == 1, name
    assert page.locator("[data-page=faces], [data-now]").count() == 1


def test_style_sheets_alone_forbid_pinching(browser: Browser, pc: DeskPc) -> None:
    page = open_tablet_page(browser, script=False, is_mobile=True)
    for path in ("/", "/sleep", "/thanks", "/nothing"):
        page.goto(pc.url + path)
        spread_fingers(page, 400, 300)
        assert page.evaluate(SCALE) == 1, path


@pytest.mark.parametrize("source", ["fingers", "touch pad"])
def test_a_browser_told_to_allow_zoom_everywhere_asks_the_script(browser: Browser, pc: DeskPc, source: str) -> None:
    """Such a browser overrides style sheets; a touch pad never asked them."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}, has_touch=True, bypass_csp=True).new_page()
    page.goto(pc.url)
    page.add_style_tag(content="html, body { touch-action: auto !important }")
    if source == "fingers":
        spread_fingers(page, 640, 300)
    else:
        pinch = {"x": 640, "y": 300, "scaleFactor": 2, "gestureSourceType": "mouse"}
        page.context.new_cdp_session(page).send("Input.synthesizePinchGesture", pinch)
    assert page.evaluate(SCALE) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["done", "idle", "reload", "again", "back"])
def test_a_zoomed_page_is_followed_by_faces_that_are_whole(
    browser: Browser, pc: DeskPc, kind: str, way: str
) -> None:
    page = open_tablet_page(browser, **KINDS[kind])
    if way == "idle":
        freeze_clock(page)
    page.goto(pc.url)
    topics(page)
    zoom_page(page, 2)
    if way == "done":
        page.evaluate("() => document.querySelector('.end .second').click()")
        expect(page.locator(".thanks")).to_be_visible()
        zoom_page(page, 2)
        page.evaluate("() => document.querySelector('.thanks .first').click()")
    elif way == "idle":
        let_time_pass(page, 55)
    elif way == "again":
        page.evaluate("() => document.querySelector('.undo').click()")
    elif way == "back":
        page.go_back()
        page.go_forward()
    else:
        page.reload()
    page.wait_for_url("**/again" if way == "again" else pc.url + "/")
    whole(page)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("address", ["/", "/?lang=en", "/#rest"])
def test_faces_that_are_zoomed_are_drawn_again(browser: Browser, pc: DeskPc, kind: str, address: str) -> None:
    page = open_tablet_page(browser, **KINDS[kind])
    page.goto(pc.url + address)
    expect(page.locator(".bowl")).to_have_count(5)
    zoom_page(page, 2.5)
    whole(page)
    assert page.locator("html").get_attribute("lang") == ("en" if "en" in address else "vi")
    topics(page)


def test_faces_that_are_zoomed_while_the_desk_is_silent_are_covered_until_it_answers(
    browser: Browser, pc: DeskPc, app: Flask
) -> None:
    page = open_tablet_page(browser)
    page.goto(pc.url)
    pc.off()
    zoom_page(page, 2)
    expect(page.locator("body.away")).to_have_count(1)
    expect(page.locator(".bowl").nth(2)).to_be_hidden()
    expect(page.locator(".waiting")).to_contain_text("mã QR")
    pc.on()
    whole(page)
    assert count_open_drafts(app) == 0


def test_a_zoom_that_nothing_ends_shows_no_faces(browser: Browser, pc: DeskPc) -> None:
    page = open_tablet_page(browser)
    page.add_init_script("Object.defineProperty(visualViewport, 'width', { get: () => 640 })")
    page.goto(pc.url)
    expect(page.locator("body.away")).to_have_count(1)
    expect(page.locator(".bowl").nth(2)).to_be_hidden()
    expect(page.locator(".waiting")).to_contain_text("mã QR")


def test_a_keyboard_on_the_screen_is_no_zoom_and_ends_with_its_writer(browser: Browser, pc: DeskPc) -> None:
    page = open_tablet_page(browser)
    freeze_clock(page)
    page.goto(pc.url)
    comment(page)
    page.locator("textarea").tap()
    page.set_viewport_size({"width": 1280, "height": 420})  # what a keyboard leaves
    page.locator("textarea").fill("Chờ lâu")
    expect(page.locator("textarea")).to_be_visible()
    pc.off()
    let_time_pass(page, 33)
    page.locator("textarea").focus()  # the question is closed by whoever writes on
    let_time_pass(page, 30)
    expect(page.locator("body.away")).to_have_count(1)
    assert page.evaluate("() => document.activeElement === document.body")


def test_a_ring_a_selection_and_the_place_end_at_rest(browser: Browser, pc: DeskPc) -> None:
    """Even while the desk is silent, so that no fresh page comes."""
    page = open_tablet_page(browser, (640, 400))
    freeze_clock(page)
    page.goto(pc.url)
    page.keyboard.press("4")
    expect(page.locator(".bowl").nth(3)).to_be_focused()
    page.evaluate("() => { scrollTo(0, 300); getSelection().selectAllChildren(document.querySelector('h1')) }")
    assert page.evaluate("scrollY") > 0
    pc.off()
    let_time_pass(page, 61)
    expect(page.locator("body.resting")).to_have_count(1)
    assert page.evaluate("[scrollY, String(getSelection()), document.activeElement === document.body]") == [0, "", True]


def test_a_reload_begins_at_the_top(browser: Browser, pc: DeskPc) -> None:
    page = open_tablet_page(browser, (640, 400))
    page.goto(pc.url)
    page.evaluate("scrollTo(0, 300)")
    page.reload()
    expect(page.locator(".bowl")).to_have_count(5)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("scrollY") == 0


def test_a_page_that_is_left_is_hidden_before_it_can_come_back(browser: Browser, pc: DeskPc) -> None:
    """A page kept whole for Back shows nothing of the last person while the desk is silent."""
    page = open_tablet_page(browser)
    page.goto(pc.url)
    topics(page)
    page.locator("input[value=wait]").check()
    pc.off()
    page.evaluate(
        """() => { dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
                   dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })); }"""
    )
    expect(page.locator(".six")).to_be_hidden(timeout=300)
    expect(page.locator("body.away")).to_have_count(1)
    pc.on()
    whole(page)
    assert page.locator(":checked").count() == 0


def test_two_fingers_do_not_take_the_next_persons_key(browser: Browser, pc: DeskPc, app: Flask) -> None:
    page = open_tablet_page(browser)
    page.goto(pc.url)
    spread_fingers(page, *find_middle(page, "h1"))
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    page.wait_for_url("**/topics")
    assert leave_alone(app) == 1
    assert [p["answers"] for p in read_payloads(app)] == [[["overall", 5]]]


def _difference(one: bytes, other: bytes) -> float:
    """How many of a thousand pixels differ between two pictures by more than a shade (8 of 255)."""
    first, second = (Image.open(io.BytesIO(picture)).convert("L") for picture in (one, other))
    assert first.size == second.size
    by = ImageChops.difference(first, second).histogram()
    return 1000 * sum(by[9:]) / sum(by)


def _hover(page: Page, selector: str) -> None:
    """As where a finger was last: a browser without a mouse takes it for one that stays there, or not, as it comes."""
    cdp = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        cdp.send(f"{domain}.enable")
    root = cdp.send("DOM.getDocument")["root"]["nodeId"]
    for node in cdp.send("DOM.querySelectorAll", {"nodeId": root, "selector": selector})["nodeIds"]:
        cdp.send("CSS.forcePseudoState", {"nodeId": node, "forcedPseudoClasses": ["hover"]})


def test_a_face_looks_the_same_after_a_finger_was_on_it(browser: Browser, pc: DeskPc, pictures: Path) -> None:
    """No trace of a touch that a screen without a mouse would keep: the faces are those of a browser nobody touched."""
    page, untouched = open_tablet_page(browser, is_mobile=True), open_tablet_page(browser, is_mobile=True)
    page.goto(pc.url)
    topics(page)
    leave_page(page, page.locator(".end .second"))
    page.locator(".thanks .first").tap()
    expect(page.locator(".bowl")).to_have_count(5)
    untouched.goto(pc.url)
    _hover(page, ".bowl")
    for _ in range(50):  # until both are drawn; a trace of a touch would stay
        face_pictures = [one.locator(".bowls").screenshot() for one in (page, untouched)]
        if _difference(*face_pictures) <= PAINT:
            return
        page.wait_for_timeout(100)
    for name, picture in zip(("touched", "untouched"), face_pictures, strict=True):
        (pictures / f"K1-face-{name}.png").write_bytes(picture)
    raise AssertionError("the faces look otherwise than where nobody touched them; both are among the pictures")


@pytest.mark.parametrize("what", [".bowl", ".choices a", ".brand"])
def test_a_long_press_opens_nothing_selects_nothing_and_drags_nothing(browser: Browser, pc: DeskPc, what: str) -> None:
    page = open_tablet_page(browser, is_mobile=True)
    page.add_init_script(
        """window.through = [];
           for (const kind of ["contextmenu", "dragstart"])
               document.addEventListener(kind, (event) =>
                   setTimeout(() => { if (!event.defaultPrevented) through.push(kind) }));"""
    )
    page.goto(pc.url)
    x, y = find_middle(page, what)
    cdp = page.context.new_cdp_session(page)
    cdp.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    page.wait_for_timeout(900)  # longer than what a browser calls a long press
    page.evaluate(
        """(what) => { for (const kind of ["contextmenu", "dragstart"]) document.querySelector(what)
               .dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true })); }""", what
    )
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    if what == ".bowl":  # a finger that rests there before it lets go is a slow one: it has touched that face
        page.wait_for_url("**/topics")
    page.wait_for_timeout(50)
    assert page.evaluate("[through, String(getSelection())]") == [[], ""]
    assert what == ".bowl" or page.url == pc.url + "/"


def test_nothing_of_a_person_survives_a_turn_of_the_tablet(browser: Browser, pc: DeskPc, app: Flask) -> None:
    """Turned in the middle the answer goes on; turned at rest the faces are whole."""
    page = open_tablet_page(browser, is_mobile=True)
    page.goto(pc.url)
    topics(page)
    page.locator("input[value=wait]").check()
    page.set_viewport_size({"width": 800, "height": 1280})
    expect(page.locator("input[value=wait]")).to_be_checked()
    leave_page(page, page.locator(".end .second"))
    page.set_viewport_size({"width": LANDSCAPE[0], "height": LANDSCAPE[1]})
    page.locator(".thanks .first").tap()
    whole(page)
    page.set_viewport_size({"width": 800, "height": 1280})
    whole(page)
    assert len(read_payloads(app)) == 1


def test_a_recording_that_its_desk_left_in_the_middle_keeps_nobody_here(
    browser: Browser, pc: DeskPc, app: Flask, tmp_path: Path
) -> None:
    """Sound that does not go on is no listener: the tablet rests, in silence and in the first language."""
    sha = "0" * 64
    (tmp_path / "desk" / "media").mkdir()
    (tmp_path / "desk" / "media" / sha).write_bytes(b"the beginning")
    row = {"id": "overall", "lang": "en", "sha": sha, "size": 13, "mime": "audio/wav"}
    change_reference(app, lambda value: value.update(prompts=[row]))
    page = open_tablet_page(browser)
    freeze_clock(page)
    page.route("**/media/**", lambda route: None)  # never answered
    page.goto(pc.url + "/?lang=en")
    page.locator(".listen").tap()
    expect(page.locator(".listen")).to_have_attribute("aria-pressed", "true")
    let_time_pass(page, 61)
    page.wait_for_url(pc.url + "/")
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    expect(page.locator(".listen")).to_have_count(0)


def test_no_browser_is_asked_to_translate_for_one_what_all_see(browser: Browser, pc: DeskPc) -> None:
    page = open_tablet_page(browser)
    for path in ("/", "/sleep", "/nothing"):
        page.goto(pc.url + path)
        expect(page.locator("meta[name=google]")).to_have_attribute("content", "notranslate")
