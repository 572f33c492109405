"""Fixtures of the browser tests: a window that many of them look through, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.fixtures.browser_tablet import Window, open_tablet_page


@pytest.fixture(scope="session")
def window(browser: Browser) -> Iterator[Window]:
    """Gives a tablet's window of a size (CSS pixels), the same for all: to open a new one costs more than most pages.
    For what only looks at a page that it goes to; whatever is about Back, a clock, storage or scripts has its own."""
    page = open_tablet_page(browser)

    def sized(screen: tuple[int, int]) -> Page:
        page.set_viewport_size({"width": screen[0], "height": screen[1]})
        return page

    yield sized
    page.context.close()
