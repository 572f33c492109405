"""A clock that ran years ahead and was set back: nobody is locked out, and nobody stays in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from admin.auth import accounts, sessions
from admin.auth.sessions import IDLE_MS, LOCK_MS, TRIES
from tests.fixtures.centre_scene import NOW, Scene, opened

PERSON, STRANGER = "province@nb.vn", "nobody@nb.vn"
MINUTE, AHEAD = 60_000, 34 * 365 * 86_400_000


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with opened(tmp_path, filled=False) as scene:
        yield scene


def tried(scene: Scene, email: str, now_ms: int) -> int:
    """How long further tries are refused when one is made then (ms)."""
    with scene.database.write() as session:
        return sessions.begin_try(session, email, now_ms).locked_ms


@pytest.mark.parametrize("email", [PERSON, STRANGER])
def test_a_lock_ends_in_its_minutes(scene: Scene, email: str) -> None:
    for _ in range(TRIES):
        assert tried(scene, email, NOW + AHEAD) == 0
    assert 0 < tried(scene, email, NOW + AHEAD + MINUTE) < LOCK_MS
    assert tried(scene, email, NOW) == LOCK_MS, "the lock holds after the clock was set back, and no longer than ever"
    assert tried(scene, email, NOW + LOCK_MS - 1) == 1
    assert tried(scene, email, NOW + LOCK_MS) == 0


def holds(scene: Scene, secret: str, now_ms: int) -> bool:
    with scene.database.read() as session:
        return sessions.person(session, secret, now_ms, sessions.Used()) is not None


def begun(scene: Scene, now_ms: int) -> str:
    with scene.database.write() as session:
        return sessions.start(session, PERSON, now_ms)


def test_a_session_of_a_time_to_come_is_none(scene: Scene) -> None:
    secret = begun(scene, NOW + AHEAD)
    assert holds(scene, secret, NOW + AHEAD + MINUTE)
    assert not holds(scene, secret, NOW)
    begun(scene, NOW)  # whoever signs in clears it away
    assert not holds(scene, secret, NOW + AHEAD + MINUTE)


def test_a_clock_put_right_by_minutes_ends_no_session(scene: Scene) -> None:
    secret = begun(scene, NOW)
    assert holds(scene, secret, NOW - 4 * MINUTE) and not holds(scene, secret, NOW + IDLE_MS)


def test_a_link_of_a_time_to_come_opens_nothing(scene: Scene) -> None:
    with scene.database.write() as session:
        link = accounts.renew_link(session, PERSON, NOW + AHEAD)
        assert accounts.link_owner(session, link, NOW + AHEAD) == PERSON
        assert accounts.link_owner(session, link, NOW) is None
        fresh = accounts.renew_link(session, PERSON, NOW)
        assert accounts.link_owner(session, fresh, NOW - 4 * MINUTE) == PERSON
