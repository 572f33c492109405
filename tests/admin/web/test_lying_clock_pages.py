"""Every page of the centre while its clock lies: staff read on and are told in words.

A clock of 1970 knows no month, and one of 2060 knows months that have not come: pages and files reckon by what was
signed last, and are what they were then.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from admin.ledgers import centre_clock
from models.clock import HCM
from tests.fixtures import hostile_requests
from tests.fixtures.centre_scene import NOW, open_centre
from tests.fixtures.hostile_requests import Door
from tests.fixtures.whole_centre import WholeCentre, open_whole_centre

#: What the centre's clock shows, and the code that stands for it.
CLOCKS = {
    "1970": (5_000, "clock_behind"),
    "2060": (int(datetime.datetime(2060, 1, 1, 9, tzinfo=HCM).timestamp() * 1000), "clock_ahead"),
}
WORDS = {"clock_behind": "Đồng hồ của trung tâm chạy chậm", "clock_ahead": "Đồng hồ của trung tâm có thể chạy nhanh"}
#: Citizens' pages, which are closed meanwhile and say so in other words.
CLOSED = "survey."
#: What whoever holds a paper sees: what was frozen, whatever the clock shows; staff's commands are not theirs.
ANYBODYS = ("reports.ask_code", "reports.verify")
#: What is told of a link of a clock that ran far ahead, and of a machine that watches.
ELSE = {"staff.link": 503, "health.healthz": 503}
STAFF = "province@nb.vn"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeCentre]:
    with open_whole_centre(tmp_path_factory.mktemp("clocks")) as whole_centre:
        whole_centre.scene.app.config["TESTING"] = False  # its own answers to errors, not the tests' exceptions
        with whole_centre.scene.database.write() as session:
            centre_clock.restart_clock_comparison(session, NOW)
        yield whole_centre


def pages(centre: WholeCentre) -> list[Door]:
    """Every door that is opened by looking."""
    doors = hostile_requests.list_doors(centre.scene.app, centre.arguments)
    return [door for door in doors if "GET" in (door.rule.methods or ())]


def opened_at(centre: WholeCentre, door: Door, now_ms: int) -> TestResponse:
    """The door as staff find it while the clock shows `now_ms`."""
    centre.scene.now_ms = now_ms
    return centre.scene.client(STAFF).get(door.path(), query_string=centre.questions.get(door.rule.endpoint, {}))


@pytest.mark.parametrize("shown", CLOCKS)
def test_every_page_opens_and_says_that_the_clock_is_wrong(centre: WholeCentre, shown: str) -> None:
    ms, code = CLOCKS[shown]
    endpoints = set()
    for door in pages(centre):
        right, answer = (opened_at(centre, door, at) for at in (NOW, ms))
        endpoint, place = door.rule.endpoint, (door.path(), answer.status_code, answer.data[:200])
        endpoints.add(endpoint)
        if endpoint.startswith(CLOSED):
            assert answer.status_code == 503 and code in answer.text and "<h1" in answer.text, place
        elif answer.status_code != right.status_code:
            assert answer.status_code == ELSE.get(endpoint), place
            assert code in answer.text or WORDS[code] in answer.text, place
        elif endpoint in ANYBODYS:
            assert answer.text == right.text and "hailong" not in answer.text, place
        elif answer.mimetype == "text/html" and answer.status_code == 200 and endpoint != "staff.link":
            assert WORDS[code] in answer.text and "hailong admin clock confirm" in answer.text, place
        elif answer.mimetype == "text/csv":
            assert answer.text == right.text, place
    assert {
        "dashboard.home", "dashboard.coverage", "agencies.agency", "ranking.ranks", "legal.indicators", "slips.page",
        "reports.months", "devices.fleet", "open_data.indices", "dashboard.figures", "survey.faces",
    } <= endpoints  # fmt: skip


def test_where_nothing_was_ever_signed_the_page_says_so_too(tmp_path: Path) -> None:
    with open_centre(tmp_path) as scene:
        scene.app.config["TESTING"] = False
        scene.now_ms, code = CLOCKS["1970"]
        for path in ("/", "/agencies/SNV", "/overview.csv", "/reports"):
            answer = scene.get(path)
            assert answer.status_code == 503 and WORDS[code] in answer.text, path
