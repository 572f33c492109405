"""The centre's pages in a real browser: accessible, nothing blocked, nothing off the screen.

Pictures are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from sqlalchemy import delete

from admin.ledgers import centre_clock
from admin.reports import rendering
from models import ids
from models.tables.agency import Agency, Desk
from models.tables.device import Device
from models.tables.staff_account import StoreMark
from tests.fixtures.browser_tablet import collect_complaints, find_clipped, follow_control, measure_overflow, serve_app
from tests.fixtures.centre_scene import NOW, PASSWORD, CentreScene, open_centre
from tests.fixtures.paired_desk import LONG_NAME

PAGES = {
    "province": "/", "province-quarter": "/?period=2026-Q3&against=year", "agencies": "/agencies",
    "province-longer": "/?period=12m:2026-10", "agency-part": "/agencies/STC?period=2025-08..2026-01",
    "agency": "/agencies/SNV", "agency-few": "/agencies/HL", "agency-none": "/agencies/YM?period=2026-01",
    "ranking": "/ranking?group=department&at=STC", "ranking-none": "/ranking?group=ward", "coverage": "/coverage",
    "legal": "/agencies/SNV/indicators", "legal-none": "/agencies/HL/indicators",
    "devices": "/devices", "reports": "/reports", "desks": "/agencies/SNV/desks",
    "no-such-page": "/nowhere", "no-agency-fits": "/agencies?q=zzz", "sign-in": "/sign-in", "proof": "/v/{code}",
    "unknown-code": "/v/AAAA-AAAA-AAAA", "link": "/staff/link/{link}",
}  # fmt: skip
HOUR, DAY = 3_600_000, 86_400_000
#: Cells of the fleet whose words reach out of them, and a table that is wider than its place.
OUTSIDE = """() => [...document.querySelectorAll(".fleet tbody :is(th, td), .scroll")]
    .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.className + e.innerText.slice(0, 60))"""
SIGNED_OUT = ("sign-in", "proof", "unknown-code", "link")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre(tmp_path_factory.mktemp("centre")) as scene:
        yield scene


@pytest.fixture(scope="module")
def address(scene: CentreScene) -> Iterator[str]:
    with serve_app(scene.app) as address:
        yield address


@pytest.fixture(scope="module")
def places(scene: CentreScene) -> dict[str, str]:
    """The addresses of all pages, with a report's code and a one-time link filled in."""
    from admin.auth import accounts

    code = rendering.issue_drawn_report(scene.database, scene.app.extensions["settings"], "SNV", "2026-10", NOW).code
    with scene.database.write() as session:
        link = accounts.add_account(session, "new@nb.vn", "agency", "SNV", NOW)
    return {name: path.format(code=code, link=link) for name, path in PAGES.items()}


@pytest.fixture(scope="module")
def window(browser: Browser, address: str) -> Iterator[Page]:
    """The window all tests look through: to open a new one costs more than most pages."""
    context = browser.new_context(base_url=address, locale="vi-VN")
    yield context.new_page()
    context.close()


@pytest.fixture
def page(scene: CentreScene, window: Page, address: str) -> Page:
    """The window, in which the province's administrator has just signed in."""
    cookie = scene.client("province@nb.vn").get_cookie("hailong_admin")
    assert cookie is not None
    window.context.clear_cookies()
    window.context.add_cookies([{"name": "hailong_admin", "value": cookie.value, "url": address}])
    window.set_viewport_size({"width": 1440, "height": 900})
    window.emulate_media(media="null")
    return window


def shown(page: Page, name: str, places: dict[str, str], language: str = "vi") -> list[str]:
    """Opens a page in a language; what the browser complained about while it loaded."""
    if name in SIGNED_OUT:
        page.context.clear_cookies(name="hailong_admin")
    heard = collect_complaints(page)
    path = places[name]
    page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
    return heard


def blocked(heard: list[str]) -> list[str]:
    """Complaints that are not about the page itself being an error page."""
    return [line for line in heard if "status of 404" not in line]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_keeps_the_policy(
    page: Page, places: dict[str, str], pictures: Path, name: str, language: str
) -> None:
    heard = shown(page, name, places, language)
    for details in page.locator("details").all():
        details.evaluate("e => e.open = true")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    for details in page.locator("details").all():
        details.evaluate("e => e.open = false")
    page.screenshot(path=pictures / f"admin-{name}-{language}.png", full_page=True)
    assert blocked(heard) == []
    assert measure_overflow(page)[0] == 0


@pytest.mark.parametrize(
    "name",
    ["province", "agency", "agency-few", "agencies", "ranking", "coverage", "devices", "reports", "sign-in", "proof"],
)
def test_no_page_is_wider_than_its_window(
    page: Page, places: dict[str, str], pictures: Path, name: str
) -> None:
    shown(page, name, places)
    for width in (1680, 1200, 900, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        if width in (900, 390):
            page.screenshot(path=pictures / f"admin-{name}-{width}.png", full_page=True)
        assert measure_overflow(page)[0] == 0, width


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    ("code", "signed", "words"),
    [("behind", NOW + 4 * DAY, "25/11/2026 09:00"), ("ahead", NOW - 40 * DAY, "12/10/2026 09:00")],
    ids=["behind", "ahead"],
)
def test_a_clock_that_may_lie_is_told_over_every_page_with_what_to_type(
    page: Page,
    scene: CentreScene,
    places: dict[str, str],
    pictures: Path,
    language: str,
    code: str,
    signed: int,
    words: str,
) -> None:
    with scene.database.write() as session:
        centre_clock.restart_clock_comparison(session, signed)
    try:
        for name in ("province", "reports"):
            shown(page, name, places, language)
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 844})
                banner = page.locator("main > .panel.error")
                assert len(banner.locator(".command").evaluate("e => [...e.getClientRects()]")) == 1, "not broken"
                expect(banner.locator(".command")).to_have_text("hailong admin clock confirm")
                if language == "vi":
                    message = f"Đồng hồ đang chỉ 21/11/2026 09:00. Lần ký gần nhất: {words}."
                    expect(banner).to_contain_text(message, use_inner_text=True)
                    expect(banner).to_contain_text("thiết bị ở quầy nhận phiếu không cần trung tâm")
                assert measure_overflow(page)[0] == 0 and find_clipped(page) == [], (name, width)
                page.screenshot(path=pictures / f"admin-clock-{code}-{name}-{width}-{language}.png")
        assert Axe().run(page).violations_count == 0
        follow_control(page.locator("main form button.second:has(svg)").first)
        assert len(page.locator(".panel .command").evaluate("e => [...e.getClientRects()]")) == 1
        assert measure_overflow(page)[0] == 0 and page.locator("h1").count() == 1
    finally:
        with scene.database.write() as session:
            session.delete(session.get_one(StoreMark, centre_clock.SIGNED))


def test_many_devices_with_long_names_are_read_at_a_desk_and_on_a_phone(
    page: Page, scene: CentreScene, places: dict[str, str], pictures: Path
) -> None:
    name = ids.device_name(1_001_224, 7 << 35)
    values = {"desk_code": "LONG-Q1", "created_ms": 1, "app": "1.0.0", "disk_mb": 5_200, "last_seen_ms": NOW - HOUR}
    states: list[dict[str, Any]] = [
        {"clock_offset_ms": -3939 * DAY}, {"state": "forked"}, {"foreign_ms": NOW}, {"backlog": 1_234},
    ]  # fmt: skip
    with scene.database.write() as session:
        session.add(Agency(key="LONG", parent_key="NB", kind="department", name_vi=LONG_NAME, name_en=LONG_NAME,
                           valid_from="2025-07-01"))  # fmt: skip
        session.flush()
        session.add(Desk(code="LONG-Q1", agency_key="LONG", name_vi="Quầy tiếp nhận và trả kết quả số 1"))
        session.flush()
        for number, state in enumerate(states):
            id = name if not number else ids.device_name(524_287 + number, number)
            session.add(Device(id=id, **{"state": "active", "backlog": 0, **values, **state}))
    try:
        for language in ("vi", "en"):
            shown(page, "devices", places, language)
            for width in (1680, 1280, 900, 390, 320):
                page.set_viewport_size({"width": width, "height": 844})
                if width in (1280, 390):
                    page.screenshot(path=pictures / f"admin-fleet-{width}-{language}.png", full_page=True)
                assert measure_overflow(page)[0] == 0 and page.evaluate(OUTSIDE) == [], width
                expect(page.locator("tbody th strong", has_text=ids.device_label(name))).to_be_visible()
                names, rows = (
                    max(one.bounding_box()["height"] for one in page.locator(selector).all())  # type: ignore[index]
                    for selector in ("tbody .where", "tbody tr")
                )
                assert names < (130 if width > 1000 else 100), "a name is no column of single words"
                assert rows < (130 if width > 1000 else 350), "what is known of a device is read at a glance"
            assert Axe().run(page).violations_count == 0
    finally:
        with scene.database.write() as session:
            session.execute(delete(Device).where(Device.desk_code == "LONG-Q1"))
            session.delete(session.get_one(Desk, "LONG-Q1"))
            session.flush()
            session.delete(session.get_one(Agency, "LONG"))


def test_a_person_signs_in_reads_and_signs_out_without_script(
    browser: Browser, address: str, scene: CentreScene
) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/agencies")
    page.get_by_label("Địa chỉ thư điện tử").fill("auditor@nb.vn")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    follow_control(page.locator("main button.primary"))
    expect(page.get_by_role("heading", name="Cơ quan", exact=True)).to_be_visible()
    follow_control(page.get_by_role("link", name="Sở Nội vụ"))
    page.get_by_label("Kỳ:").select_option("2026-09")
    follow_control(page.get_by_role("button", name="Xem", exact=True))
    assert "period=2026-09" in page.url
    follow_control(page.get_by_role("button", name="Đăng xuất"))
    assert "/sign-in" in page.url
    page.goto("/agencies/SNV")
    assert "/sign-in" in page.url
    context.close()


def test_a_password_can_be_shown_and_the_error_is_said(page: Page, places: dict[str, str]) -> None:
    shown(page, "sign-in", places)
    page.get_by_label("Địa chỉ thư điện tử").fill("editor@nb.vn")
    page.get_by_label("Mật khẩu").fill("sai mất rồi")
    page.get_by_role("button", name="Hiện").click()
    expect(page.locator("#password")).to_have_attribute("type", "text")
    follow_control(page.get_by_role("button", name="Đăng nhập"))
    expect(page.get_by_role("alert")).to_contain_text("Còn 4 lần thử")
    assert page.locator("#email").input_value() == "editor@nb.vn" and page.locator("#password").input_value() == ""


def test_the_keyboard_reaches_the_content_first_and_focus_is_seen(
    page: Page, places: dict[str, str]
) -> None:
    shown(page, "province", places)
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    expect(skip).to_be_focused()
    assert skip.bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    page.wait_for_url("**#*")
    page.keyboard.press("Tab")
    expect(page.locator("select[name=period]")).to_be_focused()


def test_a_page_prints_without_its_controls(page: Page, places: dict[str, str], pictures: Path) -> None:
    shown(page, "agency", places)
    page.emulate_media(media="print")
    assert not page.locator("header.top").is_visible() and not page.locator(".tools").is_visible()
    assert page.locator(".figure .large").is_visible()
    page.screenshot(path=pictures / "admin-agency-print.png", full_page=True)


@pytest.mark.parametrize(("name", "most"), [("province", 2), ("agency", 2), ("ranking", 1)])
def test_a_page_on_paper_is_a4_and_keeps_its_figures(
    page: Page, places: dict[str, str], pictures: Path, name: str, most: int
) -> None:
    shown(page, name, places)
    printed = PdfReader(BytesIO(page.pdf(path=pictures / f"admin-{name}.pdf", prefer_css_page_size=True)))
    assert 1 <= len(printed.pages) <= most
    assert [round(float(side)) for side in printed.pages[0].mediabox[2:]] == [842, 595]
    page_text = " ".join(" ".join(sheet.extract_text() for sheet in printed.pages).split())
    assert "SỐ LIỆU GIẢ ĐỊNH" in page_text and "Wilson" in page_text and "Xem bảng số liệu" not in page_text


def test_every_drawing_has_a_title_a_sentence_and_a_table(page: Page, places: dict[str, str]) -> None:
    for name in ("province", "agency", "ranking"):
        shown(page, name, places)
        bare = page.evaluate(
            """() => [...document.querySelectorAll('main svg.chart')].filter(e => e.closest('[aria-hidden=true]')
                  ? !e.closest('section').querySelector('table tbody, ul.five')
                  : !e.querySelector(':scope > title').textContent || !e.querySelector(':scope > desc').textContent
                    || !e.closest('section')).length"""
        )
        assert bare == 0 and page.locator("main svg.chart").count() > 5, name
        for fold in page.locator("details.data > summary").all():
            fold.focus()
            page.keyboard.press("Enter")
            expect(fold.locator("xpath=..")).to_have_attribute("open", "")
