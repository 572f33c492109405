"""The page that checks a printed report: the box for its code, and the QR on the paper."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from admin.pdf import fonts
from models.protocol import canonical
from models.tables.tally import IssuedReport
from tests.fixtures import qr_reader
from tests.fixtures.centre_scene import CentreScene, find_form_token, open_centre
from tests.fixtures.report_documents import (
    MM,
    ONE_SHEET,
    PROVINCE,
    WARD,
    draw_page,
    find_text_place,
    read_paper_text,
    render_report,
)
from tests.fixtures.typing_methods import Keyboard

AT = "https://hailong.ninhbinh.gov.vn/v/"
CODE = "9F3C-A71E-04BD"


@pytest.fixture(scope="module")
def faces() -> fonts.FontFamily:
    return fonts.find_font_family(None)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre(tmp_path_factory.mktemp("verify"), public_url="http://hailong.example:8000") as scene:
        yield scene


@pytest.fixture(scope="module")
def issued(scene: CentreScene) -> tuple[str, bytes]:
    """The code and the paper of the province's October."""
    client = scene.client("province@nb.vn")
    form = {"csrf_token": find_form_token(client, "/reports"), "agency": "NB", "period": "2026-10"}
    address = client.post("/reports/issue", data=form).headers["Location"]
    return address.split("/")[2], client.get(address).data


def test_the_box_is_there_for_anybody(scene: CentreScene) -> None:
    page = scene.text("/v/", None)
    assert '<form class="code-box" method="get" action="/v/">' in page and 'name="code"' in page
    assert len(page.encode()) < 50_000


@pytest.mark.parametrize(
    "typed",
    [
        "{code}", "{plain}", " {spaced} ", "{alike}", "{wide}", "{code}.", "“{code}”", "{dashed}", "{hidden}",
        "Mã kiểm tra {code}", "mã kiểm tra: {plain}", "Mã kiểm tra báo cáo là {spaced}", "Verify code {code}",
        "https://hailong.ninhbinh.gov.vn/v/{code}", "HTTPS://HAILONG.NINHBINH.GOV.VN/V/{code}",
        "hailong.ninhbinh.gov.vn/v/{plain}/", "https://hailong.ninhbinh.gov.vn/v/{code}/?utm_source=zalo",
        "Kiểm tra tại https://hailong.ninhbinh.gov.vn/v/{code}.",
    ],
)  # fmt: skip
def test_a_code_is_found_however_it_was_typed(scene: CentreScene, issued: tuple[str, bytes], typed: str) -> None:
    code = issued[0]
    plain = code.replace("-", "")
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in plain)
    alike = plain.replace("0", "O").replace("1", "l")
    dashed, hidden = code.replace("-", " – "), code.replace("-", "\u200b\u00ad")
    text = typed.format(code=code, plain=plain.lower(), spaced=" ".join(plain), alike=alike, wide=wide, dashed=dashed,
                        hidden=hidden)  # fmt: skip
    client = scene.client()
    reply = client.get("/v/", query_string={"code": text, "lang": "en"}, follow_redirects=True)
    assert reply.status_code == 200 and code in reply.text and '<html lang="en"' in reply.text
    assert reply.request.path.upper() in (f"/V/{code}", f"/V/{plain}"), "the address of the figures alone"


def test_an_address_with_a_slash_behind_it_opens_the_figures(scene: CentreScene, issued: tuple[str, bytes]) -> None:
    for path in (f"/v/{issued[0]}/", f"/V/{issued[0]}/", f"/v/{issued[0]}."):
        assert issued[0] in scene.client().get(path, follow_redirects=True).text, path


@pytest.mark.parametrize("code", ["DDAA-EEAF-0000", "A1E6-D9A8-EF0B", "AAEE-DDDD-BADE", "9F3C-A71E-04BD"])
@pytest.mark.parametrize("method", ["telex", "vni"])
def test_a_code_is_found_whose_keyboard_made_letters_of_it(scene: CentreScene, code: str, method: str) -> None:
    with scene.database.write() as session:
        if session.get(IssuedReport, code) is None:
            figures = {"code": code, "name": "a paper"}
            session.add(IssuedReport(code=code, agency_key="HL", period=f"2025-{len(code)}{code}"[:16], revision=1,
                                     figures=canonical.dump(figures, limit=999).decode(), sha="0" * 64, issued_ms=1))
    shown = Keyboard(method).type(code.replace("-", " ").lower())
    reply = scene.client().get("/v/", query_string={"code": shown})
    assert reply.headers["Location"] == f"/v/{code}", shown


def test_what_has_signs_of_no_report_s_code_is_none(scene: CentreScene) -> None:
    for typed in ("R8XD 3WQK 5T7M", "7K2M 9QXT 4ADW 0ES1", "9F3C-A71E", "https://hailong.ninhbinh.gov.vn/v"):
        reply = scene.client().get("/v/", query_string={"code": typed})
        assert reply.status_code == 404 and f'value="{typed}"' in reply.text, "it stands there to be mended"
    address = {"code": "https://hailong.ninhbinh.gov.vn/v/"}
    reply = scene.client().get("/v/", query_string=address, follow_redirects=True)
    assert reply.status_code == 200 and "code-box" in reply.text, "the address without a code is that of the box"


def test_a_code_nobody_issued_has_the_box_beside_the_words(scene: CentreScene) -> None:
    for path in ("/v/0000-0000-0000", "/v/X%3Cb%3EY", "/v/%3Cb%3E", "/V/XYZ"):
        reply = scene.client().get(path, follow_redirects=True)  # signs around a code are taken off on the way
        assert reply.status_code == 404 and "Không có báo cáo nào mang mã này" in reply.text
        assert "code-box" in reply.text
    reply = scene.client().get("/v/", query_string={"code": "- -"}, follow_redirects=True)
    assert reply.status_code == 404 and "code-box" in reply.text


def test_the_pages_of_staff_do_not_stand_there(scene: CentreScene, issued: tuple[str, bytes]) -> None:
    for path in ("/v/", f"/v/{issued[0]}", "/v/none"):
        for email in (None, "province@nb.vn"):
            page = scene.get(path, email).text
            assert 'class="pages"' not in page and "sign-in" not in page and "Đăng xuất" not in page, (path, email)


def test_the_qr_of_an_issued_paper_opens_its_figures(scene: CentreScene, issued: tuple[str, bytes]) -> None:
    code, paper = issued
    found = [one.text for one in qr_reader.read_qr_codes(draw_page(paper, dpi=200))]
    assert found == [f"HTTP://HAILONG.EXAMPLE:8000/V/{code}"]
    path = found[0].partition("EXAMPLE:8000")[2]
    assert code in scene.text(path, None)
    assert "Kiểm tra tại hailong.example:8000/v/" in read_paper_text(paper)


def test_the_same_report_is_the_same_bytes_wherever_the_centre_stands_later(
    scene: CentreScene, issued: tuple[str, bytes]
) -> None:
    client = scene.client("province@nb.vn")
    address = f"/reports/{issued[0]}/bao-cao-2026-10-NB.pdf?locale=vi"
    assert client.get(address).data == issued[1]


@pytest.mark.parametrize("name", ONE_SHEET)
@pytest.mark.parametrize("dpi", [150, 300])
def test_the_qr_is_read_from_the_paper_and_touches_nothing(faces: fonts.FontFamily, name: str, dpi: int) -> None:
    for practice in (False, True):
        pdf = render_report(ONE_SHEET[name] | {"verify_at": AT, "practice": practice}, faces)
        assert [one.text for one in qr_reader.read_qr_codes(draw_page(pdf, dpi=dpi))] == [f"{AT}{CODE}".upper()]
    left, _bottom, right, top = find_text_place(pdf, CODE)
    assert right < (210 - 15 - 16) * MM + 0.1 and top < 20 * MM and left > 30 * MM


def test_the_qr_is_black_and_white_and_stays_below_the_text(faces: fonts.FontFamily) -> None:
    pdf = render_report(WARD | {"verify_at": AT}, faces)
    image = draw_page(pdf, dpi=300)
    dots = 300 / 25.4
    margin = image.crop((round(175 * dots), round(278 * dots), round(199 * dots), round(295 * dots)))
    red, green, blue = margin.split()
    assert red.tobytes() == green.tobytes() == blue.tobytes(), "no colour"
    between = image.crop((round(30 * dots), round(277.2 * dots), round(195 * dots), round(278.4 * dots)))
    assert between.convert("1").getextrema() == (255, 255), "nothing between the text and the code"


def test_a_paper_without_the_address_has_no_qr(faces: fonts.FontFamily) -> None:
    pdf = render_report(PROVINCE, faces)
    assert qr_reader.read_qr_codes(draw_page(pdf, dpi=200)) == [] and "Kiểm tra tại" not in read_paper_text(pdf)
    preview = render_report(PROVINCE | {"verify_at": AT, "code": ""}, faces)
    assert qr_reader.read_qr_codes(draw_page(preview, dpi=200)) == [] and re.search(
        "chưa ban hành", read_paper_text(preview)
    )
