"""The survey of mutants: a seeded sample, each run against the tests of its room.

All of it in copies of the project. What came out is appended to a file of JSON lines at once, so that an interrupted
survey goes on where it was. Killed stays killed; what survived or was not covered is asked again when the room or its
tests have changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from bench.mutants import line_tests
from bench.mutants.line_tests import LineTests
from bench.mutants.mutations import Mutant, find_mutants

ROOT = Path(__file__).resolve().parents[2]
#: The rooms whose rules protect people → the folders of their tests. What a desk remembers is tested through its
#: screens too.
ROOMS: Mapping[str, Sequence[str]] = {
    "models/protocol": ["tests/models/protocol"],
    "admin/ledgers": ["tests/admin/ledgers"],
    "admin/responses": ["tests/admin/responses"],
    "admin/slips": ["tests/admin/slips"],
    "admin/statistics": ["tests/admin/statistics"],
    "kiosk/rating": ["tests/kiosk/rating", "tests/kiosk/tablet"],
    "kiosk/desk": ["tests/kiosk/desk", "tests/kiosk/staff"],
}
KILLED, HUNG, SURVIVED, UNCOVERED, UNKNOWN = "killed", "hung", "survived", "not covered", "no verdict"
SEED = 13
#: Seconds that any run of tests may take, and how many times as long as without the fault.
GRACE, PATIENCE = 60.0, 5.0
#: Not copied: what is no source.
NOT_SOURCE = shutil.ignore_patterns(".?*", "venv", "instance", "__pycache__")
T = TypeVar("T")
#: pytest's exit codes: all passed; one failed, or could not even be imported; a test is not there under this name. Any
#: other (it was ended from outside, the machine had no memory) is no test's verdict, and is asked again.
PASSED, FAILED, NOT_IMPORTED, NOT_THERE = 0, 1, 2, 4


def draw_sample(root: Path, rooms: Iterable[str], number: int, seed: int) -> list[tuple[str, Mutant]]:
    """The room and the mutant, `number` of them. A smaller sample is the beginning of a larger one, and a change of the
    source touches only the mutants of what it changes."""
    every = [
        (room, mutant)
        for room in rooms
        for path in sorted((root / room).rglob("*.py"))
        for mutant in find_mutants(path.relative_to(root).as_posix(), path.read_bytes())
    ]
    every.sort(key=lambda pair: hashlib.sha256(f"{seed} {pair[1].key}".encode()).digest())
    return every[:number]


@contextmanager
def copy_project(root: Path, number: int) -> Iterator[list[Path]]:
    """Copies of the project in `root`, removed on leaving."""
    with tempfile.TemporaryDirectory(prefix="hailong-mutants-") as folder:
        trees = [Path(folder) / str(copy) / "tree" for copy in range(number)]
        for tree in trees:
            shutil.copytree(root, tree, ignore=NOT_SOURCE, symlinks=True)
        yield trees


def digest_folders(root: Path, folders: Iterable[str]) -> str:
    """What the modules in these folders say, in short."""
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            total.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:16]


def run_pytest_in(
    tree: Path, before: Sequence[str], words: Sequence[str], limit: float | None, **more: str
) -> int | None:
    """pytest's exit code in a copy of the project, or None after `limit` seconds: then all that it started is ended."""
    environment = {name: text for name, text in os.environ.items() if name not in ("HAILONG_INSTANCE", "DATABASE_URL")}
    paths = (str(tree), str(ROOT), environment.get("PYTHONPATH", ""))
    environment |= {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONDONTWRITEBYTECODE": "1", **more}
    command = [sys.executable, *before, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", *words]
    with subprocess.Popen(
        command, cwd=tree, env=environment, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as tests:  # fmt: skip
        try:
            return tests.wait(limit)
        except BaseException as ended:
            os.killpg(tests.pid, signal.SIGKILL)
            if isinstance(ended, subprocess.TimeoutExpired):
                return None
            raise


def trace_tests(tree: Path, room: str, folders: Sequence[str]) -> LineTests:
    """Run the room's tests once and see which executes what; names those that do not pass, which then judge nothing."""
    data_file, outcomes = tree.parent / "coverage", tree.parent / "outcomes.json"
    data_file.unlink(missing_ok=True)
    measured = ["-m", "coverage", "run", "--rcfile=", f"--data-file={data_file}", f"--source={tree / room}"]
    words = ["-p", line_tests.__name__, *folders]
    run_pytest_in(tree, measured, words, None, **{line_tests.OUTCOMES: str(outcomes)})
    lines, failed = line_tests.read_line_tests(tree, data_file, outcomes)
    for test in failed:
        print(f"does not pass without any fault, left out: {test}", flush=True)
    return lines


def judge_mutant(tree: Path, mutant: Mutant, lines: LineTests, grace: float = GRACE) -> str:
    """Put the fault into a copy of the project, run the tests that execute it, and take it out again."""
    tests = lines.of(mutant.path, mutant.first, mutant.last)
    if tests is None:
        return UNCOVERED
    limit = grace + PATIENCE * sum(lines.seconds[test] for test in tests)
    path = tree / mutant.path
    source = path.read_bytes()
    path.write_bytes(mutant.text(source))
    try:
        code = run_pytest_in(tree, (), ["-x", *tests], limit)
        if code == NOT_THERE:  # the fault changed which tests there are
            modules = dict.fromkeys(test.partition("::")[0] for test in tests)
            code = run_pytest_in(tree, (), ["-x", *modules], limit)
    finally:
        path.write_bytes(source)
    if code in (FAILED, NOT_IMPORTED, NOT_THERE):
        return KILLED
    return HUNG if code is None else SURVIVED if code == PASSED else UNKNOWN


def survey(
    root: Path, results: Path, number: int, seed: int = SEED, rooms: Mapping[str, Sequence[str]] = ROOMS, *,
    workers: int = os.cpu_count() or 1, grace: float = GRACE,
) -> list[tuple[str, Mutant, str]]:  # fmt: skip
    """Judge the sample over the project in `root`; `results` (JSON lines) says what is known and learns what is new.
    Returns the room, the mutant and what came out for each."""
    chosen = draw_sample(root, rooms, number, seed)
    digests = {room: digest_folders(root, [room, *tests]) for room, tests in rooms.items()}
    outcomes = dict(_known(results, digests))
    new_mutants = [(room, mutant) for room, mutant in chosen if mutant.key not in outcomes]
    print(f"{len(chosen)} mutants, {len(chosen) - len(new_mutants)} of them known, seed {seed}", flush=True)
    new_rooms = [room for room in rooms if any(room == of for of, _mutant in new_mutants)]
    with copy_project(root, workers) as trees, ThreadPoolExecutor(workers) as pool:
        free: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for tree in trees:
            free.put(tree)

        def in_a_copy(work: Callable[[Path], T]) -> T:
            tree = free.get()
            try:
                return work(tree)
            finally:
                free.put(tree)

        def judged(mutant: Mutant, watched: Future[LineTests]) -> str:
            lines = watched.result()
            return in_a_copy(partial(judge_mutant, mutant=mutant, lines=lines, grace=grace))

        runs: dict[Future[str], tuple[str, Mutant]] = {}
        watches = [partial(in_a_copy, partial(trace_tests, room=room, folders=rooms[room])) for room in new_rooms]
        watched = [pool.submit(work) for work in watches[:1]]
        for place, room in enumerate(new_rooms):  # while one room is watched, the mutants of the one before are judged
            watched += [pool.submit(work) for work in watches[place + 1 : place + 2]]
            runs |= {
                pool.submit(judged, mutant, watched[place]): (room, mutant) for of, mutant in new_mutants if of == room
            }
        began = time.monotonic()
        with results.open("a", encoding="utf-8") as file:
            file.write("\n")  # an interrupted line ends here
            for count, run in enumerate(as_completed(runs), 1):
                room, mutant = runs[run]
                outcomes[mutant.key] = outcome = run.result()
                line = {"key": mutant.key, "outcome": outcome, "room": room, "digest": digests[room]}
                print(json.dumps(line), file=file, flush=True)
                print(f"{count}/{len(new_mutants)} {time.monotonic() - began:.0f} s {outcome}: {mutant}", flush=True)
    return [(room, mutant, outcomes[mutant.key]) for room, mutant in chosen]


def _known(results: Path, digests: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What an earlier survey found and still holds: a mutant's key, and what came out."""
    if not results.exists():
        return
    for text in results.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except ValueError:  # empty, or was being written when the survey was ended
            continue
        same = line["outcome"] != UNKNOWN and line["digest"] == digests.get(line["room"])
        if line["outcome"] in (KILLED, HUNG) or same:
            yield line["key"], line["outcome"]


def print_report(outcomes: Sequence[tuple[str, Mutant, str]]) -> None:
    """Print the numbers of each room, and every mutant that no test noticed."""
    for room in dict.fromkeys(room for room, _mutant, _outcome in outcomes):
        numbers = Counter(outcome for of, _mutant, outcome in outcomes if of == room)
        killed = numbers[KILLED] + numbers[HUNG]
        print(f"{room}: {killed} killed, {numbers[SURVIVED]} survived, {numbers[UNCOVERED]} not covered"
              + (f", {numbers[UNKNOWN]} without a verdict" if numbers[UNKNOWN] else ""))  # fmt: skip
    for _room, mutant, outcome in sorted(outcomes, key=lambda line: (line[2], line[1].path, line[1].line)):
        if outcome in (SURVIVED, UNCOVERED, UNKNOWN):
            print(f"{outcome}: {mutant}")
