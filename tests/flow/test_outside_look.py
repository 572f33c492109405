"""Another process that looks into a store in use: what was thanked for stays, however the server ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin.demo import AGENCIES
from tests.clock_seam import environment
from tests.fixtures.centre_and_desk import AGENCY, DESK
from tests.fixtures.installation import Browser, Installation, query_store, rate_on_tablet
from tests.fixtures.paired_desk import make_paired_app

#: What people do to a store they are curious about: ask it something, copy it, back it up with the shell's `.backup`.
LOOK = """
import sqlite3, shutil, sys
from pathlib import Path
store = Path(sys.argv[1])
own = sqlite3.connect(store)
own.execute("SELECT 1 FROM sqlite_master").fetchall()
own.close()
for part in store.parent.glob(store.name + "*"):
    shutil.copy(part, store.parent / ("copy-of-" + part.name))
own, other = sqlite3.connect(store), sqlite3.connect(store.parent / "backup.sqlite")
own.backup(other)
assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
other.close()
own.close()
"""
ENDS = [pytest.param(signal.SIGTERM, id="stopped"), pytest.param(signal.SIGKILL, id="killed")]
ROUNDS = 2
PATH = os.pathsep.join(filter(None, (str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH"))))


def look(store: Path) -> None:
    subprocess.run([sys.executable, "-c", LOOK, str(store)], check=True, env=environment(), timeout=60)


@pytest.fixture(scope="module", name="founded")
def the_founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    centre = Installation(tmp_path_factory.mktemp("centre"), environment={"PYTHONPATH": PATH})
    centre.run("admin", "upgrade")
    centre.run("admin", "agencies", "import", str(AGENCIES))
    centre.run("admin", "desks", "add", AGENCY, DESK, "Quầy 1")
    yield centre


@pytest.mark.parametrize("end", ENDS)
def test_the_served_centre(founded: Installation, end: signal.Signals) -> None:
    store, thanked = founded.folder / "admin.sqlite", []
    with founded.serving("admin", end) as address:
        for score in range(1, ROUNDS + 1):
            for _ in range(2):
                phone = Browser(address)
                phone.open(f"/d/{DESK}")
                phone.send(score=str(score))
                assert "/more?id=" in phone.path, (phone.path, phone.page)
                thanked.append(phone.path.partition("id=")[2].partition("&")[0])
            look(store)
            founded.run("admin", "verify")  # a command of ours is another process too
            assert Browser(address).ask("GET", "/healthz").status == 200
    kept = {id for (id,) in query_store(store, "SELECT response_id FROM phone_draft UNION SELECT id FROM response")}
    assert set(thanked) <= kept and len(set(thanked)) == 2 * ROUNDS
    founded.run("admin", "verify")


@pytest.mark.parametrize("end", ENDS)
def test_the_served_desk(tmp_path: Path, end: signal.Signals) -> None:
    make_paired_app(tmp_path).extensions["database"].close()
    own, thanked = Installation(tmp_path, environment={"PYTHONPATH": PATH}), []
    store = tmp_path / "kiosk.sqlite"
    with own.serving("kiosk", end) as address:
        for score in range(1, ROUNDS + 1):
            thanked.append(rate_on_tablet(Browser(address), score))
            look(store)
            own.run("kiosk", "status")
            thanked.append(rate_on_tablet(Browser(address), score))
    sealed = "SELECT rid FROM entry WHERE typ = 'rating'"
    kept = {id for (id,) in query_store(store, f"SELECT id FROM draft UNION {sealed}")}
    assert set(thanked) <= kept and len(set(thanked)) == 2 * ROUNDS
