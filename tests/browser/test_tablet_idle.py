"""The idle tablet: rest, sleep and waking; a desk that is off; the start-up page; sound."""

from __future__ import annotations

import datetime
import hashlib
import io
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, expect

from kiosk.tablet import startup_page
from models import clock
from models.clock import HCM, Moment
from tests.fixtures.browser_tablet import (
    Window,
    collect_complaints,
    find_clipped,
    freeze_clock,
    let_time_pass,
    measure_overflow,
    open_tablet_page,
)
from tests.fixtures.opening_hours import HOURS
from tests.fixtures.paired_desk import change_reference, count_open_drafts, leave_alone, make_paired_app, read_payloads
from tests.fixtures.unreachable_desk import DeskPc

EVENING = "2026-10-14T18:05:30"


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk")


@pytest.fixture
def pc(app: Flask) -> Iterator[DeskPc]:
    machine = DeskPc(app)
    machine.on()
    yield machine
    machine.off()


def at(app: Flask, text: str) -> None:
    """The desk's clock stands at this local time."""
    ms = int(datetime.datetime.fromisoformat(text).replace(tzinfo=HCM).timestamp() * 1000)
    app.extensions["clock"] = lambda: Moment(ms, clock.now().mono)


def test_at_rest_after_closing_it_goes_to_sleep_and_a_touch_brings_the_faces(
    browser: Browser, pc: DeskPc, app: Flask
) -> None:
    change_reference(app, lambda value: value.update(hours=HOURS))
    at(app, EVENING)
    page = open_tablet_page(browser)
    freeze_clock(page)
    page.goto(pc.url)
    let_time_pass(page, 50)
    expect(page.locator(".bowl")).to_have_count(5)  # woken in the night it takes ratings
    let_time_pass(page, 10)
    page.wait_for_url("**/sleep")
    expect(page.locator(".time")).to_have_text("18:05")
    page.locator(".touch").tap()
    page.wait_for_url(pc.url + "/")
    page.locator(".bowl").nth(1).tap()
    page.wait_for_url("**/topics")
    assert count_open_drafts(app) == 1


def test_sleep_ends_by_itself_when_the_desk_opens_and_the_clock_goes_on(
    browser: Browser, pc: DeskPc, app: Flask
) -> None:
    change_reference(app, lambda value: value.update(hours=HOURS))
    at(app, "2026-10-14T07:25:30")
    page = open_tablet_page(browser)
    freeze_clock(page)
    page.goto(pc.url + "/sleep")
    pc.off()  # without its desk the clock goes on, and nobody is alarmed
    let_time_pass(page, 185)
    expect(page.locator(".time")).to_have_text("07:28")
    assert page.locator(".minute").get_attribute("transform") == "rotate(168)"
    expect(page.locator(".waiting")).to_be_hidden()
    pc.on()
    let_time_pass(page, 65)
    expect(page.locator(".time")).to_have_text("07:25")  # as the desk says
    at(app, "2026-10-14T07:30:01")
    let_time_pass(page, 65)
    page.wait_for_url(pc.url + "/")
    expect(page.locator(".bowl")).to_have_count(5)


@pytest.mark.parametrize("screen", [(1280, 800), (800, 1280), (1024, 768), (1366, 768), (1024, 600)], ids=str)
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_sleep_screen_fits_and_is_kept_as_a_picture(
    window: Window, pc: DeskPc, app: Flask, pictures: Path, screen: tuple[int, int], lang: str
) -> None:
    change_reference(app, lambda value: value.update(hours=HOURS))
    at(app, EVENING)
    page = window(screen)
    heard = collect_complaints(page)
    page.goto(f"{pc.url}/sleep?lang={lang}")
    page.screenshot(path=pictures / f"K5-sleep-{screen[0]}x{screen[1]}-{lang}.png")
    assert measure_overflow(page) == (0, 0) and find_clipped(page) == [] and heard == []
    if screen == (1280, 800):
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
    box = page.locator(".touch").bounding_box()
    assert box and box["height"] >= 64


def test_at_rest_a_silent_desk_is_a_hollow_dot_and_no_alarm(browser: Browser, pc: DeskPc) -> None:
    page = open_tablet_page(browser)
    freeze_clock(page)
    page.goto(pc.url)
    pc.off()
    let_time_pass(page, 168)
    expect(page.locator(".dot.offline")).to_have_count(0)
    let_time_pass(page, 60)
    expect(page.locator(".dot.offline")).to_have_count(1)
    expect(page.locator(".bowl")).to_have_count(5)
    expect(page.locator(".waiting")).to_be_hidden()
    pc.on()
    let_time_pass(page, 30)
    expect(page.locator(".dot.offline")).to_have_count(0)
    expect(page.locator("body.resting")).to_have_count(1)


def test_at_rest_the_picture_shifts_against_burn_in(browser: Browser, pc: DeskPc) -> None:
    page = open_tablet_page(browser)
    freeze_clock(page)
    page.goto(pc.url)
    classes = set()
    for _ in range(4):
        page.clock.fast_forward(610_000)
        let_time_pass(page, 4, 2)
        expect(page.locator("body.resting")).to_have_count(1)
        classes.add(page.locator(".page").get_attribute("class"))
    assert len(classes) == 4


@pytest.mark.parametrize("kind", ["topics", "factor", "comment"])
def test_whoever_is_still_here_is_asked_and_may_stay_without_limit(
    browser: Browser, tmp_path: Path, pictures: Path, kind: str
) -> None:
    app = make_paired_app(tmp_path / "all", factors=True, typing=True)
    pc = DeskPc(app)
    pc.on()
    page = open_tablet_page(browser)
    freeze_clock(page)
    page.goto(pc.url)
    page.locator(".bowl").nth(2).tap()
    page.wait_for_url("**/topics")
    if kind == "factor":
        page.locator(".end .first").tap()
        page.wait_for_url("**/factor/**")
    elif kind == "comment":
        page.goto(page.url.replace("/topics", "/comment"))
        page.locator("textarea").fill("Chờ hơi lâu")
    for _ in range(3):
        let_time_pass(page, 33)
        expect(page.locator("dialog")).to_be_hidden()  # no clock runs before the last 20 seconds
        let_time_pass(page, 2, 1)
        expect(page.locator("dialog")).to_be_visible()
        expect(page.locator(".here")).to_be_focused()
        expect(page.locator(".said")).to_contain_text("20")
        page.screenshot(path=pictures / f"still-here-{kind}.png")
        let_time_pass(page, 18, 6)
        page.locator(".here").tap()
        let_time_pass(page, 1)
        expect(page.locator("dialog")).to_be_hidden()
    assert count_open_drafts(app) == 1 and pc.posts.count(pc.posts[-1]) >= 1 and pc.posts[-1].endswith("/stay")
    if kind == "comment":
        expect(page.locator("textarea")).to_have_value("Chờ hơi lâu")
    let_time_pass(page, 55)
    page.wait_for_url(pc.url + "/")
    pc.off()
    leave_alone(app)
    assert [p["state"] for p in read_payloads(app)] == ["partial"]


def test_reduced_motion_sees_seconds_and_no_ring(browser: Browser, pc: DeskPc) -> None:
    page = open_tablet_page(browser, reduced_motion="reduce")
    freeze_clock(page)
    page.goto(pc.url)
    page.locator(".bowl").nth(2).tap()
    page.wait_for_url("**/topics")
    let_time_pass(page, 36)
    expect(page.locator("dialog .seconds")).to_be_visible()
    expect(page.locator("dialog .ring")).to_be_hidden()
    assert page.locator(".bowl, .first").first.evaluate("e => getComputedStyle(e).transitionDuration") in ("0s", "")


def sound(seconds: float) -> bytes:
    """Silence as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(8000)
        out.writeframes(b"\x80" * int(8000 * seconds))
    return file.getvalue()


def test_listen_plays_after_a_touch_alone_stops_at_the_second_and_ends_with_the_page(
    browser: Browser, pc: DeskPc, app: Flask, tmp_path: Path
) -> None:
    data = sound(30)
    sha = hashlib.sha256(data).hexdigest()
    (tmp_path / "desk" / "media").mkdir()
    (tmp_path / "desk" / "media" / sha).write_bytes(data)
    row = {"id": "overall", "lang": "vi", "sha": sha, "size": len(data), "mime": "audio/wav"}
    change_reference(app, lambda value: value.update(prompts=[row]))
    page = open_tablet_page(browser)
    heard = collect_complaints(page)
    page.add_init_script(
        """window.sounds = [];
           const Real = Audio;
           window.Audio = function (source) { const one = new Real(source); sounds.push(one); return one; };"""
    )
    playing = "() => sounds.map((one) => !one.paused)"
    page.goto(pc.url)
    page.wait_for_timeout(300)
    assert page.evaluate(playing) == []
    button = page.locator(".listen")
    button.tap()
    page.wait_for_function("() => sounds.length === 1 && sounds[0].currentTime > 0")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.tap()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(playing) == [False]
    button.tap()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.locator(".bowl").nth(2).tap()
    page.wait_for_url("**/topics")
    assert page.evaluate(playing) == [False, False] and heard == []
    assert count_open_drafts(app) == 1 and page.locator(".listen").count() == 0  # topics have no recording


def test_the_page_before_the_first_waits_for_the_desk_and_becomes_the_faces(
    browser: Browser, pc: DeskPc, tmp_path: Path, pictures: Path
) -> None:
    address = pc.url
    pc.off()
    file = tmp_path / "starting.html"
    file.write_text(startup_page.render_startup_page(), encoding="utf-8")
    page = open_tablet_page(browser)
    page.goto(f"{file.as_uri()}#{address}")
    page.wait_for_timeout(2500)
    expect(page.locator("h1")).to_have_text("Thiết bị đang khởi động")
    expect(page.locator("h2")).to_have_text("The device is starting")
    page.screenshot(path=pictures / "starting.png")
    assert measure_overflow(page) == (0, 0)
    before = page.evaluate("history.length")
    pc.on()
    page.wait_for_url(address + "/")
    expect(page.locator(".bowl")).to_have_count(5)
    assert page.evaluate("history.length") == before


def test_the_page_before_the_first_moves_on_to_a_desk_with_troubles_of_its_own(
    browser: Browser, pc: DeskPc, app: Flask, tmp_path: Path
) -> None:
    """Any answer will do: a server that is up says itself what is wrong."""
    file = tmp_path / "starting.html"
    file.write_text(startup_page.render_startup_page(pc.url), encoding="utf-8")
    app.extensions["database"].close()
    (tmp_path / "desk" / "kiosk.sqlite").write_bytes(b"not a store" * 1000)
    page = open_tablet_page(browser)
    page.goto(file.as_uri())
    page.wait_for_url(pc.url + "/")
    expect(page.locator("[data-page=error]")).to_have_count(1)


def test_the_staffs_door_opens_on_a_page_that_took_anothers_place(browser: Browser, pc: DeskPc) -> None:
    page = open_tablet_page(browser)
    freeze_clock(page)  # five touches within three seconds
    page.goto(pc.url)
    page.locator(".choices [lang=en]").tap()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    for _ in range(5):
        page.locator("header .brand").tap()
    page.wait_for_url("**/staff**")
