"""The doors' weight: how long help, version and a look take beside a process that only imports click.

Each is a fresh interpreter; the promise is held against processor time, which says the same on a busy machine.
"""

from __future__ import annotations

from pathlib import Path

from bench.desk_startup import run_program
from bench.result_table import Rounds, Table

#: The promise: how often the import of click each door may take. Help is drawn and the desk's store looked at, while
#: the version is printed without click.
DOORS = {
    ("--version",): 1.0,
    ("admin", "--help"): 3.0,
    ("admin", "devices", "lost", "--help"): 3.0,
    ("kiosk", "--help"): 2.5,
    ("kiosk", "status"): 3.0,
    ("kiosk", "status", "--json"): 3.0,
}
CLICK_NAME = "python that imports click"
_CLICK = "import click\nprint(0)"
_DOOR = """
import contextlib, io, wsgi
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    wsgi.main({words!r})
print(0)
"""


def measure_rounds(instance: Path, rounds: int) -> Rounds:
    """The rounds of every door and of the yardstick, in milliseconds of the processor."""
    results = Rounds()
    programs = {CLICK_NAME: _CLICK, **{_name(words): _DOOR.format(words=list(words)) for words in DOORS}}
    for number in range(rounds + 1):
        for name, code in programs.items():
            one = run_program(code, instance)
            if number:  # the first one only writes the byte code
                results.add(name, one.processor_ms)
    return results


def check_promises(results: Rounds) -> dict[str, bool]:
    """What is promised, and whether these rounds keep it."""
    return {
        f"{_name(words)} at most {most} x the import of click": results.ratio(_name(words), CLICK_NAME)[0] <= most
        for words, most in DOORS.items()
    }


def measure(instance: Path, rounds: int) -> None:
    """Print the table. `instance` is the instance folder of a desk, which status looks at."""
    results = measure_rounds(instance, rounds)
    table = Table("The doors: help, version and status, processor time", results, "ms")
    for words in DOORS:
        table.row(_name(words), CLICK_NAME)
    table.show()
    for promise, is_kept in check_promises(results).items():
        print(f"  {'yes' if is_kept else 'NO '}  {promise}")
    print(flush=True)


def _name(words: tuple[str, ...]) -> str:
    return " ".join(("hailong", *words))
