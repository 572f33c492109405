"""Pages of the centre: the same figures as the tallies, in words, and nothing of small numbers.

Files are like the pages.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import event

from admin.presentation import csv_file
from admin.statistics.disclosure import visibility
from admin.web import request_context
from models.clock import day_start
from models.storage.database import Database
from tests.fixtures import tally_rows
from tests.fixtures.centre_scene import NOW, CentreScene, find_form_token, open_centre
from translations import use_locale


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre(tmp_path_factory.mktemp("pages")) as scene:
        yield scene


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre(tmp_path_factory.mktemp("empty"), filled=False) as scene:
        yield scene


class Words(HTMLParser):
    """The words of a page without its markup, and how its tags nest."""

    VOID = {"meta", "link", "input", "br", "col"}

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: object) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def words(page: str) -> str:
    parser = Words()
    parser.feed(page)
    parser.close()
    assert not parser.open
    return " ".join(" ".join(parser.words).split())


PATHS = ("/", "/?against=year", "/?period=2026-Q3", "/agencies", "/agencies?show=few", "/agencies/SNV", "/agencies/HL",
         "/agencies/YM", "/agencies/STC?period=2026-01", "/devices", "/devices?show=trouble", "/reports")  # fmt: skip


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("path", PATHS)
def test_every_page_opens_in_both_languages_well_formed(scene: CentreScene, path: str, language: str) -> None:
    page = scene.text(f"{path}{'&' if '?' in path else '?'}lang={language}")
    text = words(page)
    assert f'<html lang="{language}">' in page
    assert ("SỐ LIỆU GIẢ ĐỊNH" if language == "vi" else "INVENTED DATA") in text
    assert "style=" not in page and "<script>" not in page
    assert len(re.findall("<h1", page)) == 1 and len(re.findall("<main", page)) == 1
    assert not re.search(r"%\(|\bNone\b|&lt;|Undefined|\{'", page.replace("&lt;5", ""))


@pytest.mark.parametrize("path", ["/", "/agencies", "/agencies/SNV", "/devices", "/reports"])
def test_an_empty_store_says_what_to_do(empty: CentreScene, path: str) -> None:
    text = words(empty.text(path))
    assert "SỐ LIỆU GIẢ ĐỊNH" not in text
    assert re.search("Chưa có (phiếu|thiết bị)|Chưa có báo cáo", text)


def test_the_province_page_shows_the_index_with_all_that_belongs_to_it(scene: CentreScene) -> None:
    text = words(scene.text("/"))
    # SNV 2 4 6 60 52 and 1 2 3 30 21, STC 30 30 10 40 20, HL 0 1 1 6 5, YM 0 0 0 2 1, KS 0 0 1 1 0: 238 of 329
    assert "Toàn tỉnh, tháng 10/2026" in text
    assert "72,3" in text and "67,3 – 76,9" in text and "329 phiếu" in text and "khoảng tin cậy 95%" in text
    assert "vượt khoảng sai số thống kê" in text and "thấp hơn mục tiêu 17,7 điểm phần trăm" in text
    assert "Sở Tài chính giảm" in text and "1 thiết bị mất kết nối hơn 24 giờ" in text
    assert "số liệu đến 06:00 ngày 21/11/2026" in text
    assert "không phải chỉ số SIPAS do Bộ Nội vụ công bố" in text


def test_english_is_complete(scene: CentreScene) -> None:
    text = words(scene.text("/?lang=en"))
    assert "Whole province, October 2026" in text and "72.3" in text and "Department of Finance fell by" in text
    assert "95% confidence interval" in text and "percentage points below the target" in text


def test_the_language_is_kept_with_the_browser(scene: CentreScene) -> None:
    client = scene.client("province@nb.vn")
    assert 'lang="en"' in client.get("/?lang=en").text
    assert '<html lang="en">' in client.get("/agencies").text
    assert '<html lang="vi">' in client.get("/agencies?lang=vi").text
    assert '<html lang="vi">' in scene.client("province@nb.vn").get("/agencies").text


def test_small_numbers_are_nowhere_on_a_page_or_in_a_file(scene: CentreScene) -> None:
    page = scene.text("/agencies/HL")
    text = words(page)
    assert "Dưới 30 phiếu, chưa công bố" in text and "13 phiếu" in text
    assert "84,6" not in page and "Đăng ký" not in text  # 11 of 13, and no procedure beside it
    assert "&lt;5" in scene.text("/agencies/YM")
    overview = scene.text("/")
    assert 'href="/agencies/HL?period=2026-10" tabindex="-1"' not in overview, "no place on the common axis"
    assert 'href="/agencies/SNV?period=2026-10" tabindex="-1"' in overview
    for path in ("/agencies/HL.csv", "/overview.csv", "/agencies.csv"):
        row = next(row for row in table(scene, path) if row[1].startswith("Phường Hoa Lư"))
        assert row[2] == "13" and row[-1] == "Dưới 30 phiếu, chưa công bố" and not any(row[3:-1])


def test_few_answers_of_a_month_lead_to_the_quarter(scene: CentreScene) -> None:
    page = scene.text("/agencies/HL")
    assert 'href="?period=2026-Q3"' in page
    assert "39 phiếu" in words(scene.text("/agencies/HL?period=2026-Q3"))


def table(scene: CentreScene, path: str, language: str = "vi") -> list[list[str]]:
    response = scene.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
    assert response.status_code == 200 and response.data.startswith(b"\xef\xbb\xbf")
    assert response.mimetype == "text/csv" and response.headers["Content-Disposition"].startswith("attachment")
    text = response.data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";" if language == "vi" else ","))


def test_the_file_of_a_page_holds_what_the_page_shows(scene: CentreScene) -> None:
    rows = table(scene, "/overview.csv")
    assert {len(row) for row in rows} == {18}
    assert rows[1][:6] == ["Chỉ số", "Toàn tỉnh, tháng 10/2026", "329", "72,34", "67,27", "76,90"]
    assert rows[1][6:] == ["33", "37", "21", "139", "99", "10,03", "11,25", "6,38", "42,25", "30,09", "", ""]
    assert [row[1] for row in rows if row[0] == "Tháng"][-1] == "10/2026"
    assert table(scene, "/overview.csv", "en")[1][3] == "72.34"
    lower = table(scene, "/agencies.csv?show=lower")
    assert [row[1] for row in lower if row[0] == "Cơ quan" and row[2]] == ["Sở Tài chính"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\tx", "＝1", "－1"])
def test_no_cell_is_run_by_a_spreadsheet(cell: str) -> None:
    for language in ("vi", "en"):
        with use_locale(language):
            text = csv_file.encode_csv([[cell, "a"]]).decode("utf-8-sig")
            first = next(csv.reader(io.StringIO(text), delimiter="," if language == "en" else ";"))[0]
            assert first == f"'{cell}"


def test_a_name_with_markup_stays_text(tmp_path: Path) -> None:
    from sqlalchemy import update

    from models.tables.agency import Agency

    with open_centre(tmp_path) as scene:
        with scene.database.write() as session:
            session.execute(update(Agency).where(Agency.key == "SNV").values(name_vi="<b>=cmd</b>", name_en=""))
        for path in ("/", "/agencies", "/agencies/SNV", "/reports", "/devices"):
            assert "<b>=cmd" not in scene.text(path)
        assert "&lt;b&gt;=cmd" in scene.text("/agencies/SNV")
        assert scene.get("/agencies?q=%22%3E%3Cscript%3E").text.count("<script>") == 0


@pytest.mark.parametrize(
    ("asked", "found"), [("hoa lu", ["HL"]), ("TÀI CHÍNH", ["STC"]), ("finance", ["STC"]), ("zzz", [])]
)
def test_agencies_are_found_without_typing_marks(scene: CentreScene, asked: str, found: list[str]) -> None:
    page = scene.client("province@nb.vn").get("/agencies", query_string={"q": asked}).text
    assert re.findall(r'<a href="/agencies/(\w+)\?', page) == found


@pytest.mark.parametrize(
    ("local", "month", "day"),
    [("2026-11-01 05:59", "2026-09", "31/10/2026"), ("2026-11-01 06:00", "2026-10", "01/11/2026"),
     ("2026-12-31 23:00", "2026-11", "31/12/2026"), ("2027-01-01 07:00", "2026-12", "01/01/2027")],
)  # fmt: skip
def test_a_month_is_shown_from_the_morning_after_it(local: str, month: str, day: str) -> None:
    from admin.presentation import phrases

    date, clock = local.split()
    hours, minutes = map(int, clock.split(":"))
    figures_end = request_context.find_complete_figures(day_start(date) + (hours * 60 + minutes) * 60_000)
    assert figures_end.month == month and phrases.describe_data_end(figures_end.ms) == f"số liệu đến 06:00 ngày {day}"


def issue_it(client: FlaskClient, agency: str, **more: str) -> str:
    form = {"csrf_token": find_form_token(client), "agency": agency, "period": "2026-10", **more}
    response = client.post("/reports/issue", data=form)
    assert response.status_code == 302
    return str(response.headers["Location"])


def test_a_report_is_issued_once_downloaded_and_proved(tmp_path: Path) -> None:
    with open_centre(tmp_path) as scene:
        client = scene.client("province@nb.vn")
        address = issue_it(client, "SNV")
        assert address == issue_it(client, "SNV"), "issuing again finds the same report"
        file = client.get(address)
        assert file.headers["Content-Disposition"] == "attachment; filename=bao-cao-2026-10-SNV.pdf"
        assert file.data == client.get(address).data, "the same figures give the same bytes"
        code = address.split("/")[2]
        paper = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(file.data)).pages)
        assert code in paper and "90,1%" in paper
        with scene.database.write() as session:
            tally_rows.add_answers(session, "SNV", (200, 0, 0, 0, 0), channel="paper")
        proof = words(scene.text(f"/v/{code}", None))
        assert "90,1" in proof and code in proof and "Sở Nội vụ, tháng 10/2026" in proof
        assert client.get(address).data == file.data, "later answers change nothing that was issued"
        later = issue_it(client, "SNV", revise="yes")
        assert later.split("/")[2] != code and "bao-cao-2026-10-SNV-v2.pdf" in later
        assert "Báo cáo này đã có bản mới hơn" in words(scene.text(f"/v/{code.lower().replace('-', '')}", None))
        assert code in scene.text("/reports") or later.split("/")[2] in scene.text("/reports")


def test_a_code_nobody_issued_is_answered_kindly(scene: CentreScene) -> None:
    response = scene.get("/v/A%3Cb%3EAAAA", None)
    assert response.status_code == 404 and "Không có báo cáo nào mang mã này" in response.text
    assert "A&lt;b&gt;AAAA" in response.text and "<b>AAAA" not in response.text


def count_statements(database: Database, client: FlaskClient, path: str) -> int:
    sql_texts: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            sql_texts.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    assert not any(re.search(r"\bFROM response\b", statement) for statement in sql_texts)
    return len(sql_texts)


@pytest.mark.parametrize(("path", "most"), [("/", 49), ("/agencies", 21), ("/agencies/SNV", 46)])
def test_a_page_reads_tallies_with_few_statements(scene: CentreScene, path: str, most: int) -> None:
    client = scene.client("province@nb.vn")
    client.get(path)
    assert count_statements(scene.database, client, path) <= most


def test_a_page_shows_what_was_counted_and_leaves_the_recount_to_others(tmp_path: Path) -> None:
    from admin.statistics.tallies import recount, staleness
    from models.tables.tally import StaleTally

    with open_centre(tmp_path) as scene:
        with scene.database.write() as session:
            staleness.mark_stale(session, {("SNV", "2026-10")})
        before = words(scene.text("/"))
        with scene.database.read() as session:
            assert session.get(StaleTally, ("SNV", "2026-10")) is not None, "who opens a page changes nothing"
        recount.recount_small_stale_months(scene.database)
        after = words(scene.text("/"))
        with scene.database.read() as session:
            assert session.get(StaleTally, ("SNV", "2026-10")) is None
        assert "148 phiếu" not in before
        assert "148 phiếu" in after, "no response stands behind the tallies of SNV"


def test_a_page_says_that_its_parts_are_being_worked_out(scene: CentreScene, monkeypatch: pytest.MonkeyPatch) -> None:
    before = words(scene.text("/"))
    monkeypatch.setattr(visibility, "MANY_AGENCIES", 2)
    waiting = words(scene.text("/"))
    for phrase in ("Có phiếu đến muộn.", "Chưa nêu được yếu tố nào", "Chưa nêu riêng được phần nào"):
        assert phrase in waiting and phrase not in before
    assert "329 phiếu" in waiting and "329 phiếu" in before, "the figure itself stays"
    assert "Chưa nêu riêng được thủ tục nào" in words(scene.text("/agencies/SNV"))


def test_the_desk_sees_no_device_and_no_paper(scene: CentreScene) -> None:
    text = words(scene.text("/agencies/HL", "desk@nb.vn"))
    assert "Thiết bị" not in text and "Báo cáo cơ quan" not in text


def test_the_fleet_is_told_in_words(scene: CentreScene) -> None:
    text = words(scene.text("/devices"))
    assert "d-0002" in text and "Mất kết nối hơn 24 giờ" in text and "3 ngày trước" in text
    assert text.index("d-0002") < text.index("d-0001"), "what needs somebody stands first"
    assert "d-0001" not in words(scene.text("/devices?show=silent"))
    assert NOW == scene.now_ms
    assert "hailong admin devices lost d-…" in scene.text("/devices"), "what is done with a lost one, and how"
