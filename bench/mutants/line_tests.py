"""The tests that execute each line, and their seconds: a pytest plugin under `coverage run`.

And the reader of what it wrote. What only a fixture executed is asked of all tests of that module, for they may share
the fixture; what ran when the module was imported (its constants), of all tests that execute anything in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

#: The file that outcomes are written to; the runner names it.
OUTCOMES = "HAILONG_TEST_OUTCOMES"
FIXTURES = "fixtures of "
_seconds: dict[str, float] = {}
_failed: set[str] = set()


def _switch(context: str) -> None:
    if (measuring := coverage.Coverage.current()) is not None:
        measuring.switch_context(context)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """What runs around a test belongs to its fixtures."""
    _switch(FIXTURES + item.nodeid)
    try:
        return (yield)
    finally:
        _switch("")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """What the test itself runs belongs to it."""
    _switch(item.nodeid)
    try:
        return (yield)
    finally:
        _switch(FIXTURES + item.nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A test that did not pass kills no mutant."""
    _seconds[report.nodeid] = _seconds.get(report.nodeid, 0.0) + report.duration
    if not report.passed:
        _failed.add(report.nodeid)


def pytest_sessionfinish() -> None:
    """The passed tests and their seconds, for the runner."""
    passes = {test: seconds for test, seconds in _seconds.items() if test not in _failed}
    Path(os.environ[OUTCOMES]).write_text(json.dumps({"passed": passes, "failed": sorted(_failed)}), encoding="utf-8")


@dataclass(frozen=True)
class LineTests:
    """Seconds of each test that passed, and for each file of the room the contexts that executed each of its lines."""

    seconds: Mapping[str, float]
    contexts: Mapping[str, Mapping[int, list[str]]]

    def of(self, path: str, first: int, last: int) -> list[str] | None:
        """The tests to run for a fault in these lines, quickest first; None: nothing executes them."""
        lines = self.contexts.get(path, {})
        contexts = {context for line in range(first, last + 1) for context in lines.get(line, ())}
        if not contexts:
            return None
        if contexts == {""}:
            contexts = {context for of_line in lines.values() for context in of_line} - {""}
        modules = {context[len(FIXTURES) :].partition("::")[0] for context in contexts if context.startswith(FIXTURES)}
        tests = {test for test in self.seconds if test in contexts or test.partition("::")[0] in modules}
        return sorted(tests or self.seconds, key=lambda test: (self.seconds[test], test))


def read_line_tests(tree: Path, data_file: Path, outcomes: Path) -> tuple[LineTests, list[str]]:
    """What a run under `coverage run` wrote for the project in `tree`, and the tests that did not pass."""
    data = coverage.CoverageData(basename=str(data_file))
    data.read()
    root = tree.resolve()
    contexts = {
        Path(name).resolve().relative_to(root).as_posix(): data.contexts_by_lineno(name)
        for name in data.measured_files()
    }
    report = json.loads(outcomes.read_text(encoding="utf-8"))
    return LineTests(report["passed"], contexts), report["failed"]
