"""The desk's weight: start-up time and memory of `wsgi.kiosk()` beside a bare Flask app with SQLAlchemy.

Each is a fresh interpreter that makes its application, answers one request and ends; measured is the whole process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from bench.place import ROOT
from bench.table import Rounds, Table

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


def run(code: str, instance: Path) -> tuple[float, float]:
    """Milliseconds and MiB (resident, 0 where there is no /proc) of a fresh interpreter that runs `code`."""
    environment = {**os.environ, "HAILONG_INSTANCE": str(instance), "PYTHONPATH": str(ROOT)}
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    taken = (time.perf_counter() - started) * 1000
    if done.returncode:
        raise RuntimeError(done.stderr)
    return taken, float(done.stdout)


def measure(desk: Path, rounds: int) -> None:
    """Print the table. `desk` is the instance folder of a paired desk."""
    found = Rounds()
    programs = {"wsgi.kiosk() and its first page": DESK, "bare Flask + SQLAlchemy": BARE, "python alone": EMPTY}
    for number in range(rounds + 1):
        for name, code in programs.items():
            taken, memory = run(code, desk)
            if number:  # the first one only writes the byte code
                found.add(f"{name}: start", taken)
                found.add(f"{name}: memory", memory)
    table = Table("The desk is light: a fresh process, up to its first answer", found, "ms")
    desk_name, bare, empty = programs
    table.row(f"{desk_name}: start", f"{bare}: start")
    table.row(f"{bare}: start", f"{empty}: start")
    if found.median(f"{empty}: memory"):
        table.row(f"{desk_name}: memory", f"{bare}: memory", unit="MiB")
        table.row(f"{bare}: memory", f"{empty}: memory", unit="MiB")
    table.show()
