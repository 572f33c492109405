"""The slip's page of the officer in every state of a print, in a real browser; pictures are kept."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from kiosk.slips.printer import PrinterPatience
from kiosk.staff import print_jobs
from tests.fixtures import thermal_printer
from tests.fixtures.browser_tablet import collect_complaints, follow_control, measure_overflow, serve_app
from tests.fixtures.desk_staff_scene import PIN, StaffScene

OFFICE = (1366, 768)
#: Each kind of end, with one reason of it.
STATES = {
    "going": ("going", ""), "printed": ("printed", ""), "taken": ("taken", "silent"),
    "unsure-paper": ("unsure", "paper_out"), "unsure-reset": ("unsure", "reset"), "cut-short": ("cut_short", "slow"),
    "paper": ("not_printed", "paper_out"), "cover": ("not_printed", "cover_open"),
    "unreachable": ("not_printed", "unreachable"),
}  # fmt: skip


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[StaffScene]:
    staff_scene = StaffScene(tmp_path / "desk", waiting=0)
    own = staff_scene.app.extensions["settings"]
    staff_scene.app.extensions["settings"] = dataclasses.replace(own, printer="127.0.0.1:9")
    yield staff_scene
    if job := staff_scene.app.extensions.get("printing"):
        job.join(60)
    staff_scene.store.close()


@pytest.fixture
def address(scene: StaffScene) -> Iterator[str]:
    with serve_app(scene.app) as at:
        yield at


def at_a_slip(browser: Browser, address: str, choice: str = "", *, script: bool = True) -> Page:
    page = browser.new_context(
        viewport={"width": OFFICE[0], "height": OFFICE[1]}, java_script_enabled=script
    ).new_page()
    page.goto(f"{address}/officer{choice}")
    page.locator("input[name=pin]").fill(PIN)
    follow_control(page.locator(".keypad .first"))
    page.locator("input[value=result]").check()
    follow_control(page.locator("button[formaction*=slip]"))
    return page


def _stays(route: Route) -> None:
    """The page as it is, but for its looking again while it is looked at."""
    reply = route.fetch()
    if "html" not in reply.headers["content-type"]:
        return route.fulfill(response=reply)  # the slip's picture has the same beginning
    route.fulfill(response=reply, body=reply.text().replace('data-wait="1"', ""))


@pytest.mark.parametrize("choice", ["", "?lang=en"], ids=["vi", "en"])
def test_every_state_in_pictures(
    browser: Browser, scene: StaffScene, address: str, pictures: Path, choice: str
) -> None:
    page = at_a_slip(browser, address, choice)
    heard = collect_complaints(page)
    page.route("**/officer/slip/1*", _stays)
    page.screenshot(path=pictures / f"print-none-{choice[-2:] or 'vi'}.png")
    for name, (state, why) in STATES.items():
        row = {
            "epoch": 1,
            "serial": 1,
            "number": 1,
            "run": print_jobs._RUN,
            "known": state,
            "why": why,
            "t": scene.at.t,
        }
        scene.remember(slip_print=json.dumps(row))
        for screen in (OFFICE, (390, 844)):
            page.set_viewport_size({"width": screen[0], "height": screen[1]})
            page.goto(page.url.split("#")[0])
            expect(page.locator(".banner")).to_have_count(1)
            if state == "going":
                expect(page.locator(".print form button")).to_be_disabled()
            elif screen == OFFICE:
                expect(page.locator(".print form button")).to_be_in_viewport(ratio=1)
            page.wait_for_function("() => document.querySelector('img.slip').naturalWidth > 0")
            page.screenshot(path=pictures / f"print-{name}-{screen[0]}-{choice[-2:] or 'vi'}.png")
            assert measure_overflow(page)[0] == 0, name
            results = Axe().run(page)
            assert results.violations_count == 0, results.generate_report()
    assert heard == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_a_person_prints_and_the_page_looks_again_by_itself(
    browser: Browser, scene: StaffScene, address: str, script: bool
) -> None:
    with thermal_printer.run_printer(thermal_printer.make_answering_printer()) as machine:
        own = scene.app.extensions["settings"]
        scene.app.extensions["settings"] = dataclasses.replace(own, printer=machine.address)
        scene.app.extensions["printer_patience"] = PrinterPatience(10, 10, 30, 30, 10, 1e9)
        page = at_a_slip(browser, address, script=script)
        button = page.locator(".print form button")
        if script:
            button.dblclick()
        else:
            button.click()
        expect(page.locator(".banner.good")).to_contain_text("Máy in báo đã in xong phiếu", timeout=30_000)
        page.reload()
        expect(page.locator(".banner.good")).to_be_visible()
        assert machine.lines == 1 and len(machine.head.papers) == 1
