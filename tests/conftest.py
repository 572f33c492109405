"""Fixtures of all tests: fresh stores on both databases, a real browser, pictures, an own instance."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.sync_api import expect

import translations
from tests.fixtures import postgres
from tests.guards import (  # noqa: F401  (hooks, found by name)
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_make_collect_report,
    pytest_runtest_makereport,
    pytest_runtest_protocol,
    pytest_terminal_summary,
)
from tests.system_packages import BROWSER, chromium

#: At which moment each test starts; what is compiled once for all; where tests write, on how many workers.
pytest_plugins = ["tests.clock_seam", "tests.compiled_once", "tests.suite_pace"]

#: The suite draws the same examples every time; `--hypothesis-profile search` looks for new ones.
hypothesis.settings.register_profile("suite", derandomize=True, deadline=None)
hypothesis.settings.register_profile("search", deadline=None, print_blob=True)
hypothesis.settings.load_profile("suite")

#: How long what a page must come to show is waited for: no promise, only when a test gives up (milliseconds).
expect.set_options(timeout=30_000)


@pytest.fixture(autouse=True)
def _own_instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the developer's instance folder or database."""
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A page asked for in English leaves no English to the next test, nor to the scene it stands on."""
    translations.set_locale(None)
    yield
    translations.set_locale(None)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """A real PostgreSQL, started when the first test asks."""
    with postgres.run_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: postgres.PostgresServer) -> str:
    """The maintenance database of the server; ask for `store_url` to get a store of your own."""
    return postgres_server.url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


@pytest.fixture
def postgres_store_url(postgres_server: postgres.PostgresServer) -> Iterator[str]:
    """A new empty PostgreSQL database."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """A fresh empty database; the test runs once on SQLite and once on PostgreSQL."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_store_url"
    return str(request.getfixturevalue(name))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """pytest-playwright's launch arguments, for the browser of this machine."""
    path = chromium()
    if path is None:
        raise RuntimeError(
            f"No Chromium on this machine; run: sudo apt-get install {BROWSER} (or set HAILONG_CHROMIUM)"
        )
    root = os.name != "nt" and os.geteuid() == 0
    return {
        **browser_type_launch_args,
        "executable_path": path,
        "chromium_sandbox": not root and "CI" not in os.environ,  # Chromium refuses its sandbox to root
        "args": ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 "--no-first-run"],
    }


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where browser tests keep what they saw ($HAILONG_PICTURES, else tests/.pictures), to be looked at."""
    folder = Path(os.environ.get("HAILONG_PICTURES") or Path(__file__).parent / ".pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def _closed_pages(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test's pages end with it: hundreds of forgotten ones, each with its clock, slow down all that come after. Those
    that a module or the session shares are there before it and stay."""
    browser = request.getfixturevalue("browser") if "browser" in request.fixturenames else None
    shared = browser.contexts if browser else []
    yield
    for context in browser.contexts if browser else []:
        if context not in shared:
            context.close()
