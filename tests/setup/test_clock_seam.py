"""The clock that tests stand on: it moves this process and its children, and no test escapes it."""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
import sys
import time
from collections import Counter
from multiprocessing.context import ForkContext, ForkServerContext, SpawnContext
from pathlib import Path

import pytest

from models import clock, ids
from tests import clock_seam
from tests.clock_seam import MOMENTS, clock_at, environment, machine_seconds, moment_of, ms_of

ROOT = Path(__file__).parents[2]
READ = "from models import clock; print(clock.now().t)"
FAR = "2031-05-06T07:08:09"


def near(ms: int, start: int) -> bool:
    """Whether the clock that read `ms` went on from `start` and not yet for ten minutes."""
    return start <= ms < start + 600_000


def child(code: str, *options: str, env: dict[str, str] | None = None) -> int:
    """The number a Python child prints."""
    command = [sys.executable, *options, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.every_moment
def test_a_test_starts_at_its_moment_and_so_do_its_children(request: pytest.FixtureRequest) -> None:
    asked = moment_of(request.node)
    start = ms_of(asked) if asked else int(machine_seconds() * 1000) - 60_000  # with `--clock now` there is none
    assert near(clock.now().t, start) and near(int(ids.new_id()[:12], 16), start)
    assert near(child(READ), start) and near(child(READ, env=environment(PYTHONPATH=str(ROOT))), start)
    assert asked is None or clock.local_day(start) == asked[:10]


def test_the_clock_goes_on_here_and_in_the_children_and_the_running_clock_is_left_alone() -> None:
    outside, running = clock.now().t, clock.now().mono
    with clock_at(FAR):
        first = clock.now().t
        time.sleep(0.05)
        between = child(READ)
        assert first + 50 <= between <= clock.now().t < ms_of(FAR) + 600_000
        with clock_at("2020-01-01T00:00:00"):
            assert near(child(READ), ms_of("2020-01-01T00:00:00"))
        assert between <= child(READ) <= clock.now().t
    assert outside <= clock.now().t < outside + 600_000 and running <= clock.now().mono < running + 600_000


def test_a_child_that_runs_already_moves_too() -> None:
    """A server that a module shares stands at the moment of each of its tests."""
    code = "import sys\nfrom models import clock\nfor _ in sys.stdin: print(clock.now().t, flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stdin and serving.stdout
        for moment in (FAR, "2020-01-01T00:00:00"):
            with clock_at(moment):
                print(file=serving.stdin, flush=True)
                assert near(int(serving.stdout.readline()), ms_of(moment))


def told(pipe: object) -> None:
    """In a pool's process: say what time it is."""
    pipe.send(clock.now().t)  # type: ignore[attr-defined]


@pytest.mark.parametrize("way", multiprocessing.get_all_start_methods())
def test_processes_of_a_pool_move_too(way: str) -> None:
    context = multiprocessing.get_context(way)
    assert isinstance(context, ForkContext | SpawnContext | ForkServerContext)
    ours, theirs = context.Pipe()
    with clock_at(FAR):
        worker = context.Process(target=told, args=(theirs,))
        worker.start()
        assert ours.poll(60) and near(ours.recv(), ms_of(FAR))
        worker.join()


def test_no_variable_moves_the_product() -> None:
    """Without the folder on its path a process reads the machine's clock, whatever its environment says."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); {READ}"
    with clock_at(FAR):
        assert os.environ[clock_seam.VARIABLE]
        assert abs(child(code, "-I") / 1000 - machine_seconds()) < 600


def test_a_child_without_the_product_keeps_the_machines_clock() -> None:
    code = "import sys, time; print(int(time.time())); assert 'models' not in sys.modules"
    with clock_at(FAR):
        assert abs(child(code) - machine_seconds()) < 600


@pytest.mark.parametrize("missing", ["PYTHONPATH", clock_seam.VARIABLE])
def test_a_child_that_would_read_the_machines_clock_is_not_started(missing: str) -> None:
    there = {name: value for name, value in os.environ.items() if name != missing}
    with pytest.raises(RuntimeError, match="clock_seam.environment"):
        subprocess.run([sys.executable, "-c", "pass"], env=there)


def run(folder: Path, source: str, *options: str) -> subprocess.CompletedProcess[str]:
    """A suite of one module, `source`, with nothing but the seam loaded."""
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "test_inside.py").write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.clock_seam", "-p", "no:cacheprovider", *options]
    environ = environment(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", PYTHONPATH=str(ROOT))
    return subprocess.run([*command, str(folder)], cwd=ROOT, env=environ, capture_output=True, text=True)


SHARED = """
import pytest
from models import clock

@pytest.fixture(scope="module")
def made():
    return clock.local_day(clock.now().t)

@pytest.mark.parametrize("number", [1, 2])
def test_it(made, number):
    print("made", made)
    assert 0
"""


def test_at_every_moment_all_is_made_anew(tmp_path: Path) -> None:
    done = run(tmp_path, SHARED, "--clock", "every")
    assert done.stdout.splitlines()[-1].startswith(f"{2 * len(MOMENTS)} failed"), done.stdout
    days = Counter(re.findall(r"^made (\S+)$", done.stdout, re.MULTILINE))
    assert days == Counter(2 * [moment[:10] for moment in MOMENTS.values()])
    for moment in MOMENTS.values():
        assert done.stdout.count(f"started at {moment}: --clock {moment}") == 2  # a failure says how to see it again


@pytest.mark.parametrize("asked", ["2028-02-29T12:00:00", "29-february"])
def test_any_selection_starts_where_it_is_told(tmp_path: Path, asked: str) -> None:
    done = run(tmp_path, SHARED, "--clock", asked)
    assert done.stdout.count("made 2028-02-29") == 2 and "2 failed" in done.stdout, done.stdout


@pytest.mark.parametrize(("scope", "starts"), [("module", 1), ("function", 2)])
def test_the_clock_goes_on_where_tests_share_something(tmp_path: Path, scope: str, starts: int) -> None:
    source = SHARED.replace('"module"', f'"{scope}"')
    source = source.replace("clock.local_day(clock.now().t)", "__import__('time').sleep(0.01)")
    ahead = 'print("ahead", open(__import__("os").environ["HAILONG_TEST_CLOCK"]).read())'
    done = run(tmp_path, source.replace('print("made", made)', ahead), "--clock", "year-end")
    found = re.findall(r"^ahead (-?\d+)$", done.stdout, re.MULTILINE)
    assert len(found) == 2 and len(set(found)) == starts, done.stdout


def test_a_day_of_its_own_is_kept(tmp_path: Path) -> None:
    own = SHARED.replace("def test_it", '@pytest.mark.starts_at("2026-10-14T09:00:00")\ndef test_it')
    assert run(tmp_path, own, "--clock", "year-end").stdout.count("made 2026-10-14") == 2


def test_a_moment_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    done = run(tmp_path, SHARED, "--clock", "2027-02-29T00:00:00")
    assert done.returncode == 4 and "--clock 2027-02-29" in done.stderr


def test_a_module_takes_no_time_when_it_is_imported(tmp_path: Path) -> None:
    done = run(tmp_path, "from models import clock\nTODAY = clock.local_day(clock.now().t)\ndef test_it(): pass\n")
    assert done.returncode == 2 and "the clock is read while no test runs" in done.stdout
