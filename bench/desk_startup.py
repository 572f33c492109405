"""The desk's weight: start-up and memory of `wsgi.kiosk()` beside a bare Flask app with SQLAlchemy.

Both begin on an empty store. Each is a fresh interpreter that makes its application, answers one request and ends;
measured is the whole process. The promise is held against processor time, which says the same on a busy machine. What a
start checks of its ledger is timed apart: it grows with the store.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.bench_desk import ROOT
from bench.result_table import Rounds, Table

#: The promise: how often a bare app's start and memory the desk may take.
MOST_START, MOST_MEMORY = 1.5, 2.0

_MEMORY = """
try:
    status = open("/proc/self/status").read()
    print(int(status.split("VmRSS:")[1].split()[0]) / 1024)
except OSError:
    print(0)
"""
_ANSWER = """
assert app.test_client().get("/").status_code == 200
""" + _MEMORY
DESK = "import wsgi\napp = wsgi.kiosk()" + _ANSWER
BARE = """
import sqlalchemy, sqlalchemy.orm
from flask import Flask
app = Flask("bare")
engine = sqlalchemy.create_engine("sqlite://")
@app.get("/")
def start():
    with sqlalchemy.orm.Session(engine) as session:
        return str(session.scalar(sqlalchemy.text("SELECT 1")))
""" + _ANSWER
EMPTY = _MEMORY


#: Prints the milliseconds of the check of store and ledger that `hailong kiosk serve` makes before it serves.
CHECK = """
import time, wsgi
from kiosk import boot
from models import clock
app = wsgi.kiosk()
begun = time.perf_counter()
assert boot.start_desk(app.extensions["database"], clock.now(), app.extensions["settings"]) is None
print((time.perf_counter() - begun) * 1000)
"""


@dataclass(frozen=True)
class ProcessRun:
    """One process from its start to its end: milliseconds by the clock and of the processor (the clock's again where
    the system does not tell), and the number it printed."""

    ms: float
    processor_ms: float
    printed: float


def run_program(code: str, instance: Path) -> ProcessRun:
    """A fresh interpreter that runs `code` over the folder `instance`. RuntimeError if it fails."""
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "HAILONG_INSTANCE": str(instance), "PYTHONPATH": paths}
    used = _children()
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    elapsed_ms = (time.perf_counter() - started) * 1000
    if done.returncode:
        raise RuntimeError(done.stderr)
    return ProcessRun(elapsed_ms, (_children() - used) * 1000 or elapsed_ms, float(done.stdout))


def _children() -> float:
    """Seconds of the processor that ended child processes used."""
    times = os.times()
    return times.children_user + times.children_system


DESK_NAME, BARE_NAME, EMPTY_NAME = "wsgi.kiosk() and its first page", "bare Flask + SQLAlchemy", "python alone"
START, PROCESSOR, MEMORY = "start", "start, processor time", "memory"


def measure_rounds(desk: Path, rounds: int) -> Rounds:
    """The rounds of all three programs. `desk` is the instance folder of a paired desk."""
    results = Rounds()
    for number in range(rounds + 1):
        for name, code in ((DESK_NAME, DESK), (BARE_NAME, BARE), (EMPTY_NAME, EMPTY)):
            one = run_program(code, desk)
            if number:  # the first one only writes the byte code
                results.add(f"{name}: {START}", one.ms)
                results.add(f"{name}: {PROCESSOR}", one.processor_ms)
                results.add(f"{name}: {MEMORY}", one.printed)
    return results


def check_promises(results: Rounds) -> dict[str, bool]:
    """What is promised, and whether these rounds keep it."""
    start = results.ratio(f"{DESK_NAME}: {PROCESSOR}", f"{BARE_NAME}: {PROCESSOR}")[0]
    promises = {f"start at most {MOST_START} x a bare app": start <= MOST_START}
    if results.median(f"{EMPTY_NAME}: {MEMORY}"):
        memory = results.ratio(f"{DESK_NAME}: {MEMORY}", f"{BARE_NAME}: {MEMORY}")[0]
        promises[f"memory at most {MOST_MEMORY} x a bare app"] = memory <= MOST_MEMORY
    return promises


def measure(desk: Path, rounds: int) -> None:
    """Print the table. `desk` is the instance folder of a paired desk."""
    results = measure_rounds(desk, rounds)
    checks = Rounds()
    for _ in range(rounds):
        checks.add("the check of store and ledger, apart", run_program(CHECK, desk).printed)
        checks.add("python alone", run_program(EMPTY, desk).ms)
    table = Table("The desk is light: a fresh process, up to its first answer", results, "ms")
    for quantity in (START, PROCESSOR):
        table.row(f"{DESK_NAME}: {quantity}", f"{BARE_NAME}: {quantity}")
        table.row(f"{BARE_NAME}: {quantity}", f"{EMPTY_NAME}: {quantity}")
    if results.median(f"{EMPTY_NAME}: {MEMORY}"):
        table.row(f"{DESK_NAME}: {MEMORY}", f"{BARE_NAME}: {MEMORY}", unit="MiB")
        table.row(f"{BARE_NAME}: {MEMORY}", f"{EMPTY_NAME}: {MEMORY}", unit="MiB")
    table.show()
    check_table = Table("What a start checks, on a store without ratings", checks, "ms")
    check_table.row("the check of store and ledger, apart", "python alone")
    check_table.show()
    for promise, is_kept in check_promises(results).items():
        print(f"  {'yes' if is_kept else 'NO '}  {promise}")
    print(flush=True)
