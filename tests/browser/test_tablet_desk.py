"""The tablet and its desk's machine: one answer in hand while the machine is silent, thanks after.

Thanks are said only after its word.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserType, Page, expect

from tests.fixtures.browser_tablet import (
    collect_complaints,
    freeze_clock,
    let_time_pass,
    open_tablet_page,
    wait_until_settled,
)
from tests.fixtures.paired_desk import count_open_drafts, leave_alone, make_paired_app, read_payloads
from tests.fixtures.unreachable_desk import DeskPc

HELD = {
    "vi": "Máy ở quầy chưa trả lời. Đánh giá đang được giữ; xin chờ một chút.",
    "en": "The machine at the desk is not answering yet. Your rating is being held; please wait a moment.",
}


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk")


@pytest.fixture
def pc(app: Flask) -> Iterator[DeskPc]:
    machine = DeskPc(app)
    machine.on()
    yield machine
    machine.off()


def stored(page: Page) -> object:
    return page.evaluate(
        """async () => [localStorage.length, sessionStorage.length, document.cookie,
                         (await indexedDB.databases()).length]"""
    )


@pytest.mark.parametrize("trouble", ["off", "gateway", "portal", "deaf"])
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_tap_is_held_until_the_desk_answers(
    browser: Browser, pc: DeskPc, app: Flask, pictures: Path, trouble: str, lang: str
) -> None:
    page = open_tablet_page(browser)
    page.goto(f"{pc.url}/" + ("?lang=en" if lang == "en" else ""))
    if trouble == "off":
        pc.off()
    pc.trouble = trouble
    page.locator(".bowl").nth(3).tap()
    expect(page.locator(".waiting")).to_have_text(HELD[lang])
    expect(page.locator(".waiting")).to_be_visible()
    expect(page.locator(".pressed, .picked")).to_have_count(0)
    page.screenshot(path=pictures / f"K1-held-{lang}.png")
    for other in (0, 4):  # the hand is full: no second answer
        page.locator(".bowl").nth(other).tap(force=True)
    page.locator(".quiet").tap(force=True)
    assert page.locator(".bowl").count() == 5 and stored(page) == [0, 0, "", 0]
    pc.trouble = ""
    if trouble == "off":
        pc.on()
    page.wait_for_url("**/topics**")
    expect(page.locator("html")).to_have_attribute("lang", lang)
    expect(page.locator(".waiting")).to_be_hidden()
    page.locator(".end .first").tap()
    expect(page.locator(".thanks")).to_be_visible()
    assert [p["answers"] for p in read_payloads(app)] == [[["overall", 4]]] and count_open_drafts(app) == 0
    assert set(pc.posts[:-1]) == {"/rate"}


def test_nobody_is_thanked_while_the_desk_is_silent_and_after_a_while_it_is_said(
    browser: Browser, pc: DeskPc, app: Flask, pictures: Path
) -> None:
    page = open_tablet_page(browser)
    freeze_clock(page)
    page.goto(pc.url)
    pc.off()
    page.locator(".bowl").nth(0).tap()
    box = page.locator(".waiting")
    expect(box).to_have_text(HELD["vi"])
    for _ in range(17):
        let_time_pass(page, 5)
        assert page.locator(".thanks").count() == 0
    expect(box).to_have_text(HELD["vi"])
    let_time_pass(page, 13)  # the pauses between two tries grow to eight seconds
    expect(box).to_contain_text("Xin coi như đánh giá chưa được ghi")
    page.screenshot(path=pictures / "K1-given-up.png")
    pc.on()
    let_time_pass(page, 12)
    expect(box).to_be_hidden()
    expect(page.locator(".bowl")).to_have_count(5)
    assert count_open_drafts(app) == 0 and read_payloads(app) == []
    page.locator(".bowl").nth(4).tap()
    page.wait_for_url("**/topics")
    assert count_open_drafts(app) == 1


def test_a_given_up_tap_never_becomes_the_next_persons(browser: Browser, pc: DeskPc, app: Flask) -> None:
    """The desk took the tap, its replies were lost: the next person's tap is an answer of its own."""
    page = open_tablet_page(browser)
    freeze_clock(page)
    page.goto(pc.url)
    pc.trouble = "deaf"
    page.locator(".bowl").nth(0).tap()
    expect(page.locator(".waiting")).to_have_text(HELD["vi"])
    let_time_pass(page, 120, 3)
    pc.trouble = ""
    let_time_pass(page, 6, 3)
    expect(page.locator(".waiting")).to_be_hidden()
    page.locator(".bowl").nth(4).tap()
    page.wait_for_url("**/topics")
    page.locator(".end .second").tap()
    expect(page.locator(".thanks")).to_be_visible()
    assert [(p["answers"], p["state"]) for p in read_payloads(app)] == [
        ([["overall", 1]], "partial"),
        ([["overall", 5]], "complete"),
    ]


@pytest.mark.parametrize("trouble", ["off", "deaf"])
@pytest.mark.parametrize("step", ["send", "skip", "undo", "decline", "look"])
def test_every_step_is_held_and_taken_once(
    browser: Browser, pc: DeskPc, app: Flask, step: str, trouble: str
) -> None:
    page = open_tablet_page(browser)
    page.goto(pc.url)
    if step != "decline":
        page.locator(".bowl").nth(1).tap()
        page.wait_for_url("**/topics")
        page.locator("input[value=wait]").check()
    if trouble == "off":
        pc.off()
    pc.trouble = trouble
    buttons = {"send": ".end .first", "skip": ".end .second", "undo": ".undo", "decline": ".quiet", "look": ".open"}
    page.locator(buttons[step]).tap()
    expect(page.locator(".waiting")).to_have_text(HELD["vi"])
    expect(page.locator(".thanks")).to_have_count(0)
    pc.trouble = ""
    if trouble == "off":
        pc.on()
    if step == "look":
        expect(page.locator(".factor")).to_have_count(5)
        assert page.locator("input[value=wait]").is_checked() and count_open_drafts(app) == 1
    elif step == "undo":
        expect(page.locator(".bowl")).to_have_count(5)
        page.locator(".bowl").nth(3).tap()
        page.wait_for_url("**/topics")
        leave_alone(app)
        assert [(p["answers"], p["undos"]) for p in read_payloads(app)] == [([["overall", 4]], 1)]
    else:
        expect(page.locator(".thanks")).to_be_visible()
        (p,) = read_payloads(app)
        assert p["state"] == ("declined" if step == "decline" else "complete")
        assert p.get("topics", []) == (["wait"] if step == "send" else [])


def test_a_slow_desk_is_waited_for(browser: Browser, pc: DeskPc, app: Flask) -> None:
    page = open_tablet_page(browser)
    freeze_clock(page)
    page.goto(pc.url)
    pc.trouble = "slow"
    with page.expect_request("**/rate"):
        page.locator(".bowl").nth(2).tap()
    page.clock.run_for(2_400)
    expect(page.locator(".waiting")).to_be_empty()
    page.clock.run_for(7_500)  # another try is made after ten seconds
    expect(page.locator(".waiting")).to_have_text(HELD["vi"])
    pc.patience.set()
    page.wait_for_url("**/topics")
    assert pc.posts == ["/rate"] and count_open_drafts(app) == 1


def test_thanks_and_the_way_home_survive_a_desk_that_goes_off(browser: Browser, pc: DeskPc) -> None:
    """No page of the browser's own is ever shown: the tablet covers itself and comes back."""
    page = open_tablet_page(browser)
    freeze_clock(page)
    page.goto(pc.url)
    page.locator(".bowl").nth(2).tap()
    page.wait_for_url("**/topics")
    page.locator(".end .first").tap()
    expect(page.locator(".thanks")).to_be_visible()
    pc.off()
    page.locator(".thanks .first").tap()
    expect(page.locator("body.away")).to_have_count(1)
    expect(page.locator(".thanks h1")).to_be_hidden()
    assert page.url.startswith(pc.url)
    wait_until_settled(page)
    pc.on()
    let_time_pass(page, 3)
    expect(page.locator(".bowl")).to_have_count(5)
    expect(page.locator("body.away")).to_have_count(0)


def test_a_tablet_on_the_desks_network_needs_no_secure_context(
    browser_type: BrowserType, browser_type_launch_args: dict[str, object], pc: DeskPc, app: Flask
) -> None:
    """Tablet and desk PC over plain http: another host name, so nothing of a secure context is there."""
    name = f"{socket.gethostname().lower().partition('.')[0]}.local"
    options = {**browser_type_launch_args, "args": [f"--host-resolver-rules=MAP {name} 127.0.0.1", "--disable-gpu"]}
    browser = browser_type.launch(**options)  # type: ignore[arg-type]
    try:
        page = open_tablet_page(browser)
        heard = collect_complaints(page)
        page.goto(f"http://{name}:{pc.port}/")
        assert page.evaluate("[isSecureContext, typeof crypto.randomUUID, 'serviceWorker' in navigator]") == [
            False, "undefined", False,
        ]  # fmt: skip
        page.locator(".bowl").nth(4).tap()
        page.wait_for_url("**/topics")
        assert heard == []
        pc.off()
        page.locator(".end .first").tap()
        expect(page.locator(".waiting")).to_have_text(HELD["vi"])
        pc.on()
        expect(page.locator(".thanks")).to_be_visible()
    finally:
        browser.close()
    assert [p["answers"] for p in read_payloads(app)] == [[["overall", 5]]]
