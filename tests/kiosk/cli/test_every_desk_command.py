"""Every command of the desk, whatever is typed or befell its store: one sentence and a stable code.

The commands and their options come from the program itself, so a new one is asked too. In this process, with real
stores; what binds a port runs as a process of its own.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy.exc import DBAPIError

from kiosk.cli import cli
from kiosk.settings import Settings
from models.storage.process_lock import WriterLock
from models.storage.sqlite_module import load_sqlite_module
from models.storage.store_faults import StoreFault
from tests.clock_seam import environment
from tests.fixtures.desk_staff_scene import StaffScene
from tests.fixtures.hostile_values import TEXTS

ROOT = Path(__file__).resolve().parents[3]
#: What each command needs to get as far as it can without a person, a network or an end of its own; None: only wrong
#: usage is typed, for it would fetch packages, or fill this machine's disk.
COMMANDS: dict[str, list[str] | None] = {
    "bundle": None, "demo-serve": ["--centre", "http://127.0.0.1:9", "--code", "ABCD"], "drill": None,
    "enrol": ["http://127.0.0.1:9", "ABCD"], "export": ["out.hailong"], "pin": ["--pin-stdin"], "salvage": [],
    "serve": [], "slip": ["--stage", "result"], "starting": ["starting.html"], "status": [], "sync": ["--once"],
    "take-receipts": ["out.bien-nhan"], "upgrade": [],
}  # fmt: skip
#: As a shell hands them over: no NUL, and bytes that are no text as surrogates.
TYPED = [value.decode("utf-8", "surrogateescape") for value in TEXTS if b"\0" not in value]
#: Nowhere, not a folder, a folder, a full device, not to be written to, too long, no text. Never a path that is there.
PATHS = ("missing/a/b", "file/a", "folder", "/dev/full", "/proc/1/none", "/sys/none", "x" * 300, "\udcff\udcfe", "",
         "folder/", "new")  # fmt: skip


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StaffScene]:
    made = StaffScene(tmp_path / "desk")
    monkeypatch.setenv("HAILONG_INSTANCE", str(made.folder))
    (tmp_path / "here" / "folder").mkdir(parents=True)
    (tmp_path / "here" / "file").write_text("x", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "here")
    yield made
    made.store.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, input="274952\n" * 3)


def wrong(arguments: tuple[str, ...], result: Result) -> str | None:
    """What is wrong with how a command ended, or None."""
    said = f"{[a[:60] for a in arguments]} → {result.exit_code}, {result.exception!r}, {result.stderr[-300:]!r}"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return said
    if result.exit_code == 0 or (result.exit_code == 2 and "Cách dùng: " in result.stderr):
        return None
    return None if result.exit_code == 1 and re.search(r"(\A|\n)[a-z][a-z_0-9]+: [^\n]+\n\Z", result.stderr) else said


def hostile(name: str, command: click.Command, turn: int) -> Iterator[tuple[str, ...]]:
    """The command with one hostile value at a time: each parameter gets a part of them, other parameters the others."""
    base = COMMANDS[name]
    for number, parameter in enumerate(command.params, turn):
        texts, places = TYPED[number % 8 :: 8], PATHS[number % 3 :: 3]
        paths = isinstance(parameter.type, click.Path) or parameter.name in ("printer", "output")
        if isinstance(parameter, click.Option):
            if not parameter.is_flag and not parameter.is_eager:
                for value in places if paths else texts:
                    if base is not None:
                        yield (name, *base, f"{parameter.opts[-1]}={value}")
                    elif not isinstance(parameter.type, click.Path):
                        yield (name, "folder", f"{parameter.opts[-1]}={value}")
        elif base is not None:
            assert isinstance(parameter, click.Argument)
            at = [one for one in command.params if isinstance(one, click.Argument)].index(parameter)
            for value in places if paths else texts:
                yield (name, *base[:at], *(["--"] if value.startswith("-") else []), value, *base[at + 1 :])
    yield (name, "--nonsense")
    yield (name, "a", "b", "c", "d")


def test_the_table_names_every_command() -> None:
    assert COMMANDS.keys() == cli.commands.keys()


@pytest.mark.parametrize("paired", [True, False], ids=["paired", "new"])
def test_hostile_values_for_every_option_and_argument(
    scene: StaffScene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paired: bool
) -> None:
    if not paired:
        monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path / "new"))
        assert run("status").exit_code == 0
    found = []
    for turn, (name, command) in enumerate(cli.commands.items(), 0 if paired else 3):
        lock = WriterLock((scene.folder if paired else tmp_path / "new") / "kiosk.serving")
        if name not in ("serve", "demo-serve"):  # which end here because another serves
            lock.release()
        for arguments in hostile(name, command, turn):
            found.append(wrong(arguments, run(*arguments)))
        lock.release()
    assert [one for one in found if one][:5] == []


def test_wrong_times_ports_and_choices_are_wrong_usage(scene: StaffScene) -> None:
    for arguments in (
        ["sync", "--every", "-1"], ["sync", "--every", "0"], ["sync", "--every", "nan"], ["sync", "--every", "inf"],
        ["serve", "--port", "99999"], ["serve", "--port", "-1"], ["serve", "--port", "abc"],
        ["demo-serve", "--centre", "http://127.0.0.1:9", "--port", "0"], ["slip", "--stage", "rating"],
        ["slip", "--stage", "result", "--due", "2026-02-30"], ["bundle", "folder", "--python", "three"],
    ):  # fmt: skip
        assert run(*arguments).exit_code == 2, arguments


def nothing(scene: StaffScene) -> None:
    """A folder in which there is no store yet."""
    scene.store.close()
    for file in scene.folder.glob("kiosk*"):
        file.unlink()


def a_file(scene: StaffScene) -> None:
    scene.store.close()
    shutil.rmtree(scene.folder)
    scene.folder.write_text("x", encoding="utf-8")


def under_a_file(scene: StaffScene) -> None:
    a_file(scene)
    scene.folder /= "deeper"


def deleted(scene: StaffScene) -> None:
    for file in scene.folder.glob("kiosk.sqlite*"):
        file.unlink()


def full(scene: StaffScene) -> None:
    with scene.store.read() as session:
        pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
    scene.pragma("max_page_count", pages)
    for size in (1_000, 10):  # what is left inside the last pages
        with contextlib.suppress(DBAPIError):
            for number in range(500):
                scene.remember(**{f"filling_{size}_{number}": "x" * size})


def read_only(scene: StaffScene) -> None:
    scene.pragma("query_only", 1)


def locked(scene: StaffScene) -> None:
    scene.pragma("busy_timeout", 1)
    scene.other = load_sqlite_module().connect(scene.folder / "kiosk.sqlite", isolation_level=None)
    scene.other.execute("BEGIN EXCLUSIVE")


def damaged(scene: StaffScene) -> None:
    scene.store.close()
    (scene.folder / "kiosk.sqlite").write_bytes(b"no store " * 1_000)


def cut_short(scene: StaffScene) -> None:
    scene.store.close()
    whole = (scene.folder / "kiosk.sqlite").read_bytes()
    (scene.folder / "kiosk.sqlite").write_bytes(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("befall", "code"),
    [
        (nothing, None), (a_file, "bad_settings"), (under_a_file, "no_store"), (deleted, StoreFault.UNREACHABLE.value),
        (full, StoreFault.FULL.value), (read_only, StoreFault.READ_ONLY.value), (locked, StoreFault.BUSY.value),
        (damaged, StoreFault.DAMAGED.value), (cut_short, StoreFault.DAMAGED.value),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)  # fmt: skip
def test_what_befalls_the_store_is_said_by_every_command(
    scene: StaffScene, monkeypatch: pytest.MonkeyPatch, befall: Callable[[StaffScene], None], code: str | None
) -> None:
    befall(scene)
    monkeypatch.setenv("HAILONG_INSTANCE", str(scene.folder))
    found, codes = [], set()
    for name, base in COMMANDS.items():
        if base is not None and name not in ("serve", "demo-serve"):  # these begin all the same, and say it on the page
            result = run(name, *base)
            found.append(wrong((name, *base), result))
            codes.add(result.stderr.rstrip().rpartition("\n")[2].partition(":")[0] if result.exit_code == 1 else "")
            if name == "pin" and code is not None:
                assert result.exit_code == 1 and result.stderr.startswith(f"{code}: "), result.stderr
    assert [one for one in found if one] == []
    if code in ("disk_full", "read_only", "store_busy"):
        assert not codes & {"no_access", "store_failed", "failed"}, codes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[kiosk]\nidle_seconds = abc\n", "idle_seconds"), (b"[kiosk]\nidle_seconds = -5\n", "idle_seconds"),
        (b"[kiosk]\nheartbeat_seconds = 99999999999999999999\n", "heartbeat_seconds"),
        ("[kiosk]\nheartbeat_seconds = ٣\n".encode(), "heartbeat_seconds"), (b"not a settings file\n", "dòng 1"),
        (b"[kiosk]\nhosts\n", "dòng 2"), (b"[kiosk]\na=1\n[kiosk]\n", "dòng 3"), (b"\xff\xfe[\0k\0", "UTF-8"),
        (b"[kiosk]\nhosts = \xe1\n", "UTF-8"),
    ],
    ids=["word", "negative", "huge", "other-digits", "no-section", "no-value", "twice", "utf-16", "latin"],
)  # fmt: skip
def test_settings_that_cannot_be_used_name_what_is_wrong(scene: StaffScene, text: bytes, words: str) -> None:
    (scene.folder / "kiosk.cfg").write_bytes(text)
    for arguments in (("status",), ("pin", "--pin-stdin"), ("drill",), ("sync", "--once")):
        result = run(*arguments)
        assert wrong(arguments, result) is None and result.exit_code == 1
        assert result.stderr.startswith("bad_settings: kiosk.cfg") and words in result.stderr
    assert Settings.load(scene.folder).idle_seconds == 60  # a start does not end for it


def test_settings_with_a_mark_of_their_editor_are_read(scene: StaffScene) -> None:
    (scene.folder / "kiosk.cfg").write_bytes(b"\xef\xbb\xbf[kiosk]\r\nidle_seconds = 90\r\nidle = a % b\r\n")
    assert run("status").exit_code == 0


def test_settings_that_cannot_be_opened_are_not_left_out(scene: StaffScene) -> None:
    (scene.folder / "kiosk.cfg").mkdir()
    assert run("status").stderr.startswith("bad_settings: ")


def serve(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from kiosk.cli import cli; cli()", "serve", *arguments], cwd=ROOT, text=True,
        env=environment(HAILONG_INSTANCE=str(folder), PYTHONPATH=str(ROOT), PYTHONUTF8="1"), capture_output=True,
        encoding="utf-8", timeout=60,
    )  # fmt: skip


def test_a_port_of_others_is_said_before_anything_else(scene: StaffScene) -> None:
    """No address is printed that somebody else answers at, and no start is counted."""
    boots = scene.facts().get("boot")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        taken = serve(scene.folder, "--port", str(port))
    nowhere = serve(scene.folder, "--host", "192.0.2.7", "--port", str(port))
    for done, code in ((taken, "port_in_use"), (nowhere, "bad_host")):
        assert done.returncode == 1 and done.stdout == "" and "http://" not in done.stderr
        assert done.stderr.startswith(f"{code}: ") and len(done.stderr.splitlines()) == 1
    assert scene.facts().get("boot") == boots
