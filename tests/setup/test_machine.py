"""The ground the tests stand on: real PostgreSQL, a real browser, no skips, no network."""

from __future__ import annotations

import configparser
import os
import shlex
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import sqlalchemy
from playwright.sync_api import Page

from models import keys
from tests import guards
from tests.guards import MAY_NOT_RUN, OpenedByHand, ReachedOut, is_local

ROOT = Path(__file__).parents[2]


def test_a_store_is_fresh_and_empty(store_url: str) -> None:
    engine = sqlalchemy.create_engine(store_url)
    with engine.begin() as connection:
        assert sqlalchemy.inspect(connection).get_table_names() == []
        connection.execute(sqlalchemy.text("CREATE TABLE mark (name TEXT)"))
    engine.dispose()


def test_the_next_store_is_empty_again(store_url: str) -> None:
    test_a_store_is_fresh_and_empty(store_url)


def test_postgresql_is_real_and_speaks_vietnamese(postgres_store_url: str) -> None:
    engine = sqlalchemy.create_engine(postgres_store_url)
    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text("SHOW server_version")).startswith("1")
        assert connection.scalar(sqlalchemy.text("SELECT upper('phường đông thành')")) == "PHƯỜNG ĐÔNG THÀNH"
    engine.dispose()


def test_the_browser_runs_scripts(page: Page) -> None:
    page.set_content("<p>Ông/Bà có hài lòng không?</p>")
    assert page.evaluate("document.querySelector('p').textContent") == "Ông/Bà có hài lòng không?"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "kiosk.localhost", ""])
def test_this_machine_is_local(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize("name", ["admin.sqlite", "kiosk.sqlite-wal", "kiosk.sqlite-shm"])
def test_the_product_opens_no_store_by_hand(tmp_path: Path, name: str) -> None:
    store = tmp_path / name
    store.write_bytes(bytes(32))  # a test may
    with pytest.raises(OpenedByHand, match=name):
        keys.read_or_make_secret(store)
    assert guards._foreign  # whoever catches it is told all the same
    guards._foreign.clear()
    assert keys.read_or_make_secret(tmp_path / f"{name}.key")


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.7", "example.org", "localhost.example.org", "2001:db8::1"])
def test_other_machines_are_not(host: str) -> None:
    assert not is_local(host)


def test_reaching_out_fails_loudly() -> None:
    with pytest.raises(ReachedOut, match="192.0.2.1"), socket.socket() as outside:
        outside.connect(("192.0.2.1", 80))
    with pytest.raises(ReachedOut, match="example.org"):
        urllib.request.urlopen("http://example.org/")


SKIPPING = {
    "a mark": "import pytest\n@pytest.mark.skip(reason='later')\ndef test_x(): pass\n",
    "a call": "import pytest\ndef test_x(): pytest.skip('later')\n",
    "a fixture": "import pytest\n@pytest.fixture\ndef f(): pytest.skip('later')\ndef test_x(f): pass\n",
    "a module": "import pytest\npytest.skip('later', allow_module_level=True)\n",
    "an import": "import pytest\npytest.importorskip('no_such_module')\ndef test_x(): pass\n",
}


def run_honestly(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.guards", "--continue-on-collection-errors", *options]
    return subprocess.run(
        [*command, str(folder)],
        cwd=ROOT, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, capture_output=True, text=True,
    )


def test_a_test_named_by_raw_bytes_is_refused(tmp_path: Path) -> None:
    source = "import gzip, pytest\n@pytest.mark.parametrize('data', [gzip.compress(b'x')])\ndef test_x(data): pass\n"
    (tmp_path / "test_bytes.py").write_text(source, encoding="utf-8")
    run = run_honestly(tmp_path)
    assert run.returncode == 4 and "give this parameter a name" in run.stdout + run.stderr


def test_every_kind_of_skip_fails_the_run(tmp_path: Path) -> None:
    for number, source in enumerate(SKIPPING.values()):
        (tmp_path / f"test_skipping_{number}.py").write_text(source, encoding="utf-8")
    (tmp_path / "test_running.py").write_text("def test_x(): pass\n", encoding="utf-8")
    run = run_honestly(tmp_path)
    assert run.returncode == 1
    assert run.stdout.strip().splitlines()[-1].startswith("1 failed, 1 passed, 4 errors"), run.stdout


#: Each of these would pass if it were asked once more, but the one that stays silent.
TWICE = """
from pathlib import Path
from playwright.sync_api import TimeoutError

def again(name):
    mark = Path(__file__).with_name(name)
    return mark.exists() or mark.touch()

def test_silent_once():
    if not again("once"):
        raise TimeoutError("Locator.tap: Timeout 30000ms exceeded.")

def test_silent_twice():
    raise TimeoutError("Locator.tap: Timeout 30000ms exceeded.")

def test_wrong():
    assert again("wrong")

def test_wrong_and_speaks_of_time():
    assert again("time"), "TimeoutError: nothing came"

def test_broken():
    if not again("broken"):
        raise ValueError("TimeoutError")
"""


def test_a_silent_browser_is_asked_once_more_and_nothing_else_is(tmp_path: Path) -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    rule = shlex.split(setup["tool:pytest"]["addopts"])
    assert "--only-rerun" in rule
    (tmp_path / "test_twice.py").write_text(TWICE, encoding="utf-8")
    run = run_honestly(tmp_path, "-p", "pytest_rerunfailures", *rule)
    assert run.stdout.strip().splitlines()[-1].startswith("4 failed, 1 passed, 2 rerun in"), run.stdout + run.stderr
    again = {line.split("::")[1].split()[0] for line in run.stdout.splitlines() if line.startswith("RERUN")}
    assert again == {"test_silent_once", "test_silent_twice"}


LACKING = "from tests.guards import not_run\ndef test_x(): not_run('power cuts', 'no')\n"
#: The module that may say that power cuts were not run, another one, and one that says something else was not.
NOT_RUN = {
    "tests/bench/test_powercut_desk.py": LACKING,
    "tests/bench/test_other.py": LACKING,
    "tests/test_lazy.py": "import pytest\ndef test_x(): pytest.skip('NOT RUN: the rest: later')\n",
    "tests/test_runs.py": "def test_x(): pass\n",
}


def test_only_what_the_machine_may_refuse_is_not_run(tmp_path: Path) -> None:
    assert list(MAY_NOT_RUN) == ["power cuts", "full disks"]
    for path, source in NOT_RUN.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(source, encoding="utf-8")
    run = run_honestly(tmp_path)
    *_, said, count = run.stdout.strip().splitlines()
    assert run.returncode == 1 and count.startswith("2 failed, 1 passed, 1 skipped"), run.stdout
    assert said == f"NOT RUN: power cuts: no, run them with {MAY_NOT_RUN['power cuts'][1]}"


#: Programs of another tier, started in each way Python has; the last is caught and comes out all the same.
STARTING = {
    "run": "import subprocess\ndef test_x(): subprocess.run(['strace', '-V'])\n",
    "path": "import subprocess\ndef test_x(): subprocess.run(['/usr/bin/strace', '-V'])\n",
    "behind": "import subprocess\ndef test_x(): subprocess.run(['unshare', '-r', 'strace', '-V'])\n",
    "spawn": "import os\ndef test_x(): os.posix_spawn('/usr/bin/strace', ['strace', '-V'], os.environ)\n",
    "exec": "import os\ndef test_x(): os.execv('/usr/bin/strace', ['strace', '-V'])\n",
    "shell": "import os\ndef test_x(): os.system('strace -V')\n",
    "fixture": "import pytest, subprocess\n@pytest.fixture\ndef f(): subprocess.run('strace')\ndef test_x(f): pass\n",
    "caught": "import subprocess\ndef test_x():\n try: subprocess.run('strace')\n except Exception: pass\n",
}


def test_a_program_of_another_tier_fails_the_test_that_starts_it(tmp_path: Path) -> None:
    for name, source in STARTING.items():
        (tmp_path / f"test_{name}.py").write_text(source, encoding="utf-8")
    allowed = "import subprocess, sys\ndef test_x():\n for one in 'true', sys.executable: subprocess.run([one, '-V'])\n"
    (tmp_path / "test_allowed.py").write_text(allowed, encoding="utf-8")
    (tmp_path / "tests" / "system").mkdir(parents=True)
    (tmp_path / "tests" / "system" / "test_there.py").write_text(
        "import subprocess, pytest\ndef test_x(tmp_path):\n with pytest.raises(OSError): "
        "subprocess.run(['strace'], cwd=tmp_path / 'nowhere')\n", encoding="utf-8",
    )  # fmt: skip
    run = run_honestly(tmp_path)
    said = run.stdout
    assert said.strip().splitlines()[-1].startswith(f"{len(STARTING) - 1} failed, 2 passed, 1 error"), said
    for name in STARTING:
        assert f"test_{name}.py started {'a line for a shell' if name == 'shell' else 'strace'}; tests/programs" in said
