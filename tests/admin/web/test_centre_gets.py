"""Every address of the centre asked for by GET: nothing is changed.

As everybody, on both databases, the jobs not running. The addresses come from the app's own map; one whose parts
nobody knows how to fill in fails the test. What is worth noting of a look at a page waits in the process's memory
(`admin.jobs.store_noted_activity`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from admin import jobs
from admin.auth import sessions
from models.tables.device import Refusal
from models.tables.staff_account import StaffSession
from models.tables.tally import HiddenCell, HiddenYear, StaleTally
from tests.fixtures import hostile_requests, postgres
from tests.fixtures.centre_scene import NOW, PEOPLE
from tests.fixtures.instance_contents import ASKED_BY, find_changes, read_contents
from tests.fixtures.whole_centre import WholeCentre, open_whole_centre

#: What a look at a page does write, by table, with the reason; nothing else does.
WRITTEN_ON_A_READ: dict[str, str] = {}
#: What an address may be asked with.
QUERY = {"lang": "en", "agency": "SNV", "period": "2026-10", "from": "2026-08", "to": "2026-10", "desk": "SNV-Q1",
         "month": "2026-10", "locale": "en", "code": "0" * 12, "got": "no", "saved": "1", "method": "top2.overall",
         "next": "/reports", "notice": "out", "kind": "department", "all": "1"}  # fmt: skip
MINUTE = 60_000


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def centre(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WholeCentre]:
    folder = tmp_path_factory.mktemp("gets")
    if request.param == "sqlite":
        with open_whole_centre(folder) as whole_centre:
            yield waiting(whole_centre)
        return
    server: postgres.PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url, open_whole_centre(folder, url) as whole_centre:
        yield waiting(whole_centre)


def waiting(centre: WholeCentre) -> WholeCentre:
    """Everything that somebody might be tempted to bring up to date: months marked for a recount, hidden cells that
    are not worked out, phone answers left idle."""
    with centre.scene.database.write() as session:
        for key, month in itertools.product(("SNV", "STC", "HL"), ("2026-09", "2026-10", "2026-11")):
            session.merge(StaleTally(agency_key=key, month=month, marks=1))
        for table in (HiddenCell, HiddenYear):
            session.query(table).delete()
    centre.scene.now_ms = NOW + 3 * 3_600_000
    return centre


def arguments(centre: WholeCentre) -> dict[str, dict[str, list[str]]]:
    """What the parts of an address may be, by endpoint (under "" those of all others): what is really there, used,
    unused and over, and what is not."""
    slips = [
        centre.slip(serial=9), centre.slip(), centre.slip(serial=3), centre.slip(serial=7, minute=1, due_days=1),
        "0" * 152, "x",
    ]  # fmt: skip
    own = {endpoint: {name: [value] for name, value in parts.items()} for endpoint, parts in centre.arguments.items()}
    more = {
        "": {"key": ["HL", "NB", "nothing"], "token": slips, "code": ["0" * 12], "filename": ["nothing.css"],
             "name": ["bao-cao.pdf"]},
        "survey.faces": {"token": slips},
        "survey.note": {"token": [centre.note(), centre.note(1), "x"]},
        "survey.code": {"code": ["0" * 12, "ABCD EFGH JKMN", "x"]},
        "staff.link": {"token": ["x"]},
        **{f"survey.poster_{page}": {"token": ["nothing"]} for page in ("faces", "more", "sent")},
    }  # fmt: skip
    for endpoint, parts in more.items():
        for name, values in parts.items():
            own.setdefault(endpoint, {}).setdefault(name, []).extend(values)
    return own


def addresses(centre: WholeCentre) -> Iterator[tuple[str, str]]:
    """Every rule that can be asked for by GET, with every way to fill it in; and its endpoint."""
    values_by_endpoint = arguments(centre)
    for rule in sorted(centre.scene.app.url_map.iter_rules(), key=str):
        if "GET" not in (rule.methods or ()):
            continue
        parts = {**values_by_endpoint[""], **values_by_endpoint.get(rule.endpoint, {})}
        unknown = rule.arguments - parts.keys()
        assert not unknown, f"{rule.rule}: nobody knows what to put for {sorted(unknown)}"
        door = hostile_requests.Door(rule, {})
        names = sorted(rule.arguments)
        for values in itertools.product(*(parts[name] for name in names)):
            door.own = dict(zip(names, values, strict=True))
            yield rule.endpoint, door.path()


def readers(centre: WholeCentre) -> dict[str, FlaskClient]:
    """A browser of everybody who works here, signed in some minutes ago; one of nobody, with and without cookies."""
    clients = {email: centre.scene.client(email) for email in PEOPLE}
    with centre.scene.database.write() as session:
        session.execute(update(StaffSession).values(seen_ms=centre.scene.now_ms - 10 * MINUTE))
    citizen = centre.scene.app.test_client()
    citizen.set_cookie("hailong_slip", "w" * 32)
    return {**clients, "a citizen": citizen, "nobody": centre.scene.app.test_client(use_cookies=False)}


def test_every_address_leaves_the_whole_instance_as_it_is(centre: WholeCentre) -> None:
    scene, browsers = centre.scene, readers(centre)
    instance = scene.app.extensions["settings"].instance
    changes: list[str] = []
    before, request_count = read_contents(scene.database, instance), 0
    turns = itertools.cycle(browsers.items())
    ways = itertools.cycle(ASKED_BY.items())
    methods = itertools.cycle([("GET", ""), ("HEAD", ""), ("GET", urlencode(QUERY))])
    personal = ("dashboard", "agencies", "ranking", "devices", "reports", "languages", "desks", "indicators", "slips")
    for endpoint, address in addresses(centre):
        everybody = endpoint.partition(".")[0] in personal
        real = centre.questions.get(endpoint, {})
        query = urlencode({name: value.decode() for name, value in real.items()})
        for who, client in browsers.items() if everybody else itertools.islice(turns, 3):
            _way, headers = next(ways)
            method, asks = next(methods)
            wire = {"PATH_INFO": address, "QUERY_STRING": asks or query}
            wire |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
            reply = client.open("/", method=method, environ_overrides=wire, buffered=True)
            assert reply.status_code < 500, f"{method} {address}?{asks} as {who} → {reply.status_code}"
            request_count += 1
        after = read_contents(scene.database, instance)
        changes += [f"{endpoint} {address}: {change}" for change in find_changes(before, after)]
        before = after
    assert request_count > 400
    allowed = tuple(f" {table} " for table in WRITTEN_ON_A_READ)
    assert [change for change in changes if not any(name in change for name in allowed)] == []
    changed_tables = {table for table in WRITTEN_ON_A_READ for change in changes if f" {table} " in change}
    assert changed_tables == set(WRITTEN_ON_A_READ), "a reason that is not needed any more"


def test_what_was_noted_is_written_down_by_the_jobs(centre: WholeCentre) -> None:
    """Whoever only reads stays signed in, here and in other processes; refusals are counted."""
    scene = centre.scene
    client = readers(centre)["province@nb.vn"]
    jobs.store_noted_activity(scene.app)
    begun = scene.now_ms
    scene.app.extensions["used"] = sessions.SessionActivity()
    for minutes in (5, 15, 25):  # more than the time a sign-in may be idle, all in all
        scene.now_ms = begun + minutes * MINUTE
        assert client.get("/reports").status_code == 200
    jobs.store_noted_activity(scene.app)
    scene.app.extensions["used"] = sessions.SessionActivity()  # another process, or this one after a restart
    scene.now_ms = begun + 40 * MINUTE
    assert client.get("/reports").status_code == 200
    scene.now_ms += sessions.IDLE_MS
    assert client.get("/reports").status_code == 302
    with scene.database.read() as session:
        before = session.query(Refusal).filter_by(device="phone", code="slip_unknown").count()
    assert client.get(f"/r/{'0' * 152}").status_code == 404
    jobs.store_noted_activity(scene.app)
    with scene.database.read() as session:
        assert session.query(Refusal).filter_by(device="phone", code="slip_unknown").count() >= max(1, before)
