"""Counts of what runs on a page that stays open: asked again each minute, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from models.tables.device import Device
from models.tables.tally import TallyBrief, TallyDay
from tests.fixtures.browser_tablet import collect_complaints, serve_app
from tests.fixtures.centre_scene import NOW, CentreScene, open_centre

Tally = TypeVar("Tally", TallyDay, TallyBrief)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre(tmp_path_factory.mktemp("open")) as scene:
        yield scene


@pytest.fixture(scope="module")
def address(scene: CentreScene) -> Iterator[str]:
    with serve_app(scene.app) as address:
        yield address


def _count_one(session: Session, table: type[Tally], **more: str) -> None:
    key = {"agency_key": "SNV", "month": "2026-11", "channel": "kiosk", "instrument": "short", "version": 1,
           "item": "_responses", "excluded": 0, "value": "counted", **more}  # fmt: skip
    row = session.query(table).filter_by(**key).one_or_none()
    if row is None:
        row = table(**key, n=0)
        session.add(row)
    row.n += 1


def one_more(scene: CentreScene) -> None:
    """An answer of the department's desk is counted, and its device heard, at the scene's time."""
    with scene.database.write() as session:
        _count_one(session, TallyDay, day="2026-11-21", desk_code="SNV-Q1", stage="result")
        _count_one(session, TallyBrief)
        session.get_one(Device, "d-0001").last_seen_ms = scene.now_ms


@pytest.mark.parametrize("path", ["/agencies?q=n", "/?lang=vi", "/agencies/SNV", "/agencies/SNV/desks"])
def test_a_page_that_stays_open_shows_each_minute_what_came(
    page: Page, scene: CentreScene, address: str, path: str
) -> None:
    scene.now_ms = NOW
    heard, requests = collect_complaints(page), []
    page.on("request", lambda request: requests.append((request.method, urlsplit(request.url).path)))
    cookie = scene.client("province@nb.vn").get_cookie("hailong_admin")
    assert cookie is not None
    page.context.add_cookies([{"name": "hailong_admin", "value": cookie.value, "url": address}])
    page.clock.install()
    page.goto(address + path)
    place = page.locator(f"[data-now={'SNV-Q1' if 'SNV' in path else 'SNV'}]")
    before = [int(n) for n in place.all_text_contents()]
    assert len(before) == 2
    if "q=" in path:
        page.locator("#q").fill("thử")
    one_more(scene)
    scene.now_ms = NOW + 60_000
    one_more(scene)
    page.clock.run_for(59_000)
    assert [int(n) for n in place.all_text_contents()] == before and ("GET", "/running.json") not in requests
    page.clock.run_for(1_000)
    expect(place.last).to_have_text(str(before[1] + 2))
    assert [int(n) for n in place.all_text_contents()] == [n + 2 for n in before]
    expect(page.locator("[data-running]")).to_have_text("đến 09:01 ngày 21/11/2026")
    if "q=" in path:
        expect(page.locator("#q")).to_have_value("thử")
    assert requests.count(("GET", "/running.json")) == 1 and {method for method, _path in requests} == {"GET"}
    assert heard == []
    scene.now_ms = NOW


def test_when_the_sign_in_is_over_the_page_stays_as_it_is_and_no_other_is_drawn(
    page: Page, scene: CentreScene, address: str
) -> None:
    scene.now_ms = NOW
    heard, page_urls = collect_complaints(page), []
    cookie = scene.client("province@nb.vn").get_cookie("hailong_admin")
    assert cookie is not None
    page.context.add_cookies([{"name": "hailong_admin", "value": cookie.value, "url": address}])
    page.clock.install()
    page.goto(address + "/agencies")
    page.on("response", lambda response: page_urls.append(response.url) if response.status == 200 else None)
    before = page.locator("main").inner_text()
    scene.now_ms = NOW + 20 * 60_000
    one_more(scene)
    for _minute in range(2):
        with page.expect_event("requestfinished", lambda request: "/running.json" in request.url):
            page.clock.run_for(60_000)
    assert page.locator("main").inner_text() == before
    assert not page_urls and heard == []
    scene.now_ms = NOW
