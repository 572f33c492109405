"""Words officials use: the former ones on no page, paper or text, and theirs where they must stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin.instruments import companion_questions, store
from admin.pdf import fonts
from models.tables.agency import StoredInstrument
from tests.fixtures import tally_rows
from tests.fixtures.centre_scene import CentreScene, open_centre
from tests.fixtures.paired_desk import make_reference_document
from tests.fixtures.report_documents import ONE_SHEET, WARD, WHOLE, read_paper_text, render_report
from translations.loader import find_text_file, read_with_babel

ROOT = Path(__file__).resolve().parents[2]
#: What is never printed.
FORMER = (
    r"(?<!Quý )(?<!quý )\b(I|II|III|IV)/\d{4}",
    r"từ tháng 0?1 .{0,12}đến tháng \d{1,2} ?/? ?(năm )?\d{4}",
    r"chọn rồi bỏ", r"mã dùng lại", r"dùng lại mã", r"thay bằng phiếu sau", r"phiếu được thay thế",
    r"(trong|vượt|ngoài) sai số", r"[Cc]hưa phân biệt được", r"[Cc]hưa đủ căn cứ(?! kết luận)",
    r"[Rr]iêng gửi tới tỉnh", r"[Cc]hỉ gửi tới tỉnh", r"làm lộ ý kiến của dưới", r"dù những người khác nghĩ",
    r"nằm an toàn", r"[Nn]goại tuyến", r"Kết quả, đúng hẹn", r"^(Xử lý )?[Pp]hản ánh, kiến nghị$", r"\((hợp|cộng)\)",
    r"mười lăm điều", r"Không nói thêm", r"không thích\b", r"dấu hiệu bất thường",
    r"chưa đủ căn cứ kết luận với",
)  # fmt: skip
#: Names of columns, which no page of an official shows.
CODES = (r"\bcs\d_\d\b", r"\bcomplained\b", r"overdue_and_complained")
#: What stands instead, in the catalogue or in what is asked.
PRESENT = (
    "Quý %(quarter)s/%(year)s", "%(n)s tháng đầu năm %(year)s", "rút lại đánh giá", "phiếu trùng mã",
    "được thay bằng đánh giá sau", "trong khoảng sai số thống kê", "vượt khoảng sai số thống kê",
    "chưa đủ căn cứ kết luận", "Ý kiến chỉ gửi về tỉnh, không chuyển đơn vị được đánh giá",
    "Không công bố số liệu của nhóm dưới 5 người", "bất kể ý kiến của người không trả lời",
    "đã lưu trên thiết bị, chưa gửi", "mất kết nối", "Kết quả giải quyết", "Tiếp nhận, xử lý phản ánh, kiến nghị",
    "không tính trùng", "cộng hai tỷ lệ", "xem đủ 15 nội dung", "Bỏ qua", "đánh giá không hài lòng", "Cần xem lại",
    "Đang xem lại",
)  # fmt: skip
PAGES = (
    "/", "/?period=2026-Q3", "/?period=2026-01..2026-10", "/agencies", "/agencies?show=undecided", "/agencies/SNV",
    "/agencies/HL", "/agencies/SNV/indicators", "/agencies/STC/indicators", "/ranking", "/ranking?period=2026-Q3",
    "/coverage", "/agencies/NB/slips", "/devices", "/agencies/HL/desks", "/reports", "/languages",
    "/overview.csv", "/agencies.csv",
    "/agencies/SNV.csv", "/agencies/STC/indicators.csv", "/ranking.csv", "/coverage.csv",
)  # fmt: skip


def catalogue(*, naming_columns: bool = False) -> list[str]:
    """Every Vietnamese message, each form by itself; or those alone whose English names columns of a file too."""
    found: list[str] = []
    for message in read_with_babel(find_text_file("vi")):
        if message.id and (not naming_columns or said(str(message.id), CODES)):
            found += [message.string] if isinstance(message.string, str) else message.string
    return found


def texts(part: object) -> Iterator[str]:
    """Every Vietnamese wording of a document; `source` is for its editors alone."""
    if isinstance(part, dict):
        yield from (value for key, value in part.items() if key == "vi" and isinstance(value, str))
        for key, value in part.items():
            if key != "source":
                yield from texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from texts(value)


def asked() -> list[str]:
    """What citizens are asked, as desks and phones get it, and what the law calls things."""
    found = list(texts(json.loads(make_reference_document())))
    for name in companion_questions.NAMES:
        found += texts(companion_questions.read_companion_document(name))
    for path in (ROOT / "admin/statistics/legal/data").glob("*.json"):
        found += texts(json.loads(path.read_text(encoding="utf-8")))
    found += texts(json.loads((store.DATA / "sipas23-1.json").read_text(encoding="utf-8")))
    return found


def said(text: str, patterns: tuple[str, ...] = FORMER) -> list[str]:
    """Which of the patterns a text says."""
    return [pattern for pattern in patterns if re.search(pattern, text)]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre(tmp_path_factory.mktemp("words")) as scene:
        with scene.database.write() as session:
            stored = session.get_one(StoredInstrument, ("short", 1))
            stored.document = json.loads((store.DATA / "short-1.json").read_text(encoding="utf-8"))
            for item, counts in (("D", (1, 1, 4, 40, 30)), ("E", (3, 6, 9, 40, 20))):
                tally_rows.add_answers(session, "SNV", counts, item=item)
            for outcome in ("not_counted:withdrawn", "contested", "superseded"):
                tally_rows.add_outcome(session, "SNV", outcome, 6)
        yield scene


def test_the_catalogue_and_what_is_asked_have_none_of_the_former_words() -> None:
    messages = catalogue()
    assert len(messages) > 1000
    assert {text: found for text in messages + asked() if (found := said(text))} == {}
    columns = {text for text in messages if said(text, CODES)}  # what is told of a file names its columns
    assert columns <= set(catalogue(naming_columns=True)), columns
    assert not said("\n".join(asked()), CODES)


def test_what_officials_say_is_said() -> None:
    everything = "\n".join(catalogue() + asked())
    assert [words for words in PRESENT if words not in everything] == []


@pytest.mark.parametrize("folder", ["admin", "kiosk", "models"])
def test_no_other_text_has_them(folder: str) -> None:
    """Words in code, templates and style sheets; the names of the first version of a questionnaire cannot change, other
    offices' forms are theirs, and papers that were issued keep what they say."""
    own = {"short-1.json", "former_words.json"}
    wrong = {
        path.relative_to(ROOT).as_posix(): found
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".html", ".css", ".js", ".json", ".txt", ".svg") and path.name not in own
        and (found := said(path.read_text(encoding="utf-8")))
    }
    assert wrong == {}


@pytest.mark.parametrize("path", PAGES)
def test_no_page_and_no_file_says_them(scene: CentreScene, path: str) -> None:
    page = scene.get(path)
    assert page.status_code == 200, path
    text = re.sub(r"<[^>]+>", "\n", page.data.decode("utf-8-sig"))
    assert [one for line in text.splitlines() for one in said(line.strip(), FORMER + CODES)] == []


@pytest.mark.parametrize("name", ONE_SHEET)
def test_no_paper_says_them(name: str) -> None:
    assert said(read_paper_text(render_report(ONE_SHEET[name], fonts.find_font_family(None)))) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/ranking?period=2026-Q3", ("Quý III/2026", "chưa đủ căn cứ kết luận")),
        ("/?period=2026-01..2026-10", ("10 tháng đầu năm 2026",)),
        ("/", ("rút lại đánh giá", "phiếu trùng mã", "được thay bằng đánh giá sau", "khoảng sai số thống kê",
               "mất kết nối hơn 24 giờ", "Cần xem lại", "bất kể ý kiến của người không trả lời",
               "đã lưu trên thiết bị, chưa gửi")),
        ("/agencies/SNV", ("Kết quả giải quyết", "Tiếp nhận, xử lý phản ánh, kiến nghị")),
        ("/agencies/SNV/indicators", ("không tính trùng", "cộng hai tỷ lệ", "đánh giá không hài lòng")),
        ("/devices", ("Mất kết nối hơn 24 giờ",)),
    ],
)  # fmt: skip
def test_the_words_stand_where_they_must(scene: CentreScene, path: str, expected: tuple[str, ...]) -> None:
    page = scene.text(path)
    assert [one for one in expected if one not in page] == []


def test_papers_say_what_officials_say() -> None:
    whole, ward = (read_paper_text(render_report(one, fonts.find_font_family(None))) for one in (WHOLE, WARD))
    for one in ("chưa đủ căn cứ kết luận", "vượt khoảng sai số thống kê", "phiếu trùng mã", "rút lại đánh giá",
                "được thay bằng đánh giá sau", "Không công bố số liệu của nhóm dưới 5 người", "Đang xem lại",
                "Ý kiến chỉ gửi về tỉnh, không chuyển đơn vị được đánh giá", "Kết quả giải quyết", "quá hạn 6.359"):
        assert one in whole, one  # fmt: skip
    assert "trong khoảng sai số thống kê" in ward
    assert "trong khoảng sai số thống kê" not in read_paper_text(
        render_report(first_edition(), fonts.find_font_family(None))
    )


def test_a_paper_that_was_issued_keeps_its_words() -> None:
    text = read_paper_text(render_report(first_edition(), fonts.find_font_family(None)))
    for one in ("trong sai số", "4 lượt chọn rồi bỏ", "Kết quả, đúng hẹn", "Phần nào làm lộ ý kiến"):
        assert one in text, one
    english = read_paper_text(render_report(first_edition(), fonts.find_font_family(None), locale="en"))
    assert "Result, on time" in english and "Result of the case" not in english


def first_edition() -> dict[str, object]:
    """A paper as it was frozen before papers named their edition."""
    return {name: value for name, value in WARD.items() if name != "edition"}
