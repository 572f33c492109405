"""The report on paper: one sheet in the prescribed form, black and white, the same bytes every time."""

from __future__ import annotations

import copy
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pypdf
import pytest
from PIL import Image, ImageStat
from pypdf.generic import DictionaryObject

from admin.pdf import fonts
from tests.fixtures.report_documents import (
    LONG,
    MM,
    ONE_SHEET,
    PROVINCE,
    WARD,
    draw_page,
    find_level_lines,
    find_text_place,
    make_rows,
    read_paper_text,
    render_report,
)

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def faces() -> fonts.FontFamily:
    return fonts.find_font_family(None)


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("name", ONE_SHEET)
def test_one_sheet_of_a4(faces: fonts.FontFamily, name: str, locale: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(render_report(ONE_SHEET[name], faces, locale=locale)))
    assert len(reader.pages) == 1
    assert [float(edge) for edge in reader.pages[0].mediabox] == pytest.approx([0, 0, 210 * MM, 297 * MM], abs=0.01)


def test_the_same_figures_give_the_same_bytes_in_another_process_too(faces: fonts.FontFamily, tmp_path: Path) -> None:
    program = (
        "import pathlib, sys\n"
        "from admin.pdf import fonts\n"
        "from tests.fixtures.report_documents import WARD, render_report\n"
        "pathlib.Path(sys.argv[1]).write_bytes(render_report(WARD, fonts.find_font_family(None), locale='en'))\n"
    )
    out = tmp_path / "again.pdf"
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "America/Lima", "LC_ALL": "C"}
    arguments = [sys.executable, "-c", program, str(out)]
    subprocess.run(arguments, cwd=ROOT, env=environment, check=True, timeout=120)
    first = render_report(WARD, faces, locale="en")
    assert first == render_report(copy.deepcopy(WARD), faces, locale="en") == out.read_bytes()
    assert first != render_report(WARD | {"n": 1205}, faces, locale="en")
    assert render_report(WARD, faces) == render_report(copy.deepcopy(WARD), faces) != first


def find_fonts(page: pypdf.PageObject) -> list[Any]:
    """The fonts of a page, each as its dictionary."""
    resources = page["/Resources"]
    assert isinstance(resources, DictionaryObject)
    named = resources["/Font"]
    assert isinstance(named, DictionaryObject)
    return [font.get_object() for font in named.values()]


@pytest.mark.parametrize("name", ONE_SHEET)
def test_every_font_is_embedded_and_none_is_helvetica(faces: fonts.FontFamily, name: str) -> None:
    pdf = render_report(ONE_SHEET[name], faces)
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    found = [font for page in reader.pages for font in find_fonts(page)]
    assert found and all("/FontFile2" in font["/FontDescriptor"] for font in found)
    assert all("Tinos" in font["/BaseFont"] for font in found)
    assert b"Helvetica" not in pdf


def find_darkest(grey: Image.Image, box: tuple[float, float, float, float]) -> int:
    """The darkest grey within a box."""
    left, top, right, bottom = box
    return min(grey.crop((round(left), round(top), round(right), round(bottom))).tobytes())


@pytest.mark.parametrize("name", ONE_SHEET)
def test_nothing_stands_outside_the_margins(faces: fonts.FontFamily, name: str) -> None:
    image = draw_page(render_report(ONE_SHEET[name], faces)).convert("L")
    dots = 100 / 25.4
    wide, high = image.size
    left, right, top, bottom = 30 * dots, wide - 15 * dots, 20 * dots, high - 20 * dots
    foot = bottom + 5 * dots
    for box in ((0, 0, left - 1, high), (right + 1, 0, wide, high), (0, 0, wide, top - 1), (0, bottom + 1, wide, foot)):
        assert find_darkest(image, box) > 250, box
    assert find_darkest(image, (left, top, right, bottom)) < 30


def test_black_and_white_only(faces: fonts.FontFamily) -> None:
    red, green, blue = draw_page(render_report(PROVINCE | {"practice": True}, faces)).split()
    assert red.tobytes() == green.tobytes() == blue.tobytes()


def test_invented_data_carry_a_light_stamp_under_the_text(faces: fonts.FontFamily) -> None:
    def greys(doc: dict[str, Any]) -> int:
        return draw_page(render_report(doc, faces)).convert("L").histogram()[235]

    assert greys(PROVINCE | {"practice": True}) > 20_000
    assert greys(PROVINCE) < 500
    text = read_paper_text(render_report(PROVINCE | {"practice": True}, faces))
    assert "SỐ LIỆU GIẢ ĐỊNH" in text and "Bản minh họa, số liệu giả định" in text
    assert "SỐ LIỆU GIẢ ĐỊNH" in read_paper_text(render_report(PROVINCE | {"practice": True}, faces, locale="en"))
    assert "GIẢ ĐỊNH" not in read_paper_text(render_report(PROVINCE, faces)) and "giả định" not in read_paper_text(
        render_report(PROVINCE, faces)
    )


def test_the_verify_code_stands_in_the_bottom_margin(faces: fonts.FontFamily) -> None:
    _, low, right, high = find_text_place(render_report(PROVINCE, faces), "Mã kiểm tra 9F3C-A71E-04BD")
    assert 5 * MM < low < high < 20 * MM
    assert right == pytest.approx(195 * MM, abs=2)
    assert "Mã kiểm tra 9F3C-A71E-04BD · bản thứ 2" in read_paper_text(render_report(PROVINCE | {"revision": 2}, faces))
    assert "chưa ban hành" in read_paper_text(render_report(PROVINCE | {"code": None}, faces))


def test_a_second_page_is_numbered_and_the_signature_is_not_alone_on_it(faces: fonts.FontFamily) -> None:
    many = [f"Cơ quan thứ {i}" for i in range(1, 20)]
    pdf = render_report(LONG | {"paper": LONG["paper"] | {"recipients": many}}, faces)
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    assert len(pages) == 2
    left, low, right, _ = find_text_place(pdf, "2", page=1)
    assert (left + right) / 2 == pytest.approx(105 * MM, abs=1) and low > 277 * MM
    assert "./." in pages[1] and "Nơi nhận" in pages[1]
    assert "./." not in pages[0] and "Nơi nhận" not in pages[0]


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_the_head_is_the_prescribed_one_in_every_language(faces: fonts.FontFamily, locale: str) -> None:
    pdf = render_report(PROVINCE, faces, locale=locale)
    text = read_paper_text(pdf)
    motto = "Độc lập - Tự do - Hạnh phúc"
    for line in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", motto, "UBND TỈNH NINH BÌNH", "SỞ NỘI VỤ"):
        assert line in text
    assert "Số: /BC-SNV" in text and "Ninh Bình, ngày tháng năm 2026" in text
    left, low, right, _ = find_text_place(pdf, motto)
    assert any(
        abs(a - left) < 2 and abs(b - right) < 2 and 0 < low - y < 8 for a, b, y in find_level_lines(pdf)
    ), "the line under the motto is as long as the motto"
    title = {
        "vi": "đối với việc giải quyết thủ tục hành chính tháng 10 năm 2026",
        "en": "Results of the rating of satisfaction of citizens and organisations",
    }[locale]
    for line in ("SỞ NỘI VỤ", title):
        left, low, right, _ = find_text_place(pdf, line)
        assert any(
            1 / 3 <= (b - a) / (right - left) <= 1 / 2 and abs((a + b) - (left + right)) < 3 and 0 < low - y < 24
            for a, b, y in find_level_lines(pdf)
        ), line


def test_a_ward_has_two_bold_issuing_lines_and_its_own_signer(faces: fonts.FontFamily) -> None:
    pdf = render_report(WARD, faces)
    text = read_paper_text(pdf)
    assert "UBND TỈNH" not in text
    for line in ("ỦY BAN NHÂN DÂN", "PHƯỜNG HOA LƯ", "Số: /BC-UBND", "TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"):
        assert line in text
    assert "- UBND tỉnh; Sở Nội vụ (để báo cáo); - Thường trực HĐND phường; - Lưu: VT." in text
    assert find_text_place(pdf, "CHỦ TỊCH")[0] > 105 * MM > find_text_place(pdf, "Nơi nhận:")[2]


def test_sizes_margins_and_first_line(faces: fonts.FontFamily) -> None:
    sizes: dict[str, float] = {}

    def note(text: str, _cm: Any, _tm: Any, _font: Any, size: float) -> None:
        if text.strip():
            sizes.setdefault(text.strip(), size)

    pdf = render_report(WARD, faces)
    pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text(visitor_text=note)

    def size_of(part: str) -> float:
        return next(size for text, size in sizes.items() if part in text)

    assert size_of("CỘNG HÒA") == 12.5 and size_of("Độc lập") == 13.5 and size_of("BÁO CÁO") == 14
    assert size_of("Cứ 100") == 13 and size_of("CHỦ TỊCH") == 13.5
    assert size_of("Nơi nhận") == 12 and size_of("Lưu: VT") == 11
    assert find_text_place(pdf, "Cứ 100")[0] == pytest.approx(30 * MM + 1.27 * MM * 10, abs=1.5)
    assert find_text_place(pdf, "hài lòng tại Bộ phận Một cửa")[0] > 30 * MM
    assert find_text_place(pdf, "CỘNG HÒA")[3] < 277 * MM


def test_the_closing_sign_ends_the_text_once(faces: fonts.FontFamily) -> None:
    for doc in ONE_SHEET.values():
        text = read_paper_text(render_report(doc, faces))
        assert text.count("./.") == 1 and "../" not in text
        assert text.index("./.") > text.index("báo cáo như sau")
        assert text.index("./.") < text.index("Nơi nhận")


def test_the_paper_on_december_is_dated_next_year_and_months_1_and_2_have_a_zero(faces: fonts.FontFamily) -> None:
    december = read_paper_text(render_report(WARD | {"period": {"id": "2026-12", "kind": "month"}}, faces))
    assert "ngày tháng năm 2027" in december and "hành chính tháng 12 năm 2026" in december
    assert "/KH-UBND ngày tháng năm 2026" in december
    february = WARD | {
        "period": {"id": "2026-02", "kind": "month"}, "previous": WARD["previous"] | {"period": "2026-01"},
    }
    text = read_paper_text(render_report(february, faces))
    assert "tháng 02 năm 2026" in text and "so với tháng 01 (" in text
    january = WARD | {
        "period": {"id": "2026-01", "kind": "month"}, "previous": WARD["previous"] | {"period": "2025-12"},
    }
    assert "so với tháng 12 năm 2025 (" in read_paper_text(render_report(january, faces))


@pytest.mark.parametrize(
    ("period", "phrase"),
    [("2026-Q4", "quý IV năm 2026"), ("2026", "hành chính năm 2026"),
     ("2026-03..2026-10", "từ tháng 3 năm 2026 đến tháng 10 năm 2026")],
)
def test_other_periods(faces: fonts.FontFamily, period: str, phrase: str) -> None:
    assert phrase in read_paper_text(render_report(PROVINCE | {"period": {"id": period, "kind": "other"}}, faces))


def test_the_chart_gives_the_sum_at_the_left_and_the_index_at_the_far_right(faces: fonts.FontFamily) -> None:
    pdf = render_report(WARD, faces)
    overall = find_text_place(pdf, "Chung")
    total, fourth, fifth, index = (find_text_place(pdf, number) for number in ("4,6", "50,5", "37,6", "88,1 "))
    assert overall[2] < total[0] and total[2] < fourth[0] and fourth[2] < fifth[0] and fifth[2] < index[0]
    assert index[2] == pytest.approx(195 * MM, abs=2.5)
    for box in (total, fourth, fifth):
        assert (box[1] + box[3]) / 2 == pytest.approx((overall[1] + overall[3]) / 2, abs=3)


def test_numbers_stand_inside_4_and_5_only_where_they_fit(faces: fonts.FontFamily) -> None:
    narrow = WARD | {"rows": make_rows([24, 31, 88, 1049, 12], *[None] * 5), "share": [1061, 1204]}
    text = read_paper_text(render_report(narrow, faces))
    assert "87,1" in text and "1,0" not in text


def test_the_five_print_fills_are_told_apart(faces: fonts.FontFamily) -> None:
    """Samples the bar of equal fifths: black, hatch, dots, light grey, dark grey, in the order 1 2 3 | 4 5."""
    equal = WARD | {"rows": make_rows([200, 200, 200, 200, 200], *[None] * 5)}
    pdf = render_report(equal, faces)
    image = draw_page(pdf, dpi=300).convert("L")
    dots = 300 / 72
    _, low, _, high = find_text_place(pdf, "Chung")
    row = round(image.height - (low + high) / 2 * dots)
    band = image.crop((0, row - 12, image.width, row + 13))

    def darkness(left: int, right: int) -> float:
        return 1 - ImageStat.Stat(band.crop((left, 0, right, band.height))).mean[0] / 255

    start = round(find_text_place(pdf, "40,0")[2] * dots) + 18
    index_column = round((195 - 14) * MM * dots)
    end = max(x for x in range(index_column) if image.getpixel((x, row - 11)) == 0x5C)
    fifth = (end - start) / 5
    shares = [darkness(round(start + i * fifth + 8), round(start + i * fifth + fifth * 0.17)) for i in range(5)]
    solid, hatch, dotted, light, dark = shares
    assert solid > 0.99
    assert 0.35 < hatch < 0.75
    assert 0.05 < dotted < 0.25
    assert light == pytest.approx(0.23, abs=0.015) and dark == pytest.approx(0.64, abs=0.015)
