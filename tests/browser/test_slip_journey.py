"""A slip's whole way: minted while the centre is down, read off the paper, opened, counted once.

It is opened on a phone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from admin import jobs
from kiosk.desk import reference
from kiosk.slips import minting, slip_paper_formats
from models.keys import read_or_make_key
from models.tables.response import PhoneDraft, Response, SpentSlip
from models.vocabulary import Stage
from tests.fixtures import desk_state_rows, qr_reader
from tests.fixtures.browser_tablet import collect_complaints, follow_control, open_tablet_page
from tests.fixtures.centre_and_desk import AGENCY, Centre, Desk, pair_centre_and_desk

BIRTH = "1.001193"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path_factory.mktemp("journey")) as (centre, desk):
        with desk.database.write() as session:
            desk_state_rows.put_texts(session, public_url=centre.url)
        centre.answers()
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
        minted_slip = minting.mint_slip(
            session, read_or_make_key(own.settings.key_file), own.now(), stage=Stage.RESULT, procedure=BIRTH, due_days=3
        )
        current_reference = reference.read_reference(session)
    assert current_reference is not None
    png, _svg = slip_paper_formats.write_slip_pictures(minted_slip, current_reference, tmp_path)
    centre.start()
    with Image.open(png) as paper:
        (code,) = qr_reader.read_qr_codes(paper.convert("L").rotate(4, expand=True, fillcolor=255))
    assert code.text == code.text.upper() and "/R/" in code.text
    return code.text


@pytest.fixture(params=[False, True], ids=["no script", "script"])
def script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def phone(browser: Browser, width: int = 360, height: int = 740, script: bool = False) -> Page:
    """A phone of its own: nobody else's cookies."""
    return open_tablet_page(browser, (width, height), script)


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


def send(page: Page, **words: str) -> None:
    """Send page after page up to the thanks; `words` go into the fields of these names where a page has them."""
    for _step in range(3):
        for name, text in words.items():
            field = page.locator(f"textarea[name={name}]")
            if field.count():
                field.fill(text)
        follow_control(page.locator(".first"))
    page.wait_for_url("**/sent?*")


def language(page: Page, code: str) -> None:
    """Choose a language in the header."""
    page.locator(".choices summary").tap()
    page.locator(f".language[lang={code}]").tap()
    expect(page.locator("html")).to_have_attribute("lang", code)


def test_from_paper_to_count(browser: Browser, centre: Centre, address: str, script: bool) -> None:
    spent, open_, answered = stored(centre)
    before = centre.index()
    page = phone(browser, script=script)
    heard = collect_complaints(page)
    for _time in range(2):
        page.goto(address)
        expect(page.locator(".agency")).to_have_text("UBND xã Yên Mô")
        expect(page.locator(".slip")).to_contain_text("Đăng ký khai sinh")
    assert stored(centre) == (spent, open_, answered)
    face(page, 2)
    assert stored(centre) == (spent + 1, open_ + 1, answered)
    page.locator("input[value=wait]").check()
    send(page, comment="Gọi tôi 0912 345 678")
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
    expect(page.locator(".progress")).to_be_visible()
    page.go_back()
    expect(page.locator("h1")).to_contain_text("chưa gửi xong")
    page.goto(address)
    follow_control(page.locator("form .second"))
    expect(page.locator(".progress")).to_be_visible()
    assert stored(centre) == before
    page.locator(".second").tap()
    page.wait_for_url("**/sent?*")
    whole = stored(centre)
    for _time in range(2):
        page.goto(address)
        follow_control(page.locator("form .second"))
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


def test_another_phone_is_told_kindly_and_may_rate_for_the_province_to_check(
    browser: Browser, centre: Centre, address: str, script: bool
) -> None:
    slow, late = phone(browser, script=script), phone(browser, script=script)
    slow.goto(address)
    first = phone(browser, script=script)
    first.goto(address)
    face(first, 3)
    send(first)
    n, before = centre.index()["n"], stored(centre)
    answer = late.goto(address)
    assert answer is not None and answer.status == 409
    expect(late.locator("h1")).to_have_text("Mã trên phiếu này đã được dùng")
    expect(late.locator("footer")).to_contain_text("HL-409")
    assert stored(centre) == before
    late.locator(".first").tap()
    expect(late.locator(".notice")).to_contain_text("chuyển tới tỉnh để kiểm tra")
    assert stored(centre) == before
    face(late, 5)
    send(late)
    assert newest(centre).outcome == "contested"
    face(slow, 1)  # the faces were drawn before the slip was used: no touch is lost
    expect(slow.locator(".notice")).to_contain_text("chuyển tới tỉnh để kiểm tra")
    slow.locator(".second").tap()
    slow.wait_for_url("**/sent?*")
    assert (newest(centre).outcome, newest(centre).score) == ("counted", 1)
    assert centre.index()["n"] == n and stored(centre)[0] == before[0]


def test_the_language_changes_and_the_slip_stays(browser: Browser, centre: Centre, address: str, script: bool) -> None:
    page = phone(browser, script=script)
    page.goto(address)
    spent = stored(centre)
    language(page, "en")
    expect(page.locator(".slip")).to_contain_text("Birth registration")
    assert stored(centre) == spent
    face(page, 5)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    language(page, "vi")
    language(page, "en")
    page.locator(".second").tap()
    page.wait_for_url("**/sent?*")
    expect(page.locator("h1")).to_contain_text("Thank you!")
    code = page.locator(".letters").inner_text()
    language(page, "vi")
    expect(page.locator("h1")).to_contain_text("Cảm ơn")
    expect(page.locator(".letters")).to_have_text(code)
    assert (newest(centre).lang, newest(centre).score) == ("en", 5)


def test_a_phone_put_away_after_the_face(browser: Browser, centre: Centre, address: str) -> None:
    page = phone(browser)
    page.goto(address)
    face(page, 4)
    page.locator("input[value=wait]").check()
    page.locator(".first").tap()
    page.wait_for_url("**step=3**")
    centre.clock += 15 * 60_000
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    row = newest(centre)
    assert (row.state, row.score, row.outcome, row.topics) == ("partial", 4, "counted", ["wait"])
    before = stored(centre)
    page.locator(".first").tap()
    page.wait_for_url("**/sent?*")
    expect(page.locator("main")).to_contain_text("15 phút")
    assert stored(centre) == before


def test_the_centre_goes_away_between_the_pages(browser: Browser, centre: Centre, address: str) -> None:
    page = phone(browser)
    page.goto(address)
    face(page, 1)
    page.locator("input[value=wait]").check()
    page.locator(".first").tap()
    page.wait_for_url("**step=3**")
    before = stored(centre)
    centre.stop()
    with pytest.raises(Exception, match="ERR_"):
        page.goto(address)
    centre.start()
    page = page.context.new_page()  # the old tab is still busy showing the browser's own error
    page.goto(address)
    follow_control(page.locator("form .second"))
    expect(page.locator(".progress")).to_contain_text("Bước 3 trong 4")
    page.locator(".second").tap()
    page.wait_for_url("**/sent?*")
    assert stored(centre)[0] == before[0]
    assert (newest(centre).score, newest(centre).topics) == (1, ["wait"])


def test_capitals_and_small_letters_open_the_same_page(browser: Browser, centre: Centre, address: str) -> None:
    page = phone(browser)
    for text in (address, address.lower(), centre.url + address[len(centre.url) :].lower()):
        answer = page.goto(text)
        assert answer is not None and answer.status == 200
        expect(page.locator(".row")).to_have_count(5)
