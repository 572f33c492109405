"""The citizen's phone pages in a real browser: 360 and 320 px, both languages, by keyboard.

With and without script, with wider text, under 50 kB; pictures kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from models.tables.response import PhoneDraft, Response
from tests.fixtures.browser_tablet import collect_complaints, find_clipped, follow_control, measure_overflow
from tests.fixtures.centre_and_desk import DESK, Centre, Desk, pair_centre_and_desk
from tests.fixtures.phone_at_centre import DAY, find_response, mint_slip
from tests.fixtures.phone_walk import find_low_controls, open_phone_page, use_long_names, walk_all_pages

#: WCAG 1.4.12: what a reader may set.
SPACING = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
NOT_NOW = {"vi": "Lúc này chưa nhận được phiếu", "en": "No answer can be taken at the moment"}
NOT_RECORDED = {"vi": "Phiếu của Ông/Bà chưa được ghi nhận", "en": "Your answer was not recorded"}
STAYS = {"vi": "những gì đã gửi trước đó vẫn còn", "en": "what was sent before stays"}
UNUSED = {"vi": "không làm mất lượt của mã", "en": "uses up no code"}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path_factory.mktemp("phone")) as (centre, desk):
        centre.answers()
        object.__setattr__(centre.settings, "phone", "0229 3871 234")
        yield centre, desk


@pytest.fixture
def centre(scene: tuple[Centre, Desk]) -> Iterator[Centre]:
    yield scene[0]
    scene[0].clock = 0


@pytest.mark.parametrize("size", [(360, 740), (320, 640)], ids=["360", "320"])
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_page_fits_and_has_no_faults(
    browser: Browser, scene: tuple[Centre, Desk], pictures: Path, size: tuple[int, int], lang: str
) -> None:
    heard: list[list[str]] = []

    def new() -> Page:
        page = open_phone_page(browser, *size, script=True)
        heard.append(collect_complaints(page))
        return page

    def look(page: Page, name: str) -> None:
        page.screenshot(path=pictures / f"Q-{name}-{size[0]}-{lang}.png", full_page=True)
        assert measure_overflow(page)[0] == 0 and find_clipped(page) == [], name
        assert page.locator("html").get_attribute("lang") == lang, name
        assert find_low_controls(page) == [], name
        if size[0] == 360:
            found = Axe().run(page)
            assert found.violations_count == 0, name + found.generate_report()
        else:
            spaced(page, name)
        if size[0] == 320 and lang == "en":
            page.set_viewport_size({"width": 370, "height": 180})  # a screen on its side, at twice the size
            assert measure_overflow(page)[0] == 0 and find_clipped(page) == [], name
            page.set_viewport_size({"width": size[0], "height": size[1]})

    def spaced(page: Page, name: str) -> None:
        """Wider text clips nothing either. A sheet that a script makes is no matter of the page's own rules."""
        page.evaluate("css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); "
                      "document.adoptedStyleSheets = [sheet] }", SPACING)  # fmt: skip
        page.screenshot(path=pictures / f"Q-{name}-spaced-{lang}.png", full_page=True)
        assert measure_overflow(page)[0] == 0 and find_clipped(page) == [], name
        page.evaluate("document.adoptedStyleSheets = []")

    walk_all_pages(new, scene, lang, look)
    # the answers to what cannot be used are errors, and the browser says so; nothing else is said
    assert [message for one in heard for message in one if "status of 4" not in message] == []


def test_every_page_is_small_and_asks_nobody_else(browser: Browser, scene: tuple[Centre, Desk]) -> None:
    weights: dict[str, int] = {}
    fresh = open_phone_page(browser)
    fresh.route("**/*", lambda route: route.continue_())  # without the cache: every load is the first
    answers: list[Any] = []
    fresh.on("response", lambda answer: answers.append(answer))

    def look(page: Page, name: str) -> None:
        fresh.context.clear_cookies()
        fresh.context.add_cookies(cast(list[SetCookieParam], page.context.cookies()))
        answers.clear()
        fresh.goto(page.url, wait_until="load")
        loaded = [answer for answer in answers if not answer.url.startswith("data:")]
        assert all(answer.url.startswith(scene[0].url) for answer in loaded) and loaded
        heads = sum(len(f"{name}: {value}") + 2 for answer in loaded for name, value in answer.headers.items())
        bodies = [answer for answer in loaded if answer.status not in (303, 304)]
        weights[name] = heads + sum(int(answer.headers.get("content-length", len(answer.body()))) for answer in bodies)

    walk_all_pages(lambda: open_phone_page(browser), scene, "vi", look)
    odd = {name: weight for name, weight in weights.items() if not 1000 < weight <= 50_000}
    assert len(weights) == 30 and not odd, odd


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_while_the_centres_clock_may_lie_a_phone_is_told_what_is_safe_and_where_else_to_turn(
    browser: Browser, scene: tuple[Centre, Desk], centre: Centre, pictures: Path, lang: str
) -> None:
    token, phone = mint_slip(scene[1]), open_phone_page(browser)
    pages = [("slip", f"/r/{token}"), ("poster", f"/d/{DESK}"), ("typed", "/m"), ("code", "/c/")]
    phone.goto(f"{centre.url}/r/{token}?lang={lang}")
    typing = open_phone_page(browser)
    typing.goto(f"{centre.url}/m?lang={lang}")
    try:
        centre.jump_clock(-20 * DAY)
        follow_control(phone.locator(".row").nth(2))
        expect(phone.locator("h1")).to_have_text(NOT_RECORDED[lang])
        expect(phone.locator(".tale")).to_contain_text(STAYS[lang])
        expect(phone.locator(".choices")).to_have_count(0)  # what was sent has no address
        typing.locator("#code").fill("ABCD" * 4)
        follow_control(typing.locator(".first"))
        expect(typing.locator("h1")).to_have_text(NOT_NOW[lang])  # whoever types a code has sent no answer
        for width, height in ((360, 740), (320, 640)):
            page = open_phone_page(browser, width, height)
            for name, path in pages if width == 320 else pages[::3]:
                page.goto(f"{centre.url}{path}?lang={lang}")
                page.screenshot(path=pictures / f"Q-clock-{name}-{width}-{lang}.png", full_page=True)
                expect(page.locator("h1")).to_have_text(NOT_NOW[lang])
                expect(page.locator(".tale")).to_contain_text(UNUSED[lang])
                assert page.locator("a[href='tel:02293871234']").is_visible()
                assert page.locator("html").get_attribute("lang") == lang
                assert measure_overflow(page)[0] == 0 and find_clipped(page) == [] and find_low_controls(page) == [], (
                    name
                )
            page.locator(".choices summary").tap()
            follow_control(page.locator(".choices .language:not([aria-current])"))
            other = {"vi": "en", "en": "vi"}[lang]
            assert page.url == f"{centre.url}/c/" + {"vi": "", "en": "?lang=en"}[other]
            expect(page.locator("h1")).to_have_text(NOT_NOW[other])
        lit = open_phone_page(browser, script=True)
        lit.goto(f"{centre.url}/r/{token}?lang={lang}")
        assert Axe().run(lit).violations_count == 0
    finally:
        centre.jump_clock(0)


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_long_names_and_errors_fit_too(
    browser: Browser, scene: tuple[Centre, Desk], centre: Centre, pictures: Path, lang: str
) -> None:
    """The longest names that occur, and what is shown when something was not understood."""
    with use_long_names(centre):
        page = open_phone_page(browser, 320, 640, script=True)

        def look(name: str) -> None:
            page.screenshot(path=pictures / f"Q-{name}-long-320-{lang}.png", full_page=True)
            assert measure_overflow(page)[0] == 0 and find_clipped(page) == [], name
            found = Axe().run(page)
            assert found.violations_count == 0, name + found.generate_report()

        page.goto(f"{centre.url}/r/{mint_slip(scene[1])}?lang={lang}")
        look("1-faces")
        page.evaluate("document.querySelector('button[value=\"3\"]').value = '7'")
        follow_control(page.locator("button[value='7']"))
        page.wait_for_selector(".error")
        look("1-faces-error")
        follow_control(page.locator(".row").nth(0))
        page.wait_for_url("**/more?*")
        page.evaluate("document.querySelector('[name=seal]').value = 'x'")
        follow_control(page.locator(".first"))
        page.wait_for_selector(".error")
        look("2-topics-error")
        page.goto(page.url.replace("step=2", "step=4"))
        page.evaluate("document.querySelector('textarea').removeAttribute('maxlength')")
        page.locator("textarea").fill("dài " * 300)
        follow_control(page.locator(".first"))
        page.wait_for_selector(".error")
        look("4-words-error")
        follow_control(page.locator(".second"))
        page.wait_for_url("**/sent?*")
        look("5-sent")


def test_the_five_rows_are_equal_and_in_order(browser: Browser, scene: tuple[Centre, Desk]) -> None:
    page = open_phone_page(browser)
    page.goto(f"{scene[0].url}/r/{mint_slip(scene[1])}")
    boxes = [row.bounding_box() for row in page.locator(".row").all()]
    assert {(round(box["width"]), round(box["height"])) for box in boxes if box} == {(328, 68)}
    assert [row.get_attribute("value") for row in page.locator(".row").all()] == ["1", "2", "3", "4", "5"]
    last = boxes[-1]
    assert last and last["y"] + last["height"] <= 740


def test_the_whole_way_by_keyboard(browser: Browser, scene: tuple[Centre, Desk], centre: Centre) -> None:
    page = open_phone_page(browser)

    def reach(selector: str) -> None:
        """Tab until this has the focus, which can be seen."""
        for _key in range(60):
            page.keyboard.press("Tab")
            if page.locator(f"{selector}:focus").count():
                return
        raise AssertionError(f"no way to {selector} by keyboard")

    page.goto(f"{centre.url}/r/{mint_slip(scene[1])}")
    reach(".row[value='4']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/more?*")
    id = page.url.rpartition("id=")[2][:32]
    reach("input[value=wait]")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")  # sends the page, as in any form; it must not mean "stop"
    page.wait_for_url("**step=3**")
    reach("input[name=A]")
    page.keyboard.press("ArrowDown")
    reach(".factor:nth-of-type(2) summary")
    page.keyboard.press("Enter")
    reach("input[name=B]")
    page.keyboard.press("Space")
    reach(".first")
    page.keyboard.press("Enter")
    page.wait_for_url("**step=4**")
    reach("textarea")
    page.keyboard.type("Xin cảm ơn")
    reach("input[name=N5]")
    page.keyboard.press("Space")
    reach(".first")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sent?*")
    row = find_response(centre, id)
    assert row.answers == {"overall": 4, "A": 2, "B": 1} and row.topics == ["wait"]


def test_a_page_that_was_reloaded_shows_what_was_sent_but_never_the_face(
    browser: Browser, scene: tuple[Centre, Desk], centre: Centre
) -> None:
    page = open_phone_page(browser)
    page.goto(f"{centre.url}/r/{mint_slip(scene[1])}")
    follow_control(page.locator(".row").nth(1))
    page.locator("input[value=papers]").check()
    follow_control(page.locator(".first"))
    page.locator("input[name=A][value='5']").check()
    follow_control(page.locator(".quiet"))  # back: this page is kept too
    expect(page.locator("input[value=papers]")).to_be_checked()
    follow_control(page.locator(".first"))
    expect(page.locator("input[name=A][value='5']")).to_be_checked()
    page.reload()
    expect(page.locator("input[name=A][value='5']")).to_be_checked()
    page.go_back()
    page.wait_for_load_state()
    assert page.locator("button[name=score]").count() == 0
    with centre.database.read() as session:
        draft = session.scalars(select(PhoneDraft)).all()[-1]
    page.goto(f"{centre.url}/r/{draft.slip}")
    follow_control(page.locator("form .second"))
    expect(page.locator(".progress")).to_contain_text("Bước 4 trong 4")
    follow_control(page.locator(".second"))
    page.wait_for_url("**/sent?*")
    with centre.database.read() as session:
        assert session.get_one(Response, draft.response_id).answers == {"overall": 2, "A": 5}
