"""Private pages for words, of desks whose clocks lie: open for a while, and not for ever.

The desk writes into the token what it knows of the time, or that it knows nothing; the centre believes what can be
true.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from admin.slips.slip_validity import UNSEEN_DAYS
from kiosk import boot
from kiosk.desk import state
from kiosk.tablet import phone_note
from models import clock
from models.clock import Moment
from models.keys import read_or_make_key
from models.protocol import note_token
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk
from tests.fixtures.phone_at_centre import Phone

DAY = 86_400_000


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path) as (centre, desk):
        desk.sync(url=centre.url)
        yield centre, desk


def started(desk: Desk, off: int) -> None:
    """The desk starts with its wall clock so far off; its running clock is nobody's to set."""
    desk.now = lambda: Moment(clock.now().t + off, clock.now().mono)  # type: ignore[method-assign]
    desk.app.extensions["clock"] = desk.now
    assert boot.start_desk(desk.database, desk.now(), desk.settings) is None


def tapped(desk: Desk) -> tuple[str, str]:
    """A tap, and the address of its private page as the topics screen draws it."""
    id = desk.tap(2)
    assert desk.client.get(f"/rate/{id}/note.svg").status_code == 200
    with desk.database.read() as session:
        who, made = state.read_state(session).identity, phone_note.find_tap_ms(session, id)
    assert who is not None
    key = read_or_make_key(desk.settings.key_file)
    return id, f"/n/{note_token.mint(who.device, who.epoch, id, made, key, who.centre_key)}"


def status(centre: Centre, page: str, days: float) -> int:
    """How a phone finds the page so many days from now; the centre was in use all the time."""
    centre.clock = int(days * DAY)
    return Phone(centre).get(page).status_code


@pytest.mark.parametrize("off", [0, -20 * DAY, -400 * DAY, 730 * DAY, -60 * 365 * DAY], ids=str)
def test_a_page_opens_for_a_week_after_its_answer_came(scene: tuple[Centre, Desk], off: int) -> None:
    centre, desk = scene
    started(desk, off)
    id, page = tapped(desk)
    assert status(centre, page, 0) == 200, "before the answer came"
    centre.clock = 0
    desk.finish(id)
    assert desk.sync(url=centre.url).state == "ok"
    assert [status(centre, page, days) for days in (0, 6.9, 7.1, 400)] == [200, 200, 410, 410]


@pytest.mark.parametrize("minute", [0, 1, -20 * DAY, 730 * DAY], ids=["undated", "1970", "before", "to come"])
def test_before_its_answer_came_a_minute_that_cannot_be_true_closes_nothing(
    scene: tuple[Centre, Desk], minute: int
) -> None:
    """As tokens of any desk may say, also of an older version."""
    centre, desk = scene
    with desk.database.read() as session:
        who = state.read_state(session).identity
    assert who is not None
    made = minute * 60_000 if minute in (0, 1) else clock.now().t + minute
    token = note_token.mint(
        who.device, who.epoch, "0" * 31 + "1", made, read_or_make_key(desk.settings.key_file), who.centre_key
    )
    found = [status(centre, f"/n/{token}", days) for days in (0, 8, UNSEEN_DAYS - 1, UNSEEN_DAYS + 1)]
    assert found == [200, 200, 200, 410]


def test_a_minute_that_can_be_true_counts(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    _, page = tapped(desk)
    assert [status(centre, page, days) for days in (0, 6.9, 7.1)] == [200, 200, 410]
