"""Words added to an answer whose words were released already: they come in a lot of their own.

They change nothing that is shown: who looks every minute would else see when somebody wrote.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from admin.comments import comment_queries, release
from admin.comments.comment_queries import CommentQuery
from admin.responses import sidecars
from models.protocol.sidecar import LONGEST_COMMENT
from models.storage.database import Database
from models.tables.device import Device
from models.tables.response import Note, OpenedSidecar, ResponseName
from tests.fixtures import tally_rows
from tests.fixtures.citizen_words import DAY, DEVICE, HOUR, moment_of_day, response_id, store_commented_answer

SECRET = "secret"
#: A Monday.
FIRST = moment_of_day("2026-10-26", 10)


@pytest.fixture
def store(store_url: str) -> Iterator[Database]:
    database = tally_rows.make_store(store_url)
    yield database
    database.close()


def shown(database: Database) -> list[str]:
    with database.read() as session:
        return [one.text for one in comment_queries.read_all_comments(session, CommentQuery(None, True))]


def adds(database: Database, number: int, text: str, now_ms: int) -> bool:
    """A citizen writes more for an answer."""
    with database.write() as session:
        return sidecars.add_further_words(session, ResponseName(DEVICE, response_id(number)), text, now_ms)


def openings(database: Database, number: int) -> dict[str, str]:
    o = OpenedSidecar
    with database.read() as session:
        rows = select(o.kind, o.value).where(o.device_id == DEVICE, o.id == response_id(number))
        return {kind: value for kind, value in session.execute(rows)}


@pytest.mark.parametrize("kind", ["c", "n"])
def test_what_is_added_after_the_release_waits_for_a_lot_of_its_own(store: Database, kind: str) -> None:
    with store.write() as session:
        for number in range(5):
            store_commented_answer(session, number, "HL", FIRST, kind=kind)
    assert release.release_due_words(store, SECRET, FIRST + DAY) == 5
    first = shown(store)
    assert len(first) == 5
    later = FIRST + DAY + HOUR
    for number in range(4):
        assert adds(store, number, f"Thêm {number}.", later + number)
        assert adds(store, number, "Nữa.", later + number + HOUR) and shown(store) == first
    assert release.release_due_words(store, SECRET, FIRST + 2 * DAY) == 0 and shown(store) == first  # four are too few
    assert adds(store, 4, "Thêm 4.", later + DAY) and shown(store) == first
    assert release.release_due_words(store, SECRET, FIRST + 3 * DAY) == 5
    new = [f"Thêm {number}.\n\nNữa." for number in range(4)] + ["Thêm 4."]
    assert sorted(shown(store)) == sorted([*first, *new])


def test_a_single_paragraph_comes_on_a_monday_a_week_later(store: Database) -> None:
    with store.write() as session:
        for number in range(5):
            store_commented_answer(session, number, "HL", FIRST, kind="n")
    release.release_due_words(store, SECRET, FIRST + DAY)
    first = shown(store)
    assert adds(store, 0, "Thêm.", FIRST + DAY)
    for day in range(2, 14):
        release.release_due_words(store, SECRET, FIRST + day * DAY)
        assert shown(store) == first, day
    assert release.release_due_words(store, SECRET, FIRST + 14 * DAY) == 1 and sorted(shown(store)) == sorted(
        [*first, "Thêm."]
    )


def test_words_of_one_morning_to_the_next_stand_together_and_none_is_kept_twice(store: Database) -> None:
    six = moment_of_day("2026-10-27", 6)
    with store.write() as session:
        store_commented_answer(session, 0, "HL", FIRST)
    for text, now_ms in (("Một", FIRST), ("Hai", six - 1), ("Ba", six), ("Một", six + 1), ("Lời số 0.", six + 2)):
        assert adds(store, 0, text, now_ms)
    assert openings(store, 0) == {"c": "Lời số 0.", "n": "Một\n\nHai", "0": "Ba"}
    assert not adds(store, 0, "x" * (LONGEST_COMMENT - 5), six + 3)
    days = range(1, len(sidecars.NOTES) - 1)
    assert all(adds(store, 0, f"Ngày {day}", six + day * DAY) for day in days)
    full = openings(store, 0)
    assert not adds(store, 0, "Không còn chỗ", six + 20 * DAY) and openings(store, 0) == full
    assert sidecars.join_words(full).split("\n\n") == ["Một", "Hai", "Ba", *(f"Ngày {day}" for day in days)]


def test_a_note_that_finds_its_answer_late_changes_nothing_that_was_released(store: Database) -> None:
    with store.write() as session:
        for number in range(5):
            store_commented_answer(session, number, "HL", FIRST, kind="n")
    release.release_due_words(store, SECRET, FIRST + DAY)
    first = shown(store)
    with store.write() as session:
        session.add(Device(id=DEVICE, state="active", created_ms=1))
        session.flush()
        session.add(
            Note(device_id=DEVICE, response_id=response_id(0), text="Muộn", lang="vi", browser="", received_ms=FIRST)
        )
    with store.write() as session:
        assert sidecars.attach_notes(session, [ResponseName(DEVICE, response_id(0))]) == 1
    assert shown(store) == first and openings(store, 0) == {"n": "Lời số 0.", "0": "Muộn"}
