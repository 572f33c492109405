"""A desk that starts always: damaged stores are set aside, taps go on, what is in doubt stays."""

from __future__ import annotations

import json
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from kiosk import create_app
from kiosk.boot import DeskStart
from kiosk.desk import identity_copy, set_aside_stores, state
from kiosk.desk.sender_heartbeat import SenderHeartbeat
from kiosk.settings import Settings
from kiosk.sync.loop import run_for_ever
from models.storage.database import Database, _unread
from models.storage.sqlite_module import load_sqlite_module
from tests.fixtures import damaged_store
from tests.fixtures.citizen import Citizen
from tests.fixtures.desk_command import run_desk_command
from tests.fixtures.desk_server import DeskServer
from tests.fixtures.paired_desk import count_open_drafts, leave_alone, make_paired_app


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """A desk that took 40 ratings and was ended well, and their ids."""
    folder = tmp_path_factory.mktemp("given")
    app = make_paired_app(folder, follow_up=True)
    DeskStart(app.extensions["database"], app.extensions["settings"], counted=True)()
    ids = set()
    for number in range(40):
        someone = Citizen(app)
        someone.tap(1 + number % 5)
        ids.add(someone.path.split("/")[2])
    app.extensions["database"].close()
    damaged_store.checkpoint_log(folder / "kiosk.sqlite")
    return folder, ids


@pytest.fixture
def desk(given: tuple[Path, set[str]], tmp_path: Path) -> Path:
    """The same in a folder of the test's own."""
    return Path(shutil.copytree(given[0], tmp_path / "desk"))


@pytest.fixture
def server(desk: Path) -> Iterator[DeskServer]:
    running = DeskServer(desk)
    yield running
    running.kill()


def stored(store: Path) -> set[str]:
    connection = load_sqlite_module().connect(store)
    rows = connection.execute("SELECT rid FROM entry WHERE typ = 'rating' UNION SELECT id FROM draft")
    found = {row[0] for row in rows}
    connection.close()
    return found


def told(desk: Path) -> dict[str, object]:
    done = run_desk_command(desk, "status", "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("kind", sorted(damaged_store.KINDS))
def test_taps_go_on_whatever_befell_the_store(server: DeskServer, desk: Path, kind: str) -> None:
    store = desk / "kiosk.sqlite"
    damaged_store.KINDS[kind](store)
    before = store.read_bytes()
    server.start()
    assert urllib.request.urlopen(f"{server.url}/healthz").status == 200
    thanked = set()
    for score in (1, 5):
        fields = server.page()
        assert server.tap(fields, score) == 303
        thanked.add(fields["id"])
    page = urllib.request.urlopen(f"{server.url}/thanks").read().decode()
    assert "giữ trên máy này." in page, "nobody sends from here"
    sender = SenderHeartbeat(desk)
    page = urllib.request.urlopen(f"{server.url}/thanks").read().decode()
    sender.release()
    assert "khi trung tâm nhận lại phiếu" in page and "khi có mạng" not in page
    (kept,) = sorted((desk / "set-aside").glob("*.damaged"))
    assert kept.read_bytes() == before
    said = told(desk)
    assert (said["set_aside"], said["state"], said["open"]) == ([kept.name], "store_set_aside", 2)
    slip = run_desk_command(desk, "slip", "--stage", "submission")
    assert slip.returncode == 1 and slip.stderr.startswith("store_set_aside: ") and kept.name in slip.stderr
    server.kill()
    server.start()  # a second start sets nothing aside and loses nothing
    assert len(list((desk / "set-aside").glob("*.damaged"))) == 1
    assert server.tap(server.page(), 3) == 303
    assert thanked <= stored(store)


def test_the_screens_of_the_copy_and_the_same_pin(desk: Path) -> None:
    damaged_store.replace_with_text(desk / "kiosk.sqlite")
    app = started(desk)
    page = app.test_client().get("/")
    assert page.status_code == 200 and "UBND phường Hoa Lư" in page.text
    someone = Citizen(app)
    someone.tap(4)
    sent = someone.topics("staff")
    assert "/rate/" not in sent.request.path, "no code is promised that no ledger holds"
    with app.extensions["database"].read() as session:
        assert set_aside_stores.must_pair_again(session) and state.read_state(session).identity is None


def test_without_a_copy_the_words_are_read_from_the_old_pages(desk: Path) -> None:
    (desk / "kiosk.copy").unlink()
    damaged_store.zero_header(desk / "kiosk.sqlite")
    assert "UBND phường Hoa Lư" in started(desk).test_client().get("/").text


def test_without_any_words_the_page_says_so(desk: Path) -> None:
    (desk / "kiosk.copy").write_bytes(b"nonsense")
    damaged_store.replace_with_text(desk / "kiosk.sqlite")
    page = started(desk).test_client().get("/", headers={"Accept": "application/json"})
    assert (page.status_code, page.json["error"]["code"]) == (503, "store_set_aside")


def test_a_store_that_is_gone_is_taken_over_from_its_copy(desk: Path) -> None:
    (desk / "kiosk.sqlite").unlink()
    app = started(desk)
    assert app.test_client().get("/").status_code == 200
    assert set_aside_stores.list_set_aside_stores(app.extensions["settings"]) == []


def test_a_log_without_its_store_is_kept(desk: Path) -> None:
    log = desk / "kiosk.sqlite-wal"
    log.write_bytes(b"all that was committed")
    (desk / "kiosk.sqlite").write_bytes(b"")
    refused = run_desk_command(desk, "status")
    assert refused.returncode == 1 and refused.stderr.startswith("store_damaged: ") and log.exists()
    started(desk)
    (kept,) = (desk / "set-aside").glob("*-wal")
    assert kept.read_bytes() == b"all that was committed"


def test_a_setting_aside_that_was_cut_off_goes_on(desk: Path) -> None:
    folder = desk / "set-aside"
    folder.mkdir()
    (folder / "kiosk-20261018-101112.damaged-wal").write_bytes(b"log")
    before = (desk / "kiosk.sqlite").read_bytes()
    started(desk)
    assert (folder / "kiosk-20261018-101112.damaged").read_bytes() == before


def test_commands_name_the_damage_and_touch_nothing(desk: Path) -> None:
    store = desk / "kiosk.sqlite"
    damaged_store.zero_header(store)
    before = store.read_bytes()
    for arguments in (("status",), ("sync", "--once"), ("export", str(desk)), ("salvage",), ("pin", "--pin-stdin")):
        done = run_desk_command(desk, *arguments)
        assert done.returncode == 1 and done.stderr.startswith("store_damaged: "), done.stderr
    assert store.read_bytes() == before and not (desk / "set-aside").exists()


def test_a_torn_log_ends_no_start(desk: Path) -> None:
    app = started(desk)
    Citizen(app).tap(5)
    log = desk / "kiosk.sqlite-wal"
    torn = log.read_bytes()[: log.stat().st_size // 2 + 77]
    again = Path(shutil.copytree(desk, desk.with_name("torn")))
    (again / "kiosk.sqlite-wal").write_bytes(torn)
    assert started(again).test_client().get("/").status_code == 200
    assert not (again / "set-aside").exists()


def test_a_store_of_a_newer_version_is_left_alone(desk: Path) -> None:
    store = desk / "kiosk.sqlite"
    connection = load_sqlite_module().connect(store)
    connection.execute("UPDATE alembic_version SET version_num = 'kiosk_0999'")
    connection.commit()
    connection.close()
    page = started(desk).test_client().get("/", headers={"Accept": "application/json"})
    assert (page.status_code, page.json["error"]["code"]) == (503, "store_newer")
    assert store.exists() and not (desk / "set-aside").exists()
    assert run_desk_command(desk, "status").stderr.startswith("store_newer: ")


def test_a_locked_store_is_no_damage(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.storage.database.BUSY_MS", 50)
    holder = load_sqlite_module().connect(desk / "kiosk.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    app = started(desk)
    assert app.test_client().get("/").status_code == 503
    holder.execute("ROLLBACK")
    holder.close()
    app.extensions["gate"]._tried = None
    assert app.test_client().get("/").status_code == 200
    assert not (desk / "set-aside").exists()


def test_a_page_that_the_disk_does_not_give_is_no_damage() -> None:
    assert _unread("Tree 5 page 9: unable to get the page. error code=266")
    assert _unread("Freelist: failed to get page 7")
    assert not _unread("Tree 5 page 9: unable to get the page. error code=11")
    assert not _unread("Tree 5 page 9: btreeInitPage() returns error code 11")


def test_an_index_that_misses_a_row_is_no_reason(desk: Path) -> None:
    own = "FROM sqlite_master WHERE name = 'ix_entry_rid'"
    back = "INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)"
    index: tuple[object, ...] = ()
    for change in (f"DELETE {own}", "DELETE FROM entry WHERE seq = 5", back):
        connection = load_sqlite_module().connect(desk / "kiosk.sqlite", isolation_level=None)
        connection.execute("PRAGMA writable_schema = ON")
        index = connection.execute(f"SELECT * {own}").fetchone() or index
        connection.execute(change, index if "?" in change else ())
        connection.close()
    database = Database(f"sqlite:///{desk / 'kiosk.sqlite'}")
    assert database.check() is not None and set_aside_stores.find_certain_damage(database) is None
    database.close()


def test_damage_found_while_serving_is_looked_at_without_a_restart(desk: Path) -> None:
    app = started(desk)
    client = app.test_client()
    assert client.get("/").status_code == 200
    app.extensions["database"].close()
    damaged_store.checkpoint_log(desk / "kiosk.sqlite")
    damaged_store.zero_header(desk / "kiosk.sqlite")
    assert client.get("/").status_code == 503
    assert client.get("/").status_code == 200, "set aside, and the faces are there"
    assert len(list((desk / "set-aside").glob("*.damaged"))) == 1


def test_a_server_that_only_opens_the_store_looks_at_it_too_when_in_doubt(desk: Path) -> None:
    """`waitress-serve --call wsgi:kiosk`: pages in the middle are damaged, the schema is whole."""
    app = create_app(Settings(desk))
    app.extensions["database"].close()
    damaged_store.checkpoint_log(desk / "kiosk.sqlite")
    damaged_store.overwrite_middle(desk / "kiosk.sqlite")
    client = app.test_client()
    asked = [client.get("/").status_code for _ in range(3)]
    assert asked[-1] == 200 and len(list((desk / "set-aside").glob("*.damaged"))) == 1, asked


def test_a_sync_process_finds_the_new_store(desk: Path) -> None:
    """One that was running when the store was set aside asks for it by name again."""
    database = Settings(desk).database()
    with database.read() as session:
        assert state.read_state(session).identity is not None
    stop = threading.Event()

    def told(outcome: object) -> None:
        stop.set()

    run_for_ever(database, Settings(desk), 30.0, told, stop)
    damaged_store.checkpoint_log(desk / "kiosk.sqlite")
    damaged_store.zero_header(desk / "kiosk.sqlite")
    other = Database(database.url)  # as another process has it
    DeskStart(other, Settings(desk), counted=True)()
    with database.read() as session:
        assert state.read_state(session).identity is None
    other.close()


def test_a_damaged_configuration_ends_no_start(desk: Path) -> None:
    (desk / "kiosk.cfg").write_bytes(b"\xff\xfe[kiosk\x00")
    assert Settings.load(desk).idle_seconds == 60
    (desk / "kiosk.cfg").write_text("[kiosk]\nidle_seconds = soon\nhosts = desk7\n", encoding="utf-8")
    assert (Settings.load(desk).idle_seconds, Settings.load(desk).hosts) == (60, ("desk7",))


def test_keys_that_are_gone_or_damaged_stop_no_tap(desk: Path) -> None:
    (desk / "kiosk.key").write_bytes(b"short")
    (desk / "kiosk.pages").write_bytes(b"short")
    app = started(desk)
    someone = Citizen(app)
    someone.tap(2)
    sender = SenderHeartbeat(desk)
    assert "giữ trên máy này." in app.test_client().get("/thanks").text, "without its key nothing is sent"
    sender.release()
    assert (desk / "kiosk.key").read_bytes() == b"short" and (desk / "kiosk.pages.damaged").exists()
    app.extensions["database"].close()
    said = told(desk)
    assert said["key"] == "key_damaged"
    (desk / "kiosk.key").unlink()
    for arguments in (("sync", "--once"), ("slip", "--stage", "submission")):
        done = run_desk_command(desk, *arguments)
        assert done.returncode == 1 and done.stderr.startswith("key_missing: "), done.stderr
    assert not (desk / "kiosk.key").exists(), "never made anew while a certificate names the old one"


def test_a_copy_is_read_whole_or_not_at_all(desk: Path) -> None:
    path = desk / "kiosk.copy"
    known = identity_copy.read_identity_copy(path)
    assert known is not None and known.identity["device"] == "d-0312" and json.loads(known.document)
    path.write_bytes(path.read_bytes()[:-1])
    assert identity_copy.read_identity_copy(path) is None


def started(folder: Path):  # type: ignore[no-untyped-def]
    """The desk in this process, started as `serve` starts it."""
    settings = Settings(folder)
    return create_app(settings, DeskStart(settings.database(), settings, counted=True))


def test_what_waits_is_closed_as_what_it_was(desk: Path) -> None:
    damaged_store.replace_with_text(desk / "kiosk.sqlite")
    app = started(desk)
    someone = Citizen(app)
    someone.tap(5)
    someone.topics("wait")
    other = Citizen(app)
    other.tap(1)  # by this the one before is closed, and by the server's sweep what is left
    assert leave_alone(app) == 1
    with app.extensions["database"].read() as session:
        rows = session.execute(text("SELECT score, closed FROM draft ORDER BY t, id")).all()
    assert sorted((score, json.loads(closed)["state"]) for score, closed in rows) == [(1, "partial"), (5, "complete")]
    assert {json.loads(closed)["desk"] for _score, closed in rows} == {"HL-Q3"} and count_open_drafts(app) == 2
