"""A clock of the centre that a person confirmed after a leap: desks go on, by wire and by stick.

What the centre signed before the confirmation stays signed; no desk is stopped, forked, or left waiting for a year that
has not come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from admin.backup import creation, restoration
from admin.ledgers import centre_clock
from admin.settings import Settings as CentreSettings
from admin.sync import usb_import
from kiosk import boot
from kiosk.desk import clock_reading, state
from kiosk.sync import carried_files
from models import clock
from models.clock import Moment
from models.keys import read_or_make_key
from models.storage.database import Database
from models.tables.device import Device, Epoch, Evidence
from models.tables.response import Response
from tests.fixtures import desk_state_rows
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk

MINUTE, DAY = 60_000, 86_400_000
#: The centre's machine started in such a year, and somebody confirmed it without looking.
WRONG = 5 * 365 * DAY


class Way:
    """How one desk's ledger comes to the centre, and the centre's word home."""

    def __init__(self, centre: Centre, desk: Desk, folder: Path) -> None:
        self.centre, self.desk, self.folder, self.carried = centre, desk, folder, 0

    def wire(self) -> str:
        """Over the network."""
        return self.desk.sync(url=self.centre.url).state

    def export(self) -> Path:
        """A stick of what waits now."""
        self.carried += 1
        file = self.folder / f"{self.carried}.hailong"
        settings = self.desk.settings
        carried_files.write_export(
            self.desk.database, read_or_make_key(settings.key_file), settings, self.desk.now(), file
        )
        return file

    def ingest(self, file: Path) -> Path:
        """The centre takes a stick in, as the command does; its word for the way home."""
        with self.centre.database.read() as session:
            at = centre_clock.require_trusted_clock(session, self.centre.now().t)
        raw = file.read_bytes()
        came = usb_import.ingest_file(self.centre.database, self.centre.keys, raw, at.ms, at.confirmed_ms or 0)
        back = file.with_suffix(".bien-nhan")
        back.write_bytes(came.replies)
        return back

    def home(self, back: Path) -> str:
        """The desk takes the centre's word."""
        with self.desk.database.read() as session:
            identity = state.read_state(session).identity
        assert identity is not None
        return carried_files.import_receipts(self.desk.database, identity, back, self.desk.now()).state

    def stick(self) -> str:
        """By hand, there and home."""
        state = self.home(self.ingest(self.export()))
        return "ok" if state == "active" else state

    def confirm(self, ahead: int) -> None:
        """The centre's clock is so far ahead of this machine's from here on, and a person confirms it."""
        self.centre.jump_clock(ahead)
        with self.centre.database.write() as session:
            centre_clock.confirm_clock(session, self.centre.now().t, "an administrator")


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with pair_centre_and_desk(tmp_path) as (centre, desk):
        desk.sync(url=centre.url)
        yield Way(centre, desk, tmp_path)


def facts(database: Database) -> dict[str, str]:
    with database.read() as session:
        return desk_state_rows.read_texts(session)


def goes_on(way: Way, thanked: list[str]) -> None:
    """Each thanked answer counts once, the desk is where it should be, nobody is accused."""
    own = facts(way.desk.database)
    with way.centre.database.read() as session:
        head = session.scalars(select(Epoch.last_seq).where(Epoch.device_id == way.desk.name)).one()
        assert (own.get("state", "active"), own["acked_seq"], own.get("pruned_seq", "0")) == ("active", str(head), "0")
        counted = session.scalars(select(Response.id).where(Response.outcome == "counted")).all()
        assert sorted(counted) == sorted(thanked)
        assert session.scalars(select(Evidence)).all() == []
        assert set(session.scalars(select(Device.state))) == {"active"}
        assert way.centre.now().t + MINUTE > (session.scalar(select(func.max(Device.last_seen_ms))) or 0)


BY = pytest.mark.parametrize("by", [Way.wire, Way.stick], ids=["wire", "stick"])


@BY
@pytest.mark.parametrize(
    "course", [(WRONG, 0), (0, -3 * DAY), (400 * DAY,), (400 * DAY, 0, 400 * DAY)],
    ids=["years ahead and back", "days back", "a year at rest", "to and fro"],
)  # fmt: skip
def test_a_confirmed_leap_stops_and_forks_no_desk(way: Way, by: Callable[[Way], str], course: tuple[int, ...]) -> None:
    thanked = [way.desk.rate(4)]
    assert by(way) == "ok"
    for ahead in course:
        way.confirm(ahead)
        thanked += [way.desk.rate(2), way.desk.rate(5)]
        assert by(way) == "ok" and by(way) == "ok"
        own = facts(way.desk.database)
        assert own["centre_confirmed_ms"] != "0" and abs(int(own["clock_newest_ms"]) - way.centre.now().t) < MINUTE
        goes_on(way, thanked)


def test_the_desk_knows_the_date_again_by_a_stick(way: Way) -> None:
    way.confirm(WRONG)
    way.desk.rate(3)
    assert way.stick() == "ok"
    started(way.desk)
    assert undated(way.desk), "until the centre says otherwise, that year is past"
    way.confirm(0)
    way.desk.rate(3)
    assert way.stick() == "ok"
    assert not undated(way.desk)


def started(desk: Desk) -> None:
    """The desk's machine starts again."""
    assert boot.start_desk(desk.database, desk.now(), desk.settings) is None


def undated(desk: Desk) -> bool:
    with desk.database.read() as session:
        return clock_reading.read_clock(session, desk.now()).undated


def quiet(step: str, done: int, of: int) -> None:
    """Nobody watches."""


def restored(way: Way) -> None:
    """The centre goes back to the copy in `backup`."""
    new = CentreSettings(way.folder / "new", f"sqlite:///{(way.folder / 'new' / 'admin.sqlite').as_posix()}")
    way.centre.stop()
    restoration.restore_backup(way.folder / "backup", new, quiet)
    way.centre.move(new)
    way.centre.start()


@BY
def test_a_centre_restored_while_years_ahead_has_everything_again_once_it_is_right(
    way: Way, by: Callable[[Way], str]
) -> None:
    """The desk learnt of the loss in a year that then had not come: what the centre signs afterwards is believed."""
    way.confirm(WRONG)
    thanked = [way.desk.rate(3)]
    assert by(way) == "ok"
    assert creation.make_backup(way.centre.settings, way.folder / "backup", way.centre.now().t, quiet).missing == []
    thanked.append(way.desk.rate(1))
    assert by(way) == "ok"
    restored(way)
    thanked.append(way.desk.rate(5))
    before = int(facts(way.desk.database)["acked_seq"])
    assert way.stick() == "ok"  # of the restored centre: it asks for the entries that it has no more
    assert int(facts(way.desk.database)["acked_seq"]) < before
    way.confirm(0)
    assert by(way) == "ok"
    goes_on(way, thanked)


def test_a_loss_is_told_by_a_stick_also_when_the_clock_was_set_back(way: Way) -> None:
    """The desk's newest receipt is of a year to come; the word of the loss is younger all the same."""
    assert creation.make_backup(way.centre.settings, way.folder / "backup", way.centre.now().t, quiet).missing == []
    way.confirm(WRONG)
    thanked = [way.desk.rate(3)]
    assert way.stick() == "ok"
    restored(way)
    way.confirm(0)
    thanked.append(way.desk.rate(5))
    before = int(facts(way.desk.database)["acked_seq"])
    assert way.stick() == "ok"
    again = int(facts(way.desk.database)["acked_seq"])
    assert again < before, "the desk heard that it is to send again"
    way.home(way.folder / "1.bien-nhan")  # signed before the loss, in a year to come: it covers nothing any more
    assert int(facts(way.desk.database)["acked_seq"]) == again
    assert way.stick() == "ok"
    goes_on(way, thanked)


def test_a_stick_without_news_accuses_nobody(way: Way) -> None:
    way.desk.rate(3)
    assert way.stick() == "ok"
    way.desk.ahead += 1_000
    way.centre.clock += 1_000
    assert way.stick() == "ok"


def test_after_it_answers_are_counted_on_the_day_they_were_given(way: Way) -> None:
    """Receipts of a year to come prove no more that an answer is younger, once the clock is right."""
    way.confirm(WRONG)
    assert [way.desk.rate(4) and way.wire() for _ in range(2)] == ["ok", "ok"]
    way.confirm(0)
    given = way.desk.now().t
    late = way.desk.rate(2)
    way.centre.jump_clock(40 * DAY)  # so long no network came
    with way.centre.database.write() as session:
        centre_clock.restart_clock_comparison(session, way.centre.now().t)
    way.desk.now = lambda: Moment(clock.now().t + 40 * DAY, clock.now().mono + 40 * DAY)  # type: ignore[method-assign]
    assert way.wire() == "ok"
    with way.centre.database.read() as session:
        row = session.scalars(select(Response).where(Response.id == late)).one()
    assert abs(row.at_ms - given) < MINUTE
