"""Power cuts under the real desk: what it acknowledged is there after the next start.

A short form of `bench --faults`. The disk forgets what was not synced. The desk as shipped (FULL) must lose nothing on
any image that a cut can leave; the control without syncs (OFF) must be seen to lose, else the disk proves nothing.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import bench_desk
from bench.powercut import cuts
from bench.powercut.model import ALL, NONE, RANDOM
from tests.clock_seam import environment
from tests.guards import not_run

ROOT = Path(__file__).parents[2]
SEED = 20261128
#: Numbers of cuts: both laws of names, one tablet and three, both checkpoints, and the steps tap, undo and send.
FULL = (0, 3, 5, 16)
OFF = (0, 3)


def test_what_was_acknowledged_outlives_a_power_cut(tmp_path: Path) -> None:
    if why := cuts.find_mount_refusal():
        not_run("power cuts", why)
    desk = bench_desk.paired_desk(tmp_path, factors=True)
    counts = cuts.make_empty_counts(("FULL", "OFF"))
    for setting, numbers in (("FULL", FULL), ("OFF", OFF)):
        for number in numbers:
            cuts.cut_and_count(desk, tmp_path, setting, number, SEED, counts)
    assert all(count.acknowledged >= count.cuts > 0 for count in counts.values()), counts
    safe_counts = [counts["FULL", kind] for kind in (NONE, RANDOM, ALL)] + [counts["OFF", ALL]]  # ALL: a killed process
    assert not any(count.lost or count.corrupt for count in safe_counts), counts
    assert counts["OFF", NONE].cuts_losing == len(OFF), counts


#: Loaded by each process of a run of its own: a machine without the device.
WITHOUT_DEVICE = "from pathlib import Path\nfrom bench.powercut import cuts\ncuts.DEVICE = Path({device!r})\n"


def test_where_there_is_no_device_the_run_passes_and_its_last_lines_say_so(tmp_path: Path) -> None:
    """What a process of its own found out is said by the one that sums up."""
    device = str(tmp_path / "fuse")
    (tmp_path / "other_machine.py").write_text(WITHOUT_DEVICE.format(device=device), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "1", "-p", "other_machine", "-k", "outlives", __file__]
    own = environment(PYTHONPATH=os.pathsep.join((str(tmp_path), str(ROOT))))
    done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    *_, message, count = done.stdout.strip().splitlines()
    why = f"{device}: {os.strerror(errno.ENOENT)}"
    assert message == f"NOT RUN: power cuts: {why}, run them with python3 wsgi.py bench --faults"
    assert count.startswith("1 skipped"), count


def ends_with(words: str) -> tuple[str, ...]:
    """A disk that ends before it is mounted, with these last words."""
    return sys.executable, "-c", f"import sys; sys.exit({words!r})"


def test_a_refused_mount_is_said_in_the_machine_s_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "DEVICE", Path(os.devnull))
    monkeypatch.setattr(cuts, "DISK", ends_with("fusermount3: mount failed: Operation not permitted"))
    assert cuts.find_mount_refusal() == "fusermount3: mount failed: Operation not permitted"


def test_a_disk_that_breaks_by_itself_is_an_error_and_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "DEVICE", Path(os.devnull))
    monkeypatch.setattr(cuts, "DISK", ends_with("ImportError: no module mfusepy"))
    with pytest.raises(RuntimeError, match="not mounted: ImportError"):
        cuts.find_mount_refusal()
