"""A slip's whole way: minted while the centre is down, read off the paper, opened on a phone, counted once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from admin import upkeep
from kiosk import desk as desk_facts
from kiosk import reference, slips
from models.keys import signing_key
from models.responses import PhoneDraft, Response, SpentSlip
from models.vocabulary import Stage
from tests.browser.tablet import clipped, complaints, overflow
from tests.flow.scene import AGENCY, Centre, Desk, paired

BIRTH = "1.001193"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Centre, Desk]]:
    with paired(tmp_path_factory.mktemp("journey")) as (centre, desk):
        with desk.database.write() as session:
            desk_facts.remember(session, public_url=centre.url)
        yield centre, desk


@pytest.fixture
def centre(scene: tuple[Centre, Desk]) -> Iterator[Centre]:
    """The centre, serving again."""
    if scene[0]._server is None:
        scene[0].start()
    yield scene[0]
    scene[0].clock = 0


@pytest.fixture
def address(scene: tuple[Centre, Desk], centre: Centre, tmp_path: Path) -> str:
    """What a phone's camera reads off a slip that was minted and drawn while the centre was stopped."""
    own = scene[1]
    centre.stop()
    with own.database.write() as session:
        made = slips.mint(
            session, signing_key(own.settings.key_file), own.now(), stage=Stage.RESULT, procedure=BIRTH, due_days=3
        )
        known = reference.current(session)
    assert known is not None
    png, _svg = slips.draw(made, known, tmp_path)
    centre.start()
    with Image.open(png) as paper:
        (code,) = zxingcpp.read_barcodes(paper.convert("L").rotate(4, expand=True, fillcolor=255))
    assert code.text == code.text.upper() and "/R/" in code.text
    return code.text


@pytest.fixture(params=[False, True], ids=["no script", "script"])
def script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def phone(browser: Browser, width: int = 360, height: int = 740, script: bool = False) -> Page:
    """A phone of its own: nobody else's cookies."""
    size: Any = {"width": width, "height": height}
    page = browser.new_context(viewport=size, java_script_enabled=script, has_touch=True).new_page()
    page.set_default_timeout(30_000)
    return page


def stored(centre: Centre) -> tuple[int, int, int]:
    """Spent slips, open answers, answers."""
    with centre.database.read() as session:
        return tuple(  # type: ignore[return-value]
            session.scalar(select(func.count()).select_from(table)) for table in (SpentSlip, PhoneDraft, Response)
        )


def newest(centre: Centre) -> Response:
    with centre.database.read() as session:
        return session.scalars(select(Response).order_by(Response.device_id, Response.seq.desc()).limit(1)).one()


def face(page: Page, score: int) -> None:
    page.locator(f"button[value='{score}']").tap()
    page.wait_for_url("**/more?*")


def test_from_paper_to_count(browser: Browser, centre: Centre, address: str, script: bool) -> None:
    spent, open_, answered = stored(centre)
    before = centre.index()
    page = phone(browser, script=script)
    heard = complaints(page)
    for _time in range(2):
        page.goto(address)
        expect(page.locator(".agency")).to_have_text("UBND xã Yên Mô")
        expect(page.locator(".slip")).to_contain_text("Đăng ký khai sinh")
    assert stored(centre) == (spent, open_, answered)
    face(page, 2)
    assert stored(centre) == (spent + 1, open_ + 1, answered)
    page.locator("input[value=wait]").check()
    page.locator("textarea").fill("Gọi tôi 0912 345 678")
    page.locator(".first").tap()
    page.wait_for_url("**/sent?*")
    expect(page.locator("h1")).to_contain_text("Cảm ơn Ông/Bà!")
    expect(page.locator(".agency")).to_have_text("UBND xã Yên Mô")
    assert stored(centre) == (spent + 1, open_, answered + 1)
    row = newest(centre)
    assert (row.outcome, row.channel, row.stage, row.procedure_code, row.agency_key, row.score, row.topics) == (
        "counted", "qr", "result", BIRTH, AGENCY, 2, ["wait"],
    )  # fmt: skip
    assert centre.index()["n"] == int(str(before["n"])) + 1
    assert heard == []


def test_reload_back_and_again_are_the_first_answer(browser: Browser, centre: Centre, address: str) -> None:
    page = phone(browser)
    page.goto(address)
    face(page, 4)
    before = stored(centre)
    page.reload()
    expect(page.locator("textarea")).to_be_visible()
    page.go_back()
    expect(page.locator("textarea")).to_be_visible()
    page.goto(address)
    expect(page.locator("textarea")).to_be_visible()
    assert stored(centre) == before
    page.locator(".second").tap()
    page.wait_for_url("**/sent?*")
    whole = stored(centre)
    for _time in range(2):
        page.goto(address)
        expect(page.locator("h1")).to_contain_text("Cảm ơn")
        page.reload()
    assert stored(centre) == whole and newest(centre).score == 4


def test_a_second_touch_while_the_first_is_on_its_way(browser: Browser, centre: Centre, address: str) -> None:
    page = phone(browser, script=True)
    page.goto(address)
    spent, _open, _answered = stored(centre)
    page.evaluate("for (const score of ['5', '1']) document.querySelector(`button[value='${score}']`).click()")
    page.wait_for_url("**/more?*")
    assert stored(centre)[0] == spent + 1


@pytest.mark.parametrize("size", [(360, 740), (320, 640)], ids=str)
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_page_of_the_way_fits_and_has_no_faults(
    browser: Browser, centre: Centre, address: str, pictures: Path, size: tuple[int, int], lang: str
) -> None:
    page, other = phone(browser, *size, script=True), phone(browser, *size, script=True)

    def look(shown: Page, name: str) -> None:
        shown.screenshot(path=pictures / f"J-{name}-{size[0]}-{lang}.png", full_page=True)
        assert overflow(shown)[0] == 0 and clipped(shown) == []
        found = Axe().run(shown)
        assert found.violations_count == 0, found.generate_report()
        for control in shown.locator("button, a, summary, label.row, label.tick").all():
            box = control.bounding_box()
            if box and control.is_visible():
                assert box["height"] >= 44

    page.goto(f"{address}?lang={lang}")
    look(page, "faces")
    other.goto(f"{address}?lang={lang}")
    other.evaluate("document.querySelector('button[value=\"3\"]').value = '7'")
    other.locator("button[value='7']").tap()
    other.wait_for_selector(".error")
    look(other, "error")
    face(page, 3)
    look(page, "more")
    page.evaluate("document.querySelector('textarea').removeAttribute('maxlength')")
    page.locator("textarea").fill("dài " * 300)
    page.locator(".first").tap()
    page.wait_for_selector(".error")
    look(page, "more-error")
    page.locator("textarea").fill("ngắn")
    page.locator(".first").tap()
    page.wait_for_url("**/sent?*")
    look(page, "sent")
    other.goto(f"{address}?lang={lang}")
    look(other, "used")
    other.goto(f"{address[:-5]}AAAAA?lang={lang}")
    look(other, "unknown")
    centre.clock = 40 * 86_400_000
    other.goto(f"{address}?lang={lang}")
    look(other, "expired")


def test_another_phone_is_told_kindly(browser: Browser, centre: Centre, address: str, script: bool) -> None:
    slow = phone(browser, script=script)
    slow.goto(address)
    first = phone(browser, script=script)
    first.goto(address)
    face(first, 5)
    before = stored(centre)
    with slow.expect_response("**/r/*") as answer:
        slow.locator("button[value='1']").tap()
    assert answer.value.status == 409
    expect(slow.locator("h1")).to_have_text("Mã trên phiếu này đã được dùng")
    expect(slow.locator("footer")).to_contain_text("HL-409")
    late = phone(browser, script=script).goto(address)
    assert late is not None and late.status == 409
    assert stored(centre) == before


def test_the_language_changes_and_the_slip_stays(browser: Browser, centre: Centre, address: str, script: bool) -> None:
    page = phone(browser, script=script)
    page.goto(address)
    spent = stored(centre)
    page.locator(".language").tap()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".slip")).to_contain_text("Birth registration")
    assert stored(centre) == spent
    face(page, 5)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator(".language").tap()
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    page.locator(".language").tap()
    page.locator(".second").tap()
    page.wait_for_url("**/sent?*")
    expect(page.locator("h1")).to_contain_text("Thank you!")
    page.locator(".language").tap()
    expect(page.locator("h1")).to_contain_text("Cảm ơn")
    assert (newest(centre).lang, newest(centre).score) == ("en", 5)


def test_a_phone_put_away_after_the_face(browser: Browser, centre: Centre, address: str) -> None:
    page = phone(browser)
    page.goto(address)
    face(page, 4)
    page.locator("textarea").fill("Chưa gửi")
    upkeep.settle(centre.database, centre.keys, centre.now().t + 15 * 60_000)
    row = newest(centre)
    assert (row.state, row.score, row.outcome) == ("partial", 4, "counted")
    before = stored(centre)
    page.locator(".first").tap()
    page.wait_for_url("**/sent?*")
    expect(page.locator("main")).to_contain_text("15 phút")
    assert stored(centre) == before


def test_the_centre_goes_away_between_the_pages(browser: Browser, centre: Centre, address: str) -> None:
    page = phone(browser)
    page.goto(address)
    face(page, 1)
    before = stored(centre)
    centre.stop()
    with pytest.raises(Exception, match="ERR_"):
        page.goto(address)
    centre.start()
    page = page.context.new_page()  # the old tab is still busy showing the browser's own error
    page.goto(address)
    expect(page.locator("textarea")).to_be_visible()
    page.locator(".second").tap()
    page.wait_for_url("**/sent?*")
    assert stored(centre)[0] == before[0] and newest(centre).score == 1


def test_capitals_and_small_letters_open_the_same_page(browser: Browser, centre: Centre, address: str) -> None:
    page = phone(browser)
    for text in (address, address.lower(), centre.url + address[len(centre.url) :].lower()):
        answer = page.goto(text)
        assert answer is not None and answer.status == 200
        expect(page.locator(".row")).to_have_count(5)
