"""The demo's runner: the centre, a desk and its sync as processes of their own, until Ctrl-C.

`hailong demo` is this. What the centre's process prepares before it serves stands in `admin.demo.prepare`; the desk is
only ever called by its command.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NoReturn

from translations import gettext, ngettext
from translations.terminal.system_errors import system_reason

#: A checkout's folder; installed as a wheel, the folder above the packages, which holds no setup.cfg.
ROOT = Path(__file__).resolve().parents[2]


class DemoFailure(Exception):
    """The demo cannot go on: a stable code, a colon and one sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")


def start_demo() -> int:
    """Fill the demo's instance folder, run the centre and a desk until Ctrl-C; exit code 0, or 1 with one sentence."""
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
        print("\n" + gettext("Stopped; the data are kept."), flush=True)
        return 0
    except DemoFailure as halt:
        print_line(str(halt))
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
    admin_port, kiosk_port, logs = _free_port("ADMIN_PORT", 8000), _free_port("KIOSK_PORT", 8001), instance / "logs"
    if admin_port == kiosk_port:
        raise DemoFailure("bad_port", gettext("ADMIN_PORT and KIOSK_PORT must differ (%(port)s).", port=admin_port))
    centre = f"http://127.0.0.1:{admin_port}"
    try:
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DemoFailure("bad_instance", gettext(
            "That folder cannot be written to, nothing has changed: %(folder)s (%(why)s)", folder=instance,
            why=system_reason(error),
        )) from None  # fmt: skip

    def start(name: str, *command: str) -> None:
        group = None if os.name == "nt" else 0  # Ctrl-C reaches us alone; we end them in order
        try:
            log = open(logs / f"{name}.log", "wb")
        except OSError as error:
            raise DemoFailure("bad_instance", gettext(
                "The log cannot be written: %(file)s (%(why)s)", file=error.filename, why=system_reason(error)
            )) from None  # fmt: skip
        with log:
            children[name] = subprocess.Popen(_hailong(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                              stderr=log, process_group=group)

    def told(name: str) -> dict[str, Any]:
        """What a child prepared; its progress lines before that are passed on."""
        for line in children[name].stdout or ():
            if line.startswith(b"{"):
                return dict(json.loads(line))
            print_line(line.decode(errors="replace").rstrip())
        log = logs / f"{name}.log"
        stopped = gettext("%(name)s stopped midway; the logs: %(logs)s", name=name, logs=logs)
        raise DemoFailure("demo_failed", f"{stopped}\n{read_log(log)[-600:]}")

    def wait_until_up(port: int) -> None:
        deadline = time.monotonic() + 30
        while not _healthy(port):
            _all_alive(children, logs)
            if time.monotonic() > deadline:
                raise DemoFailure("not_ready", gettext(
                    "Port %(port)s does not answer yet; read the logs in %(logs)s", port=port, logs=logs
                ))  # fmt: skip
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
    months = ngettext("%(n)s month", "%(n)s months", data["months"])
    rows = {
        gettext("Centre"): centre,
        gettext("Tablet"): f"http://127.0.0.1:{kiosk_port}",
        gettext("Sign in"): " · ".join(data["sign_in"].values()),
        gettext("QR slip"): paired["slip_url"],
        gettext("Staff PIN"): f"{paired['pin']} (/staff, /officer)",
        gettext("Report"): data["report"],
        gettext("Data"): f"{months} · {ngettext('%(n)s answer', '%(n)s answers', data['responses'])}",
    }
    lines = [f"  {label:<20}   {value}" for label, value in rows.items()]
    lines += ["", "  " + gettext("Ctrl-C stops it"), ""]
    print("", *lines, sep="\n", flush=True)
    start("sync", "kiosk", "sync", "--every", "5")
    while True:
        _all_alive(children, logs)
        time.sleep(0.5)


def _hailong(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())", *arguments]


def _all_alive(children: dict[str, subprocess.Popen[bytes]], logs: Path) -> None:
    for name, child in children.items():
        tail = "\n".join(read_log(logs / f"{name}.log").splitlines()[-8:]) if child.poll() is not None else ""
        if child.returncode is not None and "serve_syncs:" not in tail:  # an old SQLite lets the desk's server send
            ended = gettext("%(name)s ended by itself; the logs: %(logs)s", name=name, logs=logs)
            raise DemoFailure("child_ended", f"{ended}\n{tail}")


def _healthy(port: int) -> bool:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False


def _free_port(variable: str, default: int) -> int:
    port_text = os.environ.get(variable) or str(default)
    if not (port_text.isascii() and port_text.isdecimal() and len(port_text) < 6 and 0 < int(port_text) < 65536):
        raise DemoFailure("bad_port", gettext(
            "%(variable)s=%(given)s is not a port number (1–65535).", variable=variable, given=port_text
        ))  # fmt: skip
    with socket.socket() as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port_text)))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise DemoFailure("bad_port", gettext(
                    "The machine refuses port %(port)s, nothing has changed; choose another: %(other)s", port=port_text,
                    other=f"{variable}=9{port_text[-3:]}",
                )) from None  # fmt: skip
            raise DemoFailure("port_in_use", gettext(
                "Port %(port)s is taken, nothing has changed; choose another: %(other)s", port=port_text,
                other=f"{variable}=9{port_text[-3:]} python3 wsgi.py",
            )) from None  # fmt: skip
    return int(port_text)


def read_log(path: Path) -> str:
    """A log's text so far; empty while there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def print_line(line: str) -> None:
    """One line for whoever waits."""
    print(line, file=sys.stderr, flush=True)
