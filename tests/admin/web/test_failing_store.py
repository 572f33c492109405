"""A failing store at every door of the centre.

Told by its kind, never thanked for, and over when it is over.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, text
from werkzeug.test import TestResponse

from models.protocol import wire
from models.storage.database import Database
from models.storage.sqlite_module import load_sqlite_module
from models.tables.response import PhoneDraft, SpentSlip
from tests.fixtures import hostile_requests, postgres
from tests.fixtures.centre_scene import find_form_token
from tests.fixtures.hostile_requests import AskedNames, Door
from tests.fixtures.whole_centre import WholeCentre, open_whole_centre

#: Doors that need no store.
NEED_NONE = {"static", "shell.tokens_css", "announce.description", "sync.enrol"}
THANKS = ("Cảm ơn", "Xin cảm ơn", "Thank you")


class Doors:
    """Every door of a centre, learnt while its store was well, and a browser signed in as the administrator."""

    def __init__(self, centre: WholeCentre) -> None:
        self.centre, asked_names = centre, AskedNames()
        app = centre.scene.app
        app.config["TESTING"] = False
        self.client: FlaskClient = centre.scene.client("province@nb.vn")
        asked_names.listen(app)
        self.doors = hostile_requests.list_doors(app, centre.arguments)
        hostile_requests.learn_form_fields(app, self.client, self.doors, asked_names, centre.questions)
        self._serial = 10

    def ready(self) -> Doors:
        """Signed in, with a slip nobody has used and a batch that was not sent, while the store is well."""
        app, scene = self.centre.scene.app, self.centre.scene
        fresh = scene.client("province@nb.vn").get_cookie("hailong_admin")
        assert fresh is not None
        self.client.set_cookie("hailong_admin", fresh.value)
        self.client.delete_cookie("hailong_slip")
        self._serial += 1
        self.centre.arguments["survey.faces"]["token"] = self.centre.slip(serial=self._serial)
        csrf, forms = find_form_token(self.client, "/reports"), []
        for door in self.doors:
            if "csrf_token" in door.fields:
                door.fields["csrf_token"] = csrf
            if door.rule.endpoint in ("survey.faces", "survey.poster_faces"):
                door.own, door.fields = {**door.own, **self.centre.arguments[door.rule.endpoint]}, {}
                forms.append(door)
        hostile_requests.learn_form_fields(app, self.client, forms, AskedNames())
        self.centre.writer.rate(4)
        self.batch = wire.compress(self.centre.writer.batch())
        return self

    def ask(self) -> Iterator[tuple[Door, str, TestResponse]]:
        """Each door with each of its methods, as it should be asked; signing out last."""
        for door in sorted(self.doors, key=lambda door: door.rule.endpoint == "staff.sign_out"):
            for method in ("GET", "POST"):
                if method not in (door.rule.methods or ()):
                    continue
                if door.rule.endpoint == "sync.sync":
                    yield door, method, self.sync()
                    continue
                fields = {name: value.encode() for name, value in door.fields.items()}
                question = self.centre.questions.get(door.rule.endpoint, {})
                yield door, method, hostile_requests.send_request(
                    self.client, method, door.path(), fields={**question, "score": b"4", **fields}
                )

    def sync(self) -> TestResponse:
        """A genuine batch of the device."""
        return self.client.post(
            "/api/v1/sync", data=self.batch, headers={"Content-Digest": wire.make_digest_header(self.batch)}
        )

    def judge(self, *codes: str) -> Counter[int]:
        """Ask at every door: what fails says one of these codes, when to come again, and thanks nobody."""
        wrong, statuses = [], Counter[int]()
        for door, method, answer in self.ask():
            statuses[answer.status_code] += 1
            if answer.status_code < 500:
                continue
            health = door.rule.endpoint == "health.healthz"
            page_text = answer.get_data(as_text=True)
            document = answer.get_json() if answer.is_json else {}
            code = document.get("reason") or document.get("error", {}).get("code")
            if code is None:
                match = re.search(r"HL-503 · (\w+)", page_text)
                code = match[1] if match else None
            after = answer.headers.get("Retry-After", "")
            fine = answer.status_code == 503 and code in codes and after.isdecimal() and int(after) >= 1
            if not fine or (not health and any(word in page_text for word in THANKS)):
                wrong.append(f"{method} {door.rule.rule}: {answer.status_code} {code} {after!r} {page_text[:200]}")
        assert not wrong, "\n".join(wrong[:30])
        return statuses

    def health(self) -> tuple[int, str | None]:
        """Status and reason of `/healthz`."""
        self.centre.scene.now_ms += 60_000  # disks are not tried more often than every few seconds
        answer = self.client.get("/healthz")
        return answer.status_code, answer.get_json()["reason"]


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with open_whole_centre(tmp_path_factory.mktemp("failing")) as centre:
        yield Doors(centre)


@pytest.fixture
def sqlite(learnt: Doors) -> Doors:
    return learnt.ready()


def test_a_store_that_is_gone_is_missed_at_once_and_found_again(sqlite: Doors) -> None:
    """SQLite itself would go on writing into the file that was moved away."""
    path = sqlite.centre.scene.database.path
    assert path is not None and sqlite.health() == (200, None)
    away = path.with_name("away")
    os.replace(path, away)
    statuses = sqlite.judge("no_store")
    assert statuses[503] > len(sqlite.doors) - len(NEED_NONE)
    assert not path.exists() and sqlite.health() == (503, "no_store")
    os.replace(away, path)
    assert not sqlite.judge()[503] and sqlite.health() == (200, None)


@contextmanager
def pragma(database: Database, statement: str, undo: str) -> Iterator[None]:
    """Every connection of the store under a pragma, and then no more."""

    def say(connection: object, *_more: object) -> None:
        connection.execute(f"PRAGMA {statement}").close()  # type: ignore[attr-defined]

    event.listen(database.engine, "checkout", say)
    try:
        yield
    finally:
        event.remove(database.engine, "checkout", say)
        with database.engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA {undo}")
        database.engine.dispose()


def test_a_store_that_is_full_takes_nothing_it_does_not_keep(sqlite: Doors) -> None:
    """A real SQLITE_FULL: no page more than there are. As long as there is room in them, answers are kept."""
    scene = sqlite.centre.scene
    with pragma(scene.database, "max_page_count=1", "max_page_count=1073741823"):
        statuses = sqlite.judge("disk_full")
        assert statuses[200] > 10, "what is there can be read"
        answer_ids, refused = _taps(sqlite)
        assert refused and len(answer_ids) < 2000
    with scene.database.read() as session:
        spent_ids = set(session.scalars(select(SpentSlip.response_id).where(SpentSlip.serial >= 1000)))
        assert spent_ids == set(answer_ids) and all(session.get(PhoneDraft, id) for id in answer_ids)
    assert not sqlite.judge()[503]


def _taps(doors: Doors) -> tuple[list[str], TestResponse | None]:
    """Ids of answers that were taken, one phone after the other, until one is refused; and that refusal."""
    answer_ids: list[str] = []
    for serial in range(1000, 3000):
        phone = doors.centre.scene.app.test_client()
        address = f"/r/{doors.centre.slip(serial=serial)}"
        page = phone.get(address)
        fields = dict(re.findall(r'name="(id|seal)"[^>]*value="([^"]*)"', page.text))
        answer = phone.post(address, data={**fields, "score": "4"})
        if answer.status_code != 303:
            assert answer.status_code == 503 and "chưa được ghi nhận" in answer.text, answer.text
            assert not any(word in answer.text for word in THANKS)
            return answer_ids, answer
        answer_ids.append(fields["id"])
    return answer_ids, None


def test_a_store_that_can_only_be_read_is_read(sqlite: Doors) -> None:
    with pragma(sqlite.centre.scene.database, "query_only=ON", "query_only=OFF"):
        statuses = sqlite.judge("read_only")
        assert statuses[503] > 5 and statuses[200] > 30
        assert sqlite.sync().status_code == 503
    assert not sqlite.judge()[503] and sqlite.sync().status_code == 200


def test_a_store_that_another_process_holds_is_busy_for_whoever_writes(sqlite: Doors) -> None:
    scene = sqlite.centre.scene
    path = scene.database.path
    assert path is not None
    hasty = Database(scene.database.url, busy_ms=20)
    patient, scene.app.extensions["database"] = scene.database, hasty
    with closing(load_sqlite_module().connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        statuses = sqlite.judge("store_busy")
        assert statuses[503] > 5 and statuses[200] > 30
        refused = sqlite.sync()
        assert (refused.status_code, refused.get_json()["error"]["code"]) == (503, "store_busy")
    assert not sqlite.judge()[503] and sqlite.sync().status_code == 200
    scene.app.extensions["database"] = patient
    hasty.close()


def test_a_damaged_store_is_called_damaged(sqlite: Doors) -> None:
    database = sqlite.centre.scene.database
    assert database.path is not None
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.engine.dispose()
    whole_file = database.path.read_bytes()
    with database.path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xa5" * (len(whole_file) - 100))
    statuses = sqlite.judge("store_damaged")
    assert statuses[503] > len(sqlite.doors) - len(NEED_NONE)
    assert sqlite.health() == (503, "store_damaged")
    database.engine.dispose()
    with database.path.open("r+b") as file:
        file.write(whole_file)
    assert not sqlite.judge()[503]


def test_a_server_that_is_away_or_can_only_be_read_is_told_and_found_again(
    tmp_path: Path, postgres_server: postgres.PostgresServer
) -> None:
    with postgres_server.database() as url, open_whole_centre(tmp_path, url) as centre:
        doors, database = Doors(centre).ready(), centre.scene.database
        with postgres_server.away():
            statuses = doors.judge("no_store")
            assert statuses[503] > len(doors.doors) - len(NEED_NONE)
            assert doors.health() == (503, "no_store")
            refused = doors.sync()
            assert (refused.status_code, refused.get_json()["error"]["code"]) == (503, "no_store")
        assert not doors.judge()[503] and doors.health() == (200, None)
        doors.ready()
        with database.write() as session:
            name = session.scalar(text("SELECT current_database()"))
        for setting, health in (("on", (503, "read_only")), ("off", (200, None))):
            postgres_server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = {setting}")
            database.engine.dispose()
            assert doors.health() == health
            statuses = doors.judge(*(["read_only"] if setting == "on" else []))
            assert statuses[200] > 20 and (statuses[503] > 5) == (setting == "on")
        with database.read() as session:
            assert session.scalar(select(func.count()).select_from(SpentSlip))
