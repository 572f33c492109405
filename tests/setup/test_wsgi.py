"""`python3 wsgi.py` as a script: the standard library alone, quick when all is there.

When it is not, one clear line says so.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import wsgi

ROOT = Path(__file__).parents[2]
POSIX = os.name == "posix"
PYTHON = getattr(sys, "_base_executable", sys.executable)


@pytest.fixture
def checkout() -> Iterator[Path]:
    """A fresh checkout, as far as the script can see, where anybody may read."""
    with tempfile.TemporaryDirectory(prefix="hailong-") as home:
        folder = Path(home) / "checkout"
        folder.mkdir()
        Path(home).chmod(0o755)
        for name in ("wsgi.py", "setup.cfg"):
            shutil.copy(ROOT / name, folder)
        yield folder


#: Becomes `nobody` before the script starts. What it will import is loaded first: nobody may not read root's Python.
AS_NOBODY = """
import configparser, ensurepip, fcntl, hashlib, importlib.util, os, pwd, shutil, sys
sys.path.insert(0, os.path.dirname(sys.argv[1]))
import wsgi
account = pwd.getpwnam("nobody")
os.setgroups([]); os.setgid(account.pw_gid); os.setuid(account.pw_uid)
sys.exit(wsgi.script(sys.argv[2:]))
"""


def start(
    folder: Path, *arguments: str, ordinary: bool = False, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs the script with a bare interpreter (-I -S: the standard library alone), on demand as an ordinary user."""
    switch = ["-c", AS_NOBODY] if ordinary and POSIX and os.geteuid() == 0 else []
    return subprocess.run(
        [PYTHON, "-I", "-S", *switch, str(folder / "wsgi.py"), *arguments], capture_output=True, text=True, cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", **environment},
    )


def fingerprint(folder: Path, extras: Sequence[str] = ()) -> str:
    probe = f"import sys; sys.path.insert(0, {str(folder)!r}); import wsgi; print(wsgi.fingerprint({list(extras)!r}))"
    return subprocess.run([PYTHON, "-I", "-c", probe], capture_output=True, text=True, check=True).stdout.strip()


def installed(folder: Path, *extras: str) -> None:
    """As if everything had been installed; python and hailong only tell what they were asked to do."""
    bin_folder = folder / wsgi.BIN.relative_to(ROOT)
    bin_folder.mkdir(parents=True)
    for program in (wsgi.PYTHON, wsgi.HAILONG):
        (bin_folder / program.name).write_text('#!/bin/sh\necho "$(basename "$0") $*"\nexit 7\n', encoding="utf-8")
        (bin_folder / program.name).chmod(0o755)
    (folder / ".venv" / "-".join([".installed", *extras])).write_text(fingerprint(folder, extras), encoding="utf-8")
    made_for = wsgi._MADE_FOR.replace(str(ROOT), str(folder))
    (folder / ".venv" / ".made-for").write_text(made_for, encoding="utf-8")


def test_help_needs_nothing(checkout: Path) -> None:
    done = start(checkout, "--help")
    assert done.returncode == 0 and "demo" in done.stdout and done.stderr == ""


@pytest.mark.parametrize("arguments", [["unknown"], ["setup", "extra"], ["check", "extra"]])
def test_wrong_usage_is_exit_code_2(checkout: Path, arguments: list[str]) -> None:
    done = start(checkout, *arguments)
    assert done.returncode == 2 and "Usage" in done.stderr and done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "handed"),
    [
        ([], "hailong demo"),
        (["demo"], "hailong demo"),
        (["admin", "index", "--json"], "hailong admin index --json"),
        (["test", "-k", "a b"], "python -m pytest -k a b"),
        (["test"], "python -m pytest -n auto --dist loadscope"),
        (["bench", "--faults"], "python -m bench --faults"),
    ],
)
def test_it_becomes_what_was_asked_for(checkout: Path, arguments: list[str], handed: str) -> None:
    installed(checkout, *(["test"] if arguments[:1] in (["test"], ["bench"]) else []))
    done = start(checkout, *arguments)
    assert (done.stdout.strip(), done.returncode) == (handed, 7), done.stderr


def test_a_second_start_costs_little(checkout: Path) -> None:
    installed(checkout)
    tries = []
    for _ in range(5):
        began = time.perf_counter()
        start(checkout, "demo")
        tries.append(time.perf_counter() - began)
    assert min(tries) <= 0.3, tries


def test_another_pin_means_installing_again(checkout: Path) -> None:
    installed(checkout)
    pins = (checkout / "setup.cfg").read_text(encoding="utf-8")
    (checkout / "setup.cfg").write_text(pins.replace("flask==", "flask==0.0.", 1), encoding="utf-8")
    done = start(checkout, "demo")
    assert done.returncode == 1 and "Installing" in done.stderr and "-m pip install" in done.stderr
    assert "hailong" not in done.stdout


def test_a_moved_folder_or_other_extras_are_another_environment(checkout: Path) -> None:
    before = fingerprint(checkout)
    assert fingerprint(checkout, ["test"]) != before
    moved = checkout.rename(checkout.with_name("moved"))
    assert fingerprint(moved) != before


def test_an_ordinary_user_is_told_the_one_command(checkout: Path) -> None:
    done = start(checkout, "test", ordinary=True, HAILONG_CHROMIUM="/nowhere/chromium")
    assert done.returncode == 1 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "sudo apt-get install --no-install-recommends" in done.stderr and "chromium" in done.stderr


def test_a_machine_without_apt_is_told_what_lacks(checkout: Path) -> None:
    done = start(checkout, "test", PATH="/nowhere", HAILONG_CHROMIUM="/nowhere/chromium")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.returncode == 1 and "chromium" in done.stderr


def test_a_folder_of_somebody_else_is_one_line_too(checkout: Path) -> None:
    checkout.chmod(0o555)
    done = start(checkout, "setup", ordinary=True)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.returncode == 1 and "Cannot write" in done.stderr


def test_a_taken_port_changes_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main(['demo']))"], cwd=ROOT, text=True,
            capture_output=True, env={**os.environ, "KIOSK_PORT": str(port), "ADMIN_PORT": str(_free_port())},
        )
    assert done.returncode == 1 and done.stderr.startswith("port_in_use:") and str(port) in done.stderr
    assert not (tmp_path / "instance").exists()


def test_a_port_that_is_none_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main(['demo']))"], cwd=ROOT, text=True,
        capture_output=True, env={**os.environ, "ADMIN_PORT": "eight"},
    )
    assert done.returncode == 1 and done.stderr.startswith("bad_port: ADMIN_PORT=eight")


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--help"], 0), (["demo", "--help"], 0), ([], 2), (["demo", "now"], 2), (["dmeo"], 2)]
)
def test_the_command_explains_itself(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert wsgi.main(arguments) == code
    said = capsys.readouterr()
    assert "hailong demo" in (said.err if code else said.out)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
