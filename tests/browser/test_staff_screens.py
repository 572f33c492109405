"""The staff page (K6) and the officer's page in a real browser: both ways up, both languages, axe.

They work without script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Browser, Page, expect

from kiosk.boot import start_desk
from models.clock import Moment, day_start
from tests.fixtures import qr_reader
from tests.fixtures.browser_tablet import (
    LANDSCAPE,
    PORTRAIT,
    collect_complaints,
    find_clipped,
    follow_control,
    freeze_clock,
    let_time_pass,
    measure_overflow,
    open_tablet_page,
    serve_app,
    wait_for_pictures,
    wait_until_settled,
)
from tests.fixtures.desk_staff_scene import PIN, StaffScene
from tests.fixtures.paired_desk import LONG_NAME, change_reference

OFFICE = (1366, 768)


@pytest.fixture
def scene(tmp_path: Path) -> StaffScene:
    return StaffScene(tmp_path / "desk")


@pytest.fixture
def address(scene: StaffScene) -> Iterator[str]:
    with serve_app(scene.app) as url:
        yield url


def enter(page: Page, at: str, script: bool = True) -> None:
    page.goto(at)
    for place, digit in enumerate(PIN, start=1):
        if script:
            page.locator(f".keypad [value='{digit}']").tap()
            expect(page.locator("input[name=pin]")).to_have_value(PIN[:place])
        else:  # each key is a request
            follow_control(page.locator(f".keypad [value='{digit}']"))
    follow_control(page.locator(".keypad .first"))
    expect(page.locator(".tiles, .columns")).to_have_count(1)


def violations(page: Page) -> list[str]:
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    results = Axe().run(page, options={"runOnly": tags})
    return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in results.response["violations"]]


STATES = ("online", "offline", "forked", "practising")
CHOICES = {"vi": "", "en": "?lang=en", "en-large-contrast": "?lang=en&size=large&contrast=high"}


@pytest.mark.parametrize("screen", [LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
@pytest.mark.parametrize("choice", CHOICES)
def test_the_staff_page_is_kept_as_pictures_and_nothing_is_cut(
    browser: Browser, scene: StaffScene, address: str, pictures: Path, screen: tuple[int, int], choice: str
) -> None:
    page = open_tablet_page(browser, screen)
    heard = collect_complaints(page)
    way = "landscape" if screen == LANDSCAPE else "portrait"

    def keep(name: str) -> None:
        page.screenshot(path=pictures / f"K6-{name}-{way}-{choice}.png")
        assert measure_overflow(page)[0] == 0, name
        assert find_clipped(page) == [], name
        assert violations(page) == [], name

    page.goto(f"{address}/staff{CHOICES[choice]}")
    keep("door")
    assert measure_overflow(page) == (0, 0)
    enter(page, f"{address}/staff{CHOICES[choice]}")
    for state in STATES if choice == "vi" else STATES[1:2]:
        getattr(scene, state)()
        page.reload()
        expect(page.locator(".tile")).to_have_count(6)
        keep(state)
        if state in ("online", "offline") and choice == "vi":
            assert measure_overflow(page) == (0, 0), state
    assert heard == []


@pytest.mark.parametrize("choice", ["", "?lang=en"], ids=["vi", "en"])
def test_a_clock_that_knows_no_day_is_told_on_every_screen_without_a_word_cut(
    browser: Browser, scene: StaffScene, address: str, pictures: Path, choice: str
) -> None:
    name, lang = "HL-1001224-k3", choice[-2:] or "vi"
    change_reference(
        scene.app, lambda value: value.update(agency={"key": "hl", "name": {"vi": LONG_NAME}}, device_label=name)
    )
    scene.at = Moment(day_start("2016-01-01"), 60_000)
    start_desk(scene.store, scene.at, scene.app.extensions["settings"])
    page = open_tablet_page(browser, LANDSCAPE)
    for at in ("staff", "officer"):
        enter(page, f"{address}/{at}{choice}")
        for way, screen in {"landscape": LANDSCAPE, "portrait": PORTRAIT, "phone": (390, 844)}.items():
            page.set_viewport_size({"width": screen[0], "height": screen[1]})
            page.screenshot(path=pictures / f"K6-undated-{at}-{way}-{lang}.png", full_page=True)
            expect(page.locator(".banner")).to_contain_text("01/01/2016" if lang == "vi" else "1 Jan 2016")
            assert measure_overflow(page)[0] == 0 and find_clipped(page) == [], (at, way)
            if at == "staff" and lang == "vi" and way != "phone":
                assert measure_overflow(page) == (0, 0), "tiles and buttons stand on one screen, also under a warning"
            if at == "officer":
                assert len(page.locator("header .whole").evaluate("e => [...e.getClientRects()]")) == 1, "not broken"
                expect(page.locator("#due")).to_be_disabled()
    assert violations(page) == []
    follow_control(page.locator("button[formaction*=slip]"))
    expect(page.locator(".show")).to_contain_text("không mang ngày" if lang == "vi" else "carries no date")
    assert measure_overflow(page)[0] == 0 and find_clipped(page) == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_keypad_opens_the_page_and_keeps_the_pin_out_of_sight(
    browser: Browser, address: str, script: bool
) -> None:
    page = open_tablet_page(browser, LANDSCAPE, script)
    enter(page, f"{address}/staff", script)
    assert PIN not in page.content() and PIN not in page.url
    follow_control(page.locator(".acts .plain"))
    expect(page.locator(".bowl")).to_have_count(5)
    page.go_back()
    expect(page.locator(".tile")).to_have_count(0)  # Back shows the next person nothing
    page.goto(f"{address}/staff")
    expect(page.locator(".door")).to_have_count(1)


def test_a_wrong_pin_and_a_correction_by_keypad(browser: Browser, address: str, pictures: Path) -> None:
    page = open_tablet_page(browser, PORTRAIT, script=False)
    page.goto(f"{address}/staff")
    for key in ("1", "2", "back", "back", *PIN[:5], "9", "open"):
        follow_control(page.locator(f".keypad [value='{key}']"))
    expect(page.locator(".fault")).to_contain_text("Mã PIN chưa đúng")
    for _ in range(4):
        follow_control(page.locator(".keypad .first"))
    expect(page.locator(".fault")).to_contain_text("sau 60 giây")
    page.screenshot(path=pictures / "K6-waiting-portrait-vi.png")
    assert violations(on_again(page, address)) == []


def on_again(page: Page, address: str) -> Page:
    """The same door where scripts run, for axe."""
    browser = page.context.browser
    assert browser is not None
    other = open_tablet_page(browser, PORTRAIT)
    other.goto(f"{address}/staff")
    return other


def test_five_touches_on_the_mark_open_the_door(browser: Browser, address: str) -> None:
    page = open_tablet_page(browser, LANDSCAPE)
    freeze_clock(page)  # five touches within three seconds
    page.goto(f"{address}/?contrast=high")
    mark = page.locator("header .brand")
    for _ in range(4):
        mark.tap()
    expect(page.locator(".bowl")).to_have_count(5)
    mark.tap()
    expect(page.locator(".door")).to_have_count(1)
    expect(page).to_have_url(f"{address}/staff?contrast=high")


def test_the_page_locks_itself_with_and_without_script(browser: Browser, scene: StaffScene, address: str) -> None:
    page = open_tablet_page(browser, LANDSCAPE)
    freeze_clock(page)
    enter(page, f"{address}/staff")
    let_time_pass(page, 41)
    expect(page.locator(".left")).to_contain_text("19 giây")
    expect(page.locator(".said")).to_contain_text("20 giây")
    with page.expect_response("**/staff/stay"):
        page.locator(".tiles").tap()  # a touch: a minute again, once the desk's server agrees
    wait_until_settled(page)
    let_time_pass(page, 1)
    expect(page.locator(".left")).to_contain_text("59 giây")
    let_time_pass(page, 58)
    expect(page.locator(".left")).to_contain_text(re.compile(r"(?<!\d)1 giây"))
    page.clock.run_for(1_000)
    expect(page.locator(".bowl")).to_have_count(5)
    silent = open_tablet_page(browser, LANDSCAPE, script=False)
    enter(silent, f"{address}/staff", script=False)
    assert 'content="61;url=/"' in silent.content()
    scene.wait(60)
    silent.goto(address)
    expect(silent.locator(".bowl")).to_have_count(5)


def test_sending_now_says_what_happened(browser: Browser, address: str, pictures: Path) -> None:
    page = open_tablet_page(browser, LANDSCAPE)
    enter(page, f"{address}/staff")
    follow_control(page.locator(".acts .first"))
    expect(page.locator(".banner").first).to_contain_text("Không có kết nối")
    page.screenshot(path=pictures / "K6-not-sent-landscape-vi.png")
    follow_control(page.locator(".acts button", has_text="USB"))
    expect(page.locator(".banner").first).to_contain_text("Đã ghi 12 phiếu")
    follow_control(page.locator(".acts button", has_text="Thoát"))
    expect(page.locator(".banner").first).to_contain_text("Alt + F4")


@pytest.mark.parametrize("screen", [OFFICE, (1600, 900), (390, 844)], ids=["office", "wide", "phone"])
@pytest.mark.parametrize("choice", ["", "?lang=en"], ids=["vi", "en"])
def test_the_officers_page_and_a_slip_in_pictures(
    browser: Browser, scene: StaffScene, address: str, pictures: Path, screen: tuple[int, int], choice: str
) -> None:
    page = open_tablet_page(browser, screen)
    heard = collect_complaints(page)
    name = f"{screen[0]}-{choice[-2:] or 'vi'}"
    scene.rate(30, scene.at.t - 3_600_000)
    enter(page, f"{address}/officer{choice}")
    page.locator("#q").fill("khai sinh")
    expect(page.locator(".list .row:visible")).to_have_count(3)
    page.get_by_text("Đăng ký khai sinh").check()
    page.locator("input[value=result]").check()
    follow_control(page.locator("main .acts .first"))
    expect(page.locator(".now")).to_contain_text("Đăng ký khai sinh")
    page.screenshot(path=pictures / f"officer-{name}.png", full_page=True)
    assert measure_overflow(page)[0] == 0 and find_clipped(page) == [] and violations(page) == []
    page.locator("#due").fill("30/11/2026")
    follow_control(page.locator("button[formaction*=slip]"))
    expect(page.locator(".slip")).to_be_visible()
    wait_for_pictures(page)
    page.screenshot(path=pictures / f"officer-slip-{name}.png", full_page=True)
    assert measure_overflow(page)[0] == 0 and find_clipped(page) == [] and violations(page) == []
    assert heard == []


def test_the_slip_on_screen_and_on_paper_is_read_by_a_phone(
    browser: Browser, scene: StaffScene, address: str, tmp_path: Path, pictures: Path
) -> None:
    change_reference(
        scene.app, lambda value: value.update(typed_keys={"1": "5c" * 32}, dossier_keys={"2026-10": "a7" * 32})
    )
    page = open_tablet_page(browser, OFFICE, script=False)
    enter(page, f"{address}/officer", script=False)
    page.locator("#dossier").fill("H42.14-261332-0001")
    follow_control(page.locator("button[formaction*=slip]"))
    expect(page.locator("[role=alert]")).to_contain_text("Mã hồ sơ không đúng")
    page.screenshot(path=pictures / "officer-wrong-dossier.png", full_page=True)
    page.locator("#dossier").fill("H42.14-261014-0001")
    follow_control(page.locator("button[formaction*=slip]"))
    page.locator(".qr").screenshot(path=tmp_path / "screen.png")
    (screen_code,) = qr_reader.read_qr_codes(Image.open(tmp_path / "screen.png"))
    assert screen_code.text.startswith("HTTPS://DANHGIA.EXAMPLE/R/")
    for paper in ("80", "58", "a5", "a4"):
        page.goto(f"{page.url.split('?')[0]}?paper={paper}")
        image = page.request.get(address + str(page.locator(".slip").get_attribute("src"))).body()
        (tmp_path / "paper.png").write_bytes(image)
        (read,) = qr_reader.read_qr_codes(Image.open(tmp_path / "paper.png"))
        assert read.text == screen_code.text
        pdf = open_tablet_page(browser, OFFICE)
        pdf.context.add_cookies(cast(list[SetCookieParam], page.context.cookies()))
        pdf.goto(page.url)
        pages = pypdfium2.PdfDocument(pdf.pdf(prefer_css_page_size=True))
        assert len(pages) == 1, paper
        printed = pages[0].render(scale=6).to_pil()
        printed.resize((printed.width // 3, printed.height // 3)).save(pictures / f"officer-print-{paper}.png")
        (print_code,) = qr_reader.read_qr_codes(printed)
        assert print_code.text == screen_code.text
