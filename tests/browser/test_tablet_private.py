"""Privacy at the tablet: nothing of the last person by Back, reload or a restored tab.

One touch is one answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.browser_tablet import collect_complaints, leave_page, open_tablet_page, serve_app
from tests.fixtures.paired_desk import count_open_drafts, leave_alone, make_paired_app, read_payloads
from tests.fixtures.touch_gestures import find_middle, touch_twice


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk", factors=True, typing=True, follow_up=True)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with serve_app(app) as url:
        yield url


def tablet(browser: Browser) -> Page:
    page = open_tablet_page(browser)
    page.add_init_script(
        """window.broken = [];
           addEventListener("securitypolicyviolation",
                            (event) => broken.push(event.violatedDirective + event.blockedURI));"""
    )
    return page


def walk(page: Page, address: str) -> Iterator[str]:
    """One citizen through every screen; stops at each."""
    page.goto(address)
    yield "faces"
    page.locator(".choices [lang=en]").tap()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    yield "faces in English"
    page.locator(".bowl").nth(3).tap()
    page.wait_for_url("**/topics**")
    yield "topics"
    page.locator("input[value=wait]").check()
    page.locator(".open").tap()
    expect(page.locator(".factor")).to_have_count(5)
    yield "all topics"
    page.locator(".undo").tap()
    page.wait_for_url("**/again**")
    yield "again"
    page.locator(".bowl").nth(0).tap()
    page.wait_for_url("**/topics**")
    page.locator("input[value=fair], input[value=wait]").first.check()
    page.locator(".end .first").tap()
    page.wait_for_url("**/factor/**")
    yield "factor"
    for number in range(5):  # another place each time: the same one so soon is a double touch
        leave_page(page, page.locator(".bowl").nth(number % 2 * 2))
    expect(page.locator(".thanks")).to_be_visible()
    yield "thanks"
    page.locator(".thanks .first").tap()
    expect(page.locator(".bowl")).to_have_count(5)
    yield "the next person"


STEPS = ["faces in English", "topics", "all topics", "again", "factor", "thanks"]


def stop_at(page: Page, address: str, step: str) -> None:
    for name in walk(page, address):
        if name == step:
            return
    raise AssertionError(step)


def nothing_of_anybody(page: Page) -> None:
    expect(page.locator(".bowl")).to_have_count(5)
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    assert page.locator(":checked, .pressed, .picked, .thanks, textarea").count() == 0
    assert urlsplit(page.url).path == "/" and not urlsplit(page.url).query


def test_the_whole_way_leaves_no_history_no_violation_and_no_request_elsewhere(browser: Browser, address: str) -> None:
    page = tablet(browser)
    heard = collect_complaints(page)
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    begun = None
    for name in walk(page, address):
        length = page.evaluate("history.length")
        begun = begun or length
        assert length == begun, f"{name}: Back would find a page"
    assert page.evaluate("broken") == [] and heard == []
    assert hosts - {""} == {urlsplit(address).netloc}  # "" is data:, the empty icon


@pytest.mark.parametrize("step", STEPS)
def test_reload_shows_the_next_person_nothing(browser: Browser, address: str, step: str) -> None:
    page = tablet(browser)
    stop_at(page, address, step)
    page.reload()
    page.wait_for_url(address + "/")
    nothing_of_anybody(page)


@pytest.mark.parametrize("step", STEPS)
def test_back_finds_nothing(browser: Browser, address: str, step: str) -> None:
    page = tablet(browser)
    stop_at(page, address, step)
    page.go_back()
    assert page.url == "about:blank"
    page.go_forward()  # somebody brings the tab's page back: bfcache, or a load of its own
    page.wait_for_url(address + "/")
    nothing_of_anybody(page)


@pytest.mark.parametrize("step", ["topics", "factor", "thanks"])
def test_a_restored_tab_without_script_tells_nothing_either(browser: Browser, address: str, step: str) -> None:
    page = tablet(browser)
    stop_at(page, address, step)
    left = page.url
    page.close()
    other = browser.new_context(java_script_enabled=False).new_page()
    other.goto(left)
    assert other.locator(":checked, .pressed").count() == 0 and "aria-pressed" not in other.content()


def test_a_comment_being_typed_is_gone_with_its_writer(browser: Browser, address: str) -> None:
    page = tablet(browser)
    stop_at(page, address, "topics")
    page.goto(page.url.replace("/topics", "/comment"))
    page.locator("textarea").fill("Tôi tên là …")
    page.reload()
    page.wait_for_url(address + "/")
    nothing_of_anybody(page)


@pytest.mark.parametrize("pause", [0, 60, 150])
@pytest.mark.parametrize("bowl", [0, 2, 4])
def test_a_double_touch_is_one_answer_and_nothing_else(
    browser: Browser, address: str, app: Flask, bowl: int, pause: int
) -> None:
    page = tablet(browser)
    page.goto(address)
    touch_twice(page, *find_middle(page, ".bowl", bowl), pause)
    page.wait_for_url("**/topics")
    page.wait_for_timeout(200)
    assert page.url.endswith("/topics") and page.locator(":checked").count() == 0 and count_open_drafts(app) == 1
    leave_alone(app)
    assert [p["answers"] for p in read_payloads(app)] == [[["overall", bowl + 1]]]


def test_a_double_touch_in_the_factor_questions_answers_one(browser: Browser, address: str, app: Flask) -> None:
    page = tablet(browser)
    stop_at(page, address, "factor")
    first = page.evaluate("location.href")
    touch_twice(page, *find_middle(page, ".bowl", 1), 120)
    page.wait_for_function("before => location.href !== before", arg=first)
    page.wait_for_timeout(300)
    expect(page.locator(".progress p").first).to_contain_text("2")
    leave_alone(app)
    assert len(read_payloads(app)[-1]["answers"]) == 2


def fingers(page: Page, *points: tuple[float, float]) -> None:
    """Fingers come down one after the other without leaving, then leave one after the other."""
    cdp = page.context.new_cdp_session(page)
    down: list[dict[str, float]] = []
    for number, (x, y) in enumerate(points):
        down.append({"x": x, "y": y, "id": number})
        cdp.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": down})
    while down:
        down.pop()
        cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": down})
    page.wait_for_timeout(400)


def test_two_fingers_on_two_faces_are_never_two_answers(browser: Browser, address: str, app: Flask) -> None:
    page = tablet(browser)
    page.goto(address)
    fingers(page, find_middle(page, ".bowl", 0), find_middle(page, ".bowl", 4))
    assert count_open_drafts(app) <= 1
    leave_alone(app)
    page.goto(address)
    assert len(read_payloads(app)) <= 1
    page.locator(".bowl").nth(3).tap()  # and the tablet goes on
    page.wait_for_url("**/topics")


def test_a_finger_that_slides_off_a_face_answers_nothing(browser: Browser, address: str, app: Flask) -> None:
    page = tablet(browser)
    page.goto(address)
    x, y = find_middle(page, ".bowl", 0)
    cdp = page.context.new_cdp_session(page)
    cdp.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        cdp.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x + 60 * step, "y": y}]})
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(400)
    assert page.url == address + "/" and count_open_drafts(app) == 0
