"""A phone at the centre's pages for tests: a browser with or without cookies, slips of a real desk, what was stored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from werkzeug.test import TestResponse

from kiosk.slips import minting
from models.clock import Moment
from models.keys import signing_key
from models.tables.ledger_entry import StoredEntry
from models.tables.responses import FollowUp, LaterAnswer, Note, OpenedSidecar, PhoneDraft, Response, SpentSlip, Tie
from models.tables.slips import WrongTries
from models.vocabulary import Stage
from tests.flow.scene import Centre, Desk, paired
from tests.kiosk.paired_desk import hidden

BIRTH = "1.001193"
DAY = 86_400_000
QUARTER = 15 * 60_000


def minted(desk: Desk, ago_ms: int = 0, **values: Any) -> str:
    """A slip as the desk makes it, without a network."""
    now = desk.now()
    values = {"stage": Stage.RESULT, "procedure": BIRTH, "due_days": 3, **values}
    with desk.database.write() as session:
        made = minting.mint(session, signing_key(desk.settings.key_file), Moment(now.t - ago_ms, now.mono), **values)
    return made.token


@pytest.fixture(scope="module", name="scene")
def the_scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Centre, Desk]]:
    """A paired desk whose centre cannot be reached any more; the centre's pages are asked directly."""
    with paired(tmp_path_factory.mktemp("phone")) as (centre, desk):
        centre.stop()
        yield centre, desk


@pytest.fixture(name="centre")
def the_centre(scene: tuple[Centre, Desk]) -> Iterator[Centre]:
    """The centre; its clock is set right after each test, and nobody has typed anything wrong yet."""
    scene[0].app.extensions.pop("limits", None)
    with scene[0].database.write() as session:
        session.execute(delete(WrongTries))
    yield scene[0]
    scene[0].clock = 0


@pytest.fixture(name="token")
def the_token(scene: tuple[Centre, Desk]) -> str:
    """A slip of the desk, new for each test."""
    return minted(scene[1])


class Phone:
    """A browser at the centre's pages; with `cookies` off it refuses them."""

    def __init__(self, centre: Centre, cookies: bool = True) -> None:
        self.client = centre.app.test_client(use_cookies=cookies)

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, **data: Any) -> TestResponse:
        return self.client.post(path, data=data)

    def form(self, path: str) -> dict[str, str]:
        """The hidden fields of the form at `path`."""
        page = self.get(path)
        assert page.status_code == 200, page.status
        return hidden(page.text)

    def tap(self, token: str, score: int, lang: str = "") -> str:
        """Touch a face; returns where the phone is sent."""
        path = f"/r/{token}{lang}"
        answer = self.post(path, **self.form(path), score=score)
        assert answer.status_code == 303, answer.text
        return answer.location

    def page(self, address: str, act: str = "send", **more: Any) -> TestResponse:
        """Fill in the page at `address` and send it; follows to what comes next."""
        drawn = self.get(address)
        assert drawn.status_code == 200, drawn.status
        data = {**hidden(drawn.text), "act": act, **more}
        return self.client.post(action(drawn), data=data, follow_redirects=True)

    def send(self, address: str, **more: Any) -> TestResponse:
        """Fill in every page from `address` on, each with what it asks of `more`, and send; follows to the thanks."""
        drawn = self.get(address)
        while "<textarea" not in drawn.text:
            drawn = self.fill(drawn, more)
            assert drawn.status_code == 200, drawn.text
        return self.fill(drawn, more)

    def fill(self, drawn: TestResponse, more: dict[str, Any]) -> TestResponse:
        """Send a page that was drawn, with what it asks of `more`."""
        return self.client.post(action(drawn), data={**hidden(drawn.text), **asked(drawn, more)}, follow_redirects=True)


def action(page: TestResponse) -> str:
    """Where the form of a page is sent to."""
    (found,) = re.findall(r'<form method="post" action="([^"]*)"', page.text)
    return str(found).replace("&amp;", "&")


def asked(page: TestResponse, more: dict[str, Any]) -> dict[str, Any]:
    """Of `more` what this page asks; sent, not stopped."""
    return {"act": "send"} | {name: value for name, value in more.items() if f'name="{name}"' in page.text}


def stored(centre: Centre) -> dict[str, int]:
    """How much the centre holds of everything a phone may leave there."""
    tables = (SpentSlip, LaterAnswer, PhoneDraft, Response, StoredEntry, OpenedSidecar, Tie, FollowUp, Note)
    with centre.database.read() as session:
        return {
            table.__name__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables
        }


def response(centre: Centre, id: str) -> Response:
    with centre.database.read() as session:
        return session.get_one(Response, id)


def id_of(address: str) -> str:
    return re.search(r"[?&]id=([0-9a-f]{32})", address)[1]  # type: ignore[index]


def kind(page: TestResponse, code: str) -> str:
    """A page for people, with its code, and without anything about who or when."""
    assert page.status_code == int(code[3:]) and code in page.text
    assert page.mimetype == "text/html" and "<h1>" in page.text and "score" not in page.text
    return page.text
