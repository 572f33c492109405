"""Released words over real stores: seen in lots, in an order that tells nothing, and without the rest."""

from __future__ import annotations

import json
import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, select

from admin import jobs
from admin.comments import comment_queries, lots, release
from admin.comments.comment_queries import CommentQuery
from models.clock import local_day
from models.storage import bulk
from models.storage.database import Database
from models.tables.device import Device, Epoch
from models.tables.released_words import ReleasedAnswer, ReleasedWords
from models.tables.response import OpenedSidecar, Response
from models.tables.staff_account import StoreMark
from tests.fixtures.centre_scene import CentreScene
from tests.fixtures.citizen_words import (
    DAY,
    DEVICE,
    HOUR,
    format_restricted_answers,
    moment_of_day,
    response_id,
    store_commented_answer,
)  # fmt: skip
from tests.fixtures.comment_pages import download_file, find_page_texts, read_texts, release_words
from tests.fixtures.sql_statements import record_statements

SECRET, WARD, PROVINCE = "secret", "ward@nb.vn", "province@nb.vn"
#: What no page and no file may hold of these answers.
NEVER = ("SECRET", "d-4711", "qr", "kiosk", "result", "counted", "2026-10-2", "26/10", "10:00", "score")


@pytest.mark.parametrize("seed", range(3))
def test_who_looks_all_the_time_sees_five_of_an_agency_come_or_what_is_a_week_old(store: Database, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    begin, number, came = moment_of_day("2026-10-05", 0), 0, dict[str, tuple[str, int]]()
    before: dict[str, set[str]] = {}
    for tick in range(4 * 21):
        now = begin + tick * 6 * HOUR + dice.randrange(HOUR)
        with store.write() as session:
            for _one in range(dice.choice((0, 0, 0, 1, 1, 2))):
                number += 1
                agency, t = dice.choice(("HL", "HL", "SNV", "YM")), now - dice.randrange(1, 5 * HOUR)
                store_commented_answer(session, number, agency, t, day=local_day(t))
                came[f"Lời số {number}."] = (agency, t)
        release.release_due_words(store, SECRET, now)
        for agency in ("HL", "SNV", "YM"):
            here = set(read_texts(store, keys={agency}))
            new = here - before.get(agency, set())
            assert before.get(agency, set()) <= here and all(came[text][0] == agency for text in new)
            assert len(new) >= 5 or all(came[text][1] <= now - 7 * DAY for text in new)
            before[agency] = here
    release.release_due_words(store, SECRET, now + 21 * DAY)
    assert set(read_texts(store)) == set(came)  # nothing a citizen said is thrown away


def test_the_order_tells_nothing_of_the_order_of_arrival(store: Database) -> None:
    shown = []
    for seed in range(2):
        order = list(range(30))
        random.Random(seed).shuffle(order)  # noqa: S311
        with store.write() as session:
            for table in (ReleasedWords, OpenedSidecar, Response):
                session.execute(delete(table))
            for place, number in enumerate(order):
                store_commented_answer(session, number, "HL", moment_of_day("2026-10-26", 8 + place / 4))
            session.execute(delete(StoreMark).where(StoreMark.name == release.MARK))
        assert release.release_due_words(store, SECRET, moment_of_day("2026-10-27", 7)) == 30
        shown.append(read_texts(store))
    numbers = [int(re.sub(r"\D", "", text)) for text in shown[0]]
    assert shown[0] == shown[1] and sorted(numbers) == list(range(30)) != numbers


def test_a_lot_stays_as_it_is_whatever_comes_later(store: Database) -> None:
    with store.write() as session:
        for number in range(6):
            store_commented_answer(session, number, "HL", moment_of_day("2026-10-26"))
    release.release_due_words(store, SECRET, moment_of_day("2026-10-27", 7))
    first = read_texts(store)
    with store.write() as session:
        for id, outcome in ((0, "superseded"), (1, "contested")):
            session.get_one(Response, response_id(id)).outcome = outcome
        gone = session.get_one(Response, response_id(2))
        gone.outcome, gone.reason = "not_counted", "withdrawn"
        for number in range(6, 10):
            store_commented_answer(session, number, "HL", moment_of_day("2026-10-27"))
    assert release.release_due_words(store, SECRET, moment_of_day("2026-10-28", 7)) == 0 and read_texts(store) == first
    assert release.release_due_words(store, SECRET, moment_of_day("2026-10-28", 7)) == 0


def test_processes_that_release_at_the_same_moment_release_each_word_once(store: Database) -> None:
    with store.write() as session:
        for number in range(60):
            store_commented_answer(session, number, ("HL", "SNV", "YM")[number % 3], moment_of_day("2026-10-26"))
    together = threading.Barrier(6)

    def work_off(_process: int) -> int:
        together.wait()
        return release.release_due_words(store, SECRET, moment_of_day("2026-10-27", 7))

    with ThreadPoolExecutor(6) as processes:
        assert sum(processes.map(work_off, range(6))) == 60
    assert len(read_texts(store)) == 60
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
            store_commented_answer(
                session,
                number,
                "HL",
                moment_of_day("2026-10-05"),
                reason=reason,
                outcome=outcome,
                score=score,
                epoch=epoch,
            )
        for number in range(10, 14):
            store_commented_answer(session, number, "HL", moment_of_day("2026-10-05"))
    release.release_due_words(store, SECRET, moment_of_day("2026-10-06", 7))
    assert {f"Lời số {number}." for number in (0, 2, 3, 4, 10, 11, 12, 13)} == set(read_texts(store))
    release.release_due_words(store, SECRET, moment_of_day("2026-10-19", 7))
    assert read_texts(store, keys={"STC"}) == ["Lời số 5."]  # said by a device that stands there, under another's name


def test_words_for_the_province_alone_are_lots_of_their_own(scene: CentreScene) -> None:
    with scene.database.write() as session:
        for number in range(8):
            store_commented_answer(session, number, "HL", moment_of_day("2026-10-26"), later=number < 4)
    assert release_words(scene, "2026-10-27") == 0  # four and four: neither reader would see five
    with scene.database.write() as session:
        store_commented_answer(session, 8, "HL", moment_of_day("2026-10-27"), later=True)
        store_commented_answer(session, 9, "HL", moment_of_day("2026-10-27"))
    assert release_words(scene, "2026-10-28") == 10
    assert len(find_page_texts(scene.text("/comments"))) == 10
    agency = find_page_texts(scene.text("/comments", WARD))
    assert sorted(agency) == [f"Lời số {number}." for number in (4, 5, 6, 7, 9)]
    assert [row["text"] for row in json.loads(download_file(scene, WARD, "json"))["comments"]] == agency
    assert find_page_texts(scene.text("/comments", "finance@nb.vn")) == []
    assert scene.get("/comments?agency=HL", "finance@nb.vn").status_code == 404


def test_a_hundred_thousand_comments_cost_a_page_no_more(store: Database) -> None:
    rows, openings = [], []
    for number in range(100_000):
        id, agency = f"{number:032x}", ("HL", "SNV", "YM")[number % 3]
        week, month = lots.iso_week_of(local_day(moment_of_day("2026-01-05") + number % 300 * DAY), "")
        rows.append(
            {
                "device_id": DEVICE,
                "id": id,
                "kind": "c",
                "agency_key": agency,
                "restricted": False,
                "week": week,
                "month": month,
                "rank": lots.shuffle_rank(SECRET, id),
                "low": False,
                "topics": " wait ",
                "lang": "vi",
                "released_on": "2026-11-02",
            }
        )
        openings.append({"device_id": DEVICE, "id": id, "kind": "c", "salt": "", "value": f"Lời số {number}.",
                         "received_ms": number})  # fmt: skip
    with store.write() as session:
        bulk.insert(session, ReleasedWords, rows)
        bulk.insert(session, OpenedSidecar, openings)
    for wanted in (CommentQuery(None, True), CommentQuery({"HL"}, False, "2026-03", "2026-03", "wait")):
        with record_statements(store) as sent, store.read() as session:
            n = comment_queries.count_comments(session, wanted)
            last = -(-n // comment_queries.PAGE)
            assert len(
                comment_queries.read_comment_page(session, wanted, last)
            ) <= comment_queries.PAGE and comment_queries.read_comment_page(session, wanted, 1)
        asked_of = [one for one, _values in sent if one.startswith("SELECT")]
        assert n > 1000 and len(asked_of) == 5
        assert max(one.count("%(") + one.count("?") for one in asked_of) <= 3 * comment_queries.PAGE


def test_the_jobs_release_what_is_due(scene: CentreScene) -> None:
    with scene.database.write() as session:
        for number in range(5):
            store_commented_answer(session, number, "HL", scene.now_ms - 2 * DAY)
            store_commented_answer(
                session, number + 10, "HL", scene.now_ms - 2 * DAY, format_restricted_answers(("N5", 0)), kind="x"
            )
    jobs.update_responses_and_tallies(scene.database, scene.app.extensions["centre"], scene.now_ms)
    with scene.database.read() as session:
        assert len(session.scalars(select(ReleasedWords.id)).all()) == 5
        assert len(session.scalars(select(ReleasedAnswer.id)).all()) == 5
