"""The phone's choices of language, size and contrast by hand, and what is seen without scrolling.

In a real browser: with and without script, by Enter and Back, on a narrow screen and on one on its side.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from models.tables.response import PhoneDraft
from models.vocabulary import Stage
from tests.fixtures.browser_tablet import collect_complaints, find_clipped, follow_control, measure_overflow
from tests.fixtures.centre_and_desk import DESK, Centre, Desk, pair_centre_and_desk
from tests.fixtures.phone_at_centre import DAY, find_response, mint_slip
from tests.fixtures.phone_walk import (
    LONG_NAMES,
    find_low_controls,
    make_private_address,
    open_phone_page,
    use_long_names,
    walk_all_pages,
)

#: What is left of a screen of 360 × 640 beside the browser's own bars.
SEEN = 560


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path_factory.mktemp("phone")) as (centre, desk):
        centre.answers()
        yield centre, desk


@pytest.fixture(autouse=True)
def the_present(scene: tuple[Centre, Desk]) -> Iterator[None]:
    """The centre's clock is right again after each test."""
    yield
    scene[0].clock = 0


def choose(page: Page, choice: str) -> None:
    """Choose in the header: `[lang=en]`, `.larger`, `.contrast` …"""
    page.locator(".choices summary").tap()
    follow_control(page.locator(f"nav {choice}"))


def reads(page: Page, lang: str, classes: str = "") -> None:
    expect(page.locator("html")).to_have_attribute("lang", lang)
    assert (page.locator("html").get_attribute("class") or "") == classes


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_choices_keep_what_stands_on_the_page_and_last(
    browser: Browser, scene: tuple[Centre, Desk], pictures: Path, script: bool
) -> None:
    centre, desk = scene
    page = open_phone_page(browser, 360, 640, script=script)
    page.goto(f"{centre.url}/r/{mint_slip(desk)}")
    choose(page, ".larger")
    reads(page, "vi", "size-large")
    follow_control(page.locator(".row").nth(1))
    page.locator("input[value=wait]").check()
    choose(page, "[lang=en]")
    reads(page, "en", "size-large")
    expect(page.locator("input[value=wait]")).to_be_checked()
    page.locator(".choices summary").tap()
    page.screenshot(path=pictures / "Q-choices-topics.png")
    page.locator(".choices summary").tap()
    follow_control(page.locator(".first"))
    page.locator("input[name=A][value='5']").check()
    choose(page, ".contrast")
    reads(page, "en", "size-large contrast-high")
    expect(page.locator("input[name=A][value='5']")).to_be_checked()
    choose(page, "[lang=vi]")
    follow_control(page.locator(".first"))
    page.locator("textarea").fill("Ghế hỏng,\nchờ lâu")
    page.locator("input[name=N5][value='1']").check()
    choose(page, ".smaller")
    reads(page, "vi", "size-small contrast-high")
    expect(page.locator("textarea")).to_have_value("Ghế hỏng,\nchờ lâu")
    expect(page.locator("input[name=N5][value='1']")).to_be_checked()
    page.go_back()  # to the page as it was before: what was typed is there too
    expect(page.locator("textarea")).to_have_value("Ghế hỏng,\nchờ lâu")
    reads(page, "vi", "size-large contrast-high")
    follow_control(page.locator(".quiet"))
    expect(page.locator("input[name=A][value='5']")).to_be_checked()
    follow_control(page.locator(".first"))
    expect(page.locator("textarea")).to_have_value("Ghế hỏng,\nchờ lâu")
    follow_control(page.locator(".first"))
    page.wait_for_url("**/sent?*")
    reads(page, "vi", "size-large contrast-high")
    choose(page, "[lang=en]")
    expect(page.locator(".letters")).to_be_visible()  # the same thanks, with their code
    row = find_response(centre, page.url.partition("id=")[2][:32])
    assert row.answers == {"overall": 2, "A": 5} and row.topics == ["wait"] and row.state == "complete"
    page.goto(f"{centre.url}/d/{DESK}")  # whoever comes next at this phone
    reads(page, "vi")


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_enter_sends_and_never_chooses(browser: Browser, scene: tuple[Centre, Desk], lang: str) -> None:
    centre, desk = scene
    page = open_phone_page(browser, 360, 640)
    page.goto(f"{centre.url}/r/{mint_slip(desk)}?lang={lang}")
    follow_control(page.locator(".row").nth(3))
    for field, at in (("input[value=wait]", 3), ("input[name=A][value='3']", 4)):
        page.locator(field).check()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.wait_for_url(f"**step={at}*")
        reads(page, lang)
    page.locator("input[name=N5][value='0']").check()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_url("**/sent?*")
    row = find_response(centre, page.url.partition("id=")[2][:32])
    assert row.answers == {"overall": 4, "A": 3} and row.topics == ["wait"]
    for path in ("/m", "/c/"):
        page.goto(f"{centre.url}{path}?lang={lang}")
        page.locator("#code").fill("0000 0000 00")
        with page.expect_navigation():
            page.locator("#code").press("Enter")
        expect(page.locator("footer")).to_contain_text("HL-404")
        reads(page, lang)
        expect(page.locator("#code")).to_have_value("0000 0000 00")
        choose(page, ".larger")
        expect(page.locator("#code")).to_have_value("0000 0000 00")


def test_a_choice_asks_for_nothing_to_be_filled_in_or_mended(browser: Browser, scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    page = open_phone_page(browser, 360, 640)
    page.goto(f"{centre.url}/m")  # its box must not be empty when it is sent
    choose(page, "[lang=en]")
    reads(page, "en")
    page.goto(make_private_address(scene))
    choose(page, ".larger")
    expect(page.locator(".error")).to_have_count(0)
    page.locator("textarea").fill("Không thấy biển")
    choose(page, "[lang=en]")
    expect(page.locator("textarea")).to_have_value("Không thấy biển")
    with centre.database.read() as session:
        before = session.scalar(select(func.count()).select_from(PhoneDraft))
    assert before == 0 and desk.name  # nothing was begun by looking


def places(desk: Desk) -> Iterator[tuple[str, str]]:
    """The pages with the five faces, and the one before them; by name and path."""
    used, late = mint_slip(desk), mint_slip(desk, stage=Stage.SUBMISSION, due_days=3)
    yield "slip", f"/r/{mint_slip(desk)}?"
    yield "poster", f"/d/{DESK}?"
    yield "received", f"/r/{late}?"
    yield "not-received", f"/r/{late}?got=no&"
    yield "again", f"/r/{used}/again?"


def bottom(page: Page, selector: str, at: int = 0) -> float:
    box = page.locator(selector).nth(at).bounding_box()
    assert box is not None
    return box["y"] + box["height"]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_question_and_faces_are_seen_without_scrolling(
    browser: Browser, scene: tuple[Centre, Desk], pictures: Path, lang: str
) -> None:
    """With the names of the sample all five on the screen; with the longest names two beside the browser's bars."""
    centre, desk = scene
    page, rater = open_phone_page(browser), open_phone_page(browser)
    centre.clock = 5 * DAY  # the result was due
    for names in ("usual", "long"):
        with use_long_names(centre) if names == "long" else nullcontext():
            for name, path in places(desk):
                if name == "again":
                    rater.goto(f"{centre.url}{path.replace('/again', '')}")
                    follow_control(rater.locator(".row").nth(2))
                page.set_viewport_size({"width": 360, "height": 640})
                page.goto(f"{centre.url}{path}lang={lang}")
                page.screenshot(path=pictures / f"Q-fold-{name}-{names}-{lang}.png")
                assert measure_overflow(page)[0] == 0, name
                controls = ".second" if name == "received" else ".row"
                assert bottom(page, "h1") < bottom(page, controls, 1) <= SEEN, name
                if names == "usual" and controls == ".row" and name != "again":
                    assert bottom(page, controls, 4) <= 640, name
                if names == "long":
                    whole(page, lang, slip=name != "poster")
                page.set_viewport_size({"width": 640, "height": 360})
                page.screenshot(path=pictures / f"Q-fold-{name}-{names}-side-{lang}.png")
                assert measure_overflow(page)[0] == 0 and find_clipped(page) == [], name
                if controls == ".row" and name != "again":
                    assert bottom(page, ".row", 4) <= 360, name
                    boxes = page.locator(".row").evaluate_all("all => all.map(e => e.getBoundingClientRect().toJSON())")
                    assert len({(box["y"], round(box["width"]), round(box["height"])) for box in boxes}) == 1, name


def whole(page: Page, lang: str, *, slip: bool) -> None:
    """Every long name can be read in full on the page, however it is cut at the top."""
    long_names = [names[lang == "en"] for names in (LONG_NAMES if slip else LONG_NAMES[:2])]
    box = page.locator(".whole")
    assert box.is_visible() and all(name in box.inner_text() for name in long_names)
    assert box.evaluate("e => [...e.querySelectorAll('p')].every(p => p.scrollHeight <= p.clientHeight + 1)")


@pytest.mark.parametrize(
    ("lang", "width", "more", "classes"),
    [("vi", 360, "&size=large&contrast=high", "size-large contrast-high"), ("en", 320, "&size=small", "size-small")],
)
def test_every_page_in_every_size_fits(
    browser: Browser, scene: tuple[Centre, Desk], pictures: Path, lang: str, width: int, more: str, classes: str
) -> None:
    heard: list[list[str]] = []

    def new() -> Page:
        page = open_phone_page(browser, width, 640, script=True)
        heard.append(collect_complaints(page))
        return page

    def look(page: Page, name: str) -> None:
        page.screenshot(path=pictures / f"Q-{name}-{width}-{lang}-{classes.replace(' ', '-')}.png", full_page=True)
        reads(page, lang, classes)
        assert measure_overflow(page)[0] == 0 and find_clipped(page) == [] and find_low_controls(page) == [], name
        found = Axe().run(page)
        assert found.violations_count == 0, name + found.generate_report()
        if width == 320:
            page.evaluate("document.documentElement.className = 'size-large'")  # as the server draws it for that reader
            assert measure_overflow(page)[0] == 0 and find_clipped(page) == [] and find_low_controls(page) == [], name
            page.evaluate("name => { document.documentElement.className = name }", classes)

    walk_all_pages(new, scene, lang, look, more)
    assert [message for one in heard for message in one if "status of 4" not in message] == []


def test_large_letters_cut_no_name(browser: Browser, scene: tuple[Centre, Desk], pictures: Path) -> None:
    centre, desk = scene
    with use_long_names(centre):
        for width in (360, 320):
            page = open_phone_page(browser, width, 640)
            page.goto(f"{centre.url}/r/{mint_slip(desk)}?size=large")
            page.screenshot(path=pictures / f"Q-long-large-{width}.png", full_page=True)
            assert measure_overflow(page)[0] == 0 and find_clipped(page) == []
            for selector, name in ((".agency", 0), (".procedure", 2), (".desk", 1)):
                one = page.locator(selector)
                assert one.evaluate("e => e.scrollHeight <= e.clientHeight + 1 || e.clientHeight === 0")
                assert one.inner_text() == LONG_NAMES[name][0]
