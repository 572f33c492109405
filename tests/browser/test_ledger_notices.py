"""Notices of the staff page about the ledger, in a real browser: both ways up, and a narrow phone.

No line ends inside a code that is read out on the telephone or a command that is typed, and a tag stands beside its
name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import delete

from models.tables.desk_store import DeskState, WaitingSidecar
from tests.fixtures.browser_tablet import (
    LANDSCAPE,
    PORTRAIT,
    find_clipped,
    follow_control,
    measure_overflow,
    open_tablet_page,
    serve_app,
)
from tests.fixtures.desk_staff_scene import NOON, PIN, StaffScene

SCREENS = {"landscape": LANDSCAPE, "portrait": PORTRAIT, "phone": (360, 740)}


def set_apart(scene: StaffScene) -> None:
    scene.remember(set_aside_ms=NOON, set_aside="kiosk-20261014-094215.damaged")
    with scene.store.write() as session:
        session.execute(delete(DeskState).where(DeskState.name == "device"))


def spoilt(scene: StaffScene) -> None:
    with scene.store.write() as session:
        session.add(WaitingSidecar(id="0" * 32, kind="c", salt="00", value="x", epoch=1, seq=1, t=0))


STATES: dict[str, tuple[Callable[[StaffScene], object], list[str]]] = {
    "rolled-back": (lambda scene: scene.remember(acked_seq=10_000), ["HL-L1"]),
    "forked": (lambda scene: scene.remember(state="forked", acked_seq=4), ["HL-422"]),
    "closed": (lambda scene: scene.remember(state="closed", acked_seq=4), ["HL-422"]),
    "set-aside": (set_apart, ["hailong kiosk enrol", "hailong kiosk salvage", "HL-L2"]),
    "opening": (spoilt, ["HL-L5"]),
}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[StaffScene]:
    staff_scene = StaffScene(tmp_path / "desk")
    staff_scene.remember(sound_ms=NOON)
    yield staff_scene
    staff_scene.store.close()


@pytest.mark.parametrize("state", STATES)
def test_a_notice_about_the_ledger_is_whole_on_every_screen(
    browser: Browser, scene: StaffScene, pictures: Path, state: str
) -> None:
    make, together = STATES[state]
    make(scene)
    with serve_app(scene.app) as address:
        page = open_tablet_page(browser, LANDSCAPE)
        for lang in ("vi", "en"):
            page.goto(f"{address}/staff?lang={lang}")
            if page.locator(".keypad").count():
                for digit in PIN:
                    page.locator(f".keypad [value='{digit}']").tap()
                follow_control(page.locator(".keypad .first"))
            for way, (width, height) in SCREENS.items():
                page.set_viewport_size({"width": width, "height": height})
                page.screenshot(path=pictures / f"K6-ledger-{state}-{way}-{lang}.png", full_page=True)
                expect(page.locator(".banner .whole")).to_have_text(together)
                rows = page.locator(".banner .whole").evaluate_all("all => all.map(e => e.getClientRects().length)")
                assert set(rows) == {1}, (way, lang)
                assert measure_overflow(page)[0] == 0 and find_clipped(page) == [], (way, lang)
                if way != "phone":
                    assert measure_overflow(page) == (0, 0), (
                        "figures and buttons stand on one screen, also under a notice"
                    )
                if lang == "vi":
                    heights = page.locator("dt").evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")
                    assert max(heights) < 40, (way, heights)
        page.context.close()
