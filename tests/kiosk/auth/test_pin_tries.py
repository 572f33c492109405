"""Wrong PINs at a desk: how waiting grows and ends, whom it meets, and what very many clients reach."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.auth import known_browser, pin
from kiosk.auth.pin_tries import BROWSERS, CLIENTS, TRIES, TRIES_TOGETHER, Caller, PinTries, TooManyTries, WaitTime
from kiosk.boot import start_desk
from kiosk.settings import Settings
from models.clock import Moment, day_start
from models.storage.database import Database
from tests.fixtures import desk_state_rows
from tests.fixtures.paired_desk import make_paired_app

MORNING = day_start("2026-10-14") + 9 * 3_600_000
GOOD, WRONG = "274951", "111222"
TABLET, PC = Caller("192.168.1.20", "a" * 32), Caller("192.168.1.21")


class Door:
    """The desk's store, its counts and two clocks that a test moves. PINs are compared quickly here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store: Database = make_paired_app(folder).extensions["database"]
        self.tries = PinTries()
        self.t, self.mono = MORNING, 1_000_000
        self.choose()

    @property
    def now(self) -> Moment:
        return Moment(self.t, self.mono)

    def pass_by(self, seconds: float) -> None:
        self.t += int(seconds * 1000)
        self.mono += int(seconds * 1000)

    def choose(self) -> None:
        with self.store.write() as session:
            pin.set_pin(session, GOOD, self.now)

    def tried(self, caller: Caller, typed: str = WRONG) -> bool:
        """One try, as the staff's door makes it."""
        with self.store.write() as session:
            self.tries.begin(session, caller, self.now)
        if typed != GOOD:
            return False
        with self.store.write() as session:
            self.tries.right(session, caller)
        return True

    def wait(self, caller: Caller) -> WaitTime:
        with self.store.read() as session:
            return self.tries.wait(session, caller, self.now)

    def seconds(self, caller: Caller) -> int:
        return self.wait(caller).seconds

    def restart(self) -> None:
        """The process begins anew."""
        self.tries = PinTries()
        start_desk(self.store, self.now, Settings(self.folder))


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path / "desk")
    yield made
    made.store.close()


def client(number: int) -> Caller:
    """One of very many clients of the desk's network."""
    return Caller(f"10.0.{number >> 8}.{number & 255}")


@pytest.mark.parametrize("caller", [TABLET, PC], ids=["known", "unknown"])
def test_the_wait_grows_heals_and_is_forgotten(door: Door, caller: Caller) -> None:
    for _ in range(TRIES):
        assert door.wait(caller) == WaitTime(0)
        assert not door.tried(caller)
    for seconds in (60, 120, 240, 480, 900, 900, 900):
        assert door.wait(caller) == WaitTime(seconds)
        with pytest.raises(TooManyTries) as waiting:
            door.tried(caller, GOOD)  # even the right one has to wait
        assert waiting.value.seconds == seconds
        door.pass_by(seconds - 0.5)
        assert door.seconds(caller) == 1
        door.pass_by(0.5)
        assert not door.tried(caller)
    door.pass_by(900)
    assert door.tried(caller, GOOD)
    assert not door.tried(caller) and door.seconds(caller) == 0


def test_who_types_wrong_ones_waits_alone(door: Door) -> None:
    """A child at the tablet, whose browser is known; then a noisy client beside an honest one."""
    for _ in range(TRIES):
        door.tried(TABLET)
    assert door.seconds(TABLET) == 60
    assert door.seconds(Caller(TABLET.address)) == door.seconds(PC) == door.seconds(Caller("", "b" * 32)) == 0
    noisy = client(7)
    for _ in range(TRIES):
        door.tried(noisy)
    assert door.wait(noisy) == WaitTime(60) and door.tried(PC, GOOD)
    assert door.seconds(noisy) == 60, "somebody else's right PIN is not theirs"


def test_five_hundred_clients_that_guess_do_not_lock_a_known_browser_out(door: Door) -> None:
    for number in range(TRIES_TOGETHER):
        assert not door.tried(client(number))
    for number in range(500):
        assert door.wait(client(number)) == WaitTime(60, of_others=True)
        with pytest.raises(TooManyTries):
            door.tried(client(number))
    assert door.seconds(PC) == 60
    assert not door.tried(TABLET) and door.tried(TABLET, GOOD)
    assert door.seconds(PC) == 60, "a known browser's right PIN lifts nobody else's wait"
    door.pass_by(60)
    assert door.tried(PC, GOOD)
    assert not door.tried(PC) and door.seconds(PC) == 0


def test_what_a_guesser_with_250_addresses_reaches_in_a_day(door: Door) -> None:
    days: list[int] = []
    reached, number, begin = 0, 0, door.mono
    while len(days) < 2:
        callers = [client((number + step) % 250) for step in range(250)]
        wait, caller = min(((door.seconds(one), one) for one in callers[:20]), key=lambda found: found[0])
        door.pass_by(wait)
        if door.mono - begin >= (len(days) + 1) * 86_400_000:
            days.append(reached)
            reached = 0
        door.tried(caller)
        reached, number = reached + 1, number + 1
        assert reached < 1_000, "nobody waits"
    assert days == [118, 96]


@pytest.mark.parametrize("caller", [TABLET, PC], ids=["known", "unknown"])
def test_a_restart_gains_nothing_and_locks_nobody_out(door: Door, caller: Caller) -> None:
    for number in range(TRIES if caller.browser else TRIES_TOGETHER):
        door.tried(caller if caller.browser else client(number))
    door.pass_by(60)
    door.tried(caller)
    assert door.seconds(caller) == 120
    door.pass_by(119)
    door.restart()  # the process alone: the running clock goes on
    assert door.seconds(caller) == 120
    door.pass_by(100)
    door.mono = 4_000  # the machine: the running clock begins anew
    door.restart()
    assert door.seconds(caller) == 120
    door.pass_by(121)
    assert door.seconds(caller) == 0
    door.pass_by(2_000)  # and it stays so when the running clock passes where it was
    assert door.seconds(caller) == 0 and door.tried(caller, GOOD)


@pytest.mark.parametrize("step", [-86_400_000 * 400, 86_400_000 * 400], ids=["back", "ahead"])
@pytest.mark.parametrize("caller", [TABLET, PC], ids=["known", "unknown"])
def test_the_wall_clock_neither_shortens_nor_lengthens_the_wait(door: Door, caller: Caller, step: int) -> None:
    for _ in range(TRIES):
        door.tried(caller)
    door.t += step
    assert door.seconds(caller) == 60
    door.mono += 60_000
    assert door.seconds(caller) == 0


@pytest.mark.parametrize("caller", [TABLET, PC], ids=["known", "unknown"])
def test_a_running_clock_that_begins_anew_unseen_still_heals(door: Door, caller: Caller) -> None:
    for _ in range(TRIES):
        door.tried(caller)
    door.mono = 1_000
    assert door.seconds(caller) == 59
    door.mono = 60_000
    assert door.seconds(caller) == 0


def test_a_new_pin_ends_all_waiting(door: Door) -> None:
    for _ in range(TRIES):
        door.tried(TABLET)
        door.tried(PC)
    door.choose()
    assert door.seconds(TABLET) == door.seconds(PC) == 0
    for number in range(TRIES_TOGETHER):
        door.tried(client(number))
    door.choose()
    assert door.seconds(PC) == 0


def test_what_is_remembered_of_clients_stays_small(door: Door) -> None:
    """The ones that were quiet longest are forgotten; the count of all is not."""
    for number in range(CLIENTS + 50):
        door.tried(client(number), GOOD if number % 10 == 9 else WRONG)
    assert 0 < len(door.tries) <= CLIENTS
    for number in range(BROWSERS + 10):
        door.tried(Caller("", f"{number:032x}"))
    with door.store.read() as session:
        kept = json.loads(desk_state_rows.read_text(session, "pin_known"))
    assert len(kept) == BROWSERS and f"{BROWSERS + 9:032x}" in kept


def test_the_mark_of_a_known_browser_is_of_this_desk_and_this_pin() -> None:
    value = known_browser.make_cookie_value("key", "hash")
    word = known_browser.read_browser_word("key", "hash", value)
    assert (
        len(word) == 32
        and known_browser.read_browser_word("key", "hash", known_browser.make_cookie_value("key", "hash", word)) == word
    )
    for key, hash, said in (
        ("other", "hash", value),
        ("key", "new", value),
        ("key", "hash", value[:-1]),
        ("key", "hash", ""),
        ("key", "hash", f"{word}.{'0' * 32}"),
        ("key", "hash", "é.é"),
        ("key", "", known_browser.make_cookie_value("key", "")),
    ):
        assert known_browser.read_browser_word(key, hash, said) == ""
