"""Imports of reference data: all or nothing, idempotent, every problem with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from admin import demo
from admin.imports import agencies, dossiers, procedures
from admin.imports.csv_rows import BadFile
from models.storage.database import Database
from models.tables.agency import Agency, DossierMonth, Procedure

HEAD = "key,parent,kind,name_vi,name_en,scheme,code,valid_from,valid_to\n"
GOOD = "NB-X,NB,ward,UBND phường X,,,,2025-07-01,\n"


def take(database: Database, text: str, folder: Path) -> dict[str, int]:
    path = folder / "file.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with database.write() as session:
        return agencies.import_agencies(session, path)


def test_the_sample_is_taken_once(store_with_agencies: Database) -> None:
    with store_with_agencies.write() as session:
        assert agencies.import_agencies(session, demo.AGENCIES) == {"new": 0, "changed": 0, "unchanged": 145}
        assert procedures.import_procedures(session, demo.PROCEDURES) == {"new": 0, "changed": 0, "unchanged": 16}
        assert session.scalar(select(func.count()).select_from(Agency)) == 145
        assert sorted(session.scalars(select(Procedure.number))) == list(range(1, 17))


@pytest.mark.parametrize(
    ("text", "code", "line", "word"),
    [
        (HEAD + GOOD + "NB-Y,NB,ward,UBND phường Y,,,,01/07/2025,\n", "bad_line", 3, "valid_from"),
        (HEAD + GOOD + "NB-Y,NB-Z,ward,Y,,,,2025-07-01,\n", "bad_line", 3, "NB-Z"),
        (HEAD + "NB-Y,NB-Z,ward,Y,,,,2025-07-01,\nNB-Z,NB-Y,ward,Z,,,,2025-07-01,\n", "bad_line", 2, "vòng"),
        (HEAD + GOOD + GOOD, "bad_line", 3, "dòng 2"),
        (HEAD + GOOD + "NB-Y,NB,ward\n", "bad_line", 3, "3 ô"),
        (HEAD + GOOD + "NB-Y,NB,castle,Y,,,,2025-07-01,\n", "bad_line", 3, "castle"),
        (HEAD + "NB-Y,NB,ward,Y,,dvhc,13285,2025-07-01,\n", "bad_line", 2, "13285"),
        (HEAD + "../../evil,NB,ward,Y,,,,2025-07-01,\n", "bad_line", 2, "key"),
        (HEAD + "TWO,,province,Tỉnh Hai,,,,2025-07-01,\n", "bad_line", 2, "cao nhất"),
        (HEAD.replace("kind,", "") + GOOD, "bad_header", 1, "kind"),
        (HEAD + '"NB-Y,NB', "bad_line", 2, "không đọc"),
    ],
)
def test_a_file_with_a_problem_is_refused_whole_and_names_the_line(
    store_with_agencies: Database, tmp_path: Path, text: str, code: str, line: int, word: str
) -> None:
    with pytest.raises(BadFile) as refused:
        take(store_with_agencies, text, tmp_path)
    assert refused.value.code == code
    assert line in {error.line for error in refused.value.errors}
    assert word in str(refused.value) and f"dòng {line}" in str(refused.value)
    with store_with_agencies.read() as session:
        assert session.scalar(select(func.count()).select_from(Agency)) == 145


def test_files_that_are_no_text_are_refused(store_with_agencies: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for data in (b"\xff\xfe\x00", HEAD.encode() + b"NB-\x00,NB,ward,Y,,,,2025-07-01,\n"):
        path.write_bytes(data)
        with pytest.raises(BadFile), store_with_agencies.write() as session:
            agencies.import_agencies(session, path)
    with pytest.raises(BadFile), store_with_agencies.write() as session:
        agencies.import_agencies(session, tmp_path / "nowhere.csv")


def test_a_deep_tree_listed_from_below_is_refused_not_crashed(store_with_agencies: Database, tmp_path: Path) -> None:
    rows = [f"D{i},D{i + 1},ward,Tầng {i},,,,2025-07-01,\n" for i in range(1500)] + ["D1500,NB,ward,T,,,,2025-07-01,\n"]
    with pytest.raises(BadFile, match="12 cấp"):
        take(store_with_agencies, HEAD + "".join(rows), tmp_path)


def test_dossier_counts_replace_themselves(store_with_agencies: Database, tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    head = "agency,month,stage,field,received,closed,overdue\n"
    path.write_text(head + "NB-14701,2026-10,,,100,90,3\n", encoding="utf-8")
    for expected in ("new", "unchanged"):
        with store_with_agencies.write() as session:
            assert dossiers.import_dossiers(session, path)[expected] == 1
    path.write_text(head + "NB-14701,2026-10,,,120,95,3\nNB-14701,2026-13,,,1,1,1\n", encoding="utf-8")
    with pytest.raises(BadFile, match="dòng 3"), store_with_agencies.write() as session:
        dossiers.import_dossiers(session, path)
    with store_with_agencies.read() as session:
        assert session.scalars(select(DossierMonth.received)).all() == [100]
