"""A really full disk and a really read-only one under a centre: a true sentence, nothing left half."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.clock_seam import environment
from tests.guards import not_run

ROOT = Path(__file__).parents[3]


def test_a_full_and_a_read_only_disk_are_told_as_what_they_are(tmp_path: Path) -> None:
    alone = ["unshare", "-r", "-m"]
    tried = subprocess.run([*alone, "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)], capture_output=True, text=True)
    if tried.returncode:
        not_run("read-only disks", tried.stderr.strip())
    done = subprocess.run(
        [*alone, sys.executable, "-m", "tests.fixtures.bad_disk", str(tmp_path)],
        cwd=ROOT, env=environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for code, told in found["full"]:
        assert code == 1 and told.startswith("disk_full: ") and "DATABASE_URL" not in told, told
    assert found["agencies"] == 0 and found["left"] == []
    assert found["again"] == [0, ""]  # as soon as there is room
    for words, (code, told) in found["read_only"].items():
        assert code == 1 and told.startswith("read_only: ") and told.count("\n") == 1, (words, told)
