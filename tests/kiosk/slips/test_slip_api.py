"""`POST /slips`: the one-stop software on the same PC gets slips, one a request, and never a rating."""

from __future__ import annotations

import base64
import io
import json
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import event
from werkzeug.test import TestResponse

from kiosk import create_app
from kiosk.desk import state
from kiosk.settings import Settings
from kiosk.slips import api
from models.clock import Moment, day_start
from models.protocol import dossier_code, slip, slip_typed_code
from models.protocol.entry_chain import parse_trusted_entry
from models.protocol.sidecar import commitment
from models.storage.sqlite_module import load_sqlite_module
from models.tables.desk_store import Draft, MintedSlip, WaitingSidecar
from models.tables.ledger_entry import StoredEntry
from tests.fixtures import qr_reader
from tests.fixtures.paired_desk import change_reference, make_paired_app

NOON = day_start("2026-11-20") + 10 * 3_600_000
MONTH_KEY, TYPED = "a7" * 32, "5c" * 32
DOSSIER = "H42.14-261120-0001"
BODY = {"stage": "submission", "procedure": "1.001193", "due": "2026-11-30", "dossier_code": DOSSIER}
PROCEDURE = {"code": "1.001193", "number": 1, "name": {"vi": "Đăng ký khai sinh"}}


class Door:
    """A paired desk and the software beside it."""

    def __init__(self, folder: Path) -> None:
        self.app = make_paired_app(folder)
        self.now = Moment(NOON, 1_000)
        self.app.extensions["clock"] = lambda: self.now
        change_reference(self.app, lambda value: value.update(
            typed_keys={"1": TYPED}, dossier_keys={"2026-11": MONTH_KEY}, procedures=[PROCEDURE]
        ))  # fmt: skip
        self.file = folder / "kiosk.slips"

    def ask(self, body: Any = None, key: str | None = None, app: Flask | None = None, **changes: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {api.read_or_make_api_secret(self.file)}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        data = json.dumps({**BODY, **changes} if body is None else body)
        return (app or self.app).test_client().post("/slips", data=data, headers=headers)

    def entries(self) -> list[Any]:
        with self.app.extensions["database"].read() as session:
            return [parse_trusted_entry(row.bytes) for row in session.query(StoredEntry).order_by(StoredEntry.seq)]

    def sidecars(self) -> list[tuple[str, str, str]]:
        with self.app.extensions["database"].read() as session:
            return [(row.kind, row.salt, row.value) for row in session.query(WaitingSidecar)]

    def minted(self) -> int:
        with self.app.extensions["database"].read() as session:
            assert session.query(Draft).count() == 0
            return len(session.query(MintedSlip).all())


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path)
    yield made
    made.app.extensions["database"].close()


def code_of(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["error"]["code"]


def test_a_slip_comes_with_everything_the_form_needs(door: Door) -> None:
    answer = door.ask(paper="a5")
    assert answer.status_code == 201 and answer.headers["Cache-Control"] == "no-store"
    said = answer.get_json()
    assert said.keys() == {"token", "code", "url", "png", "svg", "tied"} and said["tied"] is True
    paper, _signature = slip.parse(said["token"])
    assert (paper.stage.value, paper.procedure, paper.due_days) == ("submission", 1, 10)
    typed = slip_typed_code.parse(said["code"])
    assert (
        typed is not None
        and typed.serial == paper.serial
        and slip_typed_code.is_genuine(typed, 1, bytes.fromhex(TYPED))
    )
    image = Image.open(io.BytesIO(base64.b64decode(said["png"])))
    (read,) = qr_reader.read_qr_codes(image)
    assert read.text == said["url"] == f"HTTPS://DANHGIA.EXAMPLE/R/{said['token']}" and image.width == 1039
    assert said["svg"].startswith("<svg ") and door.minted() == 1


def test_a_dossier_leaves_a_commitment_and_no_code_anywhere(door: Door) -> None:
    door.ask()
    (entry,) = door.entries()
    ((kind, salt, value),) = door.sidecars()
    named = dossier_code.make_reference(DOSSIER, bytes.fromhex(MONTH_KEY))
    assert kind == "r" and value == f"2026-11={named}:submission" and entry.p["r"] == commitment(salt, value)
    assert (entry.typ, entry.p.keys()) == ("token", {"due_days", "minute", "procedure", "r", "serial", "stage"})
    with door.app.extensions["database"].read() as session:
        store = Path(session.connection().engine.url.database or "")
    everything = b"".join(path.read_bytes() for path in store.parent.glob(f"{store.name}*"))
    assert named.encode() in everything and DOSSIER.encode() not in everything and b"0001-" not in everything


def test_without_the_months_key_nothing_of_the_dossier_is_kept(door: Door) -> None:
    change_reference(door.app, lambda value: value.update(dossier_keys={"2026-10": MONTH_KEY}))
    answer = door.ask()
    assert answer.status_code == 201 and answer.get_json()["tied"] is False
    assert "r" not in door.entries()[0].p and door.sidecars() == []


def test_the_province_says_what_a_dossier_code_looks_like(door: Door) -> None:
    change_reference(door.app, lambda value: value.update(dossier_patterns=[r"(?P<agency>VN\d+)/(?P<day>\d{6})/\d+"]))
    assert door.ask(dossier_code="VN37/261120/5").status_code == 201
    assert code_of(door.ask()) == (422, "bad_dossier_code")


def test_the_same_key_gets_the_same_slip_also_after_a_restart_and_another_day(door: Door) -> None:
    first = door.ask(key="HS-1")
    again = door.ask(key="HS-1")
    assert (first.status_code, again.status_code) == (201, 200) and first.get_json() == again.get_json()
    door.now = Moment(NOON + 2 * 86_400_000, 9_000)
    other = create_app(Settings(door.file.parent))
    other.extensions["clock"] = lambda: door.now
    assert door.ask(key="HS-1", app=other).get_json() == first.get_json()
    other.extensions["database"].close()
    assert door.ask(key="HS-2").get_json()["token"] != first.get_json()["token"] and door.minted() == 2


@pytest.mark.parametrize(
    "change",
    [{"stage": "result"}, {"procedure": None}, {"due": "2026-12-01"}, {"due": None},
     {"dossier_code": "H42.14-261120-0002"}, {"dossier_code": None}],
    ids=["stage", "procedure", "day", "no day", "dossier", "no dossier"],
)  # fmt: skip
def test_the_same_key_with_another_request_is_refused(door: Door, change: dict[str, Any]) -> None:
    door.ask(key="HS-1")
    assert code_of(door.ask(key="HS-1", **change)) == (422, "key_reused") and door.minted() == 1


def test_six_requests_at_once_under_one_key_make_one_slip(door: Door) -> None:
    tokens: list[str] = []
    threads = [threading.Thread(target=lambda: tokens.append(door.ask(key="x").get_json()["token"])) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(tokens) == 6 and len(set(tokens)) == 1 and door.minted() == 1


def test_eight_requests_at_once_are_eight_slips_while_another_process_writes(door: Door) -> None:
    answers: list[TestResponse] = []
    busy, done = load_sqlite_module().connect(door.file.parent / "kiosk.sqlite"), threading.Event()
    busy.isolation_level = None
    busy.execute("BEGIN IMMEDIATE")  # another process, in the middle of a write

    def ask(number: int) -> None:
        answers.append(door.ask(key=f"HS-{number}"))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    done.wait(0.5)
    busy.execute("COMMIT")
    busy.close()
    for thread in threads:
        thread.join(60)
    assert [answer.status_code for answer in answers] == [201] * 8
    assert len({answer.get_json()["token"] for answer in answers}) == 8 == door.minted()


def test_a_store_that_stays_busy_is_said_and_asking_again_is_safe(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process writes: it is waited for some rounds, then that is said."""
    store = door.app.extensions["database"]
    store.close()
    event.listen(store.engine, "connect", lambda one, _: one.execute("PRAGMA busy_timeout=1"))
    other = load_sqlite_module().connect(door.file.parent / "kiosk.sqlite", isolation_level=None)
    rounds: list[str] = []

    def waited(message: str, *values: object) -> None:
        rounds.append(message)
        if len(rounds) == api.ROUNDS - 1:
            other.execute("ROLLBACK")  # the other one is done before the last round

    monkeypatch.setattr(api.log, "warning", waited)
    other.execute("BEGIN EXCLUSIVE")
    assert door.ask(key="HS-1").status_code == 201 and len(rounds) == api.ROUNDS - 1
    other.execute("BEGIN EXCLUSIVE")
    assert code_of(door.ask(key="HS-2")) == (503, "store_busy") and len(rounds) == 2 * (api.ROUNDS - 1)
    other.close()
    assert door.ask(key="HS-2").status_code == 201 and door.minted() == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"stage": "rating"}, "bad_stage"), ({"stage": None}, "bad_stage"), ({"procedure": "9.9"}, "unknown_procedure"),
        ({"due": "2026-11-19"}, "bad_due"), ({"due": "30/11/2026"}, "bad_due"), ({"due": "9999-12-31"}, "bad_due"),
        ({"dossier_code": "H42-261332-0001"}, "bad_dossier_code"), ({"dossier_code": "x" * 5000}, "bad_dossier_code"),
        ({"paper": "a4"}, "bad_paper"), ({"score": "5"}, "bad_field"), ({"stage": 1}, "bad_field"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)  # fmt: skip
def test_what_is_refused_writes_nothing(door: Door, change: dict[str, Any], code: str) -> None:
    assert code_of(door.ask(**change)) == (422, code)
    assert door.entries() == [] and door.minted() == 0


@pytest.mark.parametrize("body", [[], "submission", 1], ids=["list", "text", "number"])
def test_only_an_object_is_a_request(door: Door, body: Any) -> None:
    assert code_of(door.ask(body)) == (400, "bad_request")


@pytest.mark.parametrize("key", ["", "a b", "ổ", "k" * 81], ids=["empty", "space", "accent", "long"])
def test_a_key_is_plain(door: Door, key: str) -> None:
    assert code_of(door.ask(key=key)) == (422, "bad_key") and door.minted() == 0


def test_only_this_machine_and_only_with_the_secret(door: Door) -> None:
    own = api.read_or_make_api_secret(door.file)
    assert os.name == "nt" or stat.S_IMODE(door.file.stat().st_mode) == 0o600
    client = door.app.test_client()
    for given in ("", "Bearer ", f"Bearer {own[:-1]}", f"Bearer {own}x", own, "Bearer " + "0" * 64):
        answer = client.post("/slips", data=json.dumps(BODY), headers={"Authorization": given})
        assert code_of(answer) == (401, "unauthorized")
    headers = {"Authorization": f"Bearer {own}"}
    for address in ("192.0.2.7", "10.0.0.1", ""):
        far = client.post("/slips", data=json.dumps(BODY), headers=headers, environ_base={"REMOTE_ADDR": address})
        assert code_of(far) == (403, "only_here")
    lured = client.post("/slips", data=json.dumps(BODY), headers={**headers, "Host": "evil.example"})
    assert lured.status_code == 421 and client.get("/slips", headers=headers).status_code == 405
    assert door.minted() == 0


def test_a_desk_that_is_not_paired_says_so(tmp_path: Path) -> None:
    app = create_app(Settings(tmp_path))
    headers = {"Authorization": f"Bearer {api.read_or_make_api_secret(tmp_path / 'kiosk.slips')}"}
    answer = app.test_client().post("/slips", data=json.dumps({"stage": "result"}), headers=headers)
    app.extensions["database"].close()
    assert code_of(answer) == (503, "not_installed")


def test_the_secret_stays_and_a_damaged_one_lets_nobody_in(door: Door) -> None:
    own = api.read_or_make_api_secret(door.file)
    assert api.read_or_make_api_secret(door.file) == own
    door.file.write_text("\n")
    answer = door.app.test_client().post("/slips", data="{}", headers={"Authorization": "Bearer "})
    assert code_of(answer) == (503, "damaged_secret") and door.minted() == 0
    with door.app.extensions["database"].read() as session:
        assert state.read_state(session).identity is not None
