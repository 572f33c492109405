"""The clock of the tests: ends of days, months and years, and how a test comes to stand there.

A pytest plugin; conftest.py loads it for the whole suite. Every test starts at one of `MOMENTS`, which one follows from
its name, so that the suite says the same on any day and has always seen midnight. Where tests share what
their module made, the module's name decides, and the clock goes on from test to test: no store sees it go back.

A test marked `every_moment` runs once at each moment, one marked `starts_at("…")` always there. `--clock every`
runs whatever is selected at each, `--clock 2028-02-29T23:59:58` starts it there, `--clock now` leaves the machine's
clock alone.

What is moved is `models.clock.wall_ms`, in this process and in the Python children that inherit its environment (or
get `environment()`); whoever starts one without is told. The clock goes on from the moment; the running (monotonic)
clock is the machine's own. Whatever is no part of the product keeps the machine's time: file dates, the browser.
"""

from __future__ import annotations

import atexit
import contextlib
import datetime
import functools
import os
import sys
import tempfile
import time
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.fixtures import SubRequest

from models import clock

#: Vietnam's time (Asia/Ho_Chi_Minh): ends of a day (a Sunday: a week ends too), a month, a year and a 29 February, and
#: the morning of a first of the month, for pages show the complete days as of 06:00.
MOMENTS = {
    "day-end": "2026-10-18T23:59:58",
    "month-end": "2026-11-30T23:59:58",
    "year-end": "2026-12-31T23:59:58",
    "29-february": "2028-02-29T23:59:58",
    "before-six": "2026-12-01T05:59:58",
    "after-six": "2026-12-01T06:00:02",
}
#: What children find on their PYTHONPATH, and the variable that tells it where the seam keeps its file.
CHILDREN = Path(__file__).parent / "child_clock"
VARIABLE = "HAILONG_TEST_CLOCK"

_machine = clock.wall_ms
_shared: dict[tuple[str, str], int] = {}  # of a module at a moment, by how many ms its clock is ahead
_file = Path(tempfile.gettempdir()) / f"hailong-clock-{os.getpid()}"


def ms_of(moment: str) -> int:
    """A moment of Vietnam's time (`2026-12-31T23:59:58`) in milliseconds since 1970 (UTC)."""
    return int(datetime.datetime.fromisoformat(moment).replace(tzinfo=clock.HCM).timestamp() * 1000)


def machine_seconds() -> float:
    """The machine's own clock in seconds since 1970, for what is no part of the product, such as the browser."""
    return time.time()


def environment(**settings: str) -> dict[str, str]:
    """What a Python child of a test is started with: this process's environment, the seam's clock, and `settings`."""
    paths = (str(CHILDREN), settings.pop("PYTHONPATH", ""))
    return {**os.environ, VARIABLE: str(_file), **settings, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


@contextlib.contextmanager
def clock_at(moment: str) -> Iterator[None]:
    """Inside, the product's clock goes on from `moment` (Vietnam's time), here and in the children; then as before."""
    with _ahead(ms_of(moment) - _machine()):
        yield


@contextlib.contextmanager
def _ahead(ms: int) -> Iterator[None]:
    before = clock.wall_ms, _file.read_text() if _file.exists() else "0"
    clock.wall_ms = lambda: _machine() + ms
    _write(str(ms))
    try:
        yield
    finally:
        clock.wall_ms = before[0]
        _write(before[1])


def _write(ahead: str) -> None:
    part = _file.with_suffix(".part")
    part.write_text(ahead)
    part.replace(_file)  # whole, whenever a child reads it


def _refuse() -> int:
    raise RuntimeError("the clock is read while no test runs: a module takes no time from it when it is imported")


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen":
        command, env = arguments[1], arguments[3]
        child_env = os.environ if env is None else env
        ours = isinstance(command, (list, tuple)) and sys.executable in map(str, command) and "-I" not in command
        if ours and (child_env.get(VARIABLE) != str(_file) or str(CHILDREN) not in child_env.get("PYTHONPATH", "")):
            raise RuntimeError("a Python child would read the machine's clock: start it with clock_seam.environment()")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--clock` for any selection of tests."""
    parser.addoption(
        "--clock", metavar="MOMENT", help=f"Vietnam's time to start each test at: {', '.join(MOMENTS)}, "
        "2028-02-29T23:59:58, 'every' (once at each of these) or 'now' (the machine's own)",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """From here on the product's clock is the seam's, and children inherit it."""
    config.addinivalue_line("markers", "every_moment: runs once at each of clock_seam.MOMENTS")
    config.addinivalue_line("markers", "starts_at(moment): is about this day alone, Vietnam's time")
    clock_option = config.getoption("clock")
    if clock_option not in (None, "every", "now"):
        try:
            ms_of(MOMENTS.get(clock_option, clock_option))
        except ValueError as error:
            raise pytest.UsageError(f"--clock {clock_option}: {error}") from None
    paths = (str(CHILDREN), os.environ.get("PYTHONPATH", ""))
    os.environ.update({VARIABLE: str(_file), "PYTHONPATH": os.pathsep.join(filter(None, paths))})
    _write("0")
    atexit.register(_file.unlink, missing_ok=True)
    clock.wall_ms = _refuse
    sys.addaudithook(_guard)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever runs at every moment is a test of its own at each."""
    clock_option = metafunc.config.getoption("clock")
    marked = next(metafunc.definition.iter_markers("every_moment"), None)
    if clock_option == "every" or (clock_option is None and marked):
        metafunc.parametrize("moment", MOMENTS, indirect=True, scope="module")


@pytest.fixture(autouse=True, scope="module")
def moment(request: pytest.FixtureRequest) -> str:
    """The name of the moment of a test that runs at every one, else "". What a module shares is made anew for each."""
    return str(getattr(request, "param", ""))


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: SubRequest) -> None:
    """What a module shares ends with its moment, as if it had asked for it."""
    if fixturedef.scope in ("module", "class") and fixturedef.argname != "moment":
        request._get_active_fixturedef("moment").addfinalizer(functools.partial(fixturedef.finish, request=request))


def moment_of(item: pytest.Item) -> str | None:
    """Where a test starts (Vietnam's time); None is the machine's own clock."""
    clock_option = item.config.getoption("clock")
    if clock_option == "now":
        return None
    if own := item.get_closest_marker("starts_at"):
        return str(own.args[0])
    names = list(MOMENTS)
    choice = clock_option if clock_option not in (None, "every") else getattr(item, "callspec", None)
    if not isinstance(choice, str):
        params = choice.params if choice else {}
        name = _module(item) if _shares(item) else item.nodeid
        choice = params.get("moment") or names[zlib.crc32(name.encode()) % len(names)]
    return MOMENTS.get(choice, choice)


def _module(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _shares(item: pytest.Item) -> bool:
    """Whether a test uses what its module made for several."""
    fixture_defs = item._fixtureinfo.name2fixturedefs.values()  # type: ignore[attr-defined]
    return any(one.scope in ("module", "class") and one.argname != "moment" for many in fixture_defs for one in many)


def _ahead_of(item: pytest.Item, start: str) -> int:
    """By how many ms the clock is ahead of the machine's in a test."""
    ahead = ms_of(start) - _machine()
    return _shared.setdefault((_module(item), start), ahead) if _shares(item) else ahead


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """A test with all it is made of, from its moment on; a failing one says from which."""
    start = moment_of(item)
    with _ahead(_ahead_of(item, start) if start else 0):
        if start:
            item.add_report_section("setup", "clock", f"started at {start}: --clock {start}")
        return (yield)
