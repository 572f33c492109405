"""A language that needs forty per cent more room on the tablet, and one page one language.

In a real browser, on both ways up.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.fixtures.browser_tablet import (
    LANDSCAPE,
    PORTRAIT,
    find_clipped,
    measure_overflow,
    open_tablet_page,
    serve_app,
)
from tests.fixtures.paired_desk import change_reference, make_paired_app
from tests.fixtures.screen_fit import OUTSIDE
from translations.loader import find_text_file
from translations.maintenance import catalogues

#: A language nobody speaks; the marks show a text that was cut off or taken from another language.
CODE, NAME = "qlo", "Tiếng dài"
FIRST, LAST = "⟦", "⟧"
SOUND = b"not really a recording"


def longer(text: str) -> str:
    """`text` with two fifths more in it, in words of the usual length."""
    more = -(-len(text) * 2 // 5)
    return f"{FIRST}{text} {('ẵngợm ẫtrước ' * 40)[: max(1, more - 3)].strip()}{LAST}"


def lengthened(value: Any) -> Any:
    """Reference data in which every text has the long language too."""
    if isinstance(value, dict):
        if isinstance(value.get("vi"), str):
            return {**value, CODE: longer(value["vi"])}
        return {key: lengthened(inner) for key, inner in value.items()}
    return [lengthened(inner) for inner in value] if isinstance(value, list) else value


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    words = {
        message.id: longer(message.string)
        for message in catalogues.read_catalogue(find_text_file("vi"))
        if isinstance(message.id, str) and message.id
    }
    app = make_paired_app(tmp_path / "desk", factors=True, typing=True, follow_up=True)
    sha = hashlib.sha256(SOUND).hexdigest()
    (tmp_path / "desk" / "media").mkdir()
    (tmp_path / "desk" / "media" / sha).write_bytes(SOUND)
    ids = ["overall", "topics", "comment", *"ABCDE"]
    prompts = [{"id": id, "lang": CODE, "sha": sha, "size": len(SOUND), "mime": "audio/mpeg"} for id in ids]

    def change(value: dict[str, Any]) -> None:
        long = lengthened(value)
        language = {"name": NAME, "plural": "0", "messages": words}
        value.update({**long, "languages": [*long["languages"], [CODE, NAME]], "prompts": prompts})
        value["catalogues"] = {CODE: language}

    change_reference(app, change)
    yield app
    change_reference(app, lambda value: value.update(catalogues={}))  # the language ends with the test
    app.test_client().get("/")


def walk(page: Page, address: str, query: str) -> Iterator[str]:
    """One citizen through every screen; stops at each."""
    page.goto(address + "/" + query)
    yield "K1-faces"
    page.locator(".bowl").nth(1).tap()
    page.wait_for_selector(".six")
    page.locator("input[value=wait]").check()
    yield "K2-topics"
    page.locator(".open").tap()
    page.wait_for_selector(".factors")
    yield "K2-all-topics"
    page.locator(".write .second").tap()
    page.wait_for_selector("textarea")
    yield "K2-comment"
    page.fill("textarea", "Ngồi chờ lâu")
    page.locator(".end .first").tap()
    page.wait_for_selector(".head")
    page.locator(".write .second").tap()
    page.wait_for_selector(".kept")
    yield "K2-comment-again"
    page.locator(".end .second").tap()
    page.wait_for_selector(".head")
    page.wait_for_timeout(600)  # the same place so soon would be a double touch
    page.locator(".end .first").tap()
    for item in "ABCDE":
        page.wait_for_url(f"**/factor/{item}**")
        yield f"K3-{item}"
        page.locator(".bowl").nth(ord(item) % 2 * 2).tap()
    page.wait_for_selector(".follow")
    yield "K4-code"
    page.goto(address + "/thanks" + query)
    yield "K4-thanks"
    page.goto(address + "/nothing" + query)
    yield "K-error"


def foreign_words(page: Page) -> str:
    """Words of the page that are neither in its language nor said to be in another."""
    page_text: str = page.evaluate(
        """() => { const whole = document.body.cloneNode(true), all = what => whole.querySelectorAll(what);
              for (const other of all("[lang]:not(.waiting), [translate=no], dialog, script")) other.remove();
              for (const box of all(".waiting")) box.append(...Object.values(box.dataset));
              for (const one of all("[aria-label],[alt]")) one.append(one.getAttribute("aria-label") || one.alt);
              return document.title + " " + whole.textContent }"""
    )
    rest = re.sub(f"{FIRST}[^{LAST}]*{LAST}", " ", page_text)
    return " ".join(re.findall(r"\w*[^\W\d_]{2,}\w*", re.sub(r"HL-\w+", "", rest)))


@pytest.mark.parametrize("screen", [LANDSCAPE, PORTRAIT, (1024, 768)], ids=str)
@pytest.mark.parametrize("size", ["normal", "large"])
def test_longer_words_break_no_screen(
    browser: Browser, app: Flask, pictures: Path, screen: tuple[int, int], size: str
) -> None:
    page = open_tablet_page(browser, screen)
    with serve_app(app) as address:
        for name in walk(page, address, f"?lang={CODE}&size={size}"):
            page.screenshot(path=pictures / f"long-{name}-{screen[0]}-{size}.png", full_page=True)
            assert page.locator("html").get_attribute("lang") == CODE
            assert measure_overflow(page)[0] == 0, name
            assert find_clipped(page) == [], name
            assert foreign_words(page) == "", name
            outside: list[str] = page.evaluate(OUTSIDE)
            assert outside == [], name
    page.context.close()


def test_the_measure_sees_words_that_leave_their_box(browser: Browser, app: Flask) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    with serve_app(app) as address:
        page.goto(address + f"/?lang={CODE}")
        assert page.evaluate(OUTSIDE) == [] and foreign_words(page) == ""
        page.evaluate("() => { document.querySelector('h1').textContent = 'Ngoại lai' }")
        assert foreign_words(page) == "Ngoại lai"
        page.evaluate("() => { document.querySelector('.word').textContent = 'x'.repeat(60) }")
        assert page.evaluate(OUTSIDE) != []
    page.close()


@pytest.mark.parametrize("query", ["", "?lang=en"], ids=["vi", "en"])
def test_a_page_speaks_one_language(browser: Browser, app: Flask, query: str) -> None:
    """English pages hold no Vietnamese word but names; Vietnamese pages none of the words of the English ones."""
    page = open_tablet_page(browser, LANDSCAPE)
    english = {message.id for message in catalogues.read_catalogue(find_text_file("vi"))} - SAME
    with serve_app(app) as address:
        for name in walk(page, address, query):
            assert FIRST not in page.content().replace(NAME, ""), name
            texts: list[str] = page.evaluate(
                """() => [...document.querySelectorAll("body *:not([lang]):not(textarea)")]
                      .filter(e => !e.closest("[lang]:not(html)"))
                      .flatMap(e => [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim())
                          .concat(e.getAttribute("aria-label"), e.getAttribute("alt"))).filter(Boolean)"""
            )
            wrong = [text for text in texts if (VIETNAMESE.search(text) if query else text in english)]
            assert texts and wrong == [], name
    page.context.close()


#: Written alike in both languages.
SAME = {"A", "A+", "A−"}
VIETNAMESE = re.compile(r"[ăâđêôơưĂÂĐÊÔƠƯạảãàáặẳẵằắậẩẫầấẹẻẽèéệểễềếịỉĩìíọỏõòóộổỗồốợởỡờớụủũùúựửữừứỵỷỹỳý]")
