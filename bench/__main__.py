"""`python3 wsgi.py bench`: the measurements, or (`--faults`, `--mutants`) a long proof.

That nothing acknowledged is lost in a power cut; that a test goes red when a rule that protects people is broken.
"""

from __future__ import annotations

import argparse
import os
import platform
import secrets
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

#: Tests that try all with $HAILONG_EVERY: those of screens, and all of them.
SCREENS = tuple(
    f"tests/browser/{name}.py" for name in ("test_every_screen", "test_citizen_tablet", "test_citizen_tablet_full")
)
LONG = (
    *SCREENS, "tests/kiosk/staff/test_said_in_every_state.py",
    "tests/admin/statistics/measures/test_interval_coverage.py", "tests/flow/test_rogue_device.py",
)  # fmt: skip
PARTS = ("doors", "start", "screen", "taps", "ingest", "province")


def arguments() -> argparse.Namespace:
    """What was asked for; ends with exit code 2 on wrong usage."""
    parser = argparse.ArgumentParser(prog="python3 wsgi.py bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: a minute or two, wide spread")
    parser.add_argument("--only", choices=PARTS, action="append", help="only this part (may be given several times)")
    parser.add_argument("--rounds", type=int, help="rounds of every measurement (default 5, quick 3)")
    parser.add_argument("--instance", type=Path, help="measure a copy of this folder's practice store, simulate none")
    parser.add_argument("--profile", action="store_true", help="only show where the time of the ingest goes")
    parser.add_argument("--figures", action="store_true", help="figures over five million responses")
    parser.add_argument("--faults", action="store_true", help="the long proof by power cuts")
    parser.add_argument("--screens", action="store_true", help="draw every screen for every reader, and check each")
    parser.add_argument("--long", action="store_true", help="all combinations of which the suite tries a part")
    parser.add_argument("--mutants", type=int, nargs="?", const=300, metavar="N",
                        help="break N rules (default 300) one by one: does a test of their room go red?")  # fmt: skip
    parser.add_argument("--cuts", type=int, default=40, help="cuts for each setting (with --faults; default 40)")
    parser.add_argument("--seed", type=int, help="the same cuts again, or other mutants (--faults, --mutants)")
    options = parser.parse_args()
    if options.instance and not (options.instance / "admin.sqlite").is_file():
        parser.error(f"--instance: there is no admin.sqlite in {options.instance}")
    return options


def main() -> int:
    """Do it; 0, or 1 when the proof fails or cannot be run."""
    options = arguments()
    if options.screens or options.long:
        return run_with_every_choice(LONG if options.long else SCREENS)
    if options.mutants:
        return mutants(options.mutants, options.seed)
    from bench import bench_desk

    with bench_desk.temporary_folder() as folder:
        load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
        kind = bench_desk.filesystem(folder)
        print(f"Python {platform.python_version()}, {os.cpu_count()} processors{load}, {kind or 'unknown file system'}")
        if kind == "tmpfs":
            print("The instance folder lies in memory: what is durable here says nothing about a disk.")
        if options.figures:
            from bench import figures_at_scale

            figures_at_scale.measure(folder, rounds=options.rounds or 7)
            return 0
        if options.faults:
            return faults(folder, options)
        measure(folder, options)
    return 0


def run_with_every_choice(modules: Sequence[str]) -> int:
    """The tests of these modules with all that they know to try: every reader's screen, every state of a desk in every
    network, four times the draws for an interval, seven times the plans of a device that lies. The suite tries a part,
    in which every two values meet."""
    command = [sys.executable, "-m", "pytest", "-q", *modules]
    environment = {**os.environ, "HAILONG_EVERY": "1"}
    return subprocess.run(command, cwd=Path(__file__).resolve().parents[1], env=environment).returncode


def mutants(number: int, seed: int | None) -> int:
    """The mutants; what came out is written down in `docs/proofs/mutants.jsonl`, where the next run goes on."""
    from bench.mutants import survey

    results = survey.ROOT / "docs" / "proofs" / "mutants.jsonl"
    survey.print_report(survey.survey(survey.ROOT, results, number, survey.SEED if seed is None else seed))
    print(f"{results}")
    return 0


def faults(folder: Path, options: argparse.Namespace) -> int:
    """The power cuts."""
    from bench.powercut import cuts

    if why := cuts.find_mount_refusal():
        print(f"Máy không cho gắn đĩa thử / This machine mounts no disk for the power cuts: {why}", file=sys.stderr)
        return 1
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    return 0 if cuts.prove(folder, options.cuts, seed) else 1


def measure(folder: Path, options: argparse.Namespace) -> None:
    """The tables that were asked for."""
    from bench import bench_desk, command_startup, desk_startup, first_screen, ingest, province_pages, taps

    rounds = options.rounds or (3 if options.quick else 5)
    if options.profile:
        ingest.profile(folder, 6)
        return
    parts = options.only or PARTS
    if {"doors", "start", "screen", "taps"} & set(parts):
        desk = bench_desk.paired_desk(folder)
        if "doors" in parts:
            command_startup.measure(desk, rounds)
        if "start" in parts:
            desk_startup.measure(desk, rounds)
        if "screen" in parts:
            first_screen.measure(desk, rounds)
        if "taps" in parts:
            taps.measure(desk, rounds, 100 if options.quick else 400)
            taps.count_syncs(desk, 50 if options.quick else 300)
    if "ingest" in parts:
        ingest.measure(folder, rounds, 3 if options.quick else 8)
    if "province" in parts:
        store = folder / "province"
        store.mkdir()
        if options.instance:
            settings = province_pages.copy_instance(options.instance, store)
        else:
            settings = province_pages.simulate_province(store, 12 if options.quick else 144, 62)
        province_pages.measure(settings, rounds)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # servers and folders are cleared away either way
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
