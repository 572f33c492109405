"""Pages and their files: every number of the one stands in the other, in both languages."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import update

from models.tables.agency import DossierMonth, StoredInstrument
from models.tables.tally import TallyBrief, TallyMonth
from tests.fixtures import tally_rows
from tests.fixtures.centre_scene import CentreScene, open_centre

#: Where a page's numbers are no figures: drawings, controls, the title.
SILENT = {"svg", "select", "form", "h1", "script", "style"}
VOID = {"meta", "link", "input", "br", "col", "img"}
#: page → its file
PAGES = {
    "/": "/overview.csv",
    "/?period=2026-Q3&against=year": "/overview.csv?period=2026-Q3&against=year",
    "/agencies": "/agencies.csv",
    "/agencies?show=lower": "/agencies.csv?show=lower",
    "/agencies/SNV": "/agencies/SNV.csv",
    "/agencies/HL": "/agencies/HL.csv",
    "/agencies/YM?period=2026-01": "/agencies/YM.csv?period=2026-01",
    "/ranking": "/ranking.csv",
    "/ranking?group=ward": "/ranking.csv?group=ward",
    "/coverage": "/coverage.csv",
    "/coverage?reason=n_only": "/coverage.csv?reason=n_only",
}
#: Words with numbers that are no figures: the rules for small numbers, levels and lengths of time.
RULES = re.compile(
    r"95%|trục từ \d+|axis from \d+|13 tháng|The last 13 months|24 giờ|24 hours|dưới 30|Dưới 30|đủ 30|thêm 30|"
    r"[Ff]ewer than 30|5 đến 29|5 to 29|have 30|has 30|with 30|[Ff]ewer than 5|[Dd]ưới 5|mức 4 hoặc 5|\d+ ngày trước|"
    r"Thông tư 01/2018|Quyết định 766|Circular 01/2018|Decision 766|"
    r"\d+ days ago|\d+ (giờ|phút) trước|\d+ (hours|minutes) ago"
)  # fmt: skip

DAYS = re.compile(r"\b(\d{1,2}/){1,2}\d{4}\b|(tháng|năm) \d+|\b20\d\d\b|\b\d{1,2} [A-Z][a-z]{2} ")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre(tmp_path_factory.mktemp("equal")) as scene:
        with scene.database.write() as session:
            tally_rows.add_answers(session, "SNV", (1, 1, 2, 30, 10), stage="refusal", procedure="1.000001")
            tally_rows.add_answers(session, "SNV", (0, 3, 3, 2, 0), excluded=1)
            tally_rows.add_outcome(session, "SNV", "not_counted:declined", 17)
            tally_rows.add_outcome(session, "SNV", "not_counted:withdrawn", 3)
            tally_rows.add_outcome(session, "SNV", "contested", 6)
            for stage, received in (("result", 800), ("refusal", 150)):
                row = DossierMonth(agency_key="STC", month="2026-10", stage=stage, field="", received=received,
                                   closed=1, overdue=0)  # fmt: skip
                session.add(row)
        yield scene


class Spoken(HTMLParser):
    """The words inside <main>, without drawings and controls."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: object) -> None:
        """An empty element of a drawing."""

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "main" in self.open and not SILENT & set(self.open):
            self.words.append(data)


def numbers(texts: Iterable[str], language: str) -> set[Decimal]:
    """Every number in these texts, without its sign; days and months stay out, thousands are joined."""
    text = RULES.sub(" ", " ¦ ".join(texts))
    text = DAYS.sub(" ", text)
    thousands, point = (".", ",") if language == "vi" else (",", ".")
    number_texts = re.findall(rf"\d+(?:\{thousands}\d{{3}})*(?:\{point}\d+)?", text)
    return {Decimal(one.replace(thousands, "").replace(point, ".")) for one in number_texts}


def spoken(page: str, language: str) -> set[Decimal]:
    parser = Spoken()
    parser.feed(page)
    return numbers(parser.words, language)


def written(scene: CentreScene, path: str, language: str) -> set[Decimal]:
    response = scene.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
    assert response.status_code == 200, path
    rows = list(csv.reader(io.StringIO(response.data.decode("utf-8-sig")), delimiter=";" if language == "vi" else ","))
    assert len({len(row) for row in rows}) == 1, "every row has every column"
    return numbers((cell for row in rows[1:] for cell in row), language)


def missing(some: set[Decimal], others: set[Decimal]) -> list[Decimal]:
    """The numbers that have no partner: pages round to one decimal what files hold with two."""

    def near(a: Decimal, b: Decimal) -> bool:
        return a == b or (a != int(a) or b != int(b)) and abs(a - b) <= Decimal("0.055")

    return sorted(one for one in some if not any(near(one, other) for other in others))


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_and_its_file_hold_the_same_numbers(scene: CentreScene, path: str, language: str) -> None:
    page = scene.text(f"{path}{'&' if '?' in path else '?'}lang={language}")
    on_page, in_file = spoken(page, language), written(scene, PAGES[path], language)
    assert missing(on_page, in_file) == [], "on the page alone"
    assert missing(in_file, on_page) == [], "in the file alone"


def test_the_comparison_finds_a_number_that_is_missing() -> None:
    assert missing({Decimal("86.4")}, {Decimal("86.44")}) == []
    assert missing({Decimal("86.4"), Decimal(12)}, {Decimal("86.51"), Decimal(13)}) == [Decimal(12), Decimal("86.4")]
    page = "<html><body><main><p>Dưới 30 phiếu · 1.204 phiếu · 86,4%</p><svg><text>80</text></svg></main></body></html>"
    assert spoken(page, "vi") == {Decimal(1204), Decimal("86.4")}


def test_both_figures_and_what_stands_beside_n_are_on_the_page(scene: CentreScene) -> None:
    page = " ".join(scene.text("/agencies/SNV").split())
    assert "Bỏ 8 phiếu bị loại sau hai người duyệt:" in page
    assert re.search(r"không muốn đánh giá</dt><dd>17<", page) and re.search(r"rút lại đánh giá</dt><dd>&lt;5<", page)
    assert re.search(r"phiếu trùng mã</dt><dd>6<", page)


def test_ranks_stand_in_one_group_with_their_range(scene: CentreScene) -> None:
    page = scene.text("/ranking?group=department&at=STC")
    assert re.findall(r'<tr id="(\w+)"( class="here")?', page) == [("SNV", ""), ("STC", ' class="here"')]
    assert "(1–1)" in page and "(2–2)" in page and "Phường Hoa Lư" not in page
    ward = scene.text("/ranking?group=ward")
    assert 'id="HL"' not in ward and "Phường Hoa Lư" in ward and "Chưa cơ quan nào trong nhóm có đủ 30 phiếu" in ward
    few = scene.text("/ranking?group=commune")
    assert "&lt;5" in few and "66,7" not in few


def test_whoever_answers_for_one_agency_reads_its_rank_on_its_page(scene: CentreScene) -> None:
    response = scene.get("/ranking?period=2026-09", "finance@nb.vn")
    assert response.status_code == 302 and response.location == "/agencies/STC?period=2026-09"
    page = scene.text("/agencies/STC", "finance@nb.vn")
    assert "Hạng 2 trong 2 sở, ban, ngành đủ phiếu, khoảng hạng 2–2" in page and 'href="/ranking' not in page


def test_a_changed_questionnaire_breaks_the_line_of_the_trend(tmp_path: Path) -> None:
    with open_centre(tmp_path) as scene:
        with scene.database.write() as session:
            newer = {**tally_rows.SHORT, "version": 2}
            session.add(StoredInstrument(id="short", version=2, status="open", document=newer))
            for table in (TallyMonth, TallyBrief):
                later = (table.month >= "2026-08", table.agency_key == "SNV")
                session.execute(update(table).where(*later).values(version=2))
        page = scene.text("/agencies/SNV")
        text = " ".join(page.split())
        assert "Từ tháng 8/2026: bộ câu hỏi có thay đổi (short 1 → short 2)." in text
        assert page.count('class="break"') == 1 and page.count('<polyline class="line"') == 2
        assert "Giữa hai kỳ" not in text
        assert "Giữa hai kỳ có thay đổi cách hỏi" in " ".join(scene.text("/agencies/SNV?against=year").split())
