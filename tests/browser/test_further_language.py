"""A further language, two fifths longer and unknown to CLDR, on the phone and the tablet.

Nobody speaks it, and it reached the tablet by sync. One language a page, nothing cut off, nothing wider than the
screen; pictures kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

import translations
from admin.desks import follow_up_promise
from admin.languages import availability
from models.tables.agency import Agency, Procedure
from models.tables.agency import Desk as DeskRow
from tests.fixtures import browser_tablet
from tests.fixtures.browser_tablet import find_clipped, measure_overflow, serve_app
from tests.fixtures.centre_and_desk import DESK, Centre, Desk, pair_centre_and_desk
from tests.fixtures.phone_walk import open_phone_page, walk_all_pages
from tests.fixtures.pseudo_language import find_foreign_words, write_pseudo_language

CODE, NAME = "cjm-x-test", "Ngữ thử"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path_factory.mktemp("language")) as (centre, desk):
        with centre.database.read() as session:
            write_pseudo_language(session, centre.settings.instance / "languages" / CODE, NAME)
        with centre.database.write() as session:
            availability.confirm_language(session, CODE, "tinh@nb.vn", 1)
            row = session.get_one(DeskRow, DESK)
            row.factors = row.follow_up = row.typing = True
            follow_up_promise.set_follow_up_promise(session, True, "tinh@nb.vn", 1)
        desk.sync(url=centre.url)
        yield centre, desk
    translations.find_languages()
    translations.receive_languages({})


@pytest.fixture
def names(scene: tuple[Centre, Desk]) -> list[str]:
    """What is called the same in every language."""
    with scene[0].database.read() as session:
        all_names = [row.name_vi for row in session.scalars(select(Agency))]
        all_names += [row.name_en for row in session.scalars(select(Agency))]
        all_names += [name for row in session.scalars(select(Procedure)) for name in (row.name_vi, row.name_en)]
        all_names += [name for row in session.scalars(select(DeskRow)) for name in (row.name_vi, row.name_en)]
    return [name for name in all_names if name] + ["Hài Lòng", "Tiếng Việt", "English", NAME, CODE, "CJM", "HL"]


@pytest.mark.parametrize("size", [(360, 740), (320, 640)], ids=["360", "320"])
def test_every_page_of_the_phone(
    browser: Browser, scene: tuple[Centre, Desk], names: list[str], pictures: Path, size: tuple[int, int]
) -> None:
    page_names = []

    def look(page: Page, name: str) -> None:
        page.screenshot(path=pictures / f"language-Q-{name}-{size[0]}.png", full_page=True)
        assert page.locator("html").get_attribute("lang") == CODE, name
        assert measure_overflow(page)[0] == 0 and find_clipped(page) == [], name
        typed = [box.input_value() for box in page.locator("textarea").all()]
        assert find_foreign_words(page.content(), *names, *typed) == [], name
        page_names.append(name)

    walk_all_pages(lambda: open_phone_page(browser, *size), scene, CODE, look)
    assert len(page_names) > 20


@pytest.mark.parametrize("size", [(1280, 800), (800, 1280)], ids=["landscape", "portrait"])
def test_faces_topics_and_thanks_of_the_tablet(
    browser: Browser, scene: tuple[Centre, Desk], names: list[str], pictures: Path, size: tuple[int, int]
) -> None:
    page = browser_tablet.open_tablet_page(browser, size)

    def look(name: str) -> None:
        page.screenshot(path=pictures / f"language-{name}-{size[0]}.png")
        assert page.locator("html").get_attribute("lang") == CODE, name
        assert measure_overflow(page)[0] == 0 and find_clipped(page) == [], name
        assert find_foreign_words(page.content(), *names) == [], name

    with serve_app(scene[1].app) as address:
        page.goto(f"{address}/?lang={CODE}")
        look("K1")
        page.locator(".bowl").nth(2).tap()
        page.wait_for_url("**/topics*")
        look("K2")
        page.locator(".end .second").tap()
        page.wait_for_selector(".thanks")
        look("K4")
    page.context.close()
