"""Durable taps over HTTP at a real `hailong kiosk serve`, beside its own ping and the disk's sync.

The desk is paired. A tap (POST /rate) is acknowledged when it is committed with a sync; a visitor is a fresh page and a
tap, where the page also seals what the one before left open. Ping is the same server answering GET /tokens.css with
304: no store.
"""

from __future__ import annotations

import re
import shutil
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import disk_speed
from bench.http_tablet import SERVE, Server, Tablet
from bench.result_table import Rounds, Table, number, percentile

Work = Callable[[Tablet, int], None]
PING, TAP, VISITOR = "ping", "tap", "visitor (page and tap)"
WAIT = "disk: append 4 KiB + fdatasync"


class Pages:
    """Pages with faces that were fetched beforehand, one for every tap to come."""

    def __init__(self, tablet: Tablet, count: int) -> None:
        self._pages = [tablet.page() for _ in range(count)]
        self._lock = threading.Lock()

    def tap(self, tablet: Tablet, turn: int) -> None:
        """Tap on the next page."""
        with self._lock:
            fields = self._pages.pop()
        tablet.tap(fields, turn % 5 + 1)


def run_together(port: int, clients: int, times: int, work: Work) -> tuple[float, list[float]]:
    """Let `clients` tablets do `work` `times` times each; runs a second in all, and milliseconds of each."""
    durations_ms: list[float] = []
    failed: list[BaseException] = []
    barrier = threading.Barrier(clients + 1)

    def one() -> None:
        tablet = Tablet(port)
        mine = []
        try:
            tablet.get("/healthz")
            barrier.wait()
            for turn in range(times):
                started = time.perf_counter()
                work(tablet, turn)
                mine.append((time.perf_counter() - started) * 1000)
        except BaseException as error:
            failed.append(error)
            barrier.abort()
        finally:
            tablet.close()
            durations_ms.extend(mine)

    threads = [threading.Thread(target=one) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        barrier.wait()
    except threading.BrokenBarrierError:
        pass
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return len(durations_ms) / (time.perf_counter() - started), durations_ms


def measure(instance: Path, rounds: int, times: int, clients: tuple[int, ...] = (1, 8)) -> None:
    """Print the table: `rounds` rounds of `times` taps for each number of clients."""
    results = Rounds()
    latencies: dict[str, list[float]] = {}
    server = Server(instance)
    try:
        server.wait()
        first = Tablet(server.port)
        tag = first.get("/tokens.css")[2] or ""

        def ping(tablet: Tablet, turn: int) -> None:
            if tablet.get("/tokens.css", {"If-None-Match": tag})[0] != 304:
                raise RuntimeError("no ETag")

        def visitor(tablet: Tablet, turn: int) -> None:
            tablet.tap(tablet.page(), turn % 5 + 1)

        for turn in range(rounds + 1):
            for count in clients:
                each = max(1, times // count)
                pages = Pages(first, each * count)
                for name, work in ((PING, ping), (TAP, pages.tap), (VISITOR, visitor)):
                    before = server.cpu_ms()
                    rate, durations_ms = run_together(server.port, count, each, work)
                    used = server.cpu_ms()
                    if turn:  # the first round warms up
                        results.add(name + _by(count), rate)
                        latencies.setdefault(name + _by(count), []).extend(durations_ms)
                        if before is not None and used is not None and count == 1:
                            results.add(f"{name}, processor time", max((used - before) / len(durations_ms), 0.001))
                first.page()  # seals what is open
            if turn:
                waits = disk_speed.measure_syncs(instance, times)
                results.add(WAIT, 1000 / statistics.fmean(waits))
                latencies.setdefault(WAIT, []).extend(waits)
        first.close()
    finally:
        server.stop()
    log_lines = server.log.read_text(errors="replace").strip().splitlines()
    table = Table("Durable taps over HTTP", results, "/s", [*log_lines[:1], f"{rounds} rounds of {times}, loopback"])
    behind = {
        name: f", p50 {number(percentile(durations, 0.5))} p99 {number(percentile(durations, 0.99))} ms"
        for name, durations in latencies.items()
    }
    for count in clients:
        ping_name = PING + _by(count)
        for name in (TAP, VISITOR):
            own = name + _by(count)
            table.row(own, ping_name, extra=behind[own], of="/s" + behind[ping_name])
    table.row(TAP + _by(1), WAIT, extra=behind[TAP + _by(1)], of="/s" + behind[WAIT])
    for name in (TAP, VISITOR):
        if f"{name}, processor time" in results.values:
            table.row(f"{name}, processor time", f"{PING}, processor time", unit="ms")
    table.show()


def _by(count: int) -> str:
    return ", 1 client" if count == 1 else f", {count} clients"


def _mark(file: Path) -> float:
    """The moment in seconds on the machine's clock, by which strace goes whatever the product's may say: as the disk
    dates a file. Such dates are some milliseconds coarse; what was asked before lies before it all the same."""
    time.sleep(0.02)
    file.touch()
    return file.stat().st_mtime


class NotTraced(Exception):
    """strace is not there, or could not run the server."""


def trace_syncs(instance: Path, taps: int, command: Sequence[str] = SERVE, **environment: str) -> tuple[float, float]:
    """How many syncs of the disk strace sees for a tap alone, and for a visitor (page and tap). `command` and
    `environment` may make it another server. Raises `NotTraced`."""
    strace = shutil.which("strace")
    if strace is None:
        raise NotTraced("strace is not installed")
    trace, mark = instance.parent / "syncs", instance.parent / "mark"
    before = [strace, "-D", "-f", "-ttt", "-e", "trace=fsync,fdatasync,sync_file_range,msync,sync", "-o", str(trace)]
    server = Server(instance, command, before, **environment)
    marks: list[float] = []
    try:
        server.wait()
        tablet = Tablet(server.port)
        pages = [tablet.page() for _ in range(taps)]
        marks.append(_mark(mark))
        for turn, fields in enumerate(pages):
            tablet.tap(fields, turn % 5 + 1)
        marks.append(_mark(mark))
        tablet.page()
        marks.append(_mark(mark))
        for turn in range(taps):
            tablet.tap(tablet.page(), turn % 5 + 1)
        marks.append(_mark(mark))
        tablet.close()
    except RuntimeError as error:
        raise NotTraced(f"strace could not run the server: {error}") from None
    finally:
        server.stop()
    for _ in range(100):  # the tracer is a process of its own and writes its last lines when the server is gone
        if re.search(rf"^{server.process.pid} .*\+\+\+", trace.read_text(errors="replace"), re.MULTILINE):
            break
        time.sleep(0.05)
    called = re.findall(r"^\d+ +(\d+\.\d+) \w+\(", trace.read_text(errors="replace"), re.MULTILINE)
    moments = [float(moment) for moment in called]
    single = sum(marks[0] <= moment < marks[1] for moment in moments)
    visit = sum(marks[2] <= moment < marks[3] for moment in moments)
    return single / taps, visit / taps


def count_syncs(instance: Path, taps: int) -> None:
    """Print how many syncs a tap costs; a line instead where they cannot be counted."""
    try:
        single, visit = trace_syncs(instance, taps)
    except NotTraced as why:
        print(f"Syncs per tap: not counted, {why}; `python3 wsgi.py check --system` installs strace and counts them.\n")
        return
    results = Rounds()
    results.add("a tap (one commit)", single)
    results.add("a visitor (the tap, and sealing the one before)", visit)
    results.add("commits of a tap", 1)
    results.add("commits of a visitor", 2)
    table = Table("Syncs the disk is asked for (strace)", results, "syncs", [f"{taps} taps each"])
    table.row("a tap (one commit)", "commits of a tap", of="")
    table.row("a visitor (the tap, and sealing the one before)", "commits of a visitor", of="")
    table.show()
