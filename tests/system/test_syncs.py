"""The syncs of a tap, as the kernel sees them: strace counts those of the real desk's server."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import bench_desk
from bench.powercut import cuts
from bench.taps import trace_syncs

TAPS = 60
#: The promise: one sync a tap, and one in ten for the log that is moved into the store now and then.
MOST = 1.1


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return bench_desk.paired_desk(tmp_path)


def test_a_tap_is_one_sync(desk: Path) -> None:
    tap, visitor = trace_syncs(desk, TAPS)  # the first visitor has nobody's rating to seal
    assert 1 <= tap <= MOST and 2 - 1 / TAPS <= visitor <= 2 * MOST, (tap, visitor)


@pytest.mark.parametrize(
    ("synchronous", "checkpoint", "least", "most"), [("OFF", "1000", 0, 0), ("FULL", "1", 2, 9)], ids=["none", "many"]
)
def test_fewer_and_more_would_be_counted(
    desk: Path, synchronous: str, checkpoint: str, least: float, most: float
) -> None:
    """Without syncs, and with the log moved into the store after every page."""
    settings = {"HAILONG_BENCH_SYNCHRONOUS": synchronous, "HAILONG_BENCH_CHECKPOINT": checkpoint}
    tap, _ = trace_syncs(desk, TAPS, cuts.COMMAND, **settings)
    assert least <= tap <= most, tap
