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
SUFFIX = ".exe" if os.name == "nt" else ""

USAGE = """Cách dùng / Usage: python3 wsgi.py [demo | setup | test | bench | check | admin … | kiosk …]

  demo                (mặc định / default) cài đặt rồi chạy bản dùng thử / install, then run the demo
  setup               chỉ cài đặt / install only
  test [pytest args]  cài thêm phần kiểm thử rồi chạy / install what tests need, run them
  bench [--faults]    đo tốc độ / measure
  check               ruff, mypy, bản dịch / lint, types, translations
  admin …, kiosk …    như lệnh hailong / the same as the command hailong"""

HAILONG_USAGE = """Cách dùng / Usage: hailong demo | hailong admin … | hailong kiosk …

  demo    bản dùng thử: trung tâm và ki-ốt trên máy này / the centre and a kiosk on this machine
  admin   trung tâm / the centre (hailong admin --help)
  kiosk   máy tại bàn tiếp nhận / the desk (hailong kiosk --help)"""

# Ruff does not read setup.cfg, so its rules stand here; the architecture tests run these same commands.
RUFF = ["ruff", "check", "--quiet", "--isolated", "--target-version=py311", "--line-length=120",
        "--select=E,F,I,B,UP,W", "--cache-dir=.venv/.ruff_cache", "."]  # fmt: skip
MYPY = ["mypy", "--strict", "models", "wsgi.py"]
CHECKS = [RUFF, MYPY, ["translations", "check"]]


# ── imported: what servers and the console script call ──


def kiosk() -> Flask:
    """The desk's WSGI application, set up from the instance folder: `waitress-serve --call wsgi:kiosk`."""
    from kiosk import create_app
    from kiosk.settings import Settings

    return create_app(Settings.load())


def admin() -> Flask:
    """The centre's WSGI application, set up from the instance folder: `gunicorn "wsgi:admin()"`."""
    from admin import create_app
    from admin.settings import Settings

    return create_app(Settings.load())


def main(arguments: Sequence[str] | None = None) -> int:
    """The console script `hailong`: returns (or exits with) 0 on success, 1 on failure, 2 on wrong usage."""
    _speak_utf8()
    command, *rest = list(sys.argv[1:] if arguments is None else arguments) or [""]
    if command == "demo" and not rest:
        return demo()
    if command == "admin":
        from admin.cli import cli as group

        group.main(args=rest, prog_name="hailong admin")
        return 0
    if command == "kiosk":
        from kiosk.cli import cli

        cli.main(args=rest, prog_name="hailong kiosk")
        return 0
    asked = command in ("-h", "--help") or rest in (["--help"], ["-h"])
    print(HAILONG_USAGE, file=sys.stdout if asked else sys.stderr)
    return 0 if asked else 2


# ── the demo: a centre and a desk on this machine ──


class Halt(Exception):
    """The demo cannot go on: a stable code and one sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")


def demo() -> int:
    """Fill the demo's instance folder, run the centre and a desk until Ctrl-C; exit code 0, or 1 with one sentence."""
    import signal

    home = ROOT if (ROOT / "setup.cfg").exists() else Path.cwd()
    instance = Path(os.environ.get("HAILONG_INSTANCE") or home / "instance" / "demo").resolve()
    os.environ["HAILONG_INSTANCE"] = str(instance)
    children: dict[str, subprocess.Popen[bytes]] = {}

    def stop(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    try:
        _run_demo(instance, children)
    except KeyboardInterrupt:
        print("\nĐã dừng; số liệu còn nguyên. / Stopped; the data are kept.", flush=True)
        return 0
    except Halt as halt:
        print(halt, file=sys.stderr, flush=True)
        return 1
    finally:
        for child in children.values():
            child.terminate()
        for child in children.values():
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
    return 0


def _run_demo(instance: Path, children: dict[str, subprocess.Popen[bytes]]) -> None:
    import time

    admin_port, kiosk_port = _free_port("ADMIN_PORT", 8000), _free_port("KIOSK_PORT", 8001)
    centre, desk = f"http://127.0.0.1:{admin_port}", f"http://127.0.0.1:{kiosk_port}"
    logs = instance / "logs"
    logs.mkdir(parents=True, exist_ok=True)

    def start(name: str, *arguments: str) -> None:
        with open(logs / f"{name}.log", "wb") as log:
            group = {} if os.name == "nt" else {"process_group": 0}  # Ctrl-C reaches us alone; we end them in order
            children[name] = subprocess.Popen(
                _hailong(*arguments), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **group
            )

    def wait_until_up(url: str) -> None:
        deadline = time.monotonic() + 30
        while not _answers(f"{url}/healthz"):
            _all_alive(children, logs)
            if time.monotonic() > deadline:
                raise Halt("not_ready", f"{url} chưa trả lời; xem nhật ký / no answer yet; read the logs in {logs}")
            time.sleep(0.03)

    _say("Đang chuẩn bị số liệu mẫu… / Preparing sample data…")
    data = _prepared("admin", "demo-prepare", "--json")
    start("admin", "admin", "serve", "--port", str(admin_port))
    pairing = []
    if data.get("pairing_code"):
        wait_until_up(centre)
        pairing = ["--code", data["pairing_code"]]
    paired = _prepared("kiosk", "demo-prepare", "--centre", centre, *pairing, "--json")
    start("kiosk", "kiosk", "serve", "--port", str(kiosk_port))
    start("sync", "kiosk", "sync", "--every", "5")
    wait_until_up(centre)
    wait_until_up(desk)
    rows = {
        "Trung tâm / Centre": centre,
        "Ki-ốt / Kiosk": desk,
        "Đăng nhập / Sign in": f"{data['sign_in']['email']} · {data['sign_in']['password']}",
        "Phiếu QR / Slip": paired["slip_url"],
        "Báo cáo / Report": data["report"],
        "Số liệu / Data": f"{data['months']} tháng / months · {data['responses']} phiếu / responses",
    }
    width = max(map(len, rows))
    print("\n" + "\n".join(f"  {label:<{width}}   {value}" for label, value in rows.items()))
    print("\n  Ctrl-C để dừng / to stop\n", flush=True)
    while True:
        _all_alive(children, logs)
        time.sleep(0.5)


def _hailong(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())", *arguments]


def _prepared(*arguments: str) -> dict[str, Any]:
    """What one subcommand printed as JSON; its progress lines go straight to our stderr."""
    import json

    done = subprocess.run(_hailong(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    if done.returncode:
        raise Halt("demo_failed", f"hailong {' '.join(arguments)} dừng giữa chừng; xem dòng trên / stopped; see above.")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _all_alive(children: dict[str, subprocess.Popen[bytes]], logs: Path) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            path = logs / f"{name}.log"
            tail = "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
            raise Halt("child_ended", f"{name} đã dừng bất ngờ; nhật ký / ended by itself; log: {path}\n{tail}")


def _answers(url: str) -> bool:
    import urllib.error
    import urllib.request

    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_port(variable: str, default: int) -> int:
    import socket

    given = os.environ.get(variable) or str(default)
    if not (given.isdigit() and 0 < int(given) < 65536):
        raise Halt("bad_port", f"{variable}={given} không phải là số cổng / is not a port number (1–65535).")
    with socket.socket() as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(given)))
        except OSError:
            raise Halt(
                "port_in_use",
                f"Cổng {given} đang có chương trình khác dùng; chưa có gì thay đổi. Hãy chọn cổng khác: / "
                f"Port {given} is taken, nothing was changed; choose another: "
                f"{variable}={int(given) + 100} python3 wsgi.py",
            ) from None
    return int(given)


# ── run as a script: the standard library alone, until `.venv` stands ──


def chromium() -> str | None:
    """Path of a Chromium-family browser on this machine ($HAILONG_CHROMIUM first), or None."""
    import shutil

    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge"]
    places = [f"{os.environ[base]}/{rest}"
              for base in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData") if base in os.environ
              for rest in ("Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe")]  # fmt: skip
    places.append("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    given = os.environ.get("HAILONG_CHROMIUM")
    candidates = [given] if given else names + places
    return next((found for name in candidates if (found := shutil.which(name))), None)


def missing_system_packages(extras: Sequence[str]) -> list[str]:
    """Debian packages without which `.venv` or the browser tests cannot work; empty when all is there."""
    import importlib.util

    missing = []
    if importlib.util.find_spec("ensurepip") is None and not PYTHON.exists():
        system = Path("/usr/bin/python3").resolve() == Path(_base_python()).resolve()
        missing.append("python3-venv" if system else f"python3.{sys.version_info.minor}-venv")
    if "test" in extras:
        if chromium() is None:
            missing.append("chromium")
        atomic = ("usr/lib/*/libatomic.so.1", "usr/lib/libatomic.so.1", "usr/lib64/libatomic.so.1")
        if sys.platform == "linux" and not any(any(Path("/").glob(place)) for place in atomic):
            missing.append("libatomic1")  # the browser driver's own Node needs it
    return missing


def requirements(extras: Sequence[str]) -> list[str]:
    """The pinned requirements setup.cfg lists, with those of the named extras."""
    import configparser

    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lists = [config["options"]["install_requires"], *(config["options.extras_require"][extra] for extra in extras)]
    return [line.strip() for text in lists for line in text.splitlines() if line.strip()]


def ensure(extras: Sequence[str] = ()) -> None:
    """Make `.venv` hold everything asked for; returns at once when it already does. Exits 1 with one line if it cannot."""
    import hashlib

    made_for = f"{sys.version}\n{ROOT}"
    wanted = requirements(["setup", *extras])
    key = hashlib.sha256("\n".join([made_for, *wanted]).encode()).hexdigest()
    stamp = VENV / ("-".join([".installed", *extras]))
    missing = missing_system_packages(extras)
    if missing:
        _install_system_packages(missing)
    if _text(stamp) == key and PYTHON.exists():
        return
    try:
        with _alone():
            if _text(stamp) != key:
                _install(made_for, wanted)
                stamp.write_text(key, encoding="utf-8")
    except PermissionError as error:
        _fail(f"Không ghi được vào {error.filename}; hãy chạy bằng người dùng sở hữu thư mục. / "
              "Cannot write there; run as the owner of this folder.")  # fmt: skip


def _install(made_for: str, wanted: Sequence[str]) -> None:
    import shutil

    mark = VENV / ".made-for"
    if _text(mark) != made_for or not PYTHON.exists():
        _say("Đang tạo môi trường Python (.venv)… / Making the Python environment (.venv)…")
        shutil.rmtree(VENV, ignore_errors=True)
        _run([_base_python(), "-m", "venv", str(VENV)])
        mark.write_text(made_for, encoding="utf-8")
    _say(f"Đang cài đặt {len(wanted)} gói Python… / Installing {len(wanted)} Python packages…")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--only-binary=:all:", *wanted])
    # The checkout itself, so that `.venv/bin/hailong` exists; "compat" is a plain path file every tool understands.
    _run([*pip, "--no-deps", "--no-build-isolation", "--config-settings", "editable_mode=compat", "-e", str(ROOT)])


def _install_system_packages(missing: Sequence[str]) -> None:
    import shutil

    wanted = f"apt-get install --no-install-recommends {' '.join(missing)}"
    if not shutil.which("apt-get"):
        _fail(f"Máy còn thiếu / This machine lacks: {', '.join(missing)} (Debian: sudo {wanted})")
    if os.geteuid() != 0:
        _fail(f"Máy còn thiếu {', '.join(missing)}. Hãy chạy lệnh / Please run:  sudo {wanted}")
    _say(f"Đang cài đặt {', '.join(missing)} (apt)… / Installing {', '.join(missing)} (apt)…")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], [*wanted.split(), "-y"]):
        done = subprocess.run(command, env=quiet, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print(done.stdout, file=sys.stderr)
            _fail(f"Không cài được; hãy kiểm tra mạng rồi chạy / Could not install; check the network, then run:  {wanted}")


@contextmanager
def _alone() -> Iterator[None]:
    """Only one of several starts at the same time installs; the others wait for it."""
    with open(ROOT / ".setup.lock", "w", encoding="utf-8") as lock:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(command: Sequence[str]) -> None:
    # A user's own pip settings must not send packages elsewhere than into `.venv`.
    environment = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PYTHONUTF8": "1"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        print(done.stdout.decode("utf-8", "replace"), file=sys.stderr)
        _fail(f"Bước này không xong; hãy kiểm tra mạng rồi chạy lại. / This step failed; check the network, run again: "
              f"{' '.join(command[:4])}")  # fmt: skip


def _base_python() -> str:
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _fail(line: str) -> NoReturn:
    _say(line)
    sys.exit(1)


def _speak_utf8() -> None:
    """Vietnamese must reach a pipe or an old console too."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _hand_over(command: Sequence[str]) -> int:
    os.chdir(ROOT)
    os.environ["PYTHONUTF8"] = "1"
    if os.name == "nt":  # there, exec would give the prompt back at once
        return subprocess.call(command)
    sys.stdout.flush()
    os.execv(command[0], list(command))


def _module(*arguments: str) -> list[str]:
    return [str(PYTHON), "-m", *arguments]


def script(arguments: Sequence[str]) -> int:
    """`python3 wsgi.py …`: install what the command needs, then become it; returns the exit code."""
    _speak_utf8()
    if sys.version_info < (3, 11):
        _fail(f"Cần Python 3.11 trở lên; máy đang có / Python 3.11 or later is needed; this is {sys.version.split()[0]}")
    command, *rest = list(arguments) or ["demo"]
    if command in ("-h", "--help", "help"):
        print(USAGE)
        return 0
    if command in ("demo", "admin", "kiosk"):
        ensure()
        return _hand_over([str(BIN / f"hailong{SUFFIX}"), command, *rest])
    if command == "setup" and not rest:
        ensure()
        _say(f"Đã sẵn sàng / Ready: {BIN / f'hailong{SUFFIX}'}")
        return 0
    if command == "test":
        ensure(["test"])
        return _hand_over(_module("pytest", *rest))
    if command == "bench":
        ensure(["test"])
        return _hand_over(_module("bench", *rest))
    if command == "check" and not rest:
        ensure(["test"])
        return max(subprocess.call(_module(*check), cwd=ROOT) for check in CHECKS)
    print(USAGE, file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(script(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
