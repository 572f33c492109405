"""PostgreSQL's own programs, `pg_dump` and `pg_restore`: found by version, fed and read through pipes.

A pipe, not a file: when this process ends, so do they, and what they write is ours to sync and to hash. No password
stands in a command line, where every account of the machine could read it. The programs must be of the server's
version, or newer: an older pg_dump refuses, and what a newer one writes an older server may not take.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from psycopg import conninfo
from sqlalchemy import text
from sqlalchemy.orm import Session

from admin.backup import BackupRefused, durable_files
from admin.backup.durable_files import FileDigest
from models.storage.database import Database

EXE = ".exe" if os.name == "nt" else ""
#: Where distributions and PostgreSQL's installers keep the programs of each version.
PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "Program Files/PostgreSQL/*/bin")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_COPY = re.compile(rb'COPY (?:"?\w+"?\.)?"?(\w+)"? \(.*\) FROM stdin;\r?\n\Z')
#: Seconds that are waited for a restore which nobody waits for any more.
WAIT = 600
LOCK_WAIT = "--lock-wait-timeout=60000"  # ms; a migration that is under way may end first


@dataclass(frozen=True)
class Tools:
    """The programs of one version."""

    folder: Path
    version: int

    def program(self, name: str) -> str:
        """The path of a program, as a command line has it."""
        return str(self.folder / f"{name}{EXE}")


def read_server_version(session: Session) -> int:
    """The server's major version."""
    return int(session.scalar(text("SHOW server_version_num")) or 0) // 10_000


def find_tools(only_folder: Path | None, server: int) -> Tools:
    """The programs for a server of this major version: of the same version if there are such, else newer ones.
    `only_folder`: the only folder to look into. Raises `BackupRefused`: `pg_tools_missing`, `pg_tools_old`."""
    installed = sorted(
        (Tools(folder, version) for folder in _folders(only_folder) if (version := _version(folder)) is not None),
        key=lambda tools: tools.version,
    )
    fitting = [tools for tools in installed if tools.version >= server]
    if fitting:
        return fitting[0]
    if installed:
        raise BackupRefused("pg_tools_old", version=server, found=installed[-1].version)
    raise BackupRefused("pg_tools_missing", version=server, place=only_folder or "PATH")


def _folders(only_folder: Path | None) -> list[Path]:
    if only_folder is not None:
        return [only_folder]
    on_path = [Path(place) for place in os.get_exec_path() if place]
    top = Path(Path.cwd().anchor or "/")
    return [*on_path, *(folder for place in PLACES for folder in sorted(top.glob(place.removeprefix("/"))))]


def _version(folder: Path) -> int | None:
    """The major version of a folder's programs, if both are there and of one version."""
    versions = set()
    for name in ("pg_dump", "pg_restore"):
        path = folder / f"{name}{EXE}"
        if not path.is_file():
            return None
        try:
            output = subprocess.run([str(path), "--version"], capture_output=True, text=True, timeout=30)
        except (OSError, subprocess.SubprocessError):
            return None
        match = _VERSION.search(output.stdout)
        if output.returncode or match is None:
            return None
        versions.add(int(match[1]))
    return versions.pop() if len(versions) == 1 else None


def dump_store(
    tools: Tools, database: Database, session: Session, target: Path, progress: Callable[[int, int], None]
) -> FileDigest:
    """Write what `session` sees to the new file `target`. Raises `BackupRefused` (`pg_dump_failed`), `OSError`."""
    snapshot = session.scalar(text("SELECT pg_export_snapshot()"))
    where, environment = _address(database)
    command = [tools.program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", "--no-password", LOCK_WAIT,
               f"--snapshot={snapshot}", f"--dbname={where}"]  # fmt: skip
    with _running_program(command, environment, "pg_dump_failed", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        return durable_files.write_file(target, _read_counted(process.stdout, progress))


def count_archive_rows(tools: Tools, archive: Path, progress: Callable[[int], None]) -> dict[str, int]:
    """Table → rows in an archive of pg_dump, all of it unpacked and read. `progress` hears rows. Raises `BackupRefused`
    (`pg_restore_failed`) when it cannot be read to its end."""
    command = [tools.program("pg_restore"), "--data-only", "--file=-", str(archive)]
    counts: dict[str, int] = {}
    table, done = "", 0
    with _running_program(command, {**os.environ}, "pg_restore_failed", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if not table:
                if match := _COPY.match(line):
                    table = match[1].decode()
                    counts[table] = 0
            elif line.rstrip(b"\r\n") == b"\\.":
                table = ""
            else:
                counts[table] += 1
                done += 1
                if done % 50_000 == 0:
                    progress(done)
    return counts


def restore_archive(tools: Tools, database: Database, archive: Path, progress: Callable[[int], None]) -> None:
    """Fill an empty database from an archive, in one transaction. `progress` hears bytes. Raises `BackupRefused`
    (`pg_restore_failed`), and then the database is as empty as before."""
    where, environment = _address(database)
    command = [tools.program("pg_restore"), "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
               "--no-password", f"--dbname={where}"]  # fmt: skip
    with _running_program(command, environment, "pg_restore_failed", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        try:
            for chunk in durable_files.read_chunks(archive, progress):
                process.stdin.write(chunk)
            process.stdin.close()
        except BrokenPipeError:  # it ended by itself, and says why
            pass


def wait_for_other_restores(database: Database) -> None:
    """Wait until no pg_restore is at work in the database: one that had read all of its archive when its restore was
    killed goes on to its end. Raises `BackupRefused` (`restore_running`) after WAIT seconds."""
    others = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'pg_restore'"
    )
    until = time.monotonic() + WAIT
    while True:
        with database.read() as session:
            if not session.scalar(text(others)):
                return
        if time.monotonic() > until:
            raise BackupRefused("restore_running")
        time.sleep(0.2)


def _address(database: Database) -> tuple[str, dict[str, str]]:
    """Where the database is, without the password, and the environment that holds it."""
    engine = database.engine
    _, parameters = engine.dialect.create_connect_args(engine.url)
    parameters.pop("context", None)
    parameters.pop("client_encoding", None)
    password = parameters.pop("password", None)
    environment = {**os.environ, "LC_MESSAGES": "C"}
    if password:
        environment["PGPASSWORD"] = str(password)
    return conninfo.make_conninfo(**parameters), environment


def _read_counted(stream: IO[bytes], progress: Callable[[int, int], None]) -> Iterator[bytes]:
    done = 0
    while chunk := stream.read(durable_files.CHUNK):
        yield chunk
        done += len(chunk)
        progress(done, 0)


@contextmanager
def _running_program(
    command: list[str],
    environment: dict[str, str],
    code: str,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[bytes]]:
    """A program at work: ended if the block fails, waited for if not. Raises `BackupRefused` when it fails, with
    its own words."""
    process = subprocess.Popen(command, env=environment, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE)
    assert process.stderr is not None
    error_output: list[bytes] = []
    reader = threading.Thread(target=lambda stream: error_output.append(stream.read()), args=(process.stderr,))
    reader.start()
    try:
        yield process
        process.wait()
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        reader.join()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None and not stream.closed:
                stream.close()
    if process.returncode:
        words = b"".join(error_output).decode(errors="replace").strip()
        raise BackupRefused(code, reason=" ".join(words.split())[:300] or f"exit {process.returncode}")
