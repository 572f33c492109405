"""The tablet's screens after the faces on every size of screen, in each size of letters.

One walk a language goes through all of them, in both languages; on each the window and the letters change their size
around the page. The header is as full as it gets (Listen too), and so are the pages: words written before, a code, a
notice. Nothing scrolls, nothing is cut, nothing lies on something else. Where a desk's name is as long as they come
and the practice strip stands above it, the last resort is shown: the page scrolls, one way alone, and what leads on
stays in sight.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from kiosk.desk import practice
from kiosk.error_catalogue.page_errors import PAGES, PAUSES
from models import clock
from tests.fixtures.browser_tablet import LANDSCAPE, freeze_clock, open_tablet_page, serve_app
from tests.fixtures.paired_desk import LONG_NAME, change_reference, make_paired_app
from tests.fixtures.screen_fit import find_misfits
from translations import gettext, use_locale

SHA = "0" * 64
RECORDED = [
    {"id": text, "lang": lang, "sha": SHA, "size": 5, "mime": "audio/wav"}
    for text in ("overall", "topics", "comment", *"ABCDE")
    for lang in ("vi", "en")
]
NIGHT = {"week": {"1": [["03:00", "03:01"]], "2": [["07:30", "11:30"], ["13:30", "17:00"]]}, "closed": []}
#: What a keyboard on the screen leaves of it.
WITH_KEYBOARD = ((1280, 430), (1366, 400), (1024, 400), (1024, 300), (800, 880), (768, 640))


def desk(folder: Path, **settings: bool) -> Flask:
    """A desk that offers everything, with a recording of every text, offline and closed by now."""
    app = make_paired_app(folder, factors=True, follow_up=True, online=False, **{"typing": True, **settings})
    (folder / "media").mkdir()
    (folder / "media" / SHA).write_bytes(b"sound")
    change_reference(app, lambda document: document.update(prompts=RECORDED, hours=NIGHT))
    return app


def press(page: Page, selector: str) -> None:
    """Press what leads to another address, and be there."""
    before = page.evaluate("location.href")
    page.locator(selector).first.evaluate("one => one.click()")
    page.wait_for_function("before => location.href !== before", arg=before)


def refused(page: Page, selector: str) -> None:
    """Press what the desk does not understand, and be told."""
    page.locator(selector).first.evaluate("one => one.click()")
    expect(page.locator(".notice")).to_be_visible()


def silent(page: Page, kind: str) -> None:
    """The script says that the desk's machine does not answer."""
    page.evaluate(
        "kind => { const box = document.querySelector('.waiting'); box.textContent = box.dataset[kind] }", kind
    )


def put(page: Page, words: dict[str, str]) -> None:
    """Other words stand in these places of the page."""
    page.evaluate("words => { for (const what in words) document.querySelector(what).textContent = words[what] }",
                  {f"main {selector}": text for selector, text in words.items()})  # fmt: skip


def longest_promise(lang: str) -> str:
    """What the thanks say of an answer that waits for the centre to take this device's ratings again."""
    with use_locale(lang):
        return gettext(
            "It is kept on this device and goes to the centre once the centre takes ratings from this device again."
        )


def longest_error(lang: str) -> list[str]:
    """The title and the text of the error that takes the most words."""
    with use_locale(lang):
        words = [[str(fault.title), str(fault.text)] for fault in (*PAGES.values(), *PAUSES.values())]
    return max(words, key=lambda pair: len("".join(pair)))


def walk(page: Page, address: str, lang: str) -> Iterator[str]:
    """Goes from screen to screen of one visit and names each, once it stands there."""
    page.goto(f"{address}/?lang={lang}")
    page.evaluate("document.querySelector('[name=seal]').value = 'old'")
    refused(page, ".bowl")
    yield "faces-notice"
    press(page, ".bowl")
    press(page, ".write .second")
    page.locator("textarea").fill("Chờ hơi lâu")
    press(page, ".end .first")
    press(page, ".write .second")
    expect(page.locator(".kept")).to_have_count(1)
    yield "comment"
    press(page, ".end .second")
    for at in range(3):
        page.locator(".topic input").nth(at).check()
    yield "topics"
    page.evaluate("document.querySelector('.still').showModal()")
    yield "still-here"
    page.evaluate("document.querySelector('.still').close()")
    press(page, ".open")
    yield "all-topics"
    press(page, ".end .first")
    for _ in range(3):
        press(page, ".bowl")
    yield "factor"
    page.evaluate("document.querySelector('.bowl').value = '9'")
    refused(page, ".bowl")
    yield "factor-notice"
    press(page, "[value=skip]")
    expect(page.locator(".follow")).to_be_visible()
    put(page, {".safe": longest_promise(lang)})
    yield "thanks-code"
    page.goto(f"{address}/thanks?rating=only&lang={lang}")
    yield "thanks-late"
    page.goto(f"{address}/nothing?lang={lang}")
    put(page, dict(zip(("h1", ".done"), longest_error(lang), strict=True)))
    yield "error"
    page.goto(f"{address}/sleep?lang={lang}")
    yield "sleep"
    page.goto(f"{address}/?lang={lang}")
    silent(page, "lost")
    yield "silent"
    silent(page, "away")
    page.evaluate("document.body.classList.add('away')")
    yield "away"


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_screens_after_the_faces_fit_every_size(
    browser: Browser, tmp_path: Path, pictures: Path, lang: str
) -> None:
    page = open_tablet_page(browser)
    freeze_clock(page)  # no page goes on by itself
    wrong: list[str] = []
    with serve_app(desk(tmp_path / "desk")) as address:
        for name in walk(page, address, lang):
            wrong += find_misfits(page, name, lang, pictures)
            if name == "comment":
                wrong += find_misfits(page, name, lang, pictures, WITH_KEYBOARD)
    assert not wrong, "\n".join(wrong)


def tapped(page: Page, address: str, lang: str) -> None:
    page.goto(f"{address}/?lang={lang}")
    press(page, ".bowl")
    for at in range(3):
        page.locator(".topic input").nth(at).check()


def test_topics_where_nobody_types_fit_every_size(browser: Browser, tmp_path: Path, pictures: Path) -> None:
    page = open_tablet_page(browser)
    freeze_clock(page)
    with serve_app(desk(tmp_path / "desk", typing=False)) as address:
        tapped(page, address, "en")
        wrong = find_misfits(page, "topics-phone", "en", pictures)
        press(page, ".open")
        wrong += find_misfits(page, "all-topics-phone", "en", pictures)
    assert not wrong, "\n".join(wrong)


def test_on_the_screen_of_the_design_topics_are_as_large_as_drawn_there(browser: Browser, tmp_path: Path) -> None:
    page = open_tablet_page(browser, LANDSCAPE)
    freeze_clock(page)
    with serve_app(desk(tmp_path / "desk")) as address:
        tapped(page, address, "vi")
        boxes = [one.bounding_box() for one in page.locator(".topic").all()]
        assert len(boxes) == 6 and all(box and box["width"] >= 426 and box["height"] >= 91 for box in boxes)
        press(page, ".open")
        sizes = [one.evaluate("one => getComputedStyle(one).fontSize") for one in page.locator(".factor > *").all()]
        assert sizes == ["23px"] * 20


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_where_a_page_must_scroll_what_leads_on_stays_in_sight(
    browser: Browser, tmp_path: Path, pictures: Path, lang: str
) -> None:
    app = desk(tmp_path / "desk")
    change_reference(app, lambda document: document["agency"].update(name={"vi": LONG_NAME}))
    with app.extensions["database"].write() as session:
        practice.begin_practice(session, clock.now())
    page = open_tablet_page(browser)
    freeze_clock(page)
    with serve_app(app) as address:
        tapped(page, address, lang)
        wrong = find_misfits(page, "strained-topics", lang, pictures, scrolls=True)
        press(page, ".open")
        wrong += find_misfits(page, "strained-all-topics", lang, pictures, scrolls=True)
        press(page, ".end .first")
        wrong += find_misfits(page, "strained-factor", lang, pictures, scrolls=True)
    assert not wrong, "\n".join(wrong)
