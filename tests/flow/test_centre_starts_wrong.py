"""A centre that starts in 1970, or two years on: nothing is filed there.

Citizens read a kind page, desks keep what they were given and send it later, and once the clock is right every answer
counts in the month in which it was given.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

import admin
from admin import jobs
from admin.ledgers import centre_clock, verification
from models import clock
from models.tables.device import Device, Evidence
from models.tables.response import Response
from models.tables.tally import TallyMonth
from tests.fixtures.centre_and_desk import DESK, Centre, Desk, pair_centre_and_desk
from tests.fixtures.phone_at_centre import Phone, mint_slip

MINUTE, DAY = 60_000, 86_400_000


@pytest.fixture
def scene(tmp_path: Path, store_url: str) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path, store_url) as (centre, desk):
        yield centre, desk


class Given:
    """The answers that were thanked for, with the month of each."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.months = desk, dict[str, set[str]]()

    def rate(self, count: int) -> None:
        for place in range(count):
            before = this_month()
            id = self.desk.rate(1 + place % 5)
            self.months[id] = {before, this_month()}


def this_month() -> str:
    return clock.local_day(clock.now().t)[:7]


def restarted(centre: Centre, ahead: int) -> None:
    """The centre's machine starts again, its clock so far ahead of the right time."""
    centre.stop()
    centre.app.extensions["database"].close()
    centre.app = admin.create_app(centre.settings)
    centre.app.extensions["clock"] = centre.now
    centre.jump_clock(ahead)
    centre.start()


@pytest.mark.parametrize("year", ["1970", "two years on"])
def test_nothing_is_filed_in_a_year_that_is_none(scene: tuple[Centre, Desk], year: str) -> None:
    centre, desk = scene
    given = Given(desk)
    given.rate(2)
    assert desk.sync(url=centre.url).state == "ok"
    slip = mint_slip(desk)
    restarted(centre, -centre.now().t + MINUTE if year == "1970" else 730 * DAY)
    given.rate(3)
    for _ in range(2):
        outcome = desk.sync(url=centre.url)
        assert (outcome.state, outcome.waiting) == ("offline", 3) and outcome.retry_after == centre_clock.RETRY_SECONDS
    phone = Phone(centre)
    for path in (f"/r/{slip}", f"/d/{DESK}", "/m", "/c/"):
        page = phone.get(path)
        assert page.status_code == 503 and "Ông/Bà" in page.text and page.headers["Retry-After"], path
        assert "1970" not in page.text and "clock confirm" not in page.text, "what staff must do is no citizen's matter"
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
    restarted(centre, 0)
    given.rate(2)
    assert desk.sync(url=centre.url).state == "ok"
    early = this_month()
    fresh = Phone(centre)
    form = fresh.form(f"/r/{slip}")
    assert fresh.post(f"/r/{slip}", **form, score=2).status_code == 303
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t + 61 * MINUTE)
    given.months[form["id"]] = {early, this_month()}
    centre.index()
    with centre.database.read() as session:
        found = session.execute(select(Response.id, Response.outcome, Response.month)).all()
        assert {row.id: row.outcome for row in found} == dict.fromkeys(given.months, "counted")
        assert all(row.month in given.months[row.id] for row in found)
        assert set(session.scalars(select(TallyMonth.month))) <= set.union(*given.months.values())
        assert session.scalars(select(Evidence)).all() == []
        assert set(session.scalars(select(Device.state))) == {"active"}
        told = verification.verify_ledgers(session, centre.keys.public)
    assert [one for one in told if one.wrong or one.first_bad] == []
