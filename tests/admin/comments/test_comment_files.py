"""The page of comments and its files hold the same and nothing else, for whoever may read them."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from admin.cli import cli
from models.tables.staff_account import AuditRow
from tests.fixtures.centre_scene import CentreScene, find_form_token
from tests.fixtures.citizen_words import (
    format_restricted_answers,
    moment_of_day,
    response_id,
    store_commented_answer,
    store_opening,
)  # fmt: skip
from tests.fixtures.comment_pages import download_file, find_page_texts, release_words
from tests.fixtures.sql_statements import record_statements

SECRET, WARD, PROVINCE = "secret", "ward@nb.vn", "province@nb.vn"
#: What no page and no file may hold of these answers.
NEVER = ("SECRET", "d-4711", "qr", "kiosk", "result", "counted", "2026-10-2", "26/10", "10:00", "score")


def test_page_and_files_hold_the_same_and_nothing_else(scene: CentreScene) -> None:
    with scene.database.write() as session:
        store_commented_answer(
            session,
            1,
            "HL",
            moment_of_day("2026-10-26"),
            "=1+1 chờ\nlâu, gọi 0912 345 678 \U0001f600 <b>",
            score=1,
            topics=["wait", "attitude"],
        )
        store_commented_answer(
            session, 2, "HL", moment_of_day("2026-10-26"), "The queue is long.", lang="en", score=2, topics=["wait"]
        )
        for number in range(3, 9):
            store_commented_answer(
                session,
                number,
                "HL",
                moment_of_day("2026-10-26"),
                score=number % 3 + 3,
                kind="n" if number == 3 else "c",
            )
        for number in range(20, 26):
            store_commented_answer(
                session,
                number,
                "HL",
                moment_of_day("2026-10-26"),
                format_restricted_answers(("N5", 1), ("N6", 0)),
                kind="x",
            )
    release_words(scene)
    page = scene.text("/comments")
    assert "UBND" not in page and page.count("Phường Hoa Lư · tuần 44/2026 · mức thấp") == 2
    assert "Thời gian chờ" in page and "•••" in page and "&lt;b&gt;" in page and "0912" not in page
    assert '<p class="text" dir="auto" lang="en">The queue is long.</p>' in page and "3 góp ý" not in page
    document = json.loads(download_file(scene, PROVINCE, "json"))
    told = {key for row in document["comments"] for key in row}
    assert told == {"agency", "agency_name", "topics", "text", "week", "level"}
    assert {row.get("level") for row in document["comments"]} == {None, "low"}
    rows = list(csv.reader(io.StringIO(download_file(scene, PROVINCE, "csv")), delimiter=";"))
    assert rows[0] == ["Cơ quan", "Nội dung", "Góp ý", "Tuần", "Mức"] and len(rows) == 9
    texts = [row["text"] for row in document["comments"]]
    assert [row[2].removeprefix("'") for row in rows[1:]] == texts
    assert any(row[2].startswith("'=1+1") for row in rows)
    assert [text.split("\n")[0] for text in texts] == [_plain(text) for text in find_page_texts(page)]
    body = page[page.index("<main") : page.index("</main>")]
    body = re.sub(r'csrf_token" value="[^"]*"|<option.*?</option>', "", body)
    for text in (body, json.dumps(document), str(rows)):
        found = [word for word in (*NEVER, *map(response_id, range(30))) if word in text]
        assert not found, found
    assert "Có một số" not in page and "N5" not in download_file(scene, PROVINCE, "json")


def _plain(text: str) -> str:
    return html.unescape(text).split("\n")[0]


def test_answers_for_the_province_stand_alone_by_week(scene: CentreScene) -> None:
    with scene.database.write() as session:
        for number in range(4):
            store_commented_answer(
                session,
                number,
                "HL",
                moment_of_day("2026-10-26"),
                format_restricted_answers(("N5", number % 3), ("N6", 0), ("WHO", 1)),
                kind="x",
            )
        store_commented_answer(
            session,
            4,
            "HL",
            moment_of_day("2026-10-26"),
            format_restricted_answers(("N5", 2)),
            kind="x",
            channel="kiosk",
        )  # no desk asks it
        store_commented_answer(session, 5, "HL", moment_of_day("2026-10-26"), "[]", kind="x")
    assert release_words(scene, "2026-10-27") == 0
    with scene.database.write() as session:
        store_commented_answer(
            session,
            6,
            "HL",
            moment_of_day("2026-10-27"),
            format_restricted_answers(("N5", 0)),
            kind="x",
            outcome="superseded",
        )
        store_opening(session, 6, moment_of_day("2026-10-27"), "Lời riêng", "c")
    assert release_words(scene, "2026-10-28") == 13
    page = scene.text("/comments/province")
    assert re.sub(r"\s+", " ", "".join(re.findall(r"<li>(.*?)</li>", page))) == (
        "Không có: <strong>3</strong>Có một số: <strong>1</strong>Có nhiều: <strong>1</strong>"
        "Không có: <strong>4</strong>Người dân: <strong>4</strong>"
    )
    assert "tuần 44/2026" in page and "Phường Hoa Lư" in page and "Lời riêng" not in page
    document = json.loads(download_file(scene, PROVINCE, "json", "/comments/province/export"))
    assert document["answers"][0] == {"agency": "HL", "agency_name": "Phường Hoa Lư", "week": "2026-W44",
                                      "question": "N5", "counts": {"0": 3, "1": 1, "2": 1}}  # fmt: skip
    assert "Có một số;1" in download_file(scene, PROVINCE, "csv", "/comments/province/export")
    for path in ("/comments/province", "/comments"):
        assert scene.get(path, "desk@nb.vn").status_code == scene.get(path, "auditor@nb.vn").status_code == 403
    assert scene.get("/comments/province", WARD).status_code == 403
    assert "chỉ gửi về tỉnh" not in scene.text("/comments", WARD)


def test_a_page_changes_nothing_and_a_file_is_kept_in_the_log(scene: CentreScene) -> None:
    with scene.database.write() as session:
        for number in range(5):
            store_commented_answer(session, number, "HL", moment_of_day("2026-10-26"))
    empty = scene.text("/comments")
    assert "Chưa có góp ý nào để đọc." in empty  # whoever opens it releases nothing
    client = scene.client(PROVINCE)
    with record_statements(scene.database) as sent:
        client.get("/comments")
        client.get("/comments")
    changes = [one for one, _values in sent if one.split()[0] in ("INSERT", "UPDATE", "DELETE")]
    assert changes == []
    release_words(scene)
    download_file(scene, WARD, "csv", agency="HL", topic="wait")
    download_file(scene, PROVINCE, "json", "/comments/province/export")
    with scene.database.read() as session:
        log = select(AuditRow.who, AuditRow.action, AuditRow.subject).where(AuditRow.action.like("%exported"))
        assert [tuple(row) for row in session.execute(log)] == [
            (WARD, "comments_exported", "csv agency=HL topic=wait"), (PROVINCE, "province_answers_exported", "json"),
        ]  # fmt: skip
    client = scene.client(WARD)
    sent_form = {"csrf_token": find_form_token(client, "/comments"), "kind": "exe"}
    assert client.post("/comments/export", data=sent_form).status_code == 400


def test_choices_narrow_and_pages_are_of_fifty(scene: CentreScene) -> None:
    with scene.database.write() as session:
        for number in range(120):
            topics = ["wait"] if number < 7 else []
            store_commented_answer(
                session, number, "HL" if number % 2 else "SNV", moment_of_day("2026-10-26"), topics=topics
            )
        for number in range(120, 126):
            store_commented_answer(session, number, "HL", moment_of_day("2026-10-26"), day="2026-09-14")
    release_words(scene)
    first, last = find_page_texts(scene.text("/comments")), find_page_texts(scene.text("/comments?page=3"))
    assert (len(first), len(last)) == (50, 26) and set(last) >= {f"Lời số {number}." for number in range(120, 126)}
    assert (
        find_page_texts(scene.text("/comments?page=99")) == last
        and find_page_texts(scene.text("/comments?page=x")) == first
    )
    every = [text for page in (1, 2, 3) for text in find_page_texts(scene.text(f"/comments?page={page}"))]
    kept = json.loads(download_file(scene, PROVINCE, "json"))["comments"]
    assert len(set(every)) == 126 and every == [row["text"] for row in kept]
    assert len(find_page_texts(scene.text("/comments?month=2026-09&agency=HL"))) == 6
    assert len(find_page_texts(scene.text("/comments?topic=wait"))) == 7
    assert "Không có góp ý nào phù hợp." in scene.text("/comments?topic=wait&month=2026-09")
    for wrong in ("month=2026-13", "agency=NOWHERE"):
        assert scene.get(f"/comments?{wrong}").status_code == 404
    assert (
        "wai%" not in scene.text("/comments?topic=wai%25")
        or find_page_texts(scene.text("/comments?topic=wai%25")) == []
    )


def test_the_command_writes_what_the_province_sees(
    scene: CentreScene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scene.database.write() as session:
        for number in range(5):
            store_commented_answer(session, number, "HL", moment_of_day("2026-10-26"))
            store_commented_answer(session, number + 10, "SNV", moment_of_day("2026-10-26"), day="2026-09-14")
    release_words(scene)
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path))

    def run(*words: str) -> Any:
        return CliRunner().invoke(cli, ["comments", "export", *words])

    target = tmp_path / "out" / "words.json"
    assert run(str(target)).exit_code == 0
    assert json.loads(target.read_text(encoding="utf-8")) == json.loads(download_file(scene, PROVINCE, "json"))
    assert run(str(target)).output.startswith("file_exists: ")  # nothing is written over
    target.unlink()
    assert run(str(target), "--agency", "HL").exit_code == 0
    assert len(json.loads(target.read_text(encoding="utf-8"))["comments"]) == 5
    target.unlink()
    assert run(str(target), "--from", "2026-10", "--to", "2026-10").exit_code == 0
    assert {row["agency"] for row in json.loads(target.read_text(encoding="utf-8"))["comments"]} == {"HL"}
    table = tmp_path / "words.csv"
    assert run(str(table)).exit_code == 0 and table.read_bytes().startswith(b"\xef\xbb\xbf")
    table.unlink()
    assert run(str(table), "--province-answers").exit_code == 0 and "Câu hỏi" in table.read_text(encoding="utf-8")
    table.unlink()
    assert run(str(table), "--agency", "NOWHERE").exit_code == 1 and run("words.xlsx").exit_code == 2
    assert run(str(table), "--from", "2026").exit_code == 2
    assert run(str(table), "--from", "2026-10", "--to", "2026-09").exit_code == 2 and not table.exists()
    with scene.database.read() as session:
        rows = session.scalars(select(AuditRow.subject).where(AuditRow.who == "command line"))
        assert "json agency=HL" in rows.all()
