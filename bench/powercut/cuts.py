"""The long proof: citizens at a real desk, its disk's power cut, and what a new start then finds.

Every cut is a run of its own: mount, start the server, let citizens come for a random while, wait until one is at the
step that this cut is aimed at, cut, and start the desk again on each of the three images. A step counts as acknowledged
when a tablet saw its 303. It is lost when the ledger after the start does not hold what was said by then (`citizens`).
An image is corrupt when the desk's own start finds its store or its chain broken, or a rating twice.
`synchronous=NORMAL` and `OFF` are controls: where they lose nothing, the harness proves nothing.
"""

from __future__ import annotations

import contextlib
import logging
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import select

import kiosk
from bench import bench_desk
from bench.http_tablet import Server
from bench.powercut.citizens import STEPS, Crowd, visit_tablet
from bench.powercut.model import ALL, EXT4, NONE, POSIX, RANDOM
from bench.result_table import lines
from kiosk import boot
from kiosk.settings import Settings
from models import clock
from models.protocol import entry_chain
from models.tables.ledger_entry import StoredEntry

SETTINGS = ("FULL", "NORMAL", "OFF")
#: One tablet taps and sends; several only tap, because the fresh page of one seals what the others left open.
TABLETS = (1, 3)
#: Pages after which the log is moved into the store: SQLite's own figure, and one that makes cuts hit that work.
CHECKPOINTS = (1000, 40)
SHORTEST, LONGEST = 0.1, 1.2  # seconds of people before the cut
#: With so many cuts for each setting every step was aimed at.
ALL_STEPS = 24
AIMED = 4.0  # so many seconds the cut waits for somebody to be at its step
#: What the kernel serves a file system through; containers often have none, and no package brings it.
DEVICE = Path("/dev/fuse")
DISK = (sys.executable, "-m", "bench.powercut.mount")
COMMAND = (sys.executable, "-m", "bench.powercut.desk")


@dataclass
class Count:
    """What happened to the images of one kind under one setting."""

    cuts: int = 0
    acknowledged: int = 0
    lost: int = 0
    cuts_losing: int = 0
    corrupt: int = 0


class NotMounted(RuntimeError):
    """The machine refuses to mount the disk; says why."""


def find_mount_refusal() -> str | None:
    """Why this machine mounts no disk, or None: a mount is tried. What `wsgi.py test` installs is taken for granted;
    where that is lacking it is an error."""
    try:
        with open(DEVICE, "r+b", buffering=0):
            pass
    except OSError as error:
        return f"{DEVICE}: {error.strerror}"
    with tempfile.TemporaryDirectory(prefix="hailong-") as name:
        source = Path(name, "from")
        source.mkdir()
        try:
            with mount_disk(Path(name, "disk"), source):
                return None
        except NotMounted as error:
            return str(error)


@contextlib.contextmanager
def mount_disk(where: Path, source: Path) -> Iterator[subprocess.Popen[str]]:
    """The disk at `where`, holding the files of `source`. Raises `NotMounted`."""
    where.mkdir()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as error_output:
        process = subprocess.Popen(
            [*DISK, str(where), str(source)], cwd=bench_desk.ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=error_output,
        )  # fmt: skip
        try:
            _wait_until_mounted(where, process, error_output)
            yield process
        finally:
            subprocess.run(["fusermount3", "-u", "-z", str(where)], stderr=subprocess.DEVNULL, check=False)
            process.kill()
            process.wait()
            where.rmdir()


def _wait_until_mounted(where: Path, process: subprocess.Popen[str], error_output: IO[str]) -> None:
    deadline = time.monotonic() + 30
    while not where.is_mount():
        if process.poll() is not None or time.monotonic() > deadline:
            error_output.seek(0)
            lines = error_output.read().strip().splitlines()
            refusals = [line for line in lines if line.startswith(("fuse: ", "fusermount3: "))]
            if refusals:
                raise NotMounted(refusals[-1])
            raise RuntimeError("the disk was not mounted: " + "\n".join(lines[-5:]))
        time.sleep(0.01)


def one_cut(desk: Path, target: Path, synchronous: str, number: int, seed: int) -> Crowd:
    """Cut `number` of a setting: run the desk of the folder `desk` on the disk, let citizens come, cut, and leave the
    images in `target`. Law of names, number of tablets, checkpoint and step change from cut to cut."""
    law, tablets, pages = (POSIX, EXT4)[number % 2], TABLETS[number // 2 % 2], CHECKPOINTS[number // 4 % 2]
    seed += number
    chance = random.Random(seed)
    crowd = Crowd()
    where = target.with_name(f"{target.name}-disk")
    with mount_disk(where, desk) as process:
        server = Server(
            where, COMMAND, HAILONG_BENCH_SYNCHRONOUS=synchronous, HAILONG_BENCH_CHECKPOINT=str(pages)
        )
        try:
            server.wait()
            threads = [
                threading.Thread(target=visit_tablet, args=(server.port, chance.random(), tablets == 1, crowd))
                for _ in range(tablets)
            ]
            for thread in threads:
                thread.start()
            crowd.begun.wait(30)
            time.sleep(chance.uniform(SHORTEST, LONGEST))
            crowd.wait_for(find_aimed_step(number), AIMED)
            time.sleep(chance.uniform(0, 0.0015))
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(f"cut {law} {seed} {target}\n")
            process.stdin.flush()
            if process.stdout.readline() != "done\n":
                raise RuntimeError("the file system did not cut")
        finally:
            crowd.stop.set()
            server.kill()
        for thread in threads:
            thread.join()
        server.log.unlink()
    return crowd


def find_aimed_step(number: int) -> str:
    """The step that cut `number` is aimed at: all of them in turn where one tablet goes the whole way, else a tap."""
    return STEPS[(number // 4 + number // 24) % len(STEPS)] if TABLETS[number // 2 % 2] == 1 else STEPS[0]


def read_after_start(image: Path) -> tuple[dict[str, dict[str, Any]], str | None]:
    """Start the desk on an image: id → what the ledger says of every rating, and what is broken."""
    settings = Settings(image)
    database = None
    try:
        app = kiosk.create_app(settings)
        database = app.extensions["database"]
        broken = boot.start_desk(database, clock.now(), settings)
        ratings: dict[str, dict[str, Any]] = {}
        with database.read() as session:
            for raw in session.scalars(select(StoredEntry.bytes).where(StoredEntry.typ == "rating")):
                entry = entry_chain.parse(raw)
                if entry.id in ratings:
                    broken = broken or f"{entry.id} stands twice in the ledger"
                ratings[entry.id] = entry.p
        return ratings, broken
    except Exception as error:  # a torn store can fail in any way; all of them are the finding
        return {}, f"{type(error).__name__}: {error}"
    finally:
        if database is not None:
            database.close()


Counts = dict[tuple[str, str], Count]


def make_empty_counts(settings: Sequence[str] = SETTINGS) -> Counts:
    """A count of nothing for every setting and kind of image."""
    return {(setting, kind): Count() for setting in settings for kind in (NONE, RANDOM, ALL)}


def cut_and_count(desk: Path, folder: Path, setting: str, number: int, seed: int, counts: Counts) -> Counter[str]:
    """Make cut `number` of a setting, count what a start finds on its three images, and leave nothing in `folder`;
    returns at which steps the power ended people."""
    target = folder / f"{setting}-{number}"
    crowd = one_cut(desk, target, setting, number, seed)
    for kind in (NONE, RANDOM, ALL):
        _judge(target / kind, crowd, counts[setting, kind])
    shutil.rmtree(target)
    return crowd.ended_at


def _judge(image: Path, crowd: Crowd, count: Count) -> None:
    ratings, broken = read_after_start(image)
    lost = [id for id, record in crowd.told.items() if not record.kept(ratings.get(id))]
    count.cuts += 1
    count.acknowledged += crowd.acknowledged()
    count.lost += len(lost)
    count.cuts_losing += bool(lost)
    count.corrupt += broken is not None


def prove(folder: Path, cuts: int, seed: int) -> bool:
    """Print the table of `cuts` cuts for each setting; True when FULL lost nothing and the controls did lose."""
    logging.disable(logging.CRITICAL)  # the start says what it finds; here it is counted
    desk = bench_desk.paired_desk(folder, factors=True)
    counts = make_empty_counts()
    ended: Counter[str] = Counter()
    started = time.monotonic()
    for setting in SETTINGS:
        for number in range(cuts):
            ended += cut_and_count(desk, folder, setting, number, seed, counts)
            print(f"\r{setting} {number + 1}/{cuts}  {time.monotonic() - started:.0f} s ", end="", file=sys.stderr)
    print(file=sys.stderr)
    rows = [
        (f"WAL {setting}", kind, str(c.cuts), f"{c.acknowledged:,}", f"{c.lost:,}", str(c.cuts_losing), str(c.corrupt))
        for (setting, kind), c in counts.items()
    ]
    print(f"\nPower cuts under the real desk (seed {seed}; names by the laws posix and ext4 in turn)")
    headings = ("setting", "left by the cut", "cuts", "acknowledged", "lost", "cuts losing", "corrupt")
    lines(headings, rows, right=(2, 3, 4, 5, 6))
    fell = ", ".join(f"{step} {ended[step]}" for step in STEPS)
    print(f"  People whose step the power ended: {fell}, between two steps {ended['']}\n")
    return judge_counts(counts, ended if cuts >= ALL_STEPS else None)


def judge_counts(counts: Counts, ended: Counter[str] | None = None) -> bool:
    """Say what the counts prove; True when they prove it. `ended`: how often the power ended each step, where there
    were cuts enough to hit them all."""
    full = [count for (setting, _), count in counts.items() if setting == "FULL"]
    killed = [counts[setting, ALL] for setting in SETTINGS]
    claims = {
        "taps were acknowledged before every cut": all(count.acknowledged >= count.cuts for count in counts.values()),
        "FULL, as shipped: nothing lost, nothing corrupt": not any(count.lost or count.corrupt for count in full),
        "a killed process loses nothing under any setting": not any(count.lost or count.corrupt for count in killed),
        "control NORMAL is seen to lose": counts["NORMAL", NONE].lost + counts["NORMAL", RANDOM].lost > 0,
        "control OFF is seen to lose": counts["OFF", NONE].lost + counts["OFF", RANDOM].lost > 0,
    }
    if ended is not None:
        claims["the power ended every step of the flow at least once"] = all(ended[step] for step in STEPS)
    for claim, holds in claims.items():
        print(f"  {'yes' if holds else 'NO '}  {claim}")
    print(flush=True)
    return all(claims.values())
