"""Every door of the centre while its clock lies: nothing is taken, kept or erased, and each says so.

Small steps change nothing; a clock that was put right opens the doors by itself, one that is right must be confirmed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from admin import jobs
from admin.api.slips import api_keys
from admin.auth import accounts, sessions
from admin.ledgers import centre_clock
from admin.ledgers.centre_clock import ClockDoubted
from kiosk.sync.client import SyncResult
from models import clock
from models.storage.database import Database
from models.tables.declarative_base import CENTRAL, tables
from models.tables.desk_store import StoredReceipt
from models.tables.device import BatchLog
from models.tables.response import Response
from tests.fixtures.centre_and_desk import AGENCY, DESK, Centre, Desk, pair_centre_and_desk
from tests.fixtures.centre_scene import HASH
from tests.fixtures.phone_at_centre import Phone, mint_slip

MINUTE, DAY = 60_000, 86_400_000
#: People sign in, and it is noted, whatever the clock shows.
LEFT_OUT = {"staff_session", "audit"}
STAFF = "quantri@nb.vn"


@pytest.fixture
def scene(tmp_path: Path, store_url: str) -> Iterator[tuple[Centre, Desk]]:
    """A centre that has signed something just now, and its desk."""
    with pair_centre_and_desk(tmp_path, store_url) as (centre, desk):
        centre.stop_clock()
        desk.rate(5)
        assert desk.sync(url=centre.url).state == "ok"
        yield centre, desk


def held(database: Database) -> dict[str, list[str]]:
    """Every row of the centre's store."""
    with database.read() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table)))) for table in tables(CENTRAL)
            if table.name not in LEFT_OUT
        }  # fmt: skip


def leaps(centre: Centre) -> dict[str, int]:
    """Clocks that lie, by how far ahead they are, with what is said of them."""
    return {
        "1970": -centre.now().t + 5 * MINUTE, "a year back": -365 * DAY, "five minutes back": -5 * MINUTE,
        "32 days ahead": 32 * DAY, "2060": 34 * 365 * DAY,
    }  # fmt: skip


def staff(centre: Centre) -> tuple[FlaskClient, str]:
    """A browser of the province's administrator, signed in, and the token of its forms."""
    now = centre.now().t
    with centre.database.write() as session:
        accounts.use_link(session, accounts.add_account(session, STAFF, "province", "NB", now), HASH, now)
    return signed_in(centre)


def signed_in(centre: Centre) -> tuple[FlaskClient, str]:
    """The same, signed in by the centre's present clock."""
    client = centre.app.test_client()
    with centre.database.write() as session:
        client.set_cookie("hailong_admin", sessions.start_session(session, STAFF, centre.now().t))
    return client, client.get("/devices").text.split('name="csrf_token" value="')[1].split('"')[0]


def closed(answer: TestResponse, code: str) -> None:
    """An answer that says why nothing was taken, and when to ask again."""
    assert answer.status_code == 503 and code in answer.text, (answer.status_code, answer.text[:300])
    assert answer.headers["Retry-After"] == str(centre_clock.RETRY_SECONDS)


def test_no_door_takes_anything_while_the_clock_lies(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    staff(centre)
    token, fresh = mint_slip(desk), mint_slip(desk)
    phone = Phone(centre)
    form = phone.form(f"/r/{token}")
    left = phone.tap(fresh, 2)
    desk.rate(1)
    before = held(centre.database)
    for name, ahead in leaps(centre).items():
        centre.jump_clock(ahead)
        code = "clock_behind" if ahead < 0 else "clock_ahead"
        client, sealed = signed_in(centre)
        doors = []
        for rule in centre.app.url_map.iter_rules():
            for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
                if rule.endpoint.startswith("staff."):
                    continue
                with centre.app.test_request_context():
                    address = centre.app.url_map.bind("").build(rule.endpoint, dict.fromkeys(rule.arguments, token))
                closed(client.open(address, method=method, data={"csrf_token": sealed}), code)
                doors.append(rule.endpoint)
        assert {"sync.sync", "sync.enrol", "sync.reference_data", "sync.recording", "announce.slips", "survey.faces",
                "survey.more", "survey.note", "survey.typed", "survey.poster_faces",
                "reports.issue_report"} <= set(doors)  # fmt: skip
        for path in (f"/r/{token}", left, f"/d/{DESK}", "/m", "/c/"):
            closed(phone.get(path), code)
        closed(phone.post(f"/r/{token}", **form, score=1), code)
        assert "Phiếu của Ông/Bà" not in phone.get(f"/r/{token}").text
        assert desk.sync(url=centre.url).state == "offline", name
        jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t)
        health = client.get("/healthz").json
        assert health is not None and health["reason"] == code
        assert held(centre.database) == before, name
    centre.jump_clock(0)
    assert desk.sync(url=centre.url).state == "ok"
    assert phone.post(f"/r/{token}", **form, score=1).status_code == 303
    jobs.update_responses_and_tallies(centre.database, centre.keys, centre.now().t + 20 * MINUTE)
    with centre.database.read() as session:
        (month,) = set(session.scalars(select(Response.month)))
    assert month > "2026"


def test_a_key_announces_nothing_and_says_so_in_the_shape_of_the_api(scene: tuple[Centre, Desk]) -> None:
    centre, _desk = scene
    with centre.database.write() as session:
        key = api_keys.add_key(session, "one-stop", AGENCY, centre.now().t, 600)
    headers = {"Authorization": f"Bearer {key}"}
    body = {"agency": AGENCY, "desk": DESK, "stage": "submission", "procedure": "1.001193"}
    client = centre.app.test_client(use_cookies=False)
    centre.jump_clock(40 * DAY)
    before = held(centre.database)
    answer = client.post("/api/v1/slips", json=body, headers=headers)
    closed(answer, "clock_ahead")
    assert answer.json is not None and answer.json["error"].keys() == {"code", "message"}
    assert held(centre.database) == before
    centre.jump_clock(0)
    assert client.post("/api/v1/slips", json=body, headers=headers).status_code == 201


def test_staff_read_on_and_are_told(scene: tuple[Centre, Desk]) -> None:
    centre, _desk = scene
    client, _ = staff(centre)
    words = "Đồng hồ của trung tâm"
    assert words not in client.get("/devices").text
    centre.jump_clock(-20 * DAY)
    client, _ = signed_in(centre)
    for path in ("/devices", "/languages"):
        page = client.get(path)
        assert page.status_code == 200 and words in page.text and "hailong admin clock confirm" in page.text
    assert words not in centre.app.test_client().get("/v/AAAA-AAAA").text, "no matter of whoever holds a paper"


def test_a_small_step_back_is_led_on(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    signed = receipts(desk)
    for seconds in (299, 1):
        centre.jump_clock(-seconds * 1000)
        desk.rate(4)
        assert desk.sync(url=centre.url).state == "ok"
        signed = [*signed, *(t for t in receipts(desk) if t not in signed)]
    assert signed == sorted(set(signed)) and len(signed) >= 3
    assert signed[-1] - signed[0] < 1000, "led on by milliseconds, not thrown ahead"
    with centre.database.read() as session:
        received = session.scalars(select(BatchLog.received_ms).order_by(BatchLog.number)).all()
    assert received == sorted(received)


def receipts(desk: Desk) -> list[int]:
    """The centre's time in the receipts the desk holds, in the order of the ledger."""
    with desk.database.read() as session:
        rows = session.scalars(select(StoredReceipt.bytes).order_by(StoredReceipt.number))
        return [json.loads(raw)["t"] for raw in rows]


def synced(centre: Centre, desk: Desk) -> SyncResult:
    desk.rate(3)
    return desk.sync(url=centre.url)


@pytest.mark.parametrize("ahead", [-3 * DAY, 400 * DAY], ids=["behind what was signed", "after a year at rest"])
def test_a_clock_that_a_person_confirmed_is_signed_by_and_desks_can_read_it(
    scene: tuple[Centre, Desk], ahead: int
) -> None:
    centre, desk = scene
    centre.jump_clock(ahead)
    assert synced(centre, desk).state == "offline"
    with centre.database.write() as session:
        centre_clock.confirm_clock(session, centre.now().t, "an administrator")
    assert synced(centre, desk).state == "ok"
    with desk.database.read() as session:
        newest = session.scalars(select(StoredReceipt.bytes).order_by(StoredReceipt.number.desc())).first() or b"{}"
    told = json.loads(newest)
    assert told["ck"] == centre.now().t <= told["t"] < centre.now().t + MINUTE
    with centre.database.read() as session:
        newest_ms = session.scalars(select(Response.at_ms).order_by(Response.seq.desc())).first() or 0
        stands = centre_clock.read_clock(session, centre.now().t)
    assert stands.doubt is None and stands.confirmed_ms == centre.now().t
    assert newest_ms <= centre.now().t + MINUTE


@pytest.mark.parametrize("step", [-4 * MINUTE, 0, 1, 31 * DAY])
def test_what_no_person_has_to_confirm(step: int) -> None:
    newest = clock.day_start("2026-11-29")
    assert centre_clock.judge_clock(newest + step, newest) == max(newest + step, newest + (step < 0))


@pytest.mark.parametrize(
    ("step", "code"),
    [(-5 * MINUTE, "clock_behind"), (-400 * DAY, "clock_behind"), (31 * DAY + 1, "clock_ahead")],
)
def test_what_a_person_has_to_confirm(step: int, code: str) -> None:
    newest = clock.day_start("2026-11-29")
    with pytest.raises(ClockDoubted) as doubted:
        centre_clock.judge_clock(newest + step, newest)
    assert doubted.value.code == code


def test_a_new_store_signs_by_any_clock_but_that_of_an_empty_battery() -> None:
    for day in ("2025-01-01", "2026-11-29", "2060-01-01"):
        assert centre_clock.judge_clock(clock.day_start(day), None) == clock.day_start(day)
    for ms in (0, clock.day_start("2019-01-01"), clock.day_start("2025-01-01") - 1):
        with pytest.raises(ClockDoubted):
            centre_clock.judge_clock(ms, None)
