"""The clock of a test's child processes: `models.clock`, moved as far as the test's own.

Python imports a module of this name at its start, where `tests/clock_seam.py` put this folder on PYTHONPATH. The
product knows neither the variable nor this module; a child that does not import the product does not notice it.
"""

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

FILE = os.environ.get("HAILONG_TEST_CLOCK", "")  # says by how many ms the test's wall clock is ahead of the machine's


class _Mover:
    """Finds `models.clock`, once, and moves the clock of the module it found."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != "models.clock":
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module
            spec.loader.exec_module = lambda module: _run_and_move(run, module)  # type: ignore[method-assign]
        return spec


def _run_and_move(run: Any, module: ModuleType) -> None:
    run(module)
    machine, ahead = module.wall_ms, 0

    def wall_ms() -> int:
        nonlocal ahead
        try:
            with open(FILE, encoding="ascii") as file:  # each time: it moves when the next test starts
                ahead = int(file.read())
        except FileNotFoundError:  # the tests have ended, a server of theirs is about to
            pass
        return int(machine() + ahead)

    module.wall_ms = wall_ms  # type: ignore[attr-defined]


if FILE:
    sys.meta_path.insert(0, _Mover())
