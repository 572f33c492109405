"""A damaged desk: what can be read of its old store and what was tapped meanwhile, all of it once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from kiosk.boot import DeskStart
from kiosk.sync import store_salvage
from models.storage import damaged_pages
from models.storage.sqlite_module import load_sqlite_module
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response
from tests.clock_seam import environment
from tests.fixtures import damaged_store
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk
from tests.fixtures.paired_desk import leave_alone

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path) as (centre, own):
        yield centre, own


def hailong(folder: Path, *arguments: str) -> dict[str, Any]:
    program = "import sys, wsgi; sys.exit(wsgi.main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments, "--json"], cwd=ROOT, capture_output=True, text=True,
        env=environment(HAILONG_INSTANCE=str(folder), PYTHONPATH=str(ROOT)),
    )  # fmt: skip
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr, done.stderr
    return {"rc": done.returncode, "said": done.stderr, **json.loads(done.stdout or "{}")}


def begun(own: Desk) -> None:
    own.app.extensions["gate"].doubt()
    own.app.extensions["gate"]._start = DeskStart(own.database, own.settings, counted=True)
    assert own.client.get("/").status_code == 200


def counted(centre: Centre) -> list[str]:
    with centre.database.read() as session:
        rows = session.execute(select(Response.id, Response.outcome)).all()
    assert len({id for id, _ in rows}) == len(rows)
    return sorted(id for id, outcome in rows if outcome == "counted")


def test_what_was_readable_and_what_was_tapped_meanwhile_count_once(both: tuple[Centre, Desk]) -> None:
    centre, own = both
    DeskStart(own.database, own.settings, counted=True)()
    before = [own.rate(1 + n % 5, "A") for n in range(6)]
    assert own.sync(url=centre.url).state == "ok"
    waited = [own.rate(4) for _ in range(6)]
    standing = own.tap(2)
    own.database.close()
    damaged_store.checkpoint_log(own.settings.store_file)
    damaged_store.zero_header(own.settings.store_file)
    begun(own)
    meanwhile = [own.rate(5), own.tap(3)]
    leave_alone(own.app)  # the tap is closed
    assert own.sync(url=centre.url).state == "not_paired"
    own.pair(centre)
    assert own.sync(url=centre.url).state == "ok"
    assert counted(centre) == sorted(before + meanwhile)
    own.database.close()

    (done,) = hailong(own.settings.instance, "kiosk", "salvage", "all")["stores"]
    assert (done["ratings"], done["unreadable"], done["left"], done["drafts"]) == (12, 0, 0, 1)
    assert done["had"] >= 6 and done["file"]
    for accepted in (done["lines"] - done["had"], 0):  # a second time changes nothing
        took = hailong(centre.settings.instance, "admin", "ingest-file", done["file"])
        assert (took["rc"], took["state"], took["accepted"]) == (0, "ok", accepted)
    assert own.sync(url=centre.url).state == "ok"
    assert counted(centre) == sorted(before + meanwhile + waited + [standing])
    again = hailong(own.settings.instance, "kiosk", "salvage", "all")["stores"]
    assert again[0]["drafts"] == 0


def test_lines_behind_a_gap_are_kept_and_said(both: tuple[Centre, Desk]) -> None:
    centre, own = both
    DeskStart(own.database, own.settings, counted=True)()
    given = [own.rate(3) for _ in range(60)]
    own.database.close()
    store = own.settings.store_file
    damaged_store.checkpoint_log(store)
    raw = store.read_bytes()
    pages = range(0, len(raw), damaged_store.PAGE)
    held = [at for at in pages if raw[at] == 0x0D and b'"typ":"rating"' in raw[at : at + damaged_store.PAGE]]
    with store.open("r+b") as file:
        file.seek(held[len(held) // 2])
        file.write(b"\xff" * damaged_store.PAGE)
    begun(own)
    own.pair(centre)
    own.database.close()
    (done,) = hailong(own.settings.instance, "kiosk", "salvage", "all")["stores"]
    assert done["unreadable"] > 0 and done["left"] > 0 and 0 < done["ratings"] < len(given)
    left = Path(done["left_file"]).read_bytes().splitlines()
    assert sum(b'"typ":"rating"' in line for line in left) + len(counted_after(centre, done)) == done["ratings"]
    report = own.settings.instance / "set-aside"
    assert json.loads(next(report.glob("*.json")).read_bytes())["unreadable"] == done["unreadable"]


def counted_after(centre: Centre, done: dict[str, Any]) -> list[str]:
    took = hailong(centre.settings.instance, "admin", "ingest-file", done["file"])
    assert (took["rc"], took["state"]) == (1, "gap") and took["said"].startswith("gap: ")
    return counted(centre)


def test_without_the_key_the_lines_are_kept_beside(both: tuple[Centre, Desk]) -> None:
    _centre, own = both
    DeskStart(own.database, own.settings, counted=True)()
    for _ in range(3):
        own.rate(1)
    own.database.close()
    damaged_store.zero_header(own.settings.store_file)
    begun(own)
    own.database.close()
    own.settings.key_file.unlink()
    (done,) = hailong(own.settings.instance, "kiosk", "salvage")["stores"]
    assert (done["file"], done["why"], done["left"]) == (None, "key_missing", done["lines"])


def test_rows_are_read_as_sqlite_wrote_them(tmp_path: Path) -> None:
    """Integers of every width, texts, blobs over several pages, rows in the log alone, a table without rowid."""
    path = tmp_path / "some.damaged"
    writer = load_sqlite_module().connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE a (x, y, z)")
    writer.execute("CREATE TABLE b (k TEXT PRIMARY KEY, v) WITHOUT ROWID")
    rows: list[tuple[Any, ...]] = [
        (sign * (1 << width), "ơ" * length, bytes([length % 256]) * length)
        for sign in (1, -1)
        for width, length in zip((0, 1, 7, 15, 23, 31, 47, 62), (0, 1, 9, 130, 4000, 4060, 9000, 70_000), strict=True)
    ]
    rows += [(None, 1.5, 0)]
    writer.executemany("INSERT INTO a VALUES (?, ?, ?)", rows)
    writer.executemany("INSERT INTO b VALUES (?, ?)", [(f"key {n}", "v" * n) for n in range(300)])
    found = set(damaged_pages.recover_rows(path))
    writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    settled = set(damaged_pages.recover_rows(path))
    writer.close()
    wanted = set(rows) | {(f"key {n}", "v" * n) for n in range(300)}
    assert wanted <= found and wanted <= settled


@pytest.mark.parametrize("kind", sorted(damaged_store.KINDS))
def test_no_damage_ends_the_reading(both: tuple[Centre, Desk], kind: str) -> None:
    _centre, own = both
    own.rate(2, "A")
    with own.database.read() as session:
        raw = {row.bytes for row in session.scalars(select(StoredEntry))}
    own.database.close()
    damaged_store.checkpoint_log(own.settings.store_file)
    damaged_store.KINDS[kind](own.settings.store_file)
    found = store_salvage.read_damaged_store(
        own.settings.store_file.rename(own.settings.store_file.with_suffix(".damaged"))
    )
    assert {entry.raw for entry in found.lines.values()} <= raw


def test_a_line_that_was_altered_is_not_taken_and_a_draft_is_taken_once(both: tuple[Centre, Desk]) -> None:
    _centre, own = both
    DeskStart(own.database, own.settings, counted=True)()
    given = [own.rate(2) for _ in range(4)]
    standing = own.tap(5)
    own.database.close()
    store = own.settings.store_file
    damaged_store.checkpoint_log(store)
    raw = store.read_bytes()
    place = raw.index(f'"id":"{given[1]}"'.encode())
    at = raw.index(b'["overall",2]', place) + len(b'["overall",')
    store.write_bytes(raw[:at] + b"5" + raw[at + 1 :])
    damaged_store.zero_header(store)
    begun(own)
    (kept,) = (own.settings.instance / "set-aside").glob("*.damaged")
    found = store_salvage.read_damaged_store(kept)
    taken = {entry.id for entry in found.lines.values() if entry.typ == "rating"}
    assert taken == set(given) - {given[1]} and found.unreadable == 1
    assert [draft["id"] for draft in found.drafts] == [standing]
    for new in (1, 0):
        with own.database.write() as session:
            assert store_salvage.adopt_drafts(session, found) == new
