"""Health of the centre: well only where answers can be kept and are counted, and otherwise why not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin import jobs
from admin.web import health_check
from models.storage.store_faults import StoreFault
from tests.fixtures import own_mounts
from tests.fixtures.centre_scene import CentreScene, open_centre


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[CentreScene]:
    with open_centre(tmp_path, filled=False) as scene:
        yield scene


def told(scene: CentreScene, minutes: int = 1) -> tuple[int, str | None]:
    """Status and reason, some minutes later."""
    scene.now_ms += minutes * 60_000
    answer = scene.client().get("/healthz")
    assert (answer.status_code == 200) == answer.get_json()["ok"] == (answer.get_json()["reason"] is None)
    assert answer.get_json()["store"].startswith("SQLite") and answer.get_json()["version"]
    assert answer.status_code == 200 or int(answer.headers["Retry-After"]) > 0
    return answer.status_code, answer.get_json()["reason"]


def test_a_look_leaves_nothing(scene: CentreScene, tmp_path: Path) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    assert told(scene) == (200, None)
    assert {path.name for path in tmp_path.iterdir()} <= before | {"admin.sqlite-wal", "admin.sqlite-shm"}


def test_a_folder_that_is_gone_and_one_without_room_are_not_well(
    scene: CentreScene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert health_check.find_folder_fault([tmp_path]) is None
    assert health_check.find_folder_fault([tmp_path, tmp_path / "gone"]) is StoreFault.OTHER
    more = (shutil.disk_usage(tmp_path).free >> 20) + (1 << 30)
    assert told(scene) == (200, None)
    monkeypatch.setattr(health_check, "LEAST_FREE_MB", more)
    assert told(scene, 0) == (200, None), "whoever asks again and again does not write again and again"
    assert told(scene) == (503, "disk_full")


def test_a_disk_that_is_really_full_and_one_that_can_only_be_read(tmp_path: Path) -> None:
    """Small file systems of their own."""
    assert own_mounts.run_with_own_mounts("small_disk", tmp_path, tmp_path) == {
        "roomy": None, "full": "disk_full", "nearly": "disk_full", "read_only": "read_only",
    }  # fmt: skip


def test_jobs_that_fail_for_long_are_told_and_forgotten(scene: CentreScene) -> None:
    """The table the jobs read first is away: nothing is counted any more, though every page opens."""
    jobs.run_jobs_once(scene.app)
    assert told(scene) == (200, None)
    with scene.database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE phone_draft RENAME TO away")
    jobs.run_jobs_once(scene.app)
    assert told(scene, 9) == (200, None)
    jobs.run_jobs_once(scene.app)
    assert told(scene, 2) == (503, "jobs_failing")
    assert scene.client().get("/healthz").get_json()["jobs_failing_s"] == 11 * 60
    with scene.database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE away RENAME TO phone_draft")
    jobs.run_jobs_once(scene.app)
    assert told(scene) == (200, None)


def test_a_store_of_another_version_is_not_well(scene: CentreScene) -> None:
    with scene.database.write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = 'central_0001'")
    assert told(scene) == (503, "not_upgraded")
