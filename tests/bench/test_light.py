"""The desk's memory beside a bare app, and a verdict on memory and start that can fail.

The memory stays light. How long a start takes is measured by `wsgi.py bench` alone.
"""

from __future__ import annotations

from pathlib import Path

from bench import bench_desk, desk_startup
from bench.result_table import Rounds


def test_the_desk_is_light_beside_a_bare_app(tmp_path: Path) -> None:
    rounds = desk_startup.measure_rounds(bench_desk.paired_desk(tmp_path), 1)
    _start, memory = desk_startup.check_promises(rounds).values()
    assert memory, dict(rounds.values)


def test_the_verdict_can_fail() -> None:
    rounds = Rounds()
    for name, ms, mib in (
        (desk_startup.DESK_NAME, 151, 201),
        (desk_startup.BARE_NAME, 100, 100),
        (desk_startup.EMPTY_NAME, 10, 10),
    ):
        rounds.add(f"{name}: {desk_startup.PROCESSOR}", ms)
        rounds.add(f"{name}: {desk_startup.MEMORY}", mib)
    assert list(desk_startup.check_promises(rounds).values()) == [False, False]
