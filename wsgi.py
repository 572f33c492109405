"""The one door: `wsgi.py` on a fresh machine, `wsgi:admin()` for a server, `hailong` as a command.

Run as a script it uses only the standard library: it makes `.venv`, installs what setup.cfg lists and hands over.
Imported it offers the application factories `kiosk()` and `admin()`; each imports its own app and nothing of the other.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from flask import Flask

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
HAILONG = BIN / ("hailong.exe" if os.name == "nt" else "hailong")
_MADE_FOR = f"{sys.implementation.cache_tag} {sys.platform}\n{ROOT}"  # a security patch of Python keeps `.venv`
_BASE_PYTHON = str(getattr(sys, "_base_executable", None) or sys.executable)  # the one `.venv` is made with

USAGE = """Cách dùng / Usage: python3 wsgi.py [demo | setup | test | bench | check | sbom | docs | admin … | kiosk …]

  demo                (mặc định / default) cài đặt rồi chạy bản dùng thử / install, then run the demo
  setup               chỉ cài đặt / install only
  test [pytest args]  cài thêm phần kiểm thử rồi chạy / install what tests need, run them
  check               ruff, mypy, bản dịch / lint, types, translations
  check --system      kiểm bằng chương trình khác của hệ thống / check with further programs of the system
  bench [--faults]    đo tốc độ, thử dài / measure, long proofs
  sbom                danh mục phần mềm đi kèm / list what is installed (CycloneDX JSON)
  docs                viết lại docs/errors.md / write docs/errors.md again
  admin …, kiosk …    như lệnh hailong / the same as the command hailong"""

# Ruff does not read setup.cfg, so its rules stand here; the architecture tests run these same commands.
RUFF = ["ruff", "check", "--quiet", "--isolated", "--output-format=concise", "--target-version=py311",
        "--line-length=120", "--select=E,F,I,B,UP,W", "--cache-dir=.venv/.ruff_cache", "."]
MYPY = ["mypy", "--strict", "--follow-imports=silent", "models", "kiosk", "admin", "translations", "bench", "tests",
        "wsgi.py"]  # fmt: skip
CHECKS = [RUFF, MYPY, ["translations", "check"]]


def kiosk() -> Flask:
    """The desk's WSGI application, set up from the instance folder: `waitress-serve --call wsgi:kiosk`."""
    from kiosk import add_idle_sweep, create_app
    from kiosk.settings import Settings

    return add_idle_sweep(create_app(Settings.load()))


def admin() -> Flask:
    """The centre's WSGI application, set up from the instance folder: `gunicorn "wsgi:admin()"`."""
    from admin.cli import servers

    return servers.build_application()


def main(arguments: Sequence[str] | None = None) -> int:
    """The console script `hailong`: returns (or exits with) 0 on success, 1 on failure, 2 on wrong usage, 130 on
    Ctrl-C."""
    try:
        return _main(arguments)
    except KeyboardInterrupt:  # before a command has begun
        return 130


def _main(arguments: Sequence[str] | None) -> int:
    import translations
    from translations.terminal import terminal_locale

    _speak_utf8()
    translations.set_locale(terminal_locale())
    command, *rest = list(sys.argv[1:] if arguments is None else arguments) or [""]
    if command == "demo" and not rest:
        from admin.demo import run

        return run.start_demo()
    if command == "--version" or (command in ("admin", "kiosk") and rest == ["--version"]):
        from models import version

        print(version())
        return 0
    if command == "admin":
        from admin.cli import cli as admin_commands

        admin_commands.main(args=rest, prog_name="hailong admin")
    elif command == "kiosk":
        from kiosk.cli import cli as kiosk_commands

        kiosk_commands.main(args=rest, prog_name="hailong kiosk")
    is_help = "--help" in (command, *rest[:1])
    usage = "Cách dùng / Usage: hailong demo | hailong admin … | hailong kiosk …  (--help)"
    print(usage, file=sys.stdout if is_help else sys.stderr)
    return 0 if is_help else 2


def missing_system_packages(tiers: Sequence[str]) -> list[str]:
    """Debian packages without which `.venv`, or the tests of these tiers, cannot work; empty when all is there."""
    import importlib.util

    missing = []
    if importlib.util.find_spec("ensurepip") is None and _text(VENV / ".made-for") != _MADE_FOR:
        system = Path("/usr/bin/python3").resolve() == Path(_BASE_PYTHON).resolve()
        missing.append("python3-venv" if system else f"python3.{sys.version_info.minor}-venv")
    if tiers:  # whoever only runs a centre or a desk need not have the tests
        if not (ROOT / "tests" / "system_packages.py").exists():
            _fail("Bản này không có thư mục tests / This copy has no tests folder; use a whole checkout.")
        sys.path.insert(0, str(ROOT))
        from tests import system_packages

        missing += system_packages.missing(tiers)
    return missing


def requirements(lists: Sequence[str]) -> list[str]:
    """The pinned requirements in setup.cfg: list "run" is what desk and centre need, the others are the extras."""
    from configparser import ConfigParser

    (config := ConfigParser(interpolation=None)).read(ROOT / "setup.cfg", encoding="utf-8")
    extras, run = config["options.extras_require"], config["options"]["install_requires"]
    requirement_lists = {**extras, "run": run + extras["centre"], "test": extras["test"] + extras["sbom"]}
    return [line.strip() for name in lists for line in requirement_lists[name].splitlines() if line.strip()]


def fingerprint(extras: Sequence[str]) -> str:
    """What `.venv` was made from: this Python, this folder, these requirements. Another one means installing again."""
    import hashlib

    return hashlib.sha256("\n".join([_MADE_FOR, *requirements(["setup", "run", *extras])]).encode()).hexdigest()


def ensure(extras: Sequence[str] = (), tiers: Sequence[str] = ()) -> None:
    """Make `.venv` hold the extras and the machine the tiers' system packages; returns at once when they do. Exits 1
    with one line when it cannot."""
    stamp, key = VENV / "-".join([".installed", *extras]), fingerprint(extras)
    if missing := missing_system_packages(tiers):
        _install_system_packages(missing)
    if _text(stamp) == key and PYTHON.exists():
        return
    try:
        with _alone():
            if _text(stamp) != key or not PYTHON.exists():
                _install(extras)
                stamp.write_text(key, encoding="utf-8")
    except PermissionError as error:
        _fail(f"Không ghi được / Cannot write: {error.filename}; hãy chạy bằng chủ thư mục / run as the folder's owner")


def _install(extras: Sequence[str]) -> None:
    mark, packages = VENV / ".made-for", requirements(["setup", "run", *extras])
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-warn-script-location"]
    if _text(mark) != _MADE_FOR or not PYTHON.exists():
        import shutil

        _say("Đang tạo môi trường Python… / Making the Python environment…")
        shutil.rmtree(VENV, ignore_errors=True)
        _run([_BASE_PYTHON, "-m", "venv", "--without-pip", str(VENV)])
        # The pip that Python carries runs from its wheel and only fetches the pinned one: thrice as quick as ensurepip.
        if not (carried := _carried_pip()):
            _run([str(PYTHON), "-m", "ensurepip"])
        _run([*pip, "--only-binary=:all:", *requirements(["setup"])], PYTHONPATH=carried)
        mark.write_text(_MADE_FOR, encoding="utf-8")
    _say(f"Đang cài đặt {len(packages)} gói Python… / Installing {len(packages)} Python packages…")
    _run([*pip, "--no-compile", "--only-binary=:all:", *packages])
    # The checkout itself, so that `.venv/bin/hailong` exists; "compat" is a plain path file every tool understands.
    _run([*pip, "--no-deps", "--no-build-isolation", "--config-settings", "editable_mode=compat", "-e", str(ROOT)])


def _carried_pip() -> str:
    import ensurepip
    import sysconfig

    folders = [Path(ensurepip.__file__).parent / "_bundled", Path(sysconfig.get_config_var("WHEEL_PKG_DIR") or ROOT)]
    return next((str(wheel) for folder in folders for wheel in folder.glob("pip-*.whl")), "")


def _install_system_packages(missing: Sequence[str]) -> None:
    import shutil

    apt_line = f"apt-get install --no-install-recommends {' '.join(missing)}"
    if not shutil.which("apt-get") or os.geteuid() != 0:
        _fail(f"Máy còn thiếu / This machine lacks {', '.join(missing)}. Hãy chạy / Please run:  sudo {apt_line}")
    _say(f"Đang cài đặt {', '.join(missing)} (apt)… / Installing {', '.join(missing)} (apt)…")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], [*apt_line.split(), "-y"]):
        done = subprocess.run(command, env=quiet, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print(done.stdout, file=sys.stderr)
            _fail(f"Không cài được, hãy kiểm tra mạng rồi chạy / Not installed, check the network and run:  {apt_line}")


@contextmanager
def _alone() -> Iterator[None]:
    """Of several starts at the same time one installs and the others wait (not on Windows)."""
    with open(ROOT / ".setup.lock", "w", encoding="utf-8") as lock:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(command: Sequence[str], **settings: str) -> None:
    # A user's own pip settings must not send packages elsewhere than into `.venv`.
    environment = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PYTHONUTF8": "1", **settings}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        print(done.stdout.decode("utf-8", "replace"), file=sys.stderr)
        _fail(f"Bước này không xong; hãy kiểm tra mạng rồi chạy lại. / This step failed; check the network, run again: "
              f"{' '.join(command[:4])}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _fail(line: str) -> NoReturn:
    _say(line)
    sys.exit(1)


def _speak_utf8() -> None:
    # Vietnamese must reach a pipe or an old console too.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _hand_over(command: list[str]) -> int:
    os.chdir(ROOT)
    os.environ["PYTHONUTF8"] = "1"
    if os.name == "nt":  # there, exec would give the prompt back at once
        return subprocess.call(command)
    os.execv(command[0], command)


def cores(arguments: Sequence[str]) -> list[str]:
    """What pytest is told of the cores: all of them, unless its arguments name tests, the cores or a debugger."""
    valued = ("-k", "-m", "-p", "-c", "-o", "-W", "--ignore", "--deselect")  # what follows them is no test to be run
    for before, argument in zip(["", *arguments], arguments, strict=False):
        if argument.startswith(("-n", "--numprocesses", "--dist", "--pdb", "--trace")) or argument.endswith("no:xdist"):
            return []
        is_test = not argument.startswith("-") and before not in valued
        if is_test and (ROOT / argument.partition("::")[0]).exists():
            return []
    return ["-n", "auto", "--dist", "loadscope"]  # a module's tests stay together, on one core


def script(arguments: Sequence[str]) -> int:
    """`python3 wsgi.py …`: install what the command needs, then become it; returns the exit code."""
    _speak_utf8()
    if sys.version_info < (3, 11):  # noqa: UP036  (whoever starts a script may do so with any Python)
        _fail(f"Cần Python 3.11 trở lên / Python 3.11 or later is needed; máy có / this is {sys.version.split()[0]}")
    if not (ROOT / "setup.cfg").exists():
        _fail("Không có setup.cfg bên cạnh wsgi.py; đã cài thì dùng lệnh hailong / "
              "No setup.cfg beside wsgi.py; where it is installed, use the command hailong")
    command, *rest = arguments or ["demo"]
    if command in ("demo", "admin", "kiosk"):
        ensure()
        return _hand_over([str(HAILONG), command, *rest])
    if command in ("test", "bench"):
        ensure(["test"], ["suite"])
        program = ["pytest", *cores(rest), *rest] if command == "test" else ["bench", *rest]
        return _hand_over([str(PYTHON), "-m", *program])
    if command == "sbom" and not rest:
        ensure(["sbom"])
        return _hand_over([str(PYTHON), "-m", "bench.sbom"])
    if command == "docs" and not rest:
        ensure()
        return _hand_over([str(PYTHON), "-m", "bench.error_document"])
    if command == "check" and rest[:1] == ["--system"]:
        ensure(["test"], ["suite", "system"])
        return _hand_over([str(PYTHON), "-m", "pytest", "tests/system", *rest[1:]])
    if command == "check" and not rest:
        ensure(["test"])
        return max(subprocess.call([str(PYTHON), "-m", *check], cwd=ROOT) for check in CHECKS)
    if command == "setup" and not rest:
        ensure()
        # Whoever may not write here (a service's own account) starts as quickly as the owner.
        own = [str(ROOT / name) for name in ("kiosk", "admin", "models", "translations", "wsgi.py")]
        subprocess.run([str(PYTHON), "-m", "compileall", "-qq", "-j", "0", str(VENV), *own])
        _say(f"Đã sẵn sàng / Ready: {HAILONG}")
        return 0
    is_help = command in ("-h", "--help", "help")
    print(USAGE, file=sys.stdout if is_help else sys.stderr)
    return 0 if is_help else 2


if __name__ == "__main__":
    try:
        sys.exit(script(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
