"""The honesty of the suite: a skipped test is a failed test, and nothing reaches beyond this machine.

A pytest plugin (`-p tests.honesty`); conftest.py loads it for the whole suite.
"""

from __future__ import annotations

import ipaddress
import re
import sys
from collections.abc import Generator
from typing import Any

import pytest

#: Reasons a test may give for being skipped. Empty: what is missing on a machine is installed, or the run fails.
ALLOWED_SKIPS: frozenset[str] = frozenset()


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


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
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


def _refuse(report: Any) -> Any:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else "?"
        if reason not in ALLOWED_SKIPS:
            report.outcome = "failed"
            report.longrepr = f"skipped ({reason}): a test that did not run proves nothing, see tests/honesty.py"
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuses names made of raw bytes: they may differ (a compressed file holds the time), and then two cores disagree
    about which tests there are."""
    for item in items:
        if re.search(r"\\x[01][0-9a-f]", item.nodeid):
            raise pytest.UsageError(f"give this parameter a name with pytest.param(…, id=…): {item.nodeid}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    return _refuse((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    return _refuse((yield))
