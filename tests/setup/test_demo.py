"""The first promise of the README: one command, and a centre and a desk with a year of answers run.

It is kept for real.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from models import clock

ROOT = Path(__file__).parents[2]
HAILONG = [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())"]


@dataclass
class Demo:
    """A running demo: its process, its environment, all it said, the rows it printed (in English); up to
    which month it knew what may be shown, by year, when it said it was ready; and which months it was until then."""

    process: subprocess.Popen[str]
    environment: dict[str, str]
    said: str
    rows: dict[str, str]
    worked_out: dict[str, str]
    months: set[str]


def start(environment: dict[str, str]) -> Demo:
    began = month()
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen([*HAILONG, "demo"], cwd=ROOT, env=environment, **pipes)
    assert process.stdout is not None
    rows, said = {}, ""
    for line in process.stdout:
        said += line
        if row := re.match(r"  ([A-Z][\w ]*\w) {2,}(\S.*)", line):
            rows[row[1]] = row[2].strip()
        if "Ctrl-C" in line:
            known = worked_out(Path(environment["HAILONG_INSTANCE"]))
            return Demo(process, environment, said, rows, known, {began, month()})
    raise AssertionError(f"the demo ended by itself with {process.wait()}")


def month() -> str:
    """The present month."""
    return clock.local_day(clock.now().t)[:7]


def worked_out(instance: Path) -> dict[str, str]:
    """Year → the first month of the short questionnaire whose hidden cells are not worked out."""
    store = sqlite3.connect(instance / "admin.sqlite")
    try:
        return dict(store.execute("SELECT year, stale_from FROM hidden_year WHERE instrument = 'short'"))
    finally:
        store.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    instance = tmp_path_factory.mktemp("demo")
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        ports = {"ADMIN_PORT": str(one.getsockname()[1]), "KIOSK_PORT": str(other.getsockname()[1])}
    running = start({**os.environ, **ports, "HAILONG_INSTANCE": str(instance), "HAILONG_LANGUAGE": "en"})
    yield running
    running.process.terminate()
    running.process.wait(20)


def read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return bytes(answer.read())


def reports(demo: Demo, months: set[str]) -> set[str]:
    """Where the report is of the month before any of these."""
    return {re.sub(r"\d{4}-\d{2}(?=\D*$)", clock.months_before(month, 1), demo.rows["Report"]) for month in months}


def test_it_prints_everything_one_needs(demo: Demo) -> None:
    assert set(demo.rows) == {"Centre", "Tablet", "Sign in", "QR slip", "Staff PIN", "Report", "Data"}
    assert re.fullmatch(r"\d{6} \(/staff, /officer\)", demo.rows["Staff PIN"])
    assert re.fullmatch(r"\S+@\S+ · \S+", demo.rows["Sign in"])
    months, responses = re.findall(r"\d+", demo.rows["Data"])
    assert int(months) == 13 and int(responses) > 40_000


def test_what_may_be_shown_of_all_months_is_worked_out_before_the_first_page(demo: Demo) -> None:
    """Else the first pages work it out for themselves, in seconds; upkeep, beside the pages, takes minutes for it."""

    def all_before(month: str) -> dict[str, str]:
        first, last = int(clock.months_before(month, 13)[:4]), int(clock.months_before(month, 1)[:4])
        return {str(year): min(month, f"{year + 1}-01") for year in range(first, last + 1)}

    assert demo.worked_out in [all_before(month) for month in demo.months]


def test_centre_desk_slip_and_report_are_there(demo: Demo) -> None:
    assert b"<html" in read(demo.rows["Centre"] + "/") and b"ok" in read(demo.rows["Centre"] + "/healthz").lower()
    assert b'name="score"' in read(demo.rows["Tablet"] + "/")
    assert b'name="score"' in read(demo.rows["QR slip"])
    assert Path(demo.rows["Report"]).read_bytes().startswith(b"%PDF-")


def test_the_desk_is_paired_and_syncs(demo: Demo) -> None:
    deadline = time.monotonic() + 30
    while True:
        done = subprocess.run(
            [*HAILONG, "kiosk", "status", "--json"], cwd=ROOT, env=demo.environment, capture_output=True, check=True
        )
        status = json.loads(done.stdout)
        if status["last_sync"] is not None:
            break
        assert time.monotonic() < deadline, status
        time.sleep(0.5)
    assert status["device"] and status["conflicts"] == 0


def test_ending_it_ends_all_and_a_later_start_makes_nothing_again(demo: Demo) -> None:
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(20) == 0
    for name in ("ADMIN_PORT", "KIOSK_PORT"):
        with pytest.raises(ConnectionRefusedError), socket.socket() as probe:
            probe.connect(("127.0.0.1", int(demo.environment[name])))
    again = start(demo.environment)
    again.process.terminate()
    assert again.process.wait(20) == 0
    assert again.rows["Sign in"] == demo.rows["Sign in"]
    assert demo.rows["Report"] in reports(demo, demo.months) and again.rows["Report"] in reports(demo, again.months)
    made = ("Loading", "Simulating")
    assert all(word in demo.said for word in made) and not any(word in again.said for word in made)
