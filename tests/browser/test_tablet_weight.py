"""The weight of a cold tablet: how much it fetches for the first faces, and from whom.

How soon they are seen: `wsgi.py bench`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from bench.first_screen import MOST_BYTES, visit_cold
from tests.fixtures.browser_tablet import serve_app
from tests.fixtures.paired_desk import make_paired_app


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with serve_app(make_paired_app(tmp_path / "desk", factors=True, typing=True, follow_up=True)) as url:
        yield url


@pytest.mark.parametrize("path", ["/", "/?lang=en&size=large", "/?contrast=high"])
def test_all_of_the_first_page_is_light_and_from_here(browser: Browser, address: str, path: str) -> None:
    visit = visit_cold(browser, address + path)
    assert 10_000 < visit.bytes <= MOST_BYTES
    assert visit.hosts == {urlsplit(address).netloc}
