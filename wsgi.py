"""The one door: `python3 wsgi.py` on a fresh machine, `wsgi:admin()` for a server, `hailong` as a command.

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
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from flask import Flask

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
HAILONG = BIN / ("hailong.exe" if os.name == "nt" else "hailong")
_MADE_FOR = f"{sys.implementation.cache_tag} {sys.platform}\n{ROOT}"  # a security patch of Python keeps `.venv`
_BASE_PYTHON = str(getattr(sys, "_base_executable", None) or sys.executable)  # the one `.venv` is made with

USAGE = """Cách dùng / Usage: python3 wsgi.py [demo | setup | test | bench | check | admin … | kiosk …]

  demo                (mặc định / default) cài đặt rồi chạy bản dùng thử / install, then run the demo
  setup               chỉ cài đặt / install only
  test [pytest args]  cài thêm phần kiểm thử rồi chạy / install what tests need, run them
  bench [--faults]    đo tốc độ / measure
  check               ruff, mypy, bản dịch / lint, types, translations
  admin …, kiosk …    như lệnh hailong / the same as the command hailong"""

# Ruff does not read setup.cfg, so its rules stand here; the architecture tests run these same commands.
RUFF = ["ruff", "check", "--quiet", "--isolated", "--output-format=concise", "--target-version=py311",
        "--line-length=120", "--select=E,F,I,B,UP,W", "--cache-dir=.venv/.ruff_cache", "."]
MYPY = ["mypy", "--strict", "--follow-imports=silent", "models", "wsgi.py"]
CHECKS = [RUFF, MYPY, ["translations", "check"]]


def kiosk() -> Flask:
    """The desk's WSGI application, set up from the instance folder: `waitress-serve --call wsgi:kiosk`."""
    from kiosk import create_app
    from kiosk.settings import Settings

    return create_app(Settings.load())


def admin() -> Flask:
    """The centre's WSGI application, set up from the instance folder: `gunicorn "wsgi:admin()"`."""
    from admin import create_app, jobs, settings

    return jobs.beside(create_app(settings.Settings.load()))


def main(arguments: Sequence[str] | None = None) -> int:
    """The console script `hailong`: returns (or exits with) 0 on success, 1 on failure, 2 on wrong usage."""
    _speak_utf8()
    command, *rest = list(sys.argv[1:] if arguments is None else arguments) or [""]
    if command == "demo" and not rest:
        return demo()
    if command == "admin":
        from admin.cli import cli as admin_commands

        admin_commands.main(args=rest, prog_name="hailong admin")
    elif command == "kiosk":
        from kiosk.cli import cli as kiosk_commands

        kiosk_commands.main(args=rest, prog_name="hailong kiosk")
    asked = "--help" in (command, *rest[:1])
    usage = "Cách dùng / Usage: hailong demo | hailong admin … | hailong kiosk …  (--help)"
    print(usage, file=sys.stdout if asked else sys.stderr)
    return 0 if asked else 2


class Halt(Exception):
    """The demo cannot go on: a stable code, a colon and one sentence."""


def demo() -> int:
    """Fill the demo's instance folder, run the centre and a desk until Ctrl-C; exit code 0, or 1 with one sentence."""
    import signal

    home = ROOT if (ROOT / "setup.cfg").exists() else Path.cwd()
    instance = Path(os.environ.get("HAILONG_INSTANCE") or home / "instance" / "demo").resolve()
    os.environ["HAILONG_INSTANCE"] = str(instance)
    children: dict[str, subprocess.Popen[bytes]] = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number and not (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):  # nohup
            signal.signal(number, signal.default_int_handler)
    try:
        _run_demo(instance, children)
    except KeyboardInterrupt:
        print("\nĐã dừng; số liệu còn nguyên. / Stopped; the data are kept.", flush=True)
        return 0
    except Halt as halt:
        _say(str(halt))
        return 1
    finally:
        for child in children.values():
            child.terminate()
        for child in children.values():
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()


def _run_demo(instance: Path, children: dict[str, subprocess.Popen[bytes]]) -> NoReturn:
    import json
    import time

    admin_port, kiosk_port, logs = _free_port("ADMIN_PORT", 8000), _free_port("KIOSK_PORT", 8001), instance / "logs"
    centre = f"http://127.0.0.1:{admin_port}"
    logs.mkdir(parents=True, exist_ok=True)

    def start(name: str, *command: str) -> None:
        group = None if os.name == "nt" else 0  # Ctrl-C reaches us alone; we end them in order
        with open(logs / f"{name}.log", "wb") as log:
            children[name] = subprocess.Popen(_hailong(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                              stderr=log, process_group=group)

    def told(name: str) -> dict[str, Any]:
        """What a child prepared; its progress lines before that are passed on."""
        for line in children[name].stdout or ():
            if line.startswith(b"{"):
                return dict(json.loads(line))
            _say(line.decode(errors="replace").rstrip())
        raise Halt(f"demo_failed: {name} dừng giữa chừng / stopped; log: {logs}\n{_text(logs / f'{name}.log')[-600:]}")

    def wait_until_up(port: int) -> None:
        deadline = time.monotonic() + 30
        while not _healthy(port):
            _all_alive(children, logs)
            if time.monotonic() > deadline:
                raise Halt(f"not_ready: Cổng {port} chưa trả lời; xem nhật ký / no answer; read the logs in {logs}")
            time.sleep(0.03)

    again = (instance / "kiosk.sqlite").exists()  # then centre and desk get ready at once
    desk = ("kiosk", "demo-serve", "--centre", centre, "--port", str(kiosk_port))
    start("admin", "admin", "demo-serve", "--port", str(admin_port))
    start("kiosk", *desk) if again else None
    data = told("admin")
    if data["pairing_code"]:
        children.pop("kiosk").kill() if again else None
        wait_until_up(admin_port)
        start("kiosk", *desk, "--code", data["pairing_code"])
    paired = told("kiosk")
    wait_until_up(admin_port)
    wait_until_up(kiosk_port)
    rows = {
        "Trung tâm / Centre": centre,
        "Thiết bị / Tablet": f"http://127.0.0.1:{kiosk_port}",
        "Đăng nhập / Sign in": " · ".join(data["sign_in"].values()),
        "Phiếu QR / Slip": paired["slip_url"], "Mã PIN / Staff PIN": f"{paired['pin']} (/staff, /officer)",
        "Báo cáo / Report": data["report"],
        "Số liệu / Data": f"{data['months']} tháng / months · {data['responses']} phiếu / responses",
    }
    lines = [f"  {label:<20}   {value}" for label, value in rows.items()] + ["", "  Ctrl-C để dừng / to stop", ""]
    print("", *lines, sep="\n", flush=True)
    start("sync", "kiosk", "sync", "--every", "5")
    while True:
        _all_alive(children, logs)
        time.sleep(0.5)


def _hailong(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())", *arguments]


def _all_alive(children: dict[str, subprocess.Popen[bytes]], logs: Path) -> None:
    for name, child in children.items():
        tail = "\n".join(_text(logs / f"{name}.log").splitlines()[-8:]) if child.poll() is not None else ""
        if child.returncode is not None and "serve_syncs:" not in tail:  # an old SQLite lets the desk's server send
            raise Halt(f"child_ended: {name} đã dừng bất ngờ; nhật ký / ended by itself; log: {logs}\n{tail}")


def _healthy(port: int) -> bool:
    from http.client import HTTPConnection, HTTPException

    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False


def _free_port(variable: str, default: int) -> int:
    import socket

    given = os.environ.get(variable) or str(default)
    if not (given.isdigit() and 0 < int(given) < 65536):
        raise Halt(f"bad_port: {variable}={given} không phải là số cổng / is not a port number (1–65535).")
    with socket.socket() as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(given)))
        except OSError:
            raise Halt(f"port_in_use: Cổng {given} đang bận, chưa có gì thay đổi; hãy chọn cổng khác / Port {given} "
                       f"is taken, nothing changed; choose another: {variable}=9{given[-3:]} python3 wsgi.py") from None
    return int(given)


def chromium() -> str | None:
    """Path of a Chromium-family browser on this machine ($HAILONG_CHROMIUM first), or None."""
    import shutil

    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge"]
    folders = [os.environ[name] for name in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData") if name in os.environ]
    programs = ("Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe")
    names += [f"{folder}/{program}" for folder in folders for program in programs]
    names += ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"]
    names = [os.environ["HAILONG_CHROMIUM"]] if os.environ.get("HAILONG_CHROMIUM") else names
    return next(filter(None, map(shutil.which, names)), None)


def missing_system_packages(extras: Sequence[str]) -> list[str]:
    """Debian packages without which `.venv` or the browser tests cannot work; empty when all is there."""
    import importlib.util

    missing = []
    if importlib.util.find_spec("ensurepip") is None and _text(VENV / ".made-for") != _MADE_FOR:
        system = Path("/usr/bin/python3").resolve() == Path(_BASE_PYTHON).resolve()
        missing.append("python3-venv" if system else f"python3.{sys.version_info.minor}-venv")
    if "test" in extras:
        if chromium() is None:
            missing.append("chromium")
        atomic = ("usr/lib/*/libatomic.so.1", "usr/lib/libatomic.so.1", "usr/lib64/libatomic.so.1")
        if sys.platform == "linux" and not any(any(Path("/").glob(place)) for place in atomic):
            missing.append("libatomic1")  # the browser driver's own Node needs it
    return missing


def requirements(lists: Sequence[str]) -> list[str]:
    """The pinned requirements in setup.cfg: list "run" is what desk and centre need, the others are the extras."""
    from configparser import ConfigParser

    (config := ConfigParser(interpolation=None)).read(ROOT / "setup.cfg", encoding="utf-8")
    extras, run = config["options.extras_require"], config["options"]["install_requires"]
    named = {**extras, "run": run + extras["centre"]}
    return [line.strip() for name in lists for line in named[name].splitlines() if line.strip()]


def fingerprint(extras: Sequence[str]) -> str:
    """What `.venv` was made from: this Python, this folder, these requirements. Another one means installing again."""
    import hashlib

    return hashlib.sha256("\n".join([_MADE_FOR, *requirements(["setup", "run", *extras])]).encode()).hexdigest()


def ensure(extras: Sequence[str] = ()) -> None:
    """Make `.venv` hold what is asked for; returns at once when it does. Exits 1 with one line when it cannot."""
    stamp, key = VENV / "-".join([".installed", *extras]), fingerprint(extras)
    if missing := missing_system_packages(extras):
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
    mark, wanted = VENV / ".made-for", requirements(["setup", "run", *extras])
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
    _say(f"Đang cài đặt {len(wanted)} gói Python… / Installing {len(wanted)} Python packages…")
    _run([*pip, "--no-compile", "--only-binary=:all:", *wanted])
    # The checkout itself, so that `.venv/bin/hailong` exists; "compat" is a plain path file every tool understands.
    _run([*pip, "--no-deps", "--no-build-isolation", "--config-settings", "editable_mode=compat", "-e", str(ROOT)])


def _carried_pip() -> str:
    import ensurepip
    import sysconfig

    folders = [Path(ensurepip.__file__).parent / "_bundled", Path(sysconfig.get_config_var("WHEEL_PKG_DIR") or ROOT)]
    return next((str(wheel) for folder in folders for wheel in folder.glob("pip-*.whl")), "")


def _install_system_packages(missing: Sequence[str]) -> None:
    import shutil

    wanted = f"apt-get install --no-install-recommends {' '.join(missing)}"
    if not shutil.which("apt-get") or os.geteuid() != 0:
        _fail(f"Máy còn thiếu / This machine lacks {', '.join(missing)}. Hãy chạy / Please run:  sudo {wanted}")
    _say(f"Đang cài đặt {', '.join(missing)} (apt)… / Installing {', '.join(missing)} (apt)…")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], [*wanted.split(), "-y"]):
        done = subprocess.run(command, env=quiet, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print(done.stdout, file=sys.stderr)
            _fail(f"Không cài được, hãy kiểm tra mạng rồi chạy / Not installed, check the network and run:  {wanted}")


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


def script(arguments: Sequence[str]) -> int:
    """`python3 wsgi.py …`: install what the command needs, then become it; returns the exit code."""
    _speak_utf8()
    if sys.version_info < (3, 11):  # noqa: UP036  (whoever starts a script may do so with any Python)
        _fail(f"Cần Python 3.11 trở lên / Python 3.11 or later is needed; máy có / this is {sys.version.split()[0]}")
    command, *rest = arguments or ["demo"]
    if command in ("demo", "admin", "kiosk"):
        ensure()
        return _hand_over([str(HAILONG), command, *rest])
    if command in ("test", "bench"):
        ensure(["test"])
        everything = ["-n", "auto", "--dist", "loadscope"]  # a module's tests stay together, on one core
        program = ["pytest", *(rest or everything)] if command == "test" else ["bench", *rest]
        return _hand_over([str(PYTHON), "-m", *program])
    if command == "check" and not rest:
        ensure(["test"])
        return max(subprocess.call([str(PYTHON), "-m", *check], cwd=ROOT) for check in CHECKS)
    if command == "setup" and not rest:
        ensure()
        # Whoever may not write here (a service's own account) starts as quickly as the owner.
        subprocess.run([str(PYTHON), "-m", "compileall", "-qq", "-j", "0", str(VENV)])
        _say(f"Đã sẵn sàng / Ready: {HAILONG}")
        return 0
    asked = command in ("-h", "--help", "help")
    print(USAGE, file=sys.stdout if asked else sys.stderr)
    return 0 if asked else 2


if __name__ == "__main__":
    try:
        sys.exit(script(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
