"""The locks of a store in use: kept while the process lives, whoever opens the store again beside it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from models.storage.database import Database, open_once
from tests.clock_seam import environment

#: A process that opens a store by `{first}`, uses it, opens it once more by `{second}`, and writes when it is told to.
PROGRAM = """
import sys
from sqlalchemy import text
from models.storage.database import Database, open_once
first = {first}(sys.argv[1])
with first.write() as session:
    session.execute(text("CREATE TABLE told (n INTEGER)"))
with first.read() as session:
    held = session.execute(text("SELECT count(*) FROM told")).scalar()
second = {second}(sys.argv[1])
for line in sys.stdin:
    with first.write() as session:
        session.execute(text("INSERT INTO told VALUES (:n)"), {{"n": int(line)}})
    print("thanked", flush=True)
"""
LOOK = """
import sqlite3, sys
own = sqlite3.connect(sys.argv[1])
own.execute("SELECT 1 FROM told").fetchall()
own.close()
"""


@pytest.mark.parametrize("first", ["open_once", "Database"])
@pytest.mark.parametrize("second", ["open_once", "Database"])
def test_a_look_from_outside_takes_nothing(tmp_path: Path, first: str, second: str) -> None:
    store = tmp_path / "store.sqlite"
    url = f"sqlite:///{store.as_posix()}"
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(first=first, second=second), url], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True, env=environment(), cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert child.stdin is not None and child.stdout is not None
    try:
        for number in range(4):
            print(number, file=child.stdin, flush=True)
            assert child.stdout.readline() == "thanked\n"
            log = os.stat(f"{store}-wal").st_ino
            subprocess.run([sys.executable, "-c", LOOK, str(store)], check=True, env=environment())
            assert os.stat(f"{store}-wal").st_ino == log
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    with closing(sqlite3.connect(store)) as own:
        assert [number for (number,) in own.execute("SELECT n FROM told ORDER BY n")] == list(range(4))


def test_one_database_for_a_store(tmp_path: Path) -> None:
    a, b = (f"sqlite:///{(tmp_path / name).as_posix()}" for name in ("a.sqlite", "b.sqlite"))
    assert open_once(a) is open_once(a)
    assert open_once(a) is not open_once(b)


def test_a_new_store_is_private_and_made_at_once(tmp_path: Path) -> None:
    store = tmp_path / "new.sqlite"
    database = Database(f"sqlite:///{store.as_posix()}")
    database.engine.connect().close()
    database.close()
    assert [path.name for path in tmp_path.iterdir()] == [store.name]
    assert store.stat().st_mode & 0o777 == 0o600


def test_whoever_drops_a_database_leaves_no_connection_behind(tmp_path: Path) -> None:
    """The last connection that is closed takes the log with it."""
    store = tmp_path / "a.sqlite"
    database = Database(f"sqlite:///{store.as_posix()}")
    with database.write() as session:
        session.execute(text("CREATE TABLE told (n INTEGER)"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.sqlite", "a.sqlite-shm", "a.sqlite-wal"]
    del database, session
    assert [path.name for path in tmp_path.iterdir()] == ["a.sqlite"]
