"""The PIN: what is refused and kept; the two duty sessions behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.auth import pin, sessions
from kiosk.boot import start_desk
from kiosk.settings import Settings
from models.clock import Moment, day_start
from models.storage.database import Database
from models.tables.ledger_entry import StoredEntry
from tests.fixtures import desk_state_rows
from tests.fixtures.paired_desk import make_paired_app

MORNING = day_start("2026-10-14") + 9 * 3_600_000
GOOD = "274951"


class Clock:
    """A wall clock and a running clock that a test moves."""

    def __init__(self) -> None:
        self.t, self.mono = MORNING, 1_000_000

    def now(self) -> Moment:
        return Moment(self.t, self.mono)

    def wait(self, seconds: float) -> None:
        self.t += int(seconds * 1000)
        self.mono += int(seconds * 1000)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    database: Database = make_paired_app(tmp_path / "desk").extensions["database"]
    yield database
    database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def choose(store: Database, clock: Clock, new: str = GOOD) -> None:
    with store.write() as session:
        pin.set_pin(session, new, clock.now())


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("000000", "pin_guessable"), ("999999999999", "pin_guessable"), ("123456", "pin_guessable"),
        ("987654321", "pin_guessable"), ("890123", "pin_guessable"), ("121212", "pin_guessable"),
        ("704704", "pin_guessable"), ("12345", "pin_length"), ("1234567890123", "pin_length"),
        ("27495a", "pin_length"), ("٢٧٤٩٥١", "pin_length"), ("", "pin_length"),
    ],
    ids=lambda value: value if value.isascii() else "arabic-digits",
)  # fmt: skip
def test_a_pin_that_would_be_tried_first_is_refused(typed: str, code: str) -> None:
    with pytest.raises(pin.BadPin) as refused:
        pin.validate_pin(typed)
    assert refused.value.code == code


def test_new_pins_are_six_digits_and_differ() -> None:
    made = {pin.draw_pin() for _ in range(50)}
    assert len(made) > 45
    for one in made:
        pin.validate_pin(one)
        assert len(one) == 6


def test_only_its_hash_is_kept_and_it_is_argon2id(store: Database, clock: Clock) -> None:
    choose(store, clock)
    with store.read() as session:
        facts = desk_state_rows.read_texts(session)
        entry = session.query(StoredEntry).order_by(StoredEntry.seq.desc()).first()
        assert entry is not None and json.loads(entry.bytes)["p"] == {"act": "pin_set"} and entry.typ == "admin"
    assert facts["pin_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert GOOD not in json.dumps(facts)
    assert pin.verify_pin(facts["pin_hash"], GOOD) and not pin.verify_pin(facts["pin_hash"], "274952")
    assert (
        not pin.verify_pin("", GOOD)
        and not pin.verify_pin("$argon2id$nonsense", GOOD)
        and not pin.verify_pin(facts["pin_hash"], "")
    )


def opened(store: Database, kind: str, clock: Clock) -> str:
    with store.write() as session:
        return sessions.sign_in(session, kind, clock.now())


def duty(store: Database, cookie: str | None, clock: Clock) -> str | None:
    with store.read() as session:
        return sessions.find_session_kind(session, cookie, clock.now())


def test_the_staff_session_ends_a_minute_after_the_last_touch(store: Database, clock: Clock) -> None:
    cookie = opened(store, sessions.STAFF, clock)
    clock.wait(59)
    assert duty(store, cookie, clock) == "staff"
    with store.write() as session:
        assert sessions.prolong_session(session, sessions.STAFF, cookie, clock.now())
    clock.wait(59)
    assert duty(store, cookie, clock) == "staff"
    clock.wait(1)
    assert duty(store, cookie, clock) is None
    with store.write() as session:  # too late
        assert not sessions.prolong_session(session, sessions.STAFF, cookie, clock.now())


def test_the_officer_stays_eight_hours_but_not_over_midnight(store: Database, clock: Clock) -> None:
    cookie = opened(store, sessions.OFFICER, clock)
    clock.wait(8 * 3600 - 1)
    assert duty(store, cookie, clock) == "officer"
    clock.wait(1)
    assert duty(store, cookie, clock) is None
    clock.t = day_start("2026-10-15") - 60_000
    cookie = opened(store, sessions.OFFICER, clock)
    clock.wait(59)
    assert duty(store, cookie, clock) == "officer"
    clock.wait(1)
    assert duty(store, cookie, clock) is None


def test_no_other_cookie_is_on_duty(store: Database, clock: Clock) -> None:
    officer = opened(store, sessions.OFFICER, clock)
    staff = opened(store, sessions.STAFF, clock)
    assert (duty(store, officer, clock), duty(store, staff, clock)) == ("officer", "staff")
    for wrong in (None, "", "x", staff[:-1], staff + "x"):
        assert duty(store, wrong, clock) is None
    with store.read() as session:
        assert staff not in json.dumps(desk_state_rows.read_texts(session))
    with store.write() as session:
        sessions.sign_out(session, staff)
    assert (duty(store, officer, clock), duty(store, staff, clock)) == ("officer", None)
    again = opened(store, sessions.OFFICER, clock)  # one place a kind
    assert (duty(store, officer, clock), duty(store, again, clock)) == (None, "officer")
    with store.write() as session:
        sessions.end_all_sessions(session)
    assert duty(store, again, clock) is None


def test_a_restart_ends_every_session(store: Database, clock: Clock, tmp_path: Path) -> None:
    cookie = opened(store, sessions.OFFICER, clock)
    start_desk(store, clock.now(), Settings(tmp_path / "desk"))
    assert duty(store, cookie, clock) is None
