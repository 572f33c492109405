"""Guards of the suite: no skips, no other machine, no unlisted program, no store opened by hand.

A skipped test is a failed test, nothing reaches beyond this machine, no program is started that its tier does not
have (`programs`), and the product opens no existing store's file but through SQLite (`models.storage.database`).

A pytest plugin (`-p tests.guards`); conftest.py loads it for the whole suite.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import pytest

from tests import programs

#: What a machine may refuse to the suite: name → the modules that prove it, and how to run them elsewhere. All else
#: that is missing on a machine is installed, or the run fails. Such a test passes as not run; the run's last lines say
#: so.
#: Power cuts: the disk is served by FUSE, whose device no package brings and few containers have. Full and
#: read-only disks: a file system of its own needs a namespace of its own, which containers may refuse.
MAY_NOT_RUN = {
    "power cuts": (("tests/bench/test_powercut_desk.py",), "python3 wsgi.py bench --faults"),
    "full disks": (
        ("tests/admin/backup/test_full_disk.py", "tests/admin/cli/test_bad_disks.py",
         "tests/admin/web/test_watchdog.py", "tests/kiosk/desk/test_start_full.py", "tests/kiosk/drill/test_drill.py"),
        "python3 wsgi.py test tests/admin tests/kiosk",
    ),
}  # fmt: skip


def not_run(what: str, why: str) -> NoReturn:
    """End a test that the machine refuses: `what` is a name of MAY_NOT_RUN, `why` the machine's own words."""
    pytest.skip(f"NOT RUN: {what}: {why}, run them with {MAY_NOT_RUN[what][1]}")


class StartedAnother(RuntimeError):
    """A test started a program that its tier does not have. Not an OSError, as below."""


class OpenedByHand(RuntimeError):
    """The product opened a store's file by hand, which on POSIX drops the locks of the process. Not an OSError, as
    below."""


class ReachedOut(RuntimeError):
    """A test tried to talk to another machine. Not an OSError, so that no code under test takes it for bad weather."""


def is_local(host: str) -> bool:
    """True for this machine's loopback names and addresses ('localhost', 127.0.0.0/8, ::1)."""
    if host in ("", "localhost") or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


PRODUCT = tuple(str(Path(__file__).resolve().parents[1] / part) + os.sep for part in ("admin", "kiosk", "models"))
TESTS = str(Path(__file__).resolve().parent) + os.sep
_module = ""  # of the test that runs
_foreign: list[str] = []  # what it should not have started or opened


def is_store(path: object) -> bool:
    """Whether this is the file of a store that is there, or one that SQLite keeps beside it."""
    name = os.fsdecode(path) if isinstance(path, (str, bytes)) else ""
    return name.endswith((".sqlite", ".sqlite-wal", ".sqlite-shm")) and os.path.exists(name)


def by_product(frame: FrameType | None) -> bool:
    """Whether it is the product that asks: of its code and the tests' the nearer caller."""
    while frame is not None:
        if frame.f_code.co_filename.startswith(PRODUCT):
            return True
        if frame.f_code.co_filename.startswith(TESTS) and frame.f_code.co_filename != __file__:
            return False
        frame = frame.f_back
    return False


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    for program in programs.started(event, arguments) if _module else ():
        if programs.tier(program) not in programs.allowed(_module):
            _foreign.append(f"{_module} started {program}; tests/programs.py says who may start what")
            raise StartedAnother(_foreign[-1])
    if event == "open":
        if _module and is_store(arguments[0]) and by_product(sys._getframe()):
            _foreign.append(f"{arguments[0]} was opened by hand; only SQLite may open a store's file")
            raise OpenedByHand(_foreign[-1])
        return
    if event in ("socket.connect", "socket.sendto"):
        host = arguments[1][0] if isinstance(arguments[1], tuple) else ""  # a Unix socket's address is a path
    elif event == "socket.getaddrinfo":
        host = arguments[0] or ""
    else:
        return
    host = host.decode() if isinstance(host, bytes) else str(host)
    if not is_local(host):
        raise ReachedOut(f"a test reached for {host}; tests talk to loopback and Unix sockets only")


def pytest_configure() -> None:
    sys.addaudithook(_guard)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    global _module
    _module = item.nodeid.partition("::")[0]
    try:
        return (yield)
    finally:
        _module = ""


def _reason(report: Any) -> str:
    return report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else "?"


def _refuse(report: Any) -> Any:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = _reason(report)
        module = report.nodeid.partition("::")[0]
        if not any(module in by and reason.startswith(f"NOT RUN: {what}: ") for what, (by, _) in MAY_NOT_RUN.items()):
            report.outcome = "failed"
            report.longrepr = f"skipped ({reason}): a test that did not run proves nothing, see tests/guards.py"
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuses names made of raw bytes: they may differ (a compressed file holds the time), and then two cores disagree
    about which tests there are."""
    for item in items:
        if re.search(r"\\x[01][0-9a-f]", item.nodeid):
            raise pytest.UsageError(f"give this parameter a name with pytest.param(…, id=…): {item.nodeid}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    report = _refuse((yield))
    if _foreign and report.outcome != "failed":  # whoever caught the error is told all the same
        report.outcome, report.longrepr = "failed", "\n".join(_foreign)
    _foreign.clear()
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    return _refuse((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any) -> Generator[None]:
    """What did not run, after all else; of several cores the one that writes this has heard of all."""
    yield
    for reason in sorted({_reason(report) for report in terminalreporter.stats.get("skipped", ())}):
        terminalreporter.write_line(reason, yellow=True)
