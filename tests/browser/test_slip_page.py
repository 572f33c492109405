"""The centre's page of slip usage in a real browser: accessible, narrow and wide, printed on A4.

Pictures are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.fixtures.browser_tablet import collect_complaints, measure_overflow, serve_app
from tests.fixtures.centre_scene import CentreScene
from tests.fixtures.slip_rows import open_centre_with_slips


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre_with_slips(tmp_path_factory.mktemp("centre")) as scene:
        yield scene


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_of_slips_for_every_reader_and_on_paper(
    browser: Browser, scene: CentreScene, pictures: Path, language: str
) -> None:
    cookie = scene.client("province@nb.vn").get_cookie("hailong_admin")
    assert cookie is not None
    with serve_app(scene.app) as address:
        context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900}, locale="vi-VN")
        context.add_cookies([{"name": "hailong_admin", "value": cookie.value, "url": address}])
        page = context.new_page()
        heard = collect_complaints(page)
        for name, path in (("ward", "/agencies/HL"), ("province", "/agencies/NB"), ("none", "/agencies/STC")):
            page.set_viewport_size({"width": 1440, "height": 900})
            page.goto(f"{path}/slips?period=2026-10&lang={language}")
            results = Axe().run(page)
            assert results.violations_count == 0, results.generate_report()
            page.screenshot(path=pictures / f"slips-{name}-{language}.png", full_page=True)
            for width in (900, 390, 320):
                page.set_viewport_size({"width": width, "height": 900})
                assert measure_overflow(page)[0] == 0, (name, width)
                if width == 390:
                    page.screenshot(path=pictures / f"slips-{name}-{language}-390.png", full_page=True)
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(f"/agencies/HL/slips?period=2026-10&lang={language}")
        sheets = pypdfium2.PdfDocument(page.pdf(format="A4", landscape=False))
        sheets[0].render(scale=1.5).to_pil().save(pictures / f"slips-paper-{language}.png")
        words = sheets[0].get_textpage().get_text_bounded()
        assert len(sheets) == 1 and "150" in words and ("Phiếu QR" if language == "vi" else "QR slips") in words
        assert heard == []
