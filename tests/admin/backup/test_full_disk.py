"""A backup whose disk really gets full: said as that, and nothing of it is left."""

from __future__ import annotations

from pathlib import Path

from tests.fixtures import own_mounts

ROOT = Path(__file__).resolve().parents[3]


def test_a_disk_that_gets_full_while_the_store_is_copied(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    found = own_mounts.run_with_own_mounts("backup_disk", disk, tmp_path / "centre", disk)
    assert found == {"fault": "disk_full", "heard": ["store"], "left": ["others"], "store": None}
