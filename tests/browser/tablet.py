"""A served tablet for browser tests: the real app on a real port, and what every screen must keep."""

from __future__ import annotations

import datetime
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import waitress
from flask import Flask
from playwright.sync_api import Browser, Locator, Page

LANDSCAPE, PORTRAIT = (1280, 800), (800, 1280)
#: A window that gets this size.
Window = Callable[[tuple[int, int]], Page]
#: What a reader may choose; all of it runs with $HAILONG_EVERY (`wsgi.py bench --screens`), else the two far ends:
#: `test_every_screen` lets every two choices meet on every screen.
_CHOICES = {
    "vi": "",
    "en-large": "?lang=en&size=large",
    "small": "?size=small",
    "contrast": "?contrast=high",
    "en-large-contrast": "?lang=en&size=large&contrast=high",
}
CHOICES = _CHOICES if os.environ.get("HAILONG_EVERY") else {key: _CHOICES[key] for key in ("vi", "en-large-contrast")}


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """`app` on a free port of this machine under the desk's own server; gives its address."""
    server = waitress.create_server(app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()


def follow(control: Locator) -> None:
    """Tap or click what leads to another page, and be there."""
    with control.page.expect_navigation():
        control.click()


#: Counts what a page has asked for and not yet read: its own `fetch`, nothing in its stead.
_UNDER_WAY = """(() => {
    const real = window.fetch, over = () => { window.underWay -= 1; };
    window.underWay = 0;
    const counted = (work) => { window.underWay += 1; return work.finally(over); };
    window.fetch = (...what) => counted(real(...what).then((reply) => {
        const text = reply.text.bind(reply);
        reply.text = () => counted(text());
        return reply;
    }));
})()"""


def leave(page: Page, control: Locator) -> None:
    """Tap what leads to another address without a page of its own, and be there."""
    before = page.evaluate("location.href")
    control.tap()
    page.wait_for_function("before => location.href !== before", arg=before)


def drawn(page: Page) -> None:
    """Every picture of the page is there."""
    page.wait_for_function("() => [...document.images].every((image) => image.complete && image.naturalWidth)")


def freeze(page: Page) -> None:
    """To be called before the first address: the clock of every page from here on goes only as far as it is moved, so
    that a second is a second, however slow the machine is."""
    now = datetime.datetime.now()
    page.add_init_script(_UNDER_WAY)
    page.clock.install(time=now)
    page.clock.pause_at(now + datetime.timedelta(minutes=1))


def settle(page: Page) -> None:
    """What the frozen page has asked for has come, and the page has done with it what it does."""
    page.wait_for_function("() => window.underWay === 0")


def let_pass(page: Page, seconds: int, step: int = 5) -> None:
    """Time passes on a frozen page, `step` seconds at once; its requests get their replies in between. What leads to
    another address is waited for by the test before more time passes."""
    for left in range(seconds, 0, -step):
        page.clock.run_for(min(step, left) * 1000)
        settle(page)


def overflow(page: Any) -> tuple[int, int]:
    """By how many pixels the page, once it is whole, is wider and higher than the screen."""
    page.wait_for_load_state()
    wide, high = page.evaluate(
        """() => { const root = document.documentElement;
                    return [root.scrollWidth - innerWidth, root.scrollHeight - innerHeight] }"""
    )
    return max(0, wide), max(0, high)


def clipped(page: Any) -> list[str]:
    """Controls and words of the whole page whose text does not fit into their box."""
    page.wait_for_load_state()
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('button, a, label, h1, .word')]
              .filter(e => e.checkVisibility() && e.scrollWidth > Math.ceil(e.getBoundingClientRect().width) + 1)
              .map(e => e.className + ' ' + e.textContent.trim())"""
    )
    return found


def complaints(page: Any) -> list[str]:
    """Collects what the browser complains about from now on: scripts, styles, blocked requests."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def on(
    browser: Browser, screen: tuple[int, int] = LANDSCAPE, script: bool = True, touch: bool = True, **more: Any
) -> Page:
    """A page of a browser context of its own: `screen` is (width, height) in CSS pixels."""
    context = browser.new_context(
        viewport={"width": screen[0], "height": screen[1]}, java_script_enabled=script, has_touch=touch, **more
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    return page
