"""Tables as offices really send them: broken, renamed, computed, merged, misdated.

Each is refused in a sentence with a code, or read for what it is.
"""

from __future__ import annotations

import datetime
import io
import json
import random
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from admin.imports import mapping as mappings
from admin.imports import timestamps
from admin.imports.columns import HeaderReader, data_lines
from admin.imports.mapping import TableMapping
from admin.imports.paper_form_parser import FormParser, FormPlace, ParsedForms
from admin.imports.tables import open_table as tables
from admin.imports.tables.table_errors import TableRefused, quote_cell
from models.reference import instrument
from models.reference.instrument import Instrument
from tests.fixtures.form_tables import HEAD, NOW, write_xlsx

DATA = Path(__file__).parents[3] / "admin/instruments/data"
PLACE = FormPlace("NB-X", {"quầy 1": "NB-X-Q1"}, {"1.001193": "1.001193"}, "2025-07-01", None)


def asked(id: str = "short") -> Instrument:
    return instrument.parse(json.loads((DATA / f"{id}-1.json").read_text(encoding="utf-8")))


def read(
    path: Path, mapping: TableMapping | None = None, *, month: str | None = "2026-10", id: str = "short"
) -> ParsedForms:
    """A file read as the command reads it, without a store."""
    questionnaire, chosen = asked(id), mapping or TableMapping()
    reader = HeaderReader(questionnaire, chosen)
    found = tables.open_table(path, chosen.sheet, chosen.encoding, reader.known, lambda n: None)
    header = reader.header(found)
    return FormParser(questionnaire, chosen, PLACE, month, NOW).read(data_lines(found, header), header, lambda n: None)


def xlsx(path: Path, fill: Callable[[openpyxl.Workbook], None]) -> Path:
    book = openpyxl.Workbook()
    fill(book)
    book.save(path)
    return path


def zipped(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return path


def bomb(path: Path) -> Path:
    """Two hundred megabytes of nothing, in as many kilobytes."""
    return zipped(path, {"xl/workbook.xml": b"<w/>", **{f"xl/{i}.xml": bytes(10 << 20) for i in range(20)}})


def entities(path: Path) -> Path:
    return zipped(path, {"xl/workbook.xml": b'<!DOCTYPE w [<!ENTITY a "aaaa">]><w>&a;</w>'})


def truncated(path: Path) -> Path:
    write_xlsx([(5,)] * 50, path, ("overall",))
    path.write_bytes(path.read_bytes()[:-900])
    return path


def bytes_of(body: bytes) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_bytes(body)
        return path

    return write


WHOLE_FILE = {
    "nothing": (bytes_of(b" \r\n"), "empty_file"),
    "ten megabytes": (bytes_of(b"overall\n" + b"5\n" * (5 << 20)), "file_too_large"),
    "too many lines": (bytes_of(b"overall\n" + b"5\n" * 100_050), "too_many_lines"),
    "xls renamed": (bytes_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), "old_excel"),
    "truncated": (truncated, "broken_file"),
    "a zip bomb": (bomb, "unpacks_too_large"),
    "entities": (entities, "unsafe_file"),
    "a document": (lambda path: zipped(path, {"word/document.xml": b"<w/>"}), "not_excel"),
    "zipped": (lambda path: zipped(path, {"Phiếu.csv": b"overall"}), "zipped"),
    "a picture": (bytes_of(b"\x89PNG\r\n\x1a\n" + bytes(50)), "bad_encoding"),
    "bytes of nothing": (bytes_of(b"overall\n\x00\x00"), "not_text"),
    "an old code page": (bytes_of("overall,đơn\n5,a\n".encode("cp1258", "replace")), "bad_encoding"),
    "an open quote": (bytes_of(b'overall,comment\n5,"abc\n4,d\n'), "bad_csv"),
    "a page": (bytes_of(b"<html><table><tr><td>5</td></tr></table></html>"), "bad_header"),
    "an empty sheet": (lambda path: write_xlsx([], path, ()), "empty_file"),
}


@pytest.mark.parametrize("case", WHOLE_FILE)
def test_a_file_that_is_no_table_is_refused_with_a_code(case: str, tmp_path: Path) -> None:
    make, code = WHOLE_FILE[case]
    with pytest.raises(TableRefused) as refused:
        read(make(tmp_path / "a.xlsx"))
    assert refused.value.code == code
    assert all(error.text.endswith((".", ")")) for error in refused.value.errors)


def test_damage_anywhere_is_a_refusal_and_no_crash(tmp_path: Path) -> None:
    """One part of a real file damaged at a time: it is read all the same or refused, never anything else."""
    dice = random.Random(4)
    path = write_xlsx([(score % 5 + 1, "lời") for score in range(9)], tmp_path / "a.xlsx", ("overall", "comment"))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    seen: Counter[str] = Counter()
    for name in sorted(parts) * 6:
        damaged = bytearray(parts[name])
        at = dice.randrange(len(damaged))
        damaged[at : at + dice.randrange(12)] = dice.choice((b"", b"<", b'"', b"9", b"&a;"))
        try:
            read(zipped(path, {**parts, name: bytes(damaged)}))
            seen["read"] += 1
        except TableRefused as error:
            seen[error.code] += 1
    assert seen["read"] and seen["broken_file"], seen


HEADERS = {
    "an unknown column": ("overall,stt\n5,1\n", "unknown_column", "B"),
    "no question": ("comment,id\nx,1\n", "no_items", ""),
    "a question twice": ("overall,A,Overall\n5,5,5\n", "doubled_column", "C"),
    "twice in other words": (f"overall,{HEAD[2]}\n5,5\n", "doubled_column", "B"),
    "no name over data": ("overall,,A\n5,x,5\n", "no_header", "B"),
}


@pytest.mark.parametrize("case", HEADERS)
def test_a_header_names_its_columns(case: str, tmp_path: Path) -> None:
    text, code, column = HEADERS[case]
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(TableRefused) as refused:
        read(tmp_path / "a.csv")
    assert refused.value.code == "bad_header"
    assert (code, column) in {(error.code, error.column) for error in refused.value.errors}


def test_a_merged_header_is_named_by_the_column_it_hides(tmp_path: Path) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.active
        assert sheet is not None
        sheet.append(["overall", "A", "B"])
        sheet.append([5, 4, 4])
        sheet.merge_cells("B1:C1")

    with pytest.raises(TableRefused) as refused:
        read(xlsx(tmp_path / "a.xlsx", fill))
    assert [(error.code, error.column) for error in refused.value.errors] == [("no_header", "C")]
    assert "gộp" in str(refused.value)


def test_titles_above_the_header_and_empty_lines_are_no_forms(tmp_path: Path) -> None:
    rows: list[list[object]] = [[None], ["Tháng 10 năm 2026"], [], ["overall", " Ghi\xa0chú "], [5, "x"], [], [4, None]]
    path = write_xlsx(rows, tmp_path / "a.xlsx", ["PHIẾU KHẢO SÁT"])
    found = read(path, mappings.parse_mapping({"ignore": ["Ghi chú"]}))
    assert found.errors == [] and [(paper.line, paper.answers["overall"]) for paper in found.papers] == [(6, 5), (8, 4)]


def test_headers_in_any_unicode_are_the_same(tmp_path: Path) -> None:
    head = unicodedata.normalize("NFD", "\ufeffDấu thời gian") + ",\xa0" + unicodedata.normalize(
        "NFD", "ÔNG/BÀ có hài lòng  với việc phục vụ hôm nay không? *"
    )
    (tmp_path / "a.csv").write_text(f"{head}\n14/10/2026 9:30:05,Hài\xa0lòng\n", encoding="utf-8")
    found = read(tmp_path / "a.csv", mappings.load_mapping(Path("google-form-short")))
    assert found.errors == [] and found.papers[0].at == "2026-10-14T09:30:05"


def test_what_excel_makes_of_numbers_and_dates(tmp_path: Path) -> None:
    at = datetime.datetime(2026, 10, 14, 9, 30, 4, 999_999)
    whole_day = datetime.datetime(2026, 10, 14)
    rows: list[list[object]] = [
        [5.0, at], ["5.0", whole_day], ["5,0", 46309.5], [4.5, at], [at, at], [True, at]
    ]  # fmt: skip
    found = read(write_xlsx(rows, tmp_path / "a.xlsx", ("overall", "answered_at")))
    assert [(paper.answers["overall"], paper.at) for paper in found.papers] == [
        (5, "2026-10-14T09:30:05"), (5, "2026-10-14"), (5, "2026-10-14T12:00:00"),
    ]  # fmt: skip
    assert [(error.line, error.code) for error in found.errors] == [(line, "bad_answer") for line in (5, 6, 7)]


def test_formulas_are_never_answers_and_comments_may_begin_as_they_like(tmp_path: Path) -> None:
    book_path = write_xlsx([["=2+3", None], [5, '=cmd|"/c calc"!A1']], tmp_path / "a.xlsx", ("overall", "comment"))
    assert [(error.code, error.line) for error in read(book_path).errors] == [("formula", 2), ("formula", 3)]
    (tmp_path / "a.csv").write_text("overall,comment\n=cmd|x,\n5,=) cảm ơn\n", encoding="utf-8")
    found = read(tmp_path / "a.csv")
    assert [(error.code, error.line) for error in found.errors] == [("bad_answer", 2)]
    assert found.papers[0].comment == "=) cảm ơn"


def test_a_cell_cannot_speak_to_the_terminal() -> None:
    assert quote_cell("\x1b[31mđỏ\u202e\n") == "«[31mđỏ»"


ANSWERS = {
    "words": ("Rất hài lòng", 5), "with the number": ("5 - Rất hài lòng", 5), "number behind": ("Hài lòng (4)", 4),
    "capitals": ("BÌNH THƯỜNG", 3), "english": ("Very dissatisfied", 1), "unknown": ("Không biết", None),
    "another scale": ("7", None), "against itself": ("5 - Rất không hài lòng", None), "free": ("Tốt", None),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_is_taken_for_what_the_questionnaire_calls_it(case: str, tmp_path: Path) -> None:
    words, score = ANSWERS[case]
    (tmp_path / "a.csv").write_text(f"overall,C\n{words},Không biết\n", encoding="utf-8")
    found = read(tmp_path / "a.csv")
    if score is None:
        assert [error.code for error in found.errors] == ["bad_answer"]
    else:
        assert [dict(paper.answers) for paper in found.papers] == [{"overall": score, "C": 0}]


def test_answers_of_a_mapping_stand_alone(tmp_path: Path) -> None:
    """A form whose 1 is the best must not fall back on ours."""
    mapping = mappings.parse_mapping({"answers": {"1": 5, "2": 4}})
    (tmp_path / "a.csv").write_text("overall\n1\n2\n5\n", encoding="utf-8")
    found = read(tmp_path / "a.csv", mapping)
    assert [paper.answers["overall"] for paper in found.papers] == [5, 4]
    assert [error.line for error in found.errors] == [4]


def test_topics_in_one_cell(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        'overall,topics\n5,"Thời gian chờ, Chỗ ngồi, thiết bị, Phí, lệ phí"\n5,wait|fees\n5,Bãi xe\n', encoding="utf-8"
    )
    found = read(tmp_path / "a.csv")
    assert [paper.topics for paper in found.papers] == [("wait", "seats", "fees"), ("wait", "fees")]
    assert [(error.code, error.line) for error in found.errors] == [("unknown_topic", 4)]


MOMENTS = {
    "14/10/2026 09:30:05": "2026-10-14T09:30:05",
    "14/10/2026": "2026-10-14",
    "2026-10-14 00:00:00": "2026-10-14",
    "2026/10/14 9:30:05 CH GMT+7": "2026-10-14T21:30:05",
    "2026/10/14 12:05:00 SA GMT+7": "2026-10-14T00:05:00",
    "9:30 14/10/2026": "2026-10-14T09:30:00",
    "2026-10-14T02:30:05.123Z": "2026-10-14T09:30:05",
    "2026-10-31T17:30:00Z": "2026-11-01T00:30:00",
    "10/14/2026": None,
    "14/10/26": None,
    "31/02/2026": None,
    "hôm qua": None,
    "14/10/1926": None,
}


@pytest.mark.parametrize("cell", MOMENTS)
def test_days_as_offices_write_them(cell: str) -> None:
    found = timestamps.parse_timestamp(cell, "dd/mm/yyyy")
    assert (found.written if found else None) == MOMENTS[cell]


def test_the_american_order_must_be_said() -> None:
    found = timestamps.parse_timestamp("10/14/2026 9:30", "mm/dd/yyyy")
    assert found is not None and found.written == "2026-10-14T09:30:00"


def test_days_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "overall,answered_at\n5,22/11/2026\n5,21/11/2026\n5,2026-11-21 18:00\n5,30/06/2025\n", encoding="utf-8"
    )
    found = read(tmp_path / "a.csv")
    said = [(error.code, error.line) for error in found.errors]
    assert said == [("future", 2), ("future", 4), ("agency_not_there", 5)]
    assert found.papers[0].ms == NOW  # noon has not come yet today


def test_a_blank_form_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("overall,A,comment\n,4,\n,,chỉ có lời\n", encoding="utf-8")
    assert [error.code for error in read(tmp_path / "a.csv").errors] == ["no_answer", "no_answer"]


def test_the_long_form_by_its_shipped_mapping(tmp_path: Path) -> None:
    items = asked("sipas23").items
    head = [f"Câu hỏi [{item.text.text('vi').format(place='Trung tâm')}]" for item in items]
    path = write_xlsx(
        [[datetime.datetime(2026, 10, 1, 9), *["Hài lòng"] * 16]], tmp_path / "a.xlsx", ["Timestamp", *head]
    )
    found = read(path, mappings.load_mapping(Path("google-form-sipas23")), id="sipas23")
    assert found.errors == [] and found.papers[0].answers == {item.id: 4 for item in items}


WRONG_MAPPINGS = {
    "no toml": b"columns = [", "a list": b"[]", "unknown part": b'{"colums": {}}', "a score": b'{"answers": {"x": 9}}',
    "a stage": b'{"stages": {"x": "later"}}', "dates": b'{"dates": "yy"}', "deep": b"[" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_MAPPINGS)
def test_a_mapping_that_says_nothing_is_refused(case: str, tmp_path: Path) -> None:
    path = tmp_path / ("a.toml" if case == "no toml" else "a.json")
    path.write_bytes(WRONG_MAPPINGS[case])
    with pytest.raises(TableRefused) as refused:
        mappings.load_mapping(path)
    assert refused.value.code == "bad_mapping"


def test_an_old_code_page_is_read_when_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("overall,comment\n5,Đông đúc\n".encode("cp1258"))
    assert read(tmp_path / "a.csv", TableMapping(encoding="cp1258")).papers[0].comment == "Đông đúc"
    with pytest.raises(TableRefused, match="Không có bảng mã"):
        read(tmp_path / "a.csv", TableMapping(encoding="tcvn3"))


def test_a_sheet_is_chosen_and_the_others_are_named(tmp_path: Path) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        first = book.active
        assert first is not None
        first.title = "Bìa"
        for title, score in (("Một", 5), ("Hai", 2)):
            sheet = book.create_sheet(title)
            sheet.append(["overall"])
            sheet.append([score])

    path = xlsx(tmp_path / "a.xlsx", fill)
    found = tables.open_table(path, None, None, lambda line: 0, lambda n: None)
    assert found.kind.endswith("Một") and found.sheets == ("Hai",)
    assert read(path, TableMapping(sheet="Hai")).papers[0].answers["overall"] == 2
    with pytest.raises(TableRefused) as refused:
        read(path, TableMapping(sheet="Ba"))
    assert refused.value.code == "no_sheet" and "Một, Hai" in str(refused.value)


def test_a_sheet_that_lies_about_its_size_is_read_as_it_is(tmp_path: Path) -> None:
    path = write_xlsx([(5,)], tmp_path / "a.xlsx", ("overall",))
    parts = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            parts[name] = archive.read(name)
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'ref="A1:A2"', b'ref="A1:XFD1048576"')
    assert parts["xl/worksheets/sheet1.xml"] != sheet
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    path.write_bytes(out.getvalue())
    assert len(read(path).papers) == 1
