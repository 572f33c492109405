"""The doors' weight: how long the help of a command takes beside a process that only imports click.

Each is a fresh interpreter; the promise is held against processor time, which says the same on a busy machine.
"""

from __future__ import annotations

from pathlib import Path

from bench.light import run
from bench.result_table import Rounds, Table

#: The promise: how often the import of click a command's help may take.
MOST = 3.0
CLICK_NAME = "python that imports click"
DOORS = (("admin", "--help"), ("admin", "devices", "lost", "--help"))
_CLICK = "import click\nprint(0)"
_HELP = """
import contextlib, io, wsgi
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    wsgi.main({words!r})
print(0)
"""


def taken(instance: Path, rounds: int) -> Rounds:
    """The rounds of every door and of the yardstick, in milliseconds of the processor."""
    found = Rounds()
    programs = {CLICK_NAME: _CLICK, **{_name(words): _HELP.format(words=list(words)) for words in DOORS}}
    for number in range(rounds + 1):
        for name, code in programs.items():
            one = run(code, instance)
            if number:  # the first one only writes the byte code
                found.add(name, one.processor_ms)
    return found


def promises(found: Rounds) -> dict[str, bool]:
    """What is promised, and whether these rounds keep it."""
    return {
        f"{_name(words)} at most {MOST} x the import of click": found.ratio(_name(words), CLICK_NAME)[0] <= MOST
        for words in DOORS
    }


def measure(instance: Path, rounds: int) -> None:
    """Print the table. `instance` is any instance folder; help reads nothing of it."""
    found = taken(instance, rounds)
    table = Table("The doors: the help of a command, processor time", found, "ms")
    for words in DOORS:
        table.row(_name(words), CLICK_NAME)
    table.show()
    for promise, kept in promises(found).items():
        print(f"  {'yes' if kept else 'NO '}  {promise}")
    print(flush=True)


def _name(words: tuple[str, ...]) -> str:
    return " ".join(("hailong", *words))
