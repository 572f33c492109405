"""Numbers of a desk that no batch and no slip can say: taps go on, slips work, and somebody is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from kiosk import boot
from kiosk.desk import clock_reading
from kiosk.sync import carried_files
from models import clock
from models.clock import LAST_MS, Moment
from models.keys import read_or_make_key
from models.protocol import slip
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response
from tests.clock_seam import ms_of
from tests.fixtures import desk_state_rows
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk
from tests.fixtures.phone_at_centre import Phone, mint_slip


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path) as (centre, desk):
        desk.rate(5)
        assert desk.sync(url=centre.url).state == "ok"
        yield centre, desk


def facts(desk: Desk) -> dict[str, str]:
    with desk.database.read() as session:
        return desk_state_rows.read_texts(session)


@pytest.mark.parametrize("wall", [ms_of("2100-01-01T00:00:00"), LAST_MS - 60_000, LAST_MS, 2**60], ids=str)
def test_a_clock_at_the_end_of_all_days_stops_neither_taps_nor_slips(scene: tuple[Centre, Desk], wall: int) -> None:
    centre, desk = scene
    ahead = wall - clock.now().t
    desk.now = lambda: Moment(clock.now().t + ahead, clock.now().mono)  # type: ignore[method-assign]
    desk.app.extensions["clock"] = desk.now
    assert boot.start_desk(desk.database, desk.now(), desk.settings) is None
    token = mint_slip(desk, due_days=3)
    paper, _signature = slip.parse(token)
    assert wall < LAST_MS - 86_400_000 or (paper.minute, paper.due_days) == (0, None)
    phone = Phone(centre)
    assert phone.get(phone.tap(token, 4)).status_code == 200
    id = desk.rate(3)
    assert desk.sync(url=centre.url).state == "ok"
    with centre.database.read() as session:
        assert session.get_one(Response, id).outcome == "counted"


def test_the_day_of_a_clock_that_the_centre_put_beyond_the_calendar_can_be_said(scene: tuple[Centre, Desk]) -> None:
    _centre, desk = scene
    with desk.database.write() as session:
        clock_reading.record_centre_time(session, desk.now(), LAST_MS + 86_400_000)
        assert clock_reading.read_clock(session, desk.now()).day == "9999-12-31"


def test_a_machine_of_odd_size_and_age_syncs(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    with desk.database.write() as session:
        desk_state_rows.put_texts(session, boot=2**31 + 5)
    desk.settings = replace(desk.settings, version="1.0.0+" + "a" * 40)
    id = desk.rate(2)
    assert desk.sync(url=centre.url).state == "ok"
    with centre.database.read() as session:
        assert session.get_one(Response, id).score == 2


def test_a_ledger_that_ends_before_what_was_signed_for_says_how_far_it_is(scene: tuple[Centre, Desk]) -> None:
    """It cannot name the hash at a place it does not have."""
    centre, desk = scene
    with desk.database.write() as session:
        desk_state_rows.put_texts(session, acked_seq=10_000)
    file = carried_files.write_export(
        desk.database, read_or_make_key(desk.settings.key_file), desk.settings, desk.now(), centre.settings.instance
    )
    assert (file.entries, file.ratings) == (0, 0)
    assert desk.sync(url=centre.url).state == "ok" and int(facts(desk)["acked_seq"]) < 10_000
    desk.rate(4)
    assert desk.sync(url=centre.url).state == "ok"


def test_a_line_of_the_store_that_rotted_is_a_matter_of_this_store(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    desk.rate(1)
    with desk.database.write() as session:
        session.execute(update(StoredEntry).values(h="0" * 63))
    states = [desk.sync(url=centre.url).state for _time in range(3)]
    assert states == ["offline", "offline", "damaged"] and facts(desk)["sound"]
    with pytest.raises(carried_files.ExportNotWritten) as refused:
        carried_files.write_export(
            desk.database, read_or_make_key(desk.settings.key_file), desk.settings, desk.now(), centre.settings.instance
        )
    assert refused.value.code == "damaged"
