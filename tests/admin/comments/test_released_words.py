"""Released words over real stores: seen in lots, in an order that tells nothing, and without the rest."""

from __future__ import annotations

import csv
import html
import io
import json
import random
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select

from admin import jobs
from admin.cli import cli
from admin.comments import lots, reading, release
from admin.comments.reading import Wanted
from admin.instruments import store as questionnaires
from models.clock import local_day
from models.storage import bulk
from models.storage.database import Database
from models.tables.agency import StoredInstrument
from models.tables.device import Device, Epoch
from models.tables.released_words import ReleasedAnswer, ReleasedWords
from models.tables.response import OpenedSidecar, Response
from models.tables.staff_account import AuditRow, StoreMark
from tests.fixtures import tally_rows
from tests.fixtures.centre_scene import Scene, opened, token
from tests.fixtures.citizen_words import DAY, DEVICE, HOUR, asked, at, beside, id_of, said
from tests.fixtures.statements import noted

SECRET, WARD, PROVINCE = "secret", "ward@nb.vn", "province@nb.vn"
#: What no page and no file may hold of these answers.
NEVER = ("SECRET", "d-4711", "qr", "kiosk", "result", "counted", "2026-10-2", "26/10", "10:00", "score")


@pytest.fixture
def store(store_url: str) -> Iterator[Database]:
    database = tally_rows.store(store_url)
    yield database
    database.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with opened(tmp_path, filled=False) as scene:
        with scene.database.write() as session:
            session.execute(delete(StoredInstrument))
            questionnaires.load(session)
        yield scene


def released(scene: Scene, day: str = "2026-11-02") -> int:
    """The jobs pass on the morning of this day."""
    return release.work_off(scene.database, scene.app.extensions["centre"].page_key, at(day, 7))


def seen(database: Database, **wanted: Any) -> list[str]:
    """The texts that a reader sees, in their order."""
    asked_for = Wanted(**{"keys": None, "alone": True, **wanted})
    with database.read() as session:
        return [one.text for one in reading.every(session, asked_for)]


def file(scene: Scene, email: str, kind: str, path: str = "/comments/export", **chosen: str) -> str:
    client = scene.client(email)
    form = {"csrf_token": token(client, "/comments"), "kind": kind, **chosen}
    answer = client.post(path, data=form)
    assert answer.status_code == 200, answer.text[:300]
    return answer.get_data().decode("utf-8-sig")


def listed(page: str) -> list[str]:
    return re.findall(r'<p class="text"[^>]*>([^<]*)</p>', page)


@pytest.mark.parametrize("seed", range(3))
def test_who_looks_all_the_time_sees_five_of_an_agency_come_or_what_is_a_week_old(store: Database, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    begin, number, came = at("2026-10-05", 0), 0, dict[str, tuple[str, int]]()
    before: dict[str, set[str]] = {}
    for tick in range(4 * 21):
        now = begin + tick * 6 * HOUR + dice.randrange(HOUR)
        with store.write() as session:
            for _one in range(dice.choice((0, 0, 0, 1, 1, 2))):
                number += 1
                agency, t = dice.choice(("HL", "HL", "SNV", "YM")), now - dice.randrange(1, 5 * HOUR)
                said(session, number, agency, t, day=local_day(t))
                came[f"Lời số {number}."] = (agency, t)
        release.work_off(store, SECRET, now)
        for agency in ("HL", "SNV", "YM"):
            here = set(seen(store, keys={agency}))
            new = here - before.get(agency, set())
            assert before.get(agency, set()) <= here and all(came[text][0] == agency for text in new)
            assert len(new) >= 5 or all(came[text][1] <= now - 7 * DAY for text in new)
            before[agency] = here
    release.work_off(store, SECRET, now + 21 * DAY)
    assert set(seen(store)) == set(came)  # nothing a citizen said is thrown away


def test_the_order_tells_nothing_of_the_order_of_arrival(store: Database) -> None:
    shown = []
    for seed in range(2):
        order = list(range(30))
        random.Random(seed).shuffle(order)  # noqa: S311
        with store.write() as session:
            for table in (ReleasedWords, OpenedSidecar, Response):
                session.execute(delete(table))
            for place, number in enumerate(order):
                said(session, number, "HL", at("2026-10-26", 8 + place / 4))
            session.execute(delete(StoreMark).where(StoreMark.name == release.MARK))
        assert release.work_off(store, SECRET, at("2026-10-27", 7)) == 30
        shown.append(seen(store))
    numbers = [int(re.sub(r"\D", "", text)) for text in shown[0]]
    assert shown[0] == shown[1] and sorted(numbers) == list(range(30)) != numbers


def test_a_lot_stays_as_it_is_whatever_comes_later(store: Database) -> None:
    with store.write() as session:
        for number in range(6):
            said(session, number, "HL", at("2026-10-26"))
    release.work_off(store, SECRET, at("2026-10-27", 7))
    first = seen(store)
    with store.write() as session:
        for id, outcome in ((0, "superseded"), (1, "contested")):
            session.get_one(Response, id_of(id)).outcome = outcome
        gone = session.get_one(Response, id_of(2))
        gone.outcome, gone.reason = "not_counted", "withdrawn"
        for number in range(6, 10):
            said(session, number, "HL", at("2026-10-27"))
    assert release.work_off(store, SECRET, at("2026-10-28", 7)) == 0 and seen(store) == first
    assert release.work_off(store, SECRET, at("2026-10-28", 7)) == 0


def test_processes_that_release_at_the_same_moment_release_each_word_once(store: Database) -> None:
    with store.write() as session:
        for number in range(60):
            said(session, number, ("HL", "SNV", "YM")[number % 3], at("2026-10-26"))
    together = threading.Barrier(6)

    def work_off(_process: int) -> int:
        together.wait()
        return release.work_off(store, SECRET, at("2026-10-27", 7))

    with ThreadPoolExecutor(6) as processes:
        assert sum(processes.map(work_off, range(6))) == 60
    assert len(seen(store)) == 60
    with store.read() as session:
        assert session.get_one(StoreMark, release.MARK).value == "2026-10-27"


def test_rehearsals_stay_out_and_all_else_that_was_said_is_kept(store: Database) -> None:
    with store.write() as session:
        session.add(Device(id=DEVICE, state="active", created_ms=1))
        session.flush()
        session.add(Epoch(device_id=DEVICE, epoch=9, vk="", certificate=b"", certificate_signature="", genesis="",
                          issued_ms=1, last_h="", agency_key="STC"))  # fmt: skip
        reasons = (None, "drill", "withdrawn", "unknown_agency", "bad_score", "foreign_agency")
        for number, reason in enumerate(reasons):
            outcome, score = ("counted", 4) if reason is None else ("not_counted", None)
            epoch = 9 if reason == "foreign_agency" else 1
            said(session, number, "HL", at("2026-10-05"), reason=reason, outcome=outcome, score=score, epoch=epoch)
        for number in range(10, 14):
            said(session, number, "HL", at("2026-10-05"))
    release.work_off(store, SECRET, at("2026-10-06", 7))
    assert {f"Lời số {number}." for number in (0, 2, 3, 4, 10, 11, 12, 13)} == set(seen(store))
    release.work_off(store, SECRET, at("2026-10-19", 7))
    assert seen(store, keys={"STC"}) == ["Lời số 5."]  # said by a device that stands there, under another's name


def test_words_for_the_province_alone_are_lots_of_their_own(scene: Scene) -> None:
    with scene.database.write() as session:
        for number in range(8):
            said(session, number, "HL", at("2026-10-26"), later=number < 4)
    assert released(scene, "2026-10-27") == 0  # four and four: neither reader would see five
    with scene.database.write() as session:
        said(session, 8, "HL", at("2026-10-27"), later=True)
        said(session, 9, "HL", at("2026-10-27"))
    assert released(scene, "2026-10-28") == 10
    assert len(listed(scene.text("/comments"))) == 10
    agency = listed(scene.text("/comments", WARD))
    assert sorted(agency) == [f"Lời số {number}." for number in (4, 5, 6, 7, 9)]
    assert [row["text"] for row in json.loads(file(scene, WARD, "json"))["comments"]] == agency
    assert listed(scene.text("/comments", "finance@nb.vn")) == []
    assert scene.get("/comments?agency=HL", "finance@nb.vn").status_code == 404


def test_page_and_files_hold_the_same_and_nothing_else(scene: Scene) -> None:
    with scene.database.write() as session:
        said(session, 1, "HL", at("2026-10-26"), "=1+1 chờ\nlâu, gọi 0912 345 678 \U0001f600 <b>", score=1,
             topics=["wait", "attitude"])  # fmt: skip
        said(session, 2, "HL", at("2026-10-26"), "The queue is long.", lang="en", score=2, topics=["wait"])
        for number in range(3, 9):
            said(session, number, "HL", at("2026-10-26"), score=number % 3 + 3, kind="n" if number == 3 else "c")
        for number in range(20, 26):
            said(session, number, "HL", at("2026-10-26"), asked(("N5", 1), ("N6", 0)), kind="x")
    released(scene)
    page = scene.text("/comments")
    assert "UBND" not in page and page.count("Phường Hoa Lư · tuần 44/2026 · mức thấp") == 2
    assert "Thời gian chờ" in page and "•••" in page and "&lt;b&gt;" in page and "0912" not in page
    assert '<p class="text" dir="auto" lang="en">The queue is long.</p>' in page and "3 góp ý" not in page
    document = json.loads(file(scene, PROVINCE, "json"))
    told = {key for row in document["comments"] for key in row}
    assert told == {"agency", "agency_name", "topics", "text", "week", "level"}
    assert {row.get("level") for row in document["comments"]} == {None, "low"}
    rows = list(csv.reader(io.StringIO(file(scene, PROVINCE, "csv")), delimiter=";"))
    assert rows[0] == ["Cơ quan", "Nội dung", "Góp ý", "Tuần", "Mức"] and len(rows) == 9
    texts = [row["text"] for row in document["comments"]]
    assert [row[2].removeprefix("'") for row in rows[1:]] == texts
    assert any(row[2].startswith("'=1+1") for row in rows)
    assert [text.split("\n")[0] for text in texts] == [_plain(text) for text in listed(page)]
    body = page[page.index("<main") : page.index("</main>")]
    body = re.sub(r'csrf_token" value="[^"]*"|<option.*?</option>', "", body)
    for text in (body, json.dumps(document), str(rows)):
        found = [word for word in (*NEVER, *map(id_of, range(30))) if word in text]
        assert not found, found
    assert "Có một số" not in page and "N5" not in file(scene, PROVINCE, "json")


def _plain(text: str) -> str:
    return html.unescape(text).split("\n")[0]


def test_answers_for_the_province_stand_alone_by_week(scene: Scene) -> None:
    with scene.database.write() as session:
        for number in range(4):
            said(session, number, "HL", at("2026-10-26"), asked(("N5", number % 3), ("N6", 0), ("WHO", 1)), kind="x")
        said(session, 4, "HL", at("2026-10-26"), asked(("N5", 2)), kind="x", channel="kiosk")  # no desk asks it
        said(session, 5, "HL", at("2026-10-26"), "[]", kind="x")
    assert released(scene, "2026-10-27") == 0
    with scene.database.write() as session:
        said(session, 6, "HL", at("2026-10-27"), asked(("N5", 0)), kind="x", outcome="superseded")
        beside(session, 6, at("2026-10-27"), "Lời riêng", "c")
    assert released(scene, "2026-10-28") == 13
    page = scene.text("/comments/province")
    assert re.sub(r"\s+", " ", "".join(re.findall(r"<li>(.*?)</li>", page))) == (
        "Không có: <strong>3</strong>Có một số: <strong>1</strong>Có nhiều: <strong>1</strong>"
        "Không có: <strong>4</strong>Người dân: <strong>4</strong>"
    )
    assert "tuần 44/2026" in page and "Phường Hoa Lư" in page and "Lời riêng" not in page
    document = json.loads(file(scene, PROVINCE, "json", "/comments/province/export"))
    assert document["answers"][0] == {"agency": "HL", "agency_name": "Phường Hoa Lư", "week": "2026-W44",
                                      "question": "N5", "counts": {"0": 3, "1": 1, "2": 1}}  # fmt: skip
    assert "Có một số;1" in file(scene, PROVINCE, "csv", "/comments/province/export")
    for path in ("/comments/province", "/comments"):
        assert scene.get(path, "desk@nb.vn").status_code == scene.get(path, "auditor@nb.vn").status_code == 403
    assert scene.get("/comments/province", WARD).status_code == 403
    assert "chỉ gửi về tỉnh" not in scene.text("/comments", WARD)


def test_a_page_changes_nothing_and_a_file_is_kept_in_the_log(scene: Scene) -> None:
    with scene.database.write() as session:
        for number in range(5):
            said(session, number, "HL", at("2026-10-26"))
    empty = scene.text("/comments")
    assert "Chưa có góp ý nào để đọc." in empty  # whoever opens it releases nothing
    client = scene.client(PROVINCE)
    with noted(scene.database) as sent:
        client.get("/comments")
        client.get("/comments")
    changes = [one for one, _values in sent if one.split()[0] in ("INSERT", "UPDATE", "DELETE")]
    assert changes == []
    released(scene)
    file(scene, WARD, "csv", agency="HL", topic="wait")
    file(scene, PROVINCE, "json", "/comments/province/export")
    with scene.database.read() as session:
        log = select(AuditRow.who, AuditRow.action, AuditRow.subject).where(AuditRow.action.like("%exported"))
        assert [tuple(row) for row in session.execute(log)] == [
            (WARD, "comments_exported", "csv agency=HL topic=wait"), (PROVINCE, "province_answers_exported", "json"),
        ]  # fmt: skip
    client = scene.client(WARD)
    sent_form = {"csrf_token": token(client, "/comments"), "kind": "exe"}
    assert client.post("/comments/export", data=sent_form).status_code == 400


def test_choices_narrow_and_pages_are_of_fifty(scene: Scene) -> None:
    with scene.database.write() as session:
        for number in range(120):
            topics = ["wait"] if number < 7 else []
            said(session, number, "HL" if number % 2 else "SNV", at("2026-10-26"), topics=topics)
        for number in range(120, 126):
            said(session, number, "HL", at("2026-10-26"), day="2026-09-14")
    released(scene)
    first, last = listed(scene.text("/comments")), listed(scene.text("/comments?page=3"))
    assert (len(first), len(last)) == (50, 26) and set(last) >= {f"Lời số {number}." for number in range(120, 126)}
    assert listed(scene.text("/comments?page=99")) == last and listed(scene.text("/comments?page=x")) == first
    every = [text for page in (1, 2, 3) for text in listed(scene.text(f"/comments?page={page}"))]
    kept = json.loads(file(scene, PROVINCE, "json"))["comments"]
    assert len(set(every)) == 126 and every == [row["text"] for row in kept]
    assert len(listed(scene.text("/comments?month=2026-09&agency=HL"))) == 6
    assert len(listed(scene.text("/comments?topic=wait"))) == 7
    assert "Không có góp ý nào phù hợp." in scene.text("/comments?topic=wait&month=2026-09")
    for wrong in ("month=2026-13", "agency=NOWHERE"):
        assert scene.get(f"/comments?{wrong}").status_code == 404
    assert "wai%" not in scene.text("/comments?topic=wai%25") or listed(scene.text("/comments?topic=wai%25")) == []


def test_the_command_writes_what_the_province_sees(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scene.database.write() as session:
        for number in range(5):
            said(session, number, "HL", at("2026-10-26"))
            said(session, number + 10, "SNV", at("2026-10-26"), day="2026-09-14")
    released(scene)
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path))

    def run(*words: str) -> Any:
        return CliRunner().invoke(cli, ["comments", "export", *words])

    target = tmp_path / "out" / "words.json"
    assert run(str(target)).exit_code == 0
    assert json.loads(target.read_text(encoding="utf-8")) == json.loads(file(scene, PROVINCE, "json"))
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


def test_a_hundred_thousand_comments_cost_a_page_no_more(store: Database) -> None:
    rows, openings = [], []
    for number in range(100_000):
        id, agency = f"{number:032x}", ("HL", "SNV", "YM")[number % 3]
        week, month = lots.week_of(local_day(at("2026-01-05") + number % 300 * DAY), "")
        rows.append({"device_id": DEVICE, "id": id, "kind": "c", "agency_key": agency, "restricted": False,
                     "week": week, "month": month, "rank": lots.rank(SECRET, id), "low": False, "topics": " wait ",
                     "lang": "vi", "released_on": "2026-11-02"})  # fmt: skip
        openings.append({"device_id": DEVICE, "id": id, "kind": "c", "salt": "", "value": f"Lời số {number}.",
                         "received_ms": number})  # fmt: skip
    with store.write() as session:
        bulk.insert(session, ReleasedWords, rows)
        bulk.insert(session, OpenedSidecar, openings)
    for wanted in (Wanted(None, True), Wanted({"HL"}, False, "2026-03", "2026-03", "wait")):
        with noted(store) as sent, store.read() as session:
            n = reading.count(session, wanted)
            last = -(-n // reading.PAGE)
            assert len(reading.page(session, wanted, last)) <= reading.PAGE and reading.page(session, wanted, 1)
        asked_of = [one for one, _values in sent if one.startswith("SELECT")]
        assert n > 1000 and len(asked_of) == 5
        assert max(one.count("%(") + one.count("?") for one in asked_of) <= 3 * reading.PAGE


def test_the_jobs_release_what_is_due(scene: Scene) -> None:
    with scene.database.write() as session:
        for number in range(5):
            said(session, number, "HL", scene.now_ms - 2 * DAY)
            said(session, number + 10, "HL", scene.now_ms - 2 * DAY, asked(("N5", 0)), kind="x")
    jobs.settle(scene.database, scene.app.extensions["centre"], scene.now_ms)
    with scene.database.read() as session:
        assert len(session.scalars(select(ReleasedWords.id)).all()) == 5
        assert len(session.scalars(select(ReleasedAnswer.id)).all()) == 5
