"""The screens of the tablet for every reader: language, size of letters, contrast, way up.

The phone's pages have two sizes and no contrast of their own; all of them stand in `test_citizen_phone`. The suite
runs combinations in which every two choices meet; `python3 wsgi.py bench --screens` runs all of them. On each screen:
nothing that axe objects to, nothing cut off, no wider than the screen, no complaint of the browser (that is also: no
breach of the content policy, no request that fails), and a picture.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from tests.fixtures.browser_tablet import (
    LANDSCAPE,
    PORTRAIT,
    Window,
    collect_complaints,
    find_clipped,
    measure_overflow,
    serve_app,
)
from tests.fixtures.paired_desk import change_reference, make_paired_app
from tests.fixtures.pairwise_choices import all_combinations, find_held_pairs, tried_combinations

WAYS = {"landscape": LANDSCAPE, "portrait": PORTRAIT}


def tap(page: Page, score: int = 2) -> None:
    page.locator(".bowl").nth(score - 1).tap()
    page.wait_for_load_state()


def faces(page: Page) -> None:
    expect(page.locator(".bowl")).to_have_count(5)


def topics(page: Page) -> None:
    tap(page)
    page.wait_for_url("**/topics*")
    page.locator("input[value=wait]").check()


def all_topics(page: Page) -> None:
    topics(page)
    page.locator(".open").tap()
    expect(page.locator(".factors .factor")).to_have_count(5)


def comment(page: Page) -> None:
    topics(page)
    page.get_by_role("button", name=re.compile("Viết tại đây|Write here")).tap()
    expect(page.locator("textarea")).to_be_visible()


def factor(page: Page) -> None:
    topics(page)
    page.locator(".end .first").tap()
    page.wait_for_url("**/factor/*")


def thanks(page: Page) -> None:
    tap(page)
    page.wait_for_url("**/topics*")
    page.locator(".end .second").tap()
    expect(page.locator(".thanks")).to_be_visible()


def thanks_with_code(page: Page) -> None:
    factor(page)
    for item in "ABCDE":
        page.wait_for_url(f"**/factor/{item}*")
        page.wait_for_timeout(450)  # a second touch in one place within 0.4 s is taken for a double tap
        page.locator(".bowl").nth(3).tap()
    expect(page.locator(".thanks")).to_be_visible()


def sleep(page: Page) -> None:
    page.goto(page.url.split("?")[0].rstrip("/") + "/sleep" + ("?" + page.url.split("?")[1] if "?" in page.url else ""))


def nothing(page: Page) -> None:
    page.goto(page.url.split("?")[0].rstrip("/") + "/nothing")


SCREENS: dict[str, Callable[[Page], None]] = {
    "K1-faces": faces,
    "K2-topics": topics,
    "K2-all-topics": all_topics,
    "K2-comment": comment,
    "K3-factor": factor,
    "K4-thanks": thanks,
    "K4-code": thanks_with_code,
    "K5-sleep": sleep,
    "K-not-found": nothing,
}
KINDS = {
    "screen": list(SCREENS),
    "lang": ["vi", "en"],
    "size": ["normal", "large", "small"],
    "contrast": ["normal", "high"],
    "way": list(WAYS),
}
CHOICES = tried_combinations(KINDS)
NIGHT = {"week": {"1": [["03:00", "03:01"]]}, "closed": []}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    desk = make_paired_app(tmp_path_factory.mktemp("desk"), factors=True, typing=True, follow_up=True)
    change_reference(desk, lambda document: document.update(hours=NIGHT))
    return desk


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    with serve_app(app) as url:
        yield url


def test_every_two_choices_meet() -> None:
    pairs = set().union(*(find_held_pairs(choice) for choice in CHOICES))
    assert pairs == set().union(*(find_held_pairs(choice) for choice in all_combinations(KINDS)))
    assert len(CHOICES) < len(all_combinations(KINDS)) / 3 or os.environ.get("HAILONG_EVERY")


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: "-".join(choice.values()))
def test_every_screen_serves_every_reader(
    window: Window, address: str, pictures: Path, choice: dict[str, str]
) -> None:
    page = window(WAYS[choice["way"]])
    heard = collect_complaints(page)
    query = "&".join(f"{name}={choice[name]}" for name in ("lang", "size", "contrast"))
    page.goto(f"{address}/?{query}")
    SCREENS[choice["screen"]](page)
    assert find_clipped(page) == []
    assert measure_overflow(page) == (0, 0)
    page.screenshot(path=pictures / ("every-" + "-".join(choice.values()) + ".png"))
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    if choice["screen"] != "K-not-found":
        assert heard == []
