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
from tests import system_packages
from tests.system_packages import BROWSER, PACKAGES

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
        (folder / "tests").mkdir()
        for name in ("wsgi.py", "setup.cfg", "tests/__init__.py", "tests/system_packages.py"):
            shutil.copy(ROOT / name, folder / name)
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


@pytest.mark.parametrize(
    "arguments",
    [["unknown"], ["setup", "extra"], ["sbom", "extra"], ["docs", "extra"], ["check", "extra"], ["check", "-k", "x"]],
)
def test_wrong_usage_is_exit_code_2(checkout: Path, arguments: list[str]) -> None:
    done = start(checkout, *arguments)
    assert done.returncode == 2 and "Usage" in done.stderr and done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "handed"),
    [
        ([], "hailong demo"),
        (["demo"], "hailong demo"),
        (["admin", "index", "--json"], "hailong admin index --json"),
        (["test"], "python -m pytest -n auto --dist loadscope"),
        (["test", "-k", "a b"], "python -m pytest -n auto --dist loadscope -k a b"),
        (["test", "-q", "-k", "tests"], "python -m pytest -n auto --dist loadscope -q -k tests"),
        (["test", "-q", "--ignore", "tests"], "python -m pytest -n auto --dist loadscope -q --ignore tests"),
        (["test", "-q", "tests"], "python -m pytest -q tests"),
        (["test", "tests/__init__.py::one", "-x"], "python -m pytest tests/__init__.py::one -x"),
        (["test", "-n0", "-q"], "python -m pytest -n0 -q"),
        (["test", "-q", "-n", "3"], "python -m pytest -q -n 3"),
        (["test", "--pdb"], "python -m pytest --pdb"),
        (["test", "-p", "no:xdist"], "python -m pytest -p no:xdist"),
        (["bench", "--faults"], "python -m bench --faults"),
        (["sbom"], "python -m bench.sbom"),
        (["docs"], "python -m bench.error_document"),
        (["check", "--system"], "python -m pytest tests/system"),
        (["check", "--system", "-k", "a b"], "python -m pytest tests/system -k a b"),
    ],
)
def test_it_becomes_what_was_asked_for(checkout: Path, arguments: list[str], handed: str) -> None:
    extra = {"test": ["test"], "bench": ["test"], "check": ["test"], "sbom": ["sbom"]}
    installed(checkout, *extra.get("".join(arguments[:1]), []))
    done = start(checkout, *arguments, PATH=str(programs(checkout)))
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


#: Who asks for what: the programs that are looked for on PATH, by the command that needs them.
LOOKED_FOR = {
    "test": {BROWSER: BROWSER, "fusermount3": "fuse3"},
    "bench": {BROWSER: BROWSER, "fusermount3": "fuse3"},
    "check --system": {
        BROWSER: BROWSER, "fusermount3": "fuse3", "pdffonts": "poppler-utils", "pdftoppm": "poppler-utils",
        "pdftotext": "poppler-utils", "shellcheck": "shellcheck", "strace": "strace", "systemd-analyze": "systemd",
    },
}  # fmt: skip
ALL = LOOKED_FOR["check --system"]


def programs(checkout: Path, *without: str) -> Path:
    """A PATH with all that any tier looks for, as names that say nothing, and what the stand-ins of `installed` use."""
    folder = checkout / "programs"
    folder.mkdir(exist_ok=True)
    for name in {*ALL, "apt-get"} - set(without):
        (folder / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    for name in ("sh", "basename"):
        (folder / name).symlink_to(shutil.which(name) or name)
    return folder


@pytest.mark.parametrize(
    ("command", "program"), [(command, program) for command, needs in LOOKED_FOR.items() for program in needs]
)
def test_whatever_lacks_is_named_in_one_line_with_the_command(checkout: Path, command: str, program: str) -> None:
    path = str(programs(checkout, program))
    done = start(checkout, *command.split(), ordinary=True, PATH=path)
    assert (done.returncode, done.stdout) == (1, "") and len(done.stderr.splitlines()) == 1, done.stderr
    package = LOOKED_FOR[command][program]
    assert done.stderr.endswith(f"sudo apt-get install --no-install-recommends {package}\n"), done.stderr


def test_all_that_lacks_stands_in_the_one_line(checkout: Path) -> None:
    for command, tiers in {"test": ["suite"], "check --system": ["suite", "system"]}.items():
        wanted = [package for tier in tiers for package in PACKAGES[tier] if package != "libatomic1"]
        done = start(checkout, *command.split(), PATH="/nowhere")
        assert len(done.stderr.splitlines()) == 1 and done.returncode == 1, done.stderr
        assert done.stderr.endswith(f"--no-install-recommends {' '.join(wanted)}\n"), done.stderr


@pytest.mark.parametrize(
    ("command", "done"),
    [("check", "python -m mypy"), ("demo", "hailong demo"), ("setup", "python -m compileall"), ("admin", "hailong ad")],
)
def test_what_needs_no_program_asks_for_none(checkout: Path, command: str, done: str) -> None:
    """Neither lint and types nor a centre or a desk, who need not even have the tests."""
    installed(checkout, *(["test"] if command == "check" else []))
    shutil.rmtree(checkout / "tests")
    said = start(checkout, command, PATH=str(programs(checkout, *ALL, "apt-get")))
    assert done in said.stdout and "apt-get" not in said.stderr, said.stderr


def test_every_program_of_the_tiers_is_looked_for() -> None:
    marks = {mark for packages in PACKAGES.values() for found in packages.values() for mark in found}
    assert {mark for mark in marks if ".so" not in mark} == set(ALL)


def test_a_library_is_looked_for_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_packages, "LIBRARIES", ("nowhere",))
    assert {"libatomic1", "fuse3"} <= set(system_packages.missing(["suite"]))


def test_a_browser_of_another_name_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HAILONG_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert system_packages.chromium() is None
    (tmp_path / "google-chrome").touch(0o755)
    assert system_packages.chromium() == str(tmp_path / "google-chrome")
    monkeypatch.setenv("HAILONG_CHROMIUM", "/nowhere/chromium")
    assert system_packages.chromium() is None and BROWSER in system_packages.missing(["suite"])


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


@pytest.mark.parametrize(("gone", "said"), [("setup.cfg", "hailong"), ("tests", "no tests folder")])
def test_a_copy_that_is_not_whole_says_so_in_one_line(checkout: Path, gone: str, said: str) -> None:
    path = checkout / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    done = start(checkout, "test")
    assert done.returncode == 1 and done.stdout == ""
    assert said in done.stderr and len(done.stderr.splitlines()) == 1
