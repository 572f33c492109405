"""Starts and ends of the centre's processes: addresses, settings, stores, Ctrl-C, faults."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from admin import demo
from admin.cli import cli
from admin.cli.base import CommandGroup
from admin.settings import BadSettings, Settings
from tests.clock_seam import environment

ROOT = Path(__file__).parents[3]
#: A shell hands Ctrl-C down as ignored to what it runs in the background, a whole run of the tests for example.
_HEARS = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
HAILONG = ("-c", f"{_HEARS}; import sys, wsgi; sys.exit(wsgi.main())")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00 (ERROR|WARNING) admin\.[a-z.]+: ")


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The instance folder of a centre with agencies and procedures."""
    folder = tmp_path_factory.mktemp("starts") / "instance"
    for words in (("upgrade",), ("agencies", "import", str(demo.AGENCIES)),
                  ("procedures", "import", str(demo.PROCEDURES))):  # fmt: skip
        assert ran(folder, *words)[0] == 0
    return folder


def ran(folder: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, words, env={"HAILONG_INSTANCE": str(folder), "DATABASE_URL": None})
    return result.exit_code, result.stderr


def started(folder: Path, *words: str, program: Sequence[str] = HAILONG, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *program, *words],
        cwd=ROOT, env=environment(HAILONG_INSTANCE=str(folder), PYTHONPATH=str(ROOT), **more),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip


def line_with(process: subprocess.Popen[str], word: str) -> str:
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if word in line:
            return line
    raise AssertionError("".join(seen))


def test_a_taken_port_is_told_before_any_address(centre: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        code, told = ran(centre, "serve", "--port", str(other.getsockname()[1]))
    assert code == 1 and told.startswith("port_in_use: ") and "http://" not in told


def test_an_address_of_another_machine_is_refused(centre: Path) -> None:
    process = started(centre, "admin", "serve", "--host", "192.0.2.1")
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1 and told.startswith("bad_host: ") and told.count("\n") == 1, told
    assert ran(centre, "serve", "--host", " ")[1].startswith("bad_host: ")


def test_the_printed_address_answers_and_ctrl_c_ends_the_server(centre: Path) -> None:
    process = started(centre, "admin", "serve", "--port", "0")
    address = line_with(process, "http://").strip()
    with urllib.request.urlopen(f"{address}/healthz", timeout=20) as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 0 and "Traceback" not in told


def test_ctrl_c_ends_a_command_without_a_traceback(centre: Path) -> None:
    process = started(centre, "admin", "simulate", "--agencies", "12", "--days", "300")  # no second process
    assert process.stderr is not None
    assert process.stderr.read(1)  # it says how far it is
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in told, told


def test_whoever_closes_the_pipe_gets_no_traceback(centre: Path) -> None:
    process = started(centre, "admin", "languages", "list", "--json")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    told = process.communicate(timeout=60)[1]
    assert process.returncode in (0, 1) and told == "", told


def gunicorn(folder: Path, **more: str) -> subprocess.Popen[str]:
    program = ("-m", "gunicorn", "--bind", "127.0.0.1:0", "--no-control-socket")
    return started(folder, "wsgi:admin()", program=program, **more)


def test_another_server_ends_on_settings_it_cannot_run_with(tmp_path: Path) -> None:
    (tmp_path / "admin.cfg").write_text("[admin]\nidle_seconds = abc\n")
    process = gunicorn(tmp_path)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 4 and "\nbad_settings: " in told and "Traceback" not in told, told


def test_another_server_waits_while_postgresql_is_away(tmp_path: Path) -> None:
    process = gunicorn(tmp_path, DATABASE_URL="postgres://u:s3cret@127.0.0.1:1/x")
    for _ in range(2):
        line = line_with(process, "no_store")
        assert STAMP.match(line) and "s3cret" not in line, line
    assert process.poll() is None
    process.terminate()
    _, told = process.communicate(timeout=60)
    assert "s3cret" not in told


@pytest.mark.parametrize(
    "text",
    [
        "public_url = https://a.vn", "[admin]\n[admin]", "[admin]\nidle_seconds = abc",
        "[admin]\nidle_seconds = 9999999",
        "[admin]\npublic_url = a.vn", "[admin]\npublic_url = https://a b", "[admin]\npublic_url = http://[::1",
        "[admin]\ntarget = ninety", "[admin]\ntarget = nan", "[admin]\ntarget = 101", "[admin]\ntarget = -1",
        "\xff", None,
    ],
    ids=repr,
)  # fmt: skip
def test_nonsense_in_the_settings_is_told(text: str | None, tmp_path: Path) -> None:
    cfg = tmp_path / "admin.cfg"
    cfg.mkdir() if text is None else cfg.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadSettings) as refused:
        Settings.load(tmp_path)
    assert refused.value.code == "bad_settings"
    assert ran(tmp_path, "verify") == (1, f"bad_settings: {refused.value}\n")


def test_settings_are_read_as_they_were_meant(tmp_path: Path) -> None:
    cfg = tmp_path / "admin.cfg"
    cfg.write_bytes("\ufeff[admin]\npublic_url = https://tinh.gov.vn/\ntarget = 92.5\nidle_seconds = 5".encode())
    found = Settings.load(tmp_path)
    assert (found.public_url, found.target, found.idle_seconds) == ("https://tinh.gov.vn", "92.5", 30)
    found.save(phone="1022")
    assert Settings.load(tmp_path).phone == "1022" and os.listdir(tmp_path) == ["admin.cfg"]
    assert "s3cret" not in repr(Settings(tmp_path, "postgresql://u:s3cret@h/x"))


@pytest.mark.parametrize(
    ("ports", "code"),
    [({"ADMIN_PORT": "²"}, "bad_port"), ({"ADMIN_PORT": "8123", "KIOSK_PORT": "8123"}, "bad_port"),
     ({"ADMIN_PORT": "0"}, "bad_port"), ({"KIOSK_PORT": "busy"}, "bad_port")],
)  # fmt: skip
def test_the_demo_says_which_port_will_not_do(ports: dict[str, str], code: str, tmp_path: Path) -> None:
    process = started(tmp_path, "demo", **ports)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1 and told.startswith(f"{code}: ") and told.count("\n") == 1, told


def test_the_demo_finds_either_port_taken_and_a_place_that_is_no_folder(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = str(other.getsockname()[1])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports = {"ADMIN_PORT": str(free.getsockname()[1]), "KIOSK_PORT": taken}
        told = started(tmp_path, "demo", **ports).communicate(timeout=60)[1]
        assert told.startswith("port_in_use: ") and taken in told and not list(tmp_path.iterdir()), told
    file = tmp_path / "file"
    file.write_text("")
    told = started(file, "demo", **ports | {"KIOSK_PORT": taken}).communicate(timeout=60)[1]
    assert told.startswith("bad_instance: ") and told.count("\n") == 1, told


def test_a_fault_of_the_program_is_told_and_its_details_are_kept(tmp_path: Path) -> None:
    @click.group(cls=CommandGroup)
    def group() -> None: ...

    @group.command()
    def wrong() -> None:
        raise ZeroDivisionError("no such luck")

    def told(folder: Path) -> str:
        result = CliRunner().invoke(group, ["wrong"], env={"HAILONG_INSTANCE": str(folder)})
        assert result.exit_code == 1
        return result.stderr

    said = told(tmp_path)
    details = tmp_path / "errors.log"
    assert said.startswith("internal_error: ") and str(details) in said and said.count("\n") == 1
    kept = details.read_text(encoding="utf-8")
    assert "ZeroDivisionError: no such luck" in kept and re.match(r"\S+\+07:00 ", kept)
    if os.name == "posix":
        assert details.stat().st_mode & 0o777 == 0o600
    said = told(tmp_path / "missing")  # nowhere to keep them
    assert "ZeroDivisionError: no such luck" in said and said.splitlines()[-1].startswith("internal_error: ")
