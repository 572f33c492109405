"""Validity of slips by the centre's clock, whatever the desk's clock says, on both databases.

A clock that is behind makes no slip expired before it is read, one that is ahead makes none live for ever.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from admin.ledgers.signing_keys import CentreKeys
from admin.responses import projection
from admin.slips import code_and_dossier_keys, slip_proof, slip_spending, slip_validity, typed_codes
from admin.slips.slip_proof import ProvedSlip, SlipRefused
from models import clock
from models.protocol import slip, slip_typed_code
from models.storage.database import Database
from models.tables.device import Sighting
from models.vocabulary import Stage
from tests.fixtures import next_epoch
from tests.fixtures.ledger_writer import START, LedgerWriter

DAY = 86_400_000
MINUTE = 60_000
#: What a desk's clock may say when a slip is printed, against the true time.
CLOCKS = {"right": 0, "40 days behind": -40 * DAY, "a year ahead": 365 * DAY, "at its first day": -START}
Make = Callable[..., LedgerWriter]


class Printing:
    """A desk whose clock says another time than the centre's, and what the centre makes of its slips."""

    def __init__(self, store: Database, keys: CentreKeys, device: LedgerWriter, off: int) -> None:
        self.store, self.keys, self.device, self.off, self.serial = store, keys, device, off, 0

    def slip(self, at: int, due: int | None = None, **changes: int) -> str:
        """A slip as it is printed at the true time `at`, its entry being written."""
        self.serial += 1
        said = at + self.off
        p = {"due_days": due, "serial": self.serial, "stage": "submission"}
        self.device.add("token", {name: value for name, value in p.items() if value is not None}, t=said)
        values = {"seq": len(self.device.lines), "minute": said // MINUTE, **changes}
        paper = slip.Slip(
            slip.device_number(self.device.dev), 1, self.serial, values["seq"], bytes.fromhex(self.device.head())[:8],
            slip.NO_PROCEDURE, Stage.SUBMISSION, values["minute"], due,
        )  # fmt: skip
        return slip.mint(paper, self.device.key, self.keys.public)

    def sync(self, at: int) -> None:
        """What was written reaches the centre at the true time `at`."""
        status, _reply = self.device.send(self.store, self.device.batch(now=at), now=at)
        assert status == 200
        with self.store.write() as session:
            projection.project_entries(session, self.device.dev, 1)

    def read(self, token: str, at: int) -> ProvedSlip:
        with self.store.read() as session:
            return slip_proof.prove_slip(session, token, self.keys, at)

    def works(self, token: str, at: int) -> bool:
        """Whether the slip opens at the true time `at`."""
        try:
            self.read(token, at)
        except SlipRefused as refused:
            assert refused.code == "slip_expired"
            return False
        return True

    def lasts(self, token: str, until: int) -> None:
        """The slip works up to this very moment."""
        assert self.works(token, until) and not self.works(token, until + 1)


@pytest.fixture(name="printing")
def the_printing(store_with_agencies: Database, keys: CentreKeys, writer: Make) -> Callable[[str], Printing]:
    return lambda name: Printing(store_with_agencies, keys, writer(), CLOCKS[name])


@pytest.mark.parametrize("name", CLOCKS)
def test_a_slip_works_when_it_is_printed_and_for_30_days(printing: Callable[[str], Printing], name: str) -> None:
    desk = printing(name)
    at = START + 3 * 3_600_000
    token = desk.slip(at)
    for later in (0, 1, 29 * DAY):
        assert desk.works(token, at + later)
    desk.sync(at + 5 * MINUTE)
    assert desk.works(token, at + 30 * DAY) and not desk.works(token, at + 32 * DAY)


@pytest.mark.parametrize("name", CLOCKS)
def test_days_until_the_result_are_added_to_what_the_centre_saw(
    printing: Callable[[str], Printing], name: str
) -> None:
    desk = printing(name)
    at, seen = START + 3 * 3_600_000, START + 3 * 3_600_000 + 2 * DAY
    token = desk.slip(at - at % MINUTE, due=20)
    desk.sync(seen)
    desk.lasts(token, (at - at % MINUTE if name == "right" else seen) + (20 + 31) * DAY)


@pytest.mark.parametrize("name", CLOCKS)
def test_a_day_is_said_only_where_the_centre_can_believe_it(printing: Callable[[str], Printing], name: str) -> None:
    desk = printing(name)
    at = START + 3 * 3_600_000
    token = desk.slip(at, due=3)
    for synced in (False, True):
        if synced:
            desk.sync(at + 5 * MINUTE)
        proved = desk.read(token, at + 10 * MINUTE)
        if name == "right":
            assert proved.validity.made_ms is not None and abs(proved.validity.made_ms - at) < MINUTE
            assert proved.past_due(at + 4 * DAY) and not proved.past_due(at + 3 * DAY)
        else:
            assert (proved.validity.made_ms, proved.validity.due_ms) == (None, None)
            assert not proved.past_due(at + 10 * DAY)


def test_the_clock_that_was_a_year_ahead_gives_no_second_life(printing: Callable[[str], Printing]) -> None:
    """When the year is over the day on the slip could be true; its ledger says since long that it is not."""
    desk = printing("a year ahead")
    token = desk.slip(START)
    desk.sync(START + MINUTE)
    assert not any(desk.works(token, START + day * DAY) for day in (32, 200, 364, 366, 380, 400))


def test_a_slip_whose_ledger_does_not_come_works_for_180_days_after_its_desk_s_last_word(
    printing: Callable[[str], Printing]
) -> None:
    desk = printing("at its first day")
    desk.device.rate(5, t=1000)
    desk.sync(START + 7 * DAY)
    token = desk.slip(START + 8 * DAY)
    desk.lasts(token, START + (7 + 180) * DAY)


def test_what_its_desk_says_after_the_slip_was_used_prolongs_nothing(printing: Callable[[str], Printing]) -> None:
    desk = printing("at its first day")
    desk.device.rate(5, t=1000)
    desk.sync(START + DAY)
    token = desk.slip(START, seq=70)
    proved = desk.read(token, START + 2 * DAY)
    with desk.store.write() as session:
        slip_spending.spend_slips(session, [slip_spending.SlipUse(proved, "a" * 32, "browser", START + 2 * DAY)])
    desk.device.rate(5, t=2000)
    desk.sync(START + 100 * DAY)
    desk.lasts(token, START + (1 + 180) * DAY)


def test_who_keeps_an_old_key_makes_slips_for_no_longer_than_an_undated_one_works(
    printing: Callable[[str], Printing], keys: CentreKeys
) -> None:
    """A later certificate closed the ledger: what says that it was made after that has no day, and no second life."""
    desk = printing("right")
    desk.device.rate(5, t=START)
    desk.sync(START + DAY)
    before, unseen = desk.slip(START + DAY), typed(desk, 900)
    assert desk.works(unseen, START + 5_000 * DAY)  # nothing says yet that its ledger does not come
    with desk.store.write() as session:
        next_epoch.certify_next_epoch(session, keys, desk.device.dev, START + 2 * DAY)
    assert desk.works(before, START + 31 * DAY) and not desk.works(before, START + 33 * DAY)
    for day in (3, 150, 5_000):
        token = desk.slip(START + day * DAY)
        assert desk.read(token, START + 150 * DAY).validity.made_ms is None
        desk.lasts(token, START + (1 + 180) * DAY)
    desk.lasts(unseen, START + (2 + 180) * DAY)


def typed(desk: Printing, serial: int) -> str:
    """What stands for the code under a slip that its ledger does not show."""
    number = slip.device_number(desk.device.dev)
    secret = code_and_dossier_keys.derive_typed_key(desk.keys.codes, desk.device.dev, 1)
    readings = slip_typed_code.list_possible_readings(slip_typed_code.make_typed_code(number, 1, serial, secret))
    with desk.store.read() as session:
        found = typed_codes.seal_typed_code(session, desk.keys, readings)
    assert found is not None
    return found


@pytest.mark.parametrize("ahead", [slip_validity.FARTHEST, slip_validity.FARTHEST + 1])
def test_a_slip_that_no_ledger_can_have_reached_is_none(printing: Callable[[str], Printing], ahead: int) -> None:
    desk = printing("right")
    desk.device.rate(5)
    desk.sync(START + DAY)
    token = desk.slip(START + DAY, seq=1 + ahead)
    if ahead > slip_validity.FARTHEST:
        with pytest.raises(SlipRefused, check=lambda refused: refused.code == "slip_unknown"):
            desk.read(token, START + 2 * DAY)
        desk.device.send(desk.store, desk.device.batch(1, 1, head_seq=2), now=START + 2 * DAY)  # it is further already
    assert desk.works(token, START + 2 * DAY)


def test_a_slip_that_was_seen_moves_the_bound_for_none_after_it(printing: Callable[[str], Printing]) -> None:
    """A desk makes slips as it likes: were each a head that is known, the next could be as much farther."""
    desk = printing("right")
    desk.device.rate(5)
    desk.sync(START + DAY)
    used = 1 + slip_validity.FARTHEST
    proved = desk.read(desk.slip(START + DAY, seq=used), START + 2 * DAY)
    with desk.store.write() as session:
        slip_spending.spend_slips(session, [slip_spending.SlipUse(proved, "b" * 32, "browser", START + 2 * DAY)])
    with desk.store.read() as session:
        assert session.scalars(select(Sighting.seq).where(Sighting.source == "slip")).all() == [used]
    for seq in (used + 1, used + slip_validity.FARTHEST):
        with pytest.raises(SlipRefused, check=lambda refused: refused.code == "slip_unknown"):
            desk.read(desk.slip(START + DAY, seq=seq), START + 2 * DAY)


@given(
    claimed=st.integers(0, 3 * 10**12), low=st.integers(10**12, 2 * 10**12), width=st.integers(-DAY, 400 * DAY),
)  # fmt: skip
def test_what_is_believed_lies_in_its_window_and_near_the_claim(claimed: int, low: int, width: int) -> None:
    high = low + width
    time = clock.accept_claimed_time(claimed, low, high)
    near = min(low, high) - clock.SLOP_MS <= claimed <= high + clock.SLOP_MS
    assert (time is not None) == near
    if time is not None:
        assert min(low, high) <= time <= high and abs(time - claimed) <= clock.SLOP_MS
