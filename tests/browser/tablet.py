"""A served tablet for browser tests: the real app on a real port, and what every screen must keep."""

from __future__ import annotations

import datetime
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import waitress
from flask import Flask
from playwright.sync_api import Browser, Locator, Page

LANDSCAPE, PORTRAIT = (1280, 800), (800, 1280)
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


def freeze(page: Page) -> None:
    """From here on the page's clock (installed before) goes only as far as it is moved: however slow the machine is, a
    second is a second. It is moved by two seconds now, since it can be stopped in the future alone."""
    now: float = page.evaluate("Date.now()")
    page.clock.pause_at(datetime.datetime.fromtimestamp(now / 1000 + 2))


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


def on(browser: Browser, screen: tuple[int, int], script: bool = True, touch: bool = True) -> Page:
    """A page of a browser context of its own: `screen` is (width, height) in CSS pixels."""
    context = browser.new_context(
        viewport={"width": screen[0], "height": screen[1]}, java_script_enabled=script, has_touch=touch
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    return page
