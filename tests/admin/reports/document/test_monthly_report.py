"""The report on paper: right words in right order, names as text, and nothing suppressed let through."""

from __future__ import annotations

import copy
import io
import re
import unicodedata
from typing import Any

import pypdf
import pytest

from admin.pdf import fonts
from tests.fixtures.report_documents import (
    LONG,
    LONG_NAME,
    N_ONLY,
    ONE_SHEET,
    PROVINCE,
    UNDER_5,
    WARD,
    WHOLE,
    ZERO,
    read_paper_text,
    render_report,
)

FACTOR_E = "tiếp nhận, xử lý phản ánh, kiến nghị"


@pytest.fixture(scope="module")
def faces() -> fonts.FontFamily:
    return fonts.find_font_family(None)


def test_the_words_are_vietnamese_and_composed(faces: fonts.FontFamily) -> None:
    pdf = render_report(PROVINCE, faces)
    for text in (read_paper_text(pdf), pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()):
        assert unicodedata.is_normalized("NFC", text)
        for phrase in ("BÁO CÁO", "Chỉ số hài lòng", "Người trực tiếp giải quyết", "chưa đủ căn cứ"):
            assert phrase in " ".join(text.split())


def test_decomposed_names_are_drawn_composed(faces: fonts.FontFamily) -> None:
    apart = copy.deepcopy(LONG)
    apart["paper"] = {
        key: [unicodedata.normalize("NFD", v) for v in value] if isinstance(value, list)
        else unicodedata.normalize("NFD", value) if value else value
        for key, value in LONG["paper"].items()
    }
    assert apart["paper"]["body_name"] != LONG_NAME
    assert render_report(apart, faces) == render_report(LONG, faces)


def test_names_are_text_and_never_mark_up(faces: fonts.FontFamily) -> None:
    name = "Cấp <b>phép</b> & <para size=40>chứng nhận</para> \x07A&amp;B"
    doc = WARD | {"procedures": WARD["procedures"] | {"lowest": {"name": {"vi": name}, "index": "72.92", "n": 96}}}
    assert "cấp <b>phép</b> & <para size=40>chứng nhận</para> A&amp;B (72,9%, 96 phiếu)" in read_paper_text(
        render_report(doc, faces)
    )
    hostile = PROVINCE | {"paper": PROVINCE["paper"] | {"body_name": "<u>Sở", "recipients": ["<i>Ai & ai"]}}
    text = read_paper_text(render_report(hostile, faces))
    assert "<u>Sở báo cáo như sau" in text and "- <i>Ai & ai." in text


def test_the_index_is_introduced_in_full_before_its_first_number(faces: fonts.FontFamily) -> None:
    text = read_paper_text(render_report(PROVINCE, faces))
    name = "Chỉ số hài lòng tại Bộ phận Một cửa (không phải chỉ số SIPAS do Bộ Nội vụ công bố)"
    assert name in text and text.index(name) < text.index("86,4")
    assert "tỷ lệ phiếu chọn mức 4 hoặc 5" in text
    assert "trung bình cộng tỷ lệ mức 4–5" in read_paper_text(
        render_report(PROVINCE | {"method": "top2.mean_of_factors"}, faces)
    )


def test_the_province_paper(faces: fonts.FontFamily) -> None:
    text = read_paper_text(render_report(PROVINCE, faces))
    for phrase in (
        "Thực hiện Kế hoạch số /KH-UBND ngày tháng năm 2026 của Ủy ban nhân dân tỉnh Ninh Bình, Sở Nội vụ báo cáo",
        "từ 86,1 đến 86,7", "48.216", "tỷ lệ trả lời 22,5%", "157/171", "4 chưa có phiếu",
        "Tại quầy 86,9% · qua mã QR 85,2% · chênh 1,7 điểm phần trăm",
        "tiếp nhận 203.580", "đã giải quyết 198.764", "đúng và trước hẹn 192.405 (96,8%)",
        "quá hạn 6.359 (3,2%)", "+1,2 điểm phần trăm so với tháng 9 vượt khoảng sai số thống kê",
        "Không công bố số liệu của nhóm dưới 5 người",
        "Cứ 100 lượt đánh giá có 86 lượt hài lòng hoặc rất hài lòng.",
        "Chỉ số tăng 1,2 điểm phần trăm so với tháng 9 (85,2%), vượt khoảng sai số thống kê; thấp hơn mục tiêu "
        "90% là 3,6 điểm phần trăm. Yếu tố thấp nhất là tiếp nhận, xử lý phản ánh, kiến nghị (79,8%); cao nhất là "
        "người trực tiếp giải quyết (89,6%).",
        "Trong 157 cơ quan, đơn vị đủ 30 phiếu: 15 cao hơn mức chung, 19 thấp hơn mức chung, 123 chưa đủ căn cứ kết "
        "luận; 10 cơ quan, đơn vị có dưới 30 phiếu chưa công bố chỉ số; 4 cơ quan, đơn vị chưa có phiếu.",
        "312 phiếu được thay bằng đánh giá sau, 15 phiếu trùng mã, 1.204 lượt không muốn đánh giá, 88 lượt rút lại "
        "đánh giá",
        "phương pháp Wilson", "GIÁM ĐỐC",
    ):
        assert phrase in text, phrase


def test_what_stands_beside_the_index_is_on_the_paper(faces: fonts.FontFamily) -> None:
    text = read_paper_text(render_report(WHOLE, faces))
    for phrase in (
        "chênh 1,7 điểm phần trăm (từ 1,0 đến 2,4)",
        "Không tính 37 phiếu bị loại, chỉ số là 86,5%. Đang xem lại: 3 trường hợp.",
        "Ý kiến chỉ gửi về tỉnh, không chuyển đơn vị được đánh giá: 3,4% trong 9.120 người trả lời cho biết có công "
        "chức gây phiền hà, sách nhiễu; 1,2% trong 9.088 người trả lời cho biết có "
        "người phải đưa tiền ngoài quy định cho công chức.",
        "341 phiếu được tính chưa trả lời hết.",
        "top2.overall 1 · short 1, 2",
    ):
        assert phrase in text, phrase


def test_what_went_to_the_province_is_on_no_other_paper(faces: fonts.FontFamily) -> None:
    told = WHOLE["province_alone"]
    assert "chỉ gửi về tỉnh" not in read_paper_text(render_report(WARD | {"province_alone": told}, faces))
    assert "chỉ gửi về tỉnh" not in read_paper_text(render_report(PROVINCE, faces))
    few = PROVINCE | {"shown": "n_only", "index": None, "n": 12, "province_alone": told}
    assert "chỉ gửi về tỉnh" not in read_paper_text(render_report(few, faces))


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (None, False),
        ({"excluded": 0, "index": "86.40", "interval": None, "open_flags": 0}, False),
        ({"excluded": 6, "index": None, "interval": None, "open_flags": 0}, True),
    ],
)
def test_the_second_figure_stands_where_it_differs(
    faces: fonts.FontFamily, second: dict[str, Any] | None, told: bool
) -> None:
    assert ("phiếu bị loại" in read_paper_text(render_report(PROVINCE | {"second": second}, faces))) is told


def test_a_gap_the_other_way_round_has_its_ends_turned(faces: fonts.FontFamily) -> None:
    turned = {"channel_gap": "-1.70", "gap": {"difference": "-1.70", "interval": ["-2.43", "-0.98"], "paired": None}}
    assert "chênh 1,7 điểm phần trăm (từ 1,0 đến 2,4)" in read_paper_text(render_report(PROVINCE | turned, faces))
    other = {"gap": {"difference": "-0.40", "interval": ["-2.43", "-0.98"], "paired": None}}
    assert "điểm phần trăm (từ" not in read_paper_text(render_report(PROVINCE | other, faces))


def test_the_ward_paper(faces: fonts.FontFamily) -> None:
    text = read_paper_text(render_report(WARD, faces))
    for phrase in (
        "Ủy ban nhân dân phường Hoa Lư báo cáo như sau:", "88,1%", "7/8", "1 chưa công bố",
        "Chỉ số tăng 1,7 điểm phần trăm so với tháng 9 (86,4%), trong khoảng sai số thống kê.",
        "Chưa đủ căn cứ kết luận chỉ số cao hơn hay thấp hơn mức chung toàn tỉnh (87,3%).",
        "Thủ tục thấp nhất: cấp Giấy chứng nhận quyền sử dụng đất (72,9%, 96 phiếu).",
        "Dưới 30 phiếu, chưa công bố",
    ):
        assert phrase in text, phrase
    assert "cơ quan, đơn vị" not in text
    assert "trùng mã" not in text, "an outcome without cases is not mentioned"


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        ({"previous": {"period": "2026-09", "index": "90.00", "difference": "-1.88", "beyond_error": True}},
         "Chỉ số giảm 1,9 điểm phần trăm so với tháng 9 (90,0%), vượt khoảng sai số thống kê"),
        ({"previous": {"period": "2026-09", "index": "88.10", "difference": "0.02", "beyond_error": False}},
         "Chỉ số không đổi so với tháng 9 (88,1%)."),
        ({"previous": None, "target": "92.50"}, "Chỉ số thấp hơn mục tiêu 92,5% là 4,4 điểm phần trăm."),
        ({"target": "80.00"}, "trong khoảng sai số thống kê; cao hơn mục tiêu 80% là 8,1 điểm phần trăm."),
        ({"previous": None, "target": "88.12"}, "Chỉ số đạt mục tiêu 88,1%."),
        ({"province": {"index": "80.00", "verdict": "higher"}},
         "Chỉ số cao hơn mức chung toàn tỉnh (80,0%), vượt khoảng sai số thống kê."),
        ({"province": {"index": "95.00", "verdict": "lower"}},
         "Chỉ số thấp hơn mức chung toàn tỉnh (95,0%), vượt khoảng sai số thống kê."),
        ({"channels": [WARD["channels"][0], {"id": "qr", "n": None, "index": None, "interval": None}]},
         "Tại quầy 88,8% · qua mã QR dưới 30 phiếu"),
        ({"channels": [WARD["channels"][1], {"id": "kiosk", "n": 0, "index": None, "interval": None}]},
         "Qua mã QR 86,9% · tại quầy chưa có phiếu"),
        ({"share": [864499, 1000000], "index": "86.45"}, "86,4% Chỉ số hài lòng"),
    ],
)
def test_sentences_follow_the_figures(faces: fonts.FontFamily, change: dict[str, Any], phrase: str) -> None:
    assert phrase in read_paper_text(render_report(WARD | change, faces))


def test_a_gap_is_only_told_between_two_shown_channels(faces: fonts.FontFamily) -> None:
    hidden = WARD | {"channels": [WARD["channels"][0], {"id": "qr", "n": 20, "index": None, "interval": None}]}
    assert "chênh" not in read_paper_text(render_report(hidden, faces))


def test_without_dossiers_nothing_is_said_of_them(faces: fonts.FontFamily) -> None:
    text = read_paper_text(render_report(ONE_SHEET["no_dossiers"], faces)).lower()
    assert "hồ sơ" not in text and "tỷ lệ trả lời" not in text and "tiếp nhận" not in text.replace(FACTOR_E, "")


def test_the_english_paper(faces: fonts.FontFamily) -> None:
    text = read_paper_text(render_report(WARD, faces, locale="en"))
    for phrase in (
        "REPORT", "October 2026", "88.1%", "1,204", "from 86.2 to 89.8", "At the desk 88.8% · by QR code 86.9%",
        "(not the SIPAS index of the Ministry of Home Affairs)", "within the margin of error", "Very dissatisfied",
        "Fewer than 30 answers, not published",
    ):
        assert phrase in text, phrase
    assert "Chỉ số" not in text and "phiếu" not in text


def test_an_unknown_version_is_refused(faces: fonts.FontFamily) -> None:
    with pytest.raises(ValueError, match="version 2"):
        render_report(PROVINCE | {"v": 2}, faces)


def numbers_of(doc: dict[str, Any]) -> set[str]:
    """Every index, interval end and share the document holds, as a paper would print it."""
    exact = [doc["index"], *doc["interval"], doc["previous"]["index"], doc["province"]["index"]]
    exact += [channel["index"] for channel in doc["channels"]] + [row["index"] for row in doc["rows"] if row["index"]]
    exact.append(doc["procedures"]["lowest"]["index"])
    numbers = {f"{float(value):.1f}".replace(".", ",") for value in exact}
    for row in doc["rows"]:
        numbers |= {f"{100 * c / sum(row['counts']):.1f}".replace(".", ",") for c in row["counts"] or ()}
    return numbers


@pytest.mark.parametrize("shown", ["n_only", "under_5"])
def test_below_30_answers_no_index_is_printed_whatever_the_document_holds(faces: fonts.FontFamily, shown: str) -> None:
    everything = WARD | {"shown": shown, "n": 3 if shown == "under_5" else 29}
    text = read_paper_text(render_report(everything, faces))
    forbidden = numbers_of(WARD)
    assert len(forbidden & set(re.findall(r"\d+,\d", read_paper_text(render_report(WARD, faces))))) > 20
    assert forbidden & set(re.findall(r"\d+,\d", text)) == set()
    assert "Dưới 30 phiếu, chưa công bố" in text
    for absent in ("Cứ 100", "Hình 1", "Yếu tố", "Tại quầy", "so với tháng", "điểm phần trăm", "Wilson", "7/8"):
        assert absent not in text


def test_from_5_to_29_answers_the_number_is_printed(faces: fonts.FontFamily) -> None:
    text = read_paper_text(render_report(N_ONLY, faces))
    for phrase in ("12 Phiếu được tính", "Tháng 10 năm 2026 có 12 phiếu được tính.", "tỷ lệ trả lời 3,1%"):
        assert phrase in text


def test_below_five_answers_not_even_the_number_can_be_reckoned(faces: fonts.FontFamily) -> None:
    text = read_paper_text(render_report(UNDER_5, faces))
    assert "<5" in text and "Tháng 10 năm 2026 có dưới 5 phiếu được tính." in text
    for absent in ("tỷ lệ trả lời", "3,1", "3 phiếu", "được thay thế", "không muốn đánh giá"):
        assert absent not in text
    assert (
        render_report(UNDER_5, faces)
        == render_report(UNDER_5 | {"n": 4}, faces)
        == render_report(UNDER_5 | {"n": None}, faces)
    )


def test_a_number_that_would_give_another_away_is_not_printed(faces: fonts.FontFamily) -> None:
    withheld = N_ONLY | {"n": None, "shown": "withheld"}
    text = read_paper_text(render_report(withheld, faces))
    assert "không công bố chỉ số và số phiếu" in text and "<5" not in text and "Dưới 30" not in text
    assert "Không tính vào" not in text and "3,1%" not in text


def test_no_answers_are_told_as_they_are(faces: fonts.FontFamily) -> None:
    text = read_paper_text(render_report(ZERO, faces))
    assert "Tháng 10 năm 2026 chưa có phiếu nào được tính nên chưa có chỉ số để báo cáo." in text
    assert "Chưa có phiếu" in text and "<5" not in text and "%" not in text
