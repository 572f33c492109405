"""Hostile requests at every door of the centre.

Never 5xx while the store is well, always the house's own refusal.
"""

from __future__ import annotations

import collections
import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models.protocol import canonical, wire
from models.protocol.sidecar import Sidecar
from models.tables.device import Epoch
from tests.fixtures import hostile_requests, postgres
from tests.fixtures.centre_scene import NOW, find_form_token
from tests.fixtures.hostile_requests import BODIES, WORST, AskedNames, Door, HostileRequest
from tests.fixtures.ledger_writer import LedgerWriter
from tests.fixtures.whole_centre import WholeCentre, open_whole_centre


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeCentre]:
    with open_whole_centre(tmp_path_factory.mktemp("hostile")) as whole_centre:
        whole_centre.scene.app.config["TESTING"] = False  # its own answers to errors, not the tests' exceptions
        yield whole_centre


@pytest.fixture(scope="module")
def on_postgresql(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: postgres.PostgresServer
) -> Iterator[WholeCentre]:
    with postgres_server.database() as url, open_whole_centre(tmp_path_factory.mktemp("hostile"), url) as whole_centre:
        whole_centre.scene.app.config["TESTING"] = False
        yield whole_centre


def fault(answer: TestResponse, path: str) -> str | None:
    """What is wrong with an answer, or None: 5xx, or a refusal in another shape than the house's."""
    status = answer.status_code
    if status >= 500:
        return f"{status} {answer.text[:300] if answer.text[:1] == '{' else ''}"
    if status < 400 or answer.request.method == "HEAD":
        return None
    if path.startswith("/api/") or answer.mimetype == "application/json":
        error = answer.get_json()["error"] if answer.is_json else {}
        return None if error.get("code") and error.get("message") else f"{status} as {answer.mimetype}"
    has_page = answer.mimetype == "text/html" and ("HL-" in answer.text or "<h1" in answer.text)
    return None if has_page else f"{status} without a page: {answer.text[:200]}"


def attack(client: FlaskClient, tries: Iterator[HostileRequest] | Sequence[HostileRequest]) -> tuple[list[str], int]:
    """Send them all; what was wrong, and how many were sent."""
    wrong, request_count = [], 0
    for one in tries:
        request_count += 1
        answer = one.send(client)
        problem = fault(answer, one.path)
        if problem is not None:
            wrong.append(f"{problem} ← {one}")
    return wrong, request_count


@cache
def all_doors(centre: WholeCentre) -> tuple[FlaskClient, list[Door], AskedNames]:
    """The doors, with the names that their views and forms ask for, and the browser they were opened with."""
    app, asked_names = centre.scene.app, AskedNames()
    asked_names.listen(app)
    client = centre.scene.client("province@nb.vn")
    doors = hostile_requests.list_doors(app, centre.arguments)
    hostile_requests.learn_form_fields(app, client, doors, asked_names, centre.questions)
    return client, doors, asked_names


def sign_in(centre: WholeCentre, client: FlaskClient, door: Door, email: str | None) -> None:
    """Sign this person in anew (the door before may have signed them out), with a token for the door's form."""
    if email is None:
        client.delete_cookie("hailong_admin")
    else:
        fresh = centre.scene.client(email).get_cookie("hailong_admin")
        assert fresh is not None
        client.set_cookie("hailong_admin", fresh.value)
    if "csrf_token" in door.fields:
        door.fields["csrf_token"] = find_form_token(client, "/reports" if email else "/sign-in")


def everywhere(centre: WholeCentre, email: str | None, *, share: int, **hostile: Any) -> None:
    """Attack all doors as this person; of each kind of request one of `share`."""
    client, doors, asked_names = all_doors(centre)
    wrong: list[str] = []
    request_count = 0
    for place, door in enumerate(doors):
        sign_in(centre, client, door, email)
        names = sorted(asked_names.names[door.rule.endpoint] - {"csrf_token"})
        problems, number = attack(
            client, hostile_requests.make_hostile_requests(door, names, place=place, share=share, **hostile)
        )
        wrong += problems
        request_count += number
    summary = collections.Counter(line.partition(" ← ")[0] for line in wrong)
    assert not wrong, f"{len(wrong)} of {request_count}: {dict(summary)}\n" + "\n".join(wrong[:40])
    assert request_count > 3 * len(doors)


def test_every_door_answers_the_province_s_administrator(centre: WholeCentre) -> None:
    everywhere(centre, "province@nb.vn", share=13)


def test_every_door_answers_on_postgresql(on_postgresql: WholeCentre) -> None:
    everywhere(on_postgresql, "province@nb.vn", share=5, values=WORST[::3], worst=WORST[::3], headers={}, bodies=())


@pytest.mark.parametrize("email", ["ward@nb.vn", None])
def test_every_door_answers_others_too(centre: WholeCentre, email: str | None) -> None:
    """An agency's staff, and whoever is not signed in at all."""
    everywhere(centre, email, share=40)


#: What a device may claim where a number is expected.
NUMBERS = (-1, 2**31 - 1, 2**31, 2**53 - 1)
#: The same for texts: too long for any column, none of the shape that is asked for, beyond the reply's room.
TEXTS = ("", "x" * 65, "x" * 3000, "Ế" * 64, "ab " * 16, "d-0001")
#: Either, and what is no number and no text.
VALUES: tuple[object, ...] = (*NUMBERS, *TEXTS, None, True, [], {})


def entries(writer: LedgerWriter) -> None:
    """Entries of the device's ledger that say what no store takes."""
    payload = {"procedure": "x" * 200, "stage": "result", "serial": 1, "due_days": 3}
    for number in NUMBERS:
        writer.add("token", {**payload, "serial": number}, t=max(number, 0))
        writer.t = NOW
        writer.add("token", {**payload, "serial": 7, "due_days": number})
        writer.add("anchor", {"h": "0" * 64, "seq": 1, "t": number})
        for changed in ({"version": number}, {"answers": [["overall", number]]}, {"undos": number}):
            writer.rate(4, t=max(number, 0), **changed)
        writer.t = NOW
    for text in TEXTS:
        for name in ("agency", "desk", "procedure", "decider", "lang", "instrument", "channel", "stage", "month"):
            fields: dict[str, Any] = {name: text}
            writer.rate(4, **fields)
        writer.rate(4, topics=[text[:800]], c=text[:800], r=text[:800], f=text[:800])


def batches(writer: LedgerWriter) -> Iterator[bytes]:
    """Bodies that the device signed: entries, openings and fields of the envelope that no store takes."""
    entries(writer)
    yield writer.batch(now=2**53 - 1, mono=2**53 - 1, disk_mb=2**31 - 1, backlog=2**31 - 1)
    yield writer.batch(sidecars=(Line(canonical.dump({"cert": "{}", "sig": 1, "typ": "cert", "v": 1})),))
    for salt in ("ab " * 16, "zz" * 16):
        opening = {"id": "0" * 32, "k": "c", "salt": salt, "typ": "side", "v": 1, "value": "x"}
        yield writer.batch(sidecars=(Line(canonical.dump(opening)),))
    for name in ("dev", "h", "head", "app", "rq"):
        for text in TEXTS:
            fields: dict[str, Any] = {name: text}
            yield writer.batch(**fields)
    for name in ("ep", "from_", "to", "t", "mono", "boot", "disk_mb", "backlog", "head_seq"):
        for number in NUMBERS:
            fields = {name: number}
            yield writer.batch(**fields)


class Line(Sidecar):
    """A line behind the entries, whatever it says."""

    def __init__(self, raw: bytes) -> None:
        super().__init__("", "", "", raw.decode())

    def dump(self) -> bytes:
        return self.value.encode()


def requests_of_a_device(centre: WholeCentre) -> Iterator[tuple[str, bytes]]:
    """Addresses of devices with bodies that the device signed."""
    for body in batches(centre.writer):
        yield "/api/v1/sync", wire.compress(body)
    for typ, path in (("ref", "/api/v1/reference"), ("media", "/api/v1/media")):
        genuine: dict[str, Any] = {"dev": centre.writer.dev, "ep": 1, "rq": "aa", "sha": "0" * 64, "typ": typ, "v": 1}
        for name in genuine:
            for value in (*VALUES, [[1]]):
                raw = canonical.dump({**genuine, name: value}, limit=9000)
                yield path, raw + b"\n" + centre.writer.key.sign(raw).encode()
    for name in ("code", "vk", "rq"):
        for value in VALUES:
            fields: dict[str, Any] = {"code": "BCDFG", "vk": "0" * 64, "rq": "aa", name: value}
            yield "/api/v1/enrol", canonical.dump(fields, limit=9000)


def tokens(centre: WholeCentre) -> Iterator[str]:
    """Addresses of slips and private pages that the device signed."""
    for name, most in (("serial", 32), ("seq", 32), ("minute", 32), ("procedure", 16), ("due_days", 16)):
        for number in (0, 2 ** (most - 1) - 1, 2 ** (most - 1), 2**most - 2, 2**most - 1):
            for page in ("", "/sent", ".result"):
                yield f"/r/{centre.slip(**{'serial': 9, name: number})}{page}"
    for minute in (0, 2**32 - 1):
        yield f"/n/{centre.note(minute)}"


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_a_genuine_device_signs_is_judged_too(database: str, request: pytest.FixtureRequest) -> None:
    """A device is believed about no more than itself; its numbers and days least of all."""
    centre: WholeCentre = request.getfixturevalue("centre" if database == "sqlite" else "on_postgresql")
    client = centre.scene.app.test_client()
    wrong, statuses = [], collections.Counter[int]()
    for path, body in requests_of_a_device(centre):
        answer = client.post(path, data=body, headers={"Content-Digest": wire.make_digest_header(body)})
        statuses[answer.status_code] += 1
        signed = answer.mimetype == "application/hailong-reply"
        if not signed and (problem := fault(answer, path)):
            wrong.append(f"{problem} ← {path} {body[:90]!r}")
    for path in tokens(centre):
        for method in ("GET", "POST")[: 1 if path.endswith("/sent") else 2]:
            answer = client.open(path, method=method, data={"id": "0" * 32, "score": "4"} if method == "POST" else None)
            statuses[answer.status_code] += 1
            if problem := fault(answer, path):
                wrong.append(f"{problem} ← {method} {path[:20]} … {path[-30:]}")
    assert not wrong, "\n".join(wrong[:40])
    assert statuses.keys() >= {200, 400, 401, 404}, statuses
    with centre.scene.database.read() as session:
        epoch = session.get_one(Epoch, (centre.writer.dev, 1))
        assert epoch.projected_seq == epoch.last_seq == len(centre.writer.lines), "read to its end, whatever it says"
    reader = centre.scene.client("province@nb.vn")
    for page in ("/", "/devices", "/coverage", "/agencies/SNV", "/agencies/SNV/slips", "/agencies/SNV/indicators"):
        assert reader.get(page).status_code == 200, page


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_a_known_system_announces_is_judged_field_by_field(database: str, request: pytest.FixtureRequest) -> None:
    centre: WholeCentre = request.getfixturevalue("centre" if database == "sqlite" else "on_postgresql")
    client = centre.scene.app.test_client()
    whole_slip: dict[str, Any] = {
        "agency": "SNV", "stage": "submission", "desk": "SNV-Q1", "decider": "STC", "procedure": "1.000001",
        "dossier_code": "H42.27-261103-0012", "due": "2026-12-01",
    }  # fmt: skip
    odd: tuple[Any, ...] = (
        None, True, -1, 2**31, 2**63, 10**400, 1e308, "", "\0", "\ud800", "x" * 9000, "9999-12-31", "0000-00-00", [],
        {}, [[]], "２０２６-12-01",
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {centre.api_key}"}
    bodies = [json.dumps({**whole_slip, name: value}).encode() for name in whole_slip for value in odd]
    bodies += [json.dumps({"slips": value}).encode() for value in (*odd, [whole_slip] * 201)]
    bodies += [body for body in BODIES if len(body) < 1 << 20]
    wrong, statuses = [], collections.Counter[int]()
    for body in bodies:
        answer = client.post("/api/v1/slips", data=body, content_type="application/json", headers=headers)
        statuses[answer.status_code] += 1
        if problem := fault(answer, "/api/v1/slips"):
            wrong.append(f"{problem} ← {body[:90]!r}")
    assert not wrong, "\n".join(wrong[:40])
    assert statuses.keys() >= {201, 400, 422}, statuses
