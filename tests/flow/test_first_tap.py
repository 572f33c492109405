"""A new desk's first tap on the pages of the centre: how soon, by the intervals that are shipped."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient

from admin.auth import accounts, sessions
from kiosk.cli.sending import sync_command
from kiosk.rating import idle_sweep
from kiosk.sync import loop
from models import clock
from models.clock import Moment
from tests.fixtures.centre_and_desk import AGENCY, DESK, Centre, Desk, pair_centre_and_desk
from tests.fixtures.centre_scene import HASH
from tests.fixtures.citizen import Citizen

pytestmark = pytest.mark.starts_at("2026-11-21T09:00:00")
EVERY = next(
    option.default for option in sync_command.params if option.name == "every" and isinstance(option.default, float)
)
#: Each page that shows the desk's counts, and the name of its place there.
PAGES = {"/agencies": AGENCY, f"/agencies/{AGENCY}": DESK, f"/agencies/{AGENCY}/desks": DESK, "/": AGENCY}


class Hours(threading.Event):
    """The clock of desk, centre and sync loop: it goes on only while the loop waits. Meanwhile the desk's server sweeps
    as often as it does, and `at` says what somebody does when (ms since the start → the act)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:
        super().__init__()
        self.desk, self.passed, self.at = desk, 0, dict[int, Callable[[], object]]()
        start = clock.now()
        monkeypatch.setattr(clock, "wall_ms", lambda: start.t + self.passed)
        monkeypatch.setattr(clock, "now", lambda: Moment(start.t + self.passed, start.mono + self.passed))
        monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=lambda: self.passed / 1000))

    def wait(self, timeout: float | None = None) -> bool:
        """Let the time pass, second by second."""
        end = self.passed + max(1, round(1000 * (timeout or 0)))
        while self.passed < end and not self.is_set():
            self.passed = min(end, self.passed + 1000)
            for due in [ms for ms in self.at if ms <= self.passed]:
                self.at.pop(due)()
            if self.passed % round(1000 * idle_sweep.EVERY_SECONDS) == 0:
                idle_sweep.sweep_once(self.desk.database, self.desk.now, self.desk.settings)
        return self.is_set()


def reader(centre: Centre) -> FlaskClient:
    """The browser of somebody of the province, signed in."""
    at = centre.now().t
    with centre.database.write() as session:
        accounts.use_link(session, accounts.add_account(session, "province@nb.vn", "province", "NB", at), HASH, at)
        secret = sessions.start_session(session, "province@nb.vn", at)
    client = centre.app.test_client()
    client.set_cookie("hailong_admin", secret)
    return client


def shown(client: FlaskClient, path: str) -> tuple[int, int]:
    """What a page says of today and this month."""
    page = client.get(path)
    assert page.status_code == 200, (path, page.status_code)
    today, month = re.findall(rf'data-now="{PAGES[path]}" data-nth="[01]">(\d+)<', page.text)
    return int(today), int(month)


@pytest.mark.parametrize(("act", "within"), [("send", 60), ("skip", 60), ("", 60 + EVERY + idle_sweep.EVERY_SECONDS)])
def test_the_first_tap_of_a_new_desk_is_on_every_page_within_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str, within: float
) -> None:
    """A second after a run of sync, which is the worst moment. Whoever taps and walks away is waited for as long as his
    screen stands, which is a minute by itself."""
    with pair_centre_and_desk(tmp_path) as (centre, desk):
        hours, tapped, seen = Hours(monkeypatch, desk), 1000, dict[str, int]()
        client = reader(centre)
        assert {path: shown(client, path) for path in PAGES} == dict.fromkeys(PAGES, (0, 0))

        def somebody() -> None:
            citizen = Citizen(desk.app)
            citizen.tap(5)
            if act:
                citizen.topics(act=act)

        def told(_outcome: object) -> None:
            for path in PAGES:
                if shown(client, path) == (1, 1):
                    seen.setdefault(path, hours.passed - tapped)

        hours.at = {tapped: somebody, 180_000: hours.set}
        loop.run_for_ever(desk.database, desk.settings, EVERY, told, hours)
        assert set(seen) == set(PAGES) and max(seen.values()) <= 1000 * within, seen
        assert len(set(seen.values())) == 1, "on all of them at once"
        assert "/running.json" in client.get("/agencies").text
