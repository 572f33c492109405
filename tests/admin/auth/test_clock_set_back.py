"""A clock that ran years ahead and was set back: nobody is locked out, and nobody stays in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from admin.auth import accounts, sessions
from admin.auth.sessions import IDLE_MS
from admin.auth.sign_in_limits import LOCK_MS
from models.clock import Moment
from tests.fixtures.centre_scene import NOW, CentreScene, find_form_token, open_centre

PERSON, STRANGER = "province@nb.vn", "nobody@nb.vn"
MINUTE, AHEAD = 60_000, 34 * 365 * 86_400_000


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[CentreScene]:
    with open_centre(tmp_path, filled=False) as scene:
        yield scene


@pytest.mark.parametrize("email", [PERSON, STRANGER])
@pytest.mark.parametrize("step", [-AHEAD, AHEAD], ids=["back", "ahead"])
def test_a_lock_ends_in_its_minutes_whatever_the_wall_clock_says(scene: CentreScene, email: str, step: int) -> None:
    """Neither sooner nor later."""
    ran = 0
    scene.app.extensions["clock"] = lambda: Moment(scene.now_ms, ran)
    client = scene.client()

    def tried() -> int:
        form = {"email": email, "password": "sai mất rồi", "csrf_token": find_form_token(client)}
        return client.post("/sign-in", data=form).status_code

    assert [tried() for _ in range(6)] == [403] * 4 + [429] * 2
    scene.now_ms += step
    assert tried() == 429
    ran = LOCK_MS - MINUTE
    assert tried() == 429
    ran = LOCK_MS
    assert tried() == 403


def holds(scene: CentreScene, secret: str, now_ms: int) -> bool:
    with scene.database.read() as session:
        return sessions.find_session_person(session, secret, now_ms, sessions.SessionActivity()) is not None


def begun(scene: CentreScene, now_ms: int) -> str:
    with scene.database.write() as session:
        return sessions.start_session(session, PERSON, now_ms)


def test_a_session_of_a_time_to_come_is_none(scene: CentreScene) -> None:
    secret = begun(scene, NOW + AHEAD)
    assert holds(scene, secret, NOW + AHEAD + MINUTE)
    assert not holds(scene, secret, NOW)
    begun(scene, NOW)  # whoever signs in clears it away
    assert not holds(scene, secret, NOW + AHEAD + MINUTE)


def test_a_clock_put_right_by_minutes_ends_no_session(scene: CentreScene) -> None:
    secret = begun(scene, NOW)
    assert holds(scene, secret, NOW - 4 * MINUTE) and not holds(scene, secret, NOW + IDLE_MS)


def test_a_link_of_a_time_to_come_opens_nothing(scene: CentreScene) -> None:
    with scene.database.write() as session:
        link = accounts.renew_link(session, PERSON, NOW + AHEAD)
        assert accounts.find_link_owner(session, link, NOW + AHEAD) == PERSON
        assert accounts.find_link_owner(session, link, NOW) is None
        fresh = accounts.renew_link(session, PERSON, NOW)
        assert accounts.find_link_owner(session, fresh, NOW - 4 * MINUTE) == PERSON
