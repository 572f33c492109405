"""The time of a desk: the centre's word and the running clock before a clock that anybody can set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from kiosk.desk import clock_reading, ledger, state
from kiosk.desk.clock_reading import ClockReading
from models.clock import Moment
from models.storage.database import Database
from models.tables.desk_store import DeskState
from tests.fixtures import desk_state_rows
from tests.fixtures.paired_desk import make_paired_app

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
#: 2026-11-23 09:30 in Vietnam.
NOON = 1_795_400_000_000 // MINUTE * MINUTE


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    """A paired desk in its first start, which nobody answered yet."""
    app = make_paired_app(tmp_path, online=False)
    database: Database = app.extensions["database"]
    with database.write() as session:
        desk_state_rows.put_texts(session, boot=0)
        clock_reading.record_signed_time(session, NOON - DAY)
    yield database
    database.close()


def start(database: Database, wall: int, mono: int = 1_000) -> None:
    """A start of the desk, as `kiosk.boot` does it."""
    with database.write() as session:
        clock_reading.record_start(session, Moment(wall, mono))
        ledger.append_entry(session, "boot", {}, Moment(wall, mono))


def heard(database: Database, wall: int, mono: int, centre: int) -> None:
    with database.write() as session:
        clock_reading.record_centre_time(session, Moment(wall, mono), centre)


def read(database: Database, wall: int, mono: int) -> ClockReading:
    with database.read() as session:
        return clock_reading.read_clock(session, Moment(wall, mono))


def test_a_clock_that_was_never_compared_is_believed_from_the_certificate_on(store: Database) -> None:
    start(store, NOON)
    assert read(store, NOON + MINUTE, 61_000) == ClockReading(NOON + MINUTE, None, False, 0, False)
    assert read(store, NOON + MINUTE, 61_000).minute == NOON // MINUTE + 1


def test_a_clock_that_stands_before_what_is_past_gives_no_date(store: Database) -> None:
    start(store, NOON - 400 * DAY)
    found = read(store, NOON - 400 * DAY + MINUTE, 61_000)
    assert (found.undated, found.minute, found.ms, found.compared) == (True, 0, NOON - DAY, False)
    assert found.behind_ms == 399 * DAY - MINUTE


def test_a_comparison_that_took_long_costs_no_slip_its_date(store: Database) -> None:
    start(store, NOON)
    heard(store, NOON + MINUTE // 2, MINUTE // 2, NOON)  # the reply was read half a minute after it was signed
    start(store, NOON + HOUR)
    with store.write() as session:
        clock_reading.record_signed_time(session, NOON + HOUR)
    found = read(store, NOON + HOUR + 1_000, 2_000)
    assert (found.undated, found.behind_ms, found.minute) == (False, 0, (NOON + HOUR) // MINUTE)
    assert read(store, NOON + HOUR - MINUTE, 2_000).undated, "a minute and a half is a clock that is behind"


@pytest.mark.parametrize("off", [-400 * DAY, -3 * HOUR, -MINUTE, 0, 3 * HOUR, 730 * DAY])
def test_a_reply_in_this_start_gives_the_time_whatever_the_wall_clock_shows(store: Database, off: int) -> None:
    start(store, NOON + off)
    heard(store, NOON + off, 5_000, NOON)
    found = read(store, NOON + off + HOUR, 5_000 + HOUR)
    assert found == ClockReading(NOON + HOUR, off, True, 0, False)
    right = read(store, NOON + HOUR + 20, 5_000 + HOUR)  # somebody sets it right meanwhile
    assert abs(right.ms - NOON - HOUR) <= 20 and not right.undated
    back = read(store, NOON + off - 5 * DAY, 5_000 + HOUR)  # or further wrong
    assert back.ms >= NOON + HOUR - 5 * MINUTE and not back.undated


def test_a_machine_that_slept_goes_by_its_wall_clock(store: Database) -> None:
    start(store, NOON - MINUTE)
    heard(store, NOON - MINUTE, 5_000, NOON)
    assert read(store, NOON - MINUTE + 9 * HOUR, 6_000).ms == NOON + 9 * HOUR


def test_a_known_difference_holds_over_a_start(store: Database) -> None:
    start(store, NOON - 3 * HOUR)
    heard(store, NOON - 3 * HOUR, 5_000, NOON)
    start(store, NOON - 2 * HOUR)
    found = read(store, NOON - 2 * HOUR, 2_000)
    assert found == ClockReading(NOON + HOUR, -3 * HOUR, False, 0, False)


def test_after_a_battery_that_is_empty_nothing_is_dated_until_the_centre_speaks(store: Database) -> None:
    bios = 1_262_304_000_000  # 2010-01-01
    start(store, bios)
    heard(store, bios + 3 * HOUR, 3 * HOUR, NOON)
    start(store, bios)
    for later in (0, 2 * HOUR, 9 * HOUR, 40 * DAY):
        assert read(store, bios + later, 1_000 + later).undated
    heard(store, bios + 9 * HOUR, 9 * HOUR, NOON + DAY)
    assert read(store, bios + 10 * HOUR, 10 * HOUR) == ClockReading(
        NOON + DAY + HOUR, bios + 9 * HOUR - NOON - DAY, True, 0, False
    )


def test_a_clock_mended_while_the_machine_was_off_is_believed(store: Database) -> None:
    for far in (-400 * DAY, 730 * DAY):
        start(store, NOON + far)
        heard(store, NOON + far, 5_000, NOON)
        start(store, NOON + DAY)
        assert read(store, NOON + DAY, 1_000).minute == (NOON + DAY) // MINUTE, far


def test_a_clock_still_far_ahead_after_a_start_gives_no_date(store: Database) -> None:
    start(store, NOON + 730 * DAY)
    heard(store, NOON + 730 * DAY, 5_000, NOON)
    start(store, NOON + 731 * DAY)
    assert read(store, NOON + 731 * DAY, 1_000).undated


def test_a_clock_set_back_without_a_word_of_the_centre_gives_no_date(store: Database) -> None:
    start(store, NOON)
    assert read(store, NOON - HOUR, 2_000).undated
    with store.write() as session:
        clock_reading.record_clock_step(session, Moment(NOON - HOUR, 2_000))
    assert read(store, NOON - MINUTE, 2_000 + HOUR).undated
    start(store, NOON - HOUR)
    assert read(store, NOON - HOUR, 2_000).undated
    assert not read(store, NOON + HOUR, 2_000 + 2 * HOUR).undated


def test_what_the_last_start_knew_is_past_in_the_next(store: Database) -> None:
    start(store, NOON - 100 * DAY)
    heard(store, NOON - 100 * DAY, 2_000, NOON)
    with store.write() as session:
        ledger.append_entry(session, "hb", {}, Moment(NOON - 100 * DAY + 8 * HOUR, 2_000 + 8 * HOUR))
    start(store, NOON + 7 * HOUR)
    assert read(store, NOON + 7 * HOUR, 1_000).undated  # an hour before that heartbeat
    assert not read(store, NOON + 9 * HOUR, 2 * HOUR).undated


def test_a_receipt_brought_by_hand_proves_what_is_past_and_no_more(store: Database) -> None:
    start(store, NOON)
    with store.write() as session:
        clock_reading.record_signed_time(session, NOON + 3 * DAY)
        clock_reading.record_signed_time(session, NOON - 3 * DAY)
    found = read(store, NOON + MINUTE, 61_000)
    assert found.undated and not found.compared and found.ms == NOON + 3 * DAY


def test_the_centre_s_word_ends_what_a_clock_that_ran_ahead_left_behind(store: Database) -> None:
    start(store, NOON + 730 * DAY)
    start(store, NOON + HOUR)
    assert read(store, NOON + HOUR, 1_000).undated
    heard(store, NOON + HOUR, 2_000, NOON + HOUR)
    start(store, NOON + 2 * HOUR)
    assert not read(store, NOON + 2 * HOUR, 1_000).undated


def test_the_time_without_the_centre_is_running_time(store: Database) -> None:
    def unanswered(session: Session, wall: int, mono: int) -> int | None:
        return clock_reading.ms_since_reply(state.read_state(session), Moment(wall, mono))

    start(store, NOON)
    with store.read() as session:
        assert unanswered(session, NOON, 1_000) is None
    heard(store, NOON, 1_000, NOON)
    with store.write() as session:
        assert unanswered(session, NOON - 400 * DAY, 1_000 + HOUR) == HOUR
        ledger.append_entry(session, "hb", {}, Moment(NOON - 400 * DAY, 1_000 + HOUR))
    start(store, NOON + 30 * DAY, 77_000)  # off for a month: nothing could be sent, nothing was tried
    with store.read() as session:
        assert unanswered(session, NOON + 30 * DAY, 77_000 + HOUR) == 2 * HOUR
        assert clock_reading.running_ms(session, Moment(0, 77_000 + HOUR)) == 2 * HOUR


def test_a_store_of_before_goes_by_what_it_kept(store: Database) -> None:
    with store.write() as session:
        desk_state_rows.put_texts(session, boot=4, last_reply_ms=NOON - 2 * HOUR, clock_offset_ms=-2 * HOUR)
        session.execute(delete(DeskState).where(DeskState.name == "clock_newest_ms"))
    assert read(store, NOON - HOUR, 1_000) == ClockReading(NOON + HOUR, -2 * HOUR, False, 0, False)
    assert read(store, NOON - 5 * HOUR, 1_000).undated


def test_a_fact_that_rotted_ends_neither_a_start_nor_a_slip(store: Database) -> None:
    start(store, NOON)
    heard(store, NOON, 5_000, NOON)
    names = ("clock_newest_ms", "centre_ms", "centre_mono", "centre_ran_ms",
             "ran_ms", "boot_mono", "clock_base", "clock_offset_ms", "hb_mono")  # fmt: skip
    with store.write() as session:
        desk_state_rows.put_texts(session, hb_boot=1, **dict.fromkeys(names, "x\x007"))
        assert clock_reading.ms_since_reply(state.read_state(session), Moment(NOON, 6_000)) == 0
    assert read(store, NOON + MINUTE, 6_000).minute in (0, NOON // MINUTE + 1)
    start(store, NOON + HOUR)
    heard(store, NOON + HOUR, 5_000, NOON)
    assert read(store, NOON + HOUR, 5_000).minute == NOON // MINUTE
