"""Desks and centres whose clocks lie, a restored centre after it: nothing thanked is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from admin.backup import creation, restoration
from admin.ledgers import verification
from admin.settings import Settings
from kiosk import boot
from kiosk.desk import reference, state
from models import clock
from models.clock import Moment
from models.tables.device import Device, Evidence
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response
from tests.fixtures import desk_state_rows
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk

DAY = 86_400_000


class Course:
    """What happens to one desk, and who was thanked meanwhile."""

    def __init__(self, centre: Centre, desk: Desk, folder: Path) -> None:
        self.centre, self.desk, self.folder = centre, desk, folder
        self.thanked: list[str] = []
        self.months = {clock.local_day(clock.now().t)[:7]}

    def rate(self, count: int) -> None:
        self.thanked += [self.desk.rate(1 + place % 5) for place in range(count)]

    def sync(self, times: int = 1) -> None:
        for _ in range(times):
            self.desk.sync(url=self.centre.url)

    def wall(self, off: int, *, start: bool = True) -> None:
        """Set the desk's wall clock so far off, and start the desk; its running clock is nobody's to set."""
        self.desk.now = lambda: Moment(clock.now().t + off, clock.now().mono)  # type: ignore[method-assign]
        self.desk.app.extensions["clock"] = self.desk.now
        if start:
            assert boot.start_desk(self.desk.database, self.desk.now(), self.desk.settings) is None

    def backup(self) -> None:
        assert (
            creation.make_backup(self.centre.settings, self.folder / "backup", self.centre.now().t, _quiet).missing
            == []
        )

    def restore(self) -> None:
        """The centre goes back to its backup."""
        new = Settings(self.folder / "new", f"sqlite:///{(self.folder / 'new' / 'admin.sqlite').as_posix()}")
        self.centre.stop()
        restoration.restore_backup(self.folder / "backup", new, _quiet)
        self.centre.move(new)
        self.centre.start()

    def check(self) -> None:
        """Each thanked answer counts once, in its month; the desk has every line of it; nobody is accused."""
        with self.centre.database.read() as session:
            found = session.execute(select(Response.id, Response.outcome, Response.month)).all()
            assert sorted(row.id for row in found) == sorted(self.thanked)
            assert {row.outcome for row in found} == {"counted"}
            months = self.months | {clock.local_day(clock.now().t)[:7]}
            assert {row.month for row in found} <= months
            assert session.scalars(select(Evidence)).all() == []
            assert set(session.scalars(select(Device.state))) == {"active"}
            found_wrong = [
                one
                for one in verification.verify_ledgers(session, self.centre.keys.public)
                if one.wrong or one.first_bad
            ]
            assert found_wrong == []
        with self.desk.database.read() as session:
            known = state.read_state(session)
            assert known.centre_word == "active" and known.pruned_seq == 0
            newest, count = session.execute(select(func.max(StoredEntry.seq), func.count(StoredEntry.seq))).one()
            assert newest == count == int(desk_state_rows.read_text(session, "acked_seq"))


def _quiet(step: str, done: int, of: int) -> None:
    """Nobody watches."""


def ahead_for_one_sync(course: Course) -> None:
    """Two years ahead for a while, then right again."""
    course.rate(4)
    course.sync()
    course.wall(730 * DAY, start=False)
    course.sync()
    course.rate(1)
    course.sync()
    course.wall(0, start=False)


def started_at_its_bios_date(course: Course) -> None:
    """Started 400 days back, then set right from the network."""
    course.wall(-400 * DAY)
    course.rate(4)
    course.sync()
    course.wall(0, start=False)
    course.sync()
    course.rate(1)
    course.sync()


def at_1970_then_ahead(course: Course) -> None:
    """A dead battery, then a wrong hand, then right."""
    course.wall(-clock.now().t + 5_000)
    course.rate(2)
    course.sync()
    course.wall(730 * DAY)
    course.rate(2)
    course.sync()
    course.wall(0)


def before_1970(course: Course) -> None:
    """A hardware clock of zero, read as local time."""
    course.wall(-clock.now().t - 25_200_000)
    course.rate(2)
    course.sync()
    course.wall(0)


def a_centre_that_leaps(course: Course) -> None:
    """The centre two years ahead for one sync: the desk keeps what it had."""
    course.rate(1)
    course.centre.clock = 730 * DAY
    course.sync()
    course.centre.clock = 0


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    with pair_centre_and_desk(tmp_path) as (centre, desk):
        yield Course(centre, desk, tmp_path)


@pytest.mark.parametrize(
    "lie",
    [ahead_for_one_sync, started_at_its_bios_date, at_1970_then_ahead, before_1970],
    ids=lambda lie: lie.__name__,
)
def test_whatever_a_desk_s_clock_says_nothing_thanked_is_lost(course: Course, lie: Callable[[Course], None]) -> None:
    course.wall(0)
    course.rate(2)
    course.sync()
    course.backup()
    lie(course)
    course.rate(1)
    course.sync(2)
    course.check()
    course.restore()
    course.rate(1)
    course.sync(3)
    course.check()


@pytest.mark.every_moment
def test_a_leap_of_the_centre_s_clock_takes_nothing_from_the_desk(course: Course) -> None:
    course.wall(0)
    course.rate(2)
    course.sync()
    a_centre_that_leaps(course)
    course.rate(2)
    course.sync(2)
    course.check()


def test_whether_the_centre_answered_lately_is_running_time(course: Course) -> None:
    course.wall(0)
    course.rate(1)
    course.sync()
    moment = course.desk.now()
    with course.desk.database.read() as session:
        for off in (0, 730 * DAY, -400 * DAY):
            for ran, online in ((60_000, True), (360_000, False)):
                known = reference.read_reference(session, Moment(moment.t + off + ran, moment.mono + ran))
                assert known is not None and known.online is online, (off, ran)
