"""Backups and restores that are killed: what is there afterwards is whole, or marked, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from admin.backup import creation, manifest, restoration, store_facts
from admin.settings import UNFINISHED, UnfinishedRestore
from models.storage.database import Database
from tests.fixtures import killed_backup, postgres
from tests.fixtures.backed_up_centre import make_centre, make_settings
from tests.fixtures.installation import list_files

NEVER = 10_000


@pytest.fixture
def urls(request: pytest.FixtureRequest, store_url: str) -> Iterator[tuple[str, str]]:
    """Addresses of a centre's store and of an empty place; "" is a file in the instance."""
    if store_url.startswith("sqlite"):
        yield "", ""
        return
    server: postgres.PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as other:
        yield store_url, other


def quiet(step: str, done: int, of: int) -> None:
    """Nobody watches."""


def test_a_killed_backup_is_none_and_the_next_one_removes_what_it_left(tmp_path: Path, urls: tuple[str, str]) -> None:
    settings, database = make_centre(tmp_path / "centre", urls[0])
    database.close()
    disk = tmp_path / "disk"
    disk.mkdir()
    steps = killed_backup.run_and_kill("backup", settings.instance, urls[0], disk / "first", NEVER)
    assert steps is not None and steps > 15
    for step in range(1, steps + 1, 8 if urls[0] else 4):
        assert killed_backup.run_and_kill("backup", settings.instance, urls[0], disk / f"night-{step}", step) is None
        left = [path.name for path in disk.iterdir() if path.name != "first"]
        assert left == [f"night-{step}.partial"]  # what the kill before left is gone
    assert killed_backup.run_and_kill("backup", settings.instance, urls[0], disk / f"night-{step}", NEVER) == steps
    assert sorted(path.name for path in disk.iterdir()) == ["first", f"night-{step}"]
    for name in ("first", f"night-{step}"):
        creation.check_backup_files(disk / name, manifest.read_manifest(disk / name), quiet)


def test_a_killed_restore_is_marked_until_another_ends_it(
    tmp_path: Path, urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, database = make_centre(tmp_path / "centre", urls[0])
    backup, place = tmp_path / "backup", make_settings(tmp_path / "place", urls[1])
    made = creation.make_backup(settings, backup, 1, quiet)
    database.close()
    expected = sorted([*made.state_files(), *([] if urls[0] else ["admin.sqlite"])])
    opened = 0
    for step in range(1, NEVER, 6 if urls[0] else 3):
        steps = killed_backup.run_and_kill("restore", place.instance, urls[1], backup, step)
        if steps is not None:
            break
        if (place.instance / UNFINISHED).exists():
            opened += 1
            with pytest.raises(UnfinishedRestore):
                place.database()
        else:  # nothing was begun
            assert list_files(place.instance) in ([], ["restore.partial/lock"])
    assert opened > 3
    assert list_files(place.instance) == expected
    restored = Database(place.database_url)
    with restored.read() as session:
        assert store_facts.read_store_facts(session) == made.facts
    restored.close()


def test_a_restore_that_is_given_up_can_begin_anew_with_another_backup(tmp_path: Path) -> None:
    backups = []
    for name, answers in (("one", 5), ("two", 7)):
        settings, database = make_centre(tmp_path / name, answers=answers)
        (settings.instance / f"only-{name}.json").write_text(name)
        creation.make_backup(settings, tmp_path / f"backup-{name}", 1, quiet)
        database.close()
        backups.append(tmp_path / f"backup-{name}")
    place = make_settings(tmp_path / "place")
    steps = killed_backup.run_and_kill("restore", tmp_path / "try", "", backups[0], NEVER)
    assert steps is not None
    assert (
        killed_backup.run_and_kill("restore", place.instance, "", backups[0], steps) is None
    )  # all has its name, the mark stands
    assert (place.instance / "only-one.json").exists()
    restoration.restore_backup(backups[1], place, quiet)
    assert (place.instance / "only-two.json").exists() and not (place.instance / "only-one.json").exists()
    assert place.database().check() is None
    with place.database().read() as session:
        assert store_facts.read_store_facts(session)["tables"]["entry"] == 7
    place.database().close()
