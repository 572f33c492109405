"""The minute on a slip: the centre's time as far as the desk knows it, or none."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from admin.slips import slip_proof
from kiosk.desk import clock_reading, reference
from kiosk.slips import minting, slip_image, slip_paper_formats
from models import clock
from models.clock import Moment
from models.keys import read_or_make_key
from models.protocol import slip
from models.protocol.entry_chain import parse
from models.tables.ledger_entry import StoredEntry
from models.vocabulary import Stage
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk
from translations import use_locale

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


class Clocked:
    """A paired desk, its centre, and the desk's two clocks in a test's hand."""

    def __init__(self, centre: Centre, desk: Desk) -> None:
        self.centre, self.desk = centre, desk
        self.off, self.ran = 0, 0
        desk.now = self.now  # type: ignore[method-assign]
        desk.app.extensions["clock"] = self.now
        self._stood = centre.stop_clock()

    def now(self) -> Moment:
        return Moment(self._stood.t + self.ran + self.off, self._stood.mono + self.ran)

    def truth(self) -> int:
        return self._stood.t + self.ran

    def later(self, ms: int) -> None:
        """Time passes, for everybody."""
        self.ran += ms
        self.centre.clock += ms

    def start(self) -> None:
        with self.desk.database.write() as session:
            clock_reading.record_start(session, self.now())

    def sync(self) -> None:
        assert self.desk.sync(url=self.centre.url).state == "ok"

    def mint(self, **values: Any) -> tuple[minting.PrintableSlip, slip.Slip]:
        """A slip, checked against its entry."""
        values.setdefault("stage", Stage.SUBMISSION)
        with self.desk.database.write() as session:
            made = minting.mint_slip(session, read_or_make_key(self.desk.settings.key_file), self.now(), **values)
            raw = session.scalars(
                select(StoredEntry.bytes).where(StoredEntry.typ == "token").order_by(StoredEntry.seq.desc()).limit(1)
            ).one()
        paper = slip.parse(made.token)[0]
        assert parse(raw).p["minute"] == paper.minute and parse(raw).p.get("due_days") == paper.due_days
        return made, paper


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Clocked]:
    with pair_centre_and_desk(tmp_path) as (centre, desk):
        clocked = Clocked(centre, desk)
        clocked.start()
        clocked.sync()
        yield clocked


@pytest.mark.parametrize("off", [-3 * HOUR, -400 * DAY, 5 * HOUR, 730 * DAY])
def test_the_minute_is_the_centre_s_whatever_the_desk_s_clock_shows(scene: Clocked, off: int) -> None:
    scene.off = off
    scene.start()
    scene.sync()
    scene.later(2 * HOUR)
    made, paper = scene.mint(due_days=5)
    assert (paper.minute, paper.due_days) == (scene.truth() // MINUTE, 5)
    with scene.centre.database.read() as session:
        slip_proof.prove_slip(
            session, made.token, scene.centre.keys, scene.truth()
        )  # it works, and is not past its time
    scene.off = 0  # set right, without a word of the centre
    assert abs(scene.mint()[1].minute - scene.truth() // MINUTE) <= 1


def test_a_desk_with_an_empty_battery_makes_slips_without_a_date(scene: Clocked) -> None:
    scene.later(HOUR)
    scene.off = -400 * DAY
    scene.start()
    made, paper = scene.mint(due_days=5)
    assert (paper.minute, paper.due_days, made.minted_ms, made.due_days) == (0, None, 0, None)
    scene.later(9 * HOUR)
    assert scene.mint()[1].minute == 0
    scene.sync()
    assert scene.mint(due_days=5)[1].minute == scene.truth() // MINUTE


@pytest.mark.every_moment
def test_the_day_the_result_is_due_is_counted_from_the_slip_s_own_day(scene: Clocked) -> None:
    scene.off = -3 * DAY
    scene.start()
    scene.sync()
    day = datetime.date.fromisoformat(clock.local_day(scene.truth()))
    with scene.desk.database.read() as session:
        assert minting.days_until_due(session, scene.now(), day + datetime.timedelta(days=4)) == 4
    scene.start()
    scene.off = -400 * DAY
    with scene.desk.database.read() as session:
        assert minting.days_until_due(session, scene.now(), day) is None


def test_a_slip_without_a_date_promises_no_day(scene: Clocked, tmp_path: Path) -> None:
    dated, _ = scene.mint()
    scene.off = -400 * DAY
    scene.start()
    made, _ = scene.mint(due_days=3)
    with scene.desk.database.read() as session:
        known = reference.read_reference(session)
    assert known is not None
    with use_locale("en"):
        assert slip_image.describe_validity(made) == "This code works once."
        assert slip_image.describe_validity(dated) == "This code works once, for 30 days from today."
    assert slip_image.draw_slip(made, known).height < slip_image.draw_slip(dated, known).height  # no line with a date
    for paper in slip_paper_formats.KINDS:
        assert slip_paper_formats.render_slips([made], known, paper, "pdf")
        slip_paper_formats.write_slip_pictures(made, known, tmp_path / "slips", paper)
