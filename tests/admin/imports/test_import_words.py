"""Sentences about import files in the reader's language: Vietnamese, and English without a word of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import translations
from admin.imports import agencies, mapping
from admin.imports.csv_rows import MOST_SHOWN, BadFile
from admin.imports.tables.open_table import open_table
from admin.imports.tables.table_errors import TableError, TableRefused
from models.storage.database import Database
from tests.fixtures.vietnamese_letters import VIETNAMESE

HEAD = "key,parent,kind,name_vi,name_en,scheme,code,valid_from,valid_to\n"


def sentence(store: Database, text: str, folder: Path, locale: str) -> str:
    path = folder / "a.csv"
    path.write_text(text, encoding="utf-8")
    with translations.use_locale(locale):
        with pytest.raises(BadFile) as refused, store.write() as session:
            agencies.import_agencies(session, path)
        return str(refused.value)


def test_a_file_of_agencies_is_refused_in_the_readers_language(store_with_agencies: Database, tmp_path: Path) -> None:
    text = HEAD + "NB-1,NOWHERE,ward,Phuong,,,,2025-07-01,\n"
    assert sentence(store_with_agencies, text, tmp_path, "vi") == (
        "Tệp chưa được nhận, không có gì thay đổi. Sửa rồi nhập lại: dòng 2: không có cơ quan cấp trên NOWHERE"
    )
    assert sentence(store_with_agencies, text, tmp_path, "en") == (
        "The file was not taken, nothing was changed. Mend it and import it again: "
        "line 2: there is no agency NOWHERE above it"
    )
    header = text.replace("kind,", "").replace("valid_to", "end")
    assert "thiếu cột kind, valid_to; cột lạ end" in sentence(store_with_agencies, header, tmp_path, "vi")
    assert "missing columns: kind, valid_to; unknown columns: end" in sentence(
        store_with_agencies, header, tmp_path, "en"
    )


@pytest.mark.parametrize(("more", "words"), [(1, "; and 1 more place"), (2, "; and 2 more places")])
def test_errors_beyond_those_shown_are_counted(
    more: int, words: str, store_with_agencies: Database, tmp_path: Path
) -> None:
    text = HEAD + "".join(f"NB-{i},NB,ward,,,,,2025-07-01,\n" for i in range(MOST_SHOWN + more))
    english = sentence(store_with_agencies, text, tmp_path, "en")
    assert english.endswith(words) and english.count("name_vi is missing") == MOST_SHOWN
    assert sentence(store_with_agencies, text, tmp_path, "vi").endswith(f"; và {more} chỗ khác")


def test_a_table_of_answers_is_refused_in_the_readers_language(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("", encoding="utf-8")
    with pytest.raises(TableRefused) as refused:
        open_table(path, None, None, lambda line: 0, lambda n: None)
    assert str(refused.value) == "tệp: Tệp trống."
    with translations.use_locale("en"):
        assert str(refused.value) == "file: The file is empty."
        error = TableError("bad_answer", 3, "B", "overall", {"cell": "«6»"})
        assert f"{error.place}: {error.text}" == "line 3, column B: overall: «6» is not an answer to this question."
    assert f"{error.place}: {error.text}" == "dòng 3, cột B: overall: «6» không phải câu trả lời của câu này."


@pytest.mark.parametrize("document", [[], {"x": 1}, {"columns": 1}, {"dates": 1}, {"ignore": 1}, {"dates": "y"},
                                      {"desks": {"a": 1}}, {"stages": {"a": "b"}}, {"answers": {"a": 9}}])  # fmt: skip
def test_a_mapping_is_refused_in_english_too(document: object) -> None:
    with pytest.raises(TableRefused) as refused, translations.use_locale("en"):
        mapping.parse_mapping(document)
    assert refused.value.code == "bad_mapping"
    with translations.use_locale("en"):
        assert re.match("file: The mapping file cannot be used yet. [A-Za-z]", str(refused.value))
        assert not VIETNAMESE.search(str(refused.value))
