"""A backup whose disk really gets full: said as that, and nothing of it is left."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.clock_seam import environment
from tests.guards import not_run

ROOT = Path(__file__).resolve().parents[3]


def test_a_disk_that_gets_full_while_the_store_is_copied(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    alone = ["unshare", "-r", "-m"]
    tried = subprocess.run([*alone, "mount", "-t", "tmpfs", "tmpfs", str(disk)], capture_output=True, text=True)
    if tried.returncode:
        not_run("backups on full disks", tried.stderr.strip())
    done = subprocess.run(
        [*alone, sys.executable, "-m", "tests.fixtures.backup_disk", str(tmp_path / "centre"), str(disk)],
        cwd=ROOT, capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"fault": "disk_full", "heard": ["store"], "left": ["others"], "store": None}
