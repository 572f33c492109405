"""Every command of the centre, found by walking: hostile values, files and stores end in a sentence."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import event

from admin import demo
from admin.cli import cli
from models.migrations import migrate
from models.storage.database import Database, open_once
from models.storage.sqlite_module import load_sqlite_module
from models.tables.declarative_base import KIOSK

#: Two copies of SQLite in one process would not see each other's locks.
DRIVER = load_sqlite_module()
#: These serve until they are ended; or fill the store for a minute.
ENDLESS = {("serve",), ("demo-serve",)}
#: What a parameter gets while another one is tried, by its name; else by its type.
GOOD = {
    "agency_key": "NB-14329", "agency": "NB-14329", "period": "2999-01", "desk_code": "NB-14329-Q1", "email": "a@b.vn",
    "instrument": "short", "name": "Quầy 2", "days": "1", "count": "1", "text": "overall", "lang": "vi",
}  # fmt: skip
#: Options that keep a command short.
SMALL = {"count", "days"}
HOSTILE = {
    "empty": "", "blank": " ", "endless": "x" * 5000,
    "odd": "A\u0300\u202e\U0001f4a5\u1ea6\u200d",
    "bytes": "\udc80\udcff", "negative": "-1", "huge": str(2**63), "nan": "nan", "above": "../../x",
    "control": "a\x1b[31mb", "lines": "a\nb",
    "quotes": "'; DROP TABLE agency;--", "percent": "%s%n{0}", "slash": "/", "option": "--", "long": "Ầ" * 400,
}  # fmt: skip
SENTENCE = re.compile(r"^([a-z][a-z_]*): .*\S", re.MULTILINE)
BUGS = {"internal_error", "store_failed"}


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that call it."""
    waiting: list[tuple[tuple[str, ...], click.Command]] = [((), cli)]
    while waiting:
        words, command = waiting.pop()
        if isinstance(command, click.Group):
            waiting += [((*words, name), inner) for name, inner in command.commands.items()]
        else:
            yield words, command


ALL = dict(sorted(commands()))
IDS = {words: " ".join(words) for words in ALL}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The instance folder of a centre with agencies, procedures and a desk."""
    folder = tmp_path_factory.mktemp("every") / "instance"
    for words in (
        ("upgrade",), ("agencies", "import", str(demo.AGENCIES)), ("procedures", "import", str(demo.PROCEDURES)),
        ("desks", "add", "NB-14329", "NB-14329-Q1", "Quầy 1"),
    ):  # fmt: skip
        assert run(folder, *words).exit_code == 0
    return folder


@pytest.fixture
def centre(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of its own, and a place deep enough for `../../`."""
    folder = tmp_path / "a" / "b" / "instance"
    shutil.copytree(filled, folder)
    place = tmp_path / "a" / "b" / "c"
    place.mkdir()
    monkeypatch.chdir(place)
    return folder


def run(folder: Path, *words: str, url: str | None = None) -> Result:
    return CliRunner().invoke(cli, words, env={"HAILONG_INSTANCE": str(folder), "DATABASE_URL": url}, input="")


def called(words: Sequence[str], tried: str | None = None, value: str = "") -> list[str]:
    """The command with a good value for all it needs, and `value` for its parameter `tried`."""
    options: list[str] = []
    places: list[str] = []
    for param in ALL[tuple(words)].params:
        mine = value if param.name == tried else _good(param)
        if isinstance(param, click.Argument):
            places.append(mine)
        elif param.name == tried or param.required or param.name in SMALL:
            options += [param.opts[0], mine]
    return [*words, *options, "--", *places]


def _good(param: click.Parameter) -> str:
    if isinstance(param.type, click.Choice):
        return str(param.type.choices[0])
    if param.name in GOOD:
        return GOOD[param.name]
    if param.metavar == "DIR":
        return "new"  # in the working folder
    if not isinstance(param.type, click.Path):
        return "1"
    return str(demo.AGENCIES if param.type.file_okay else demo.AGENCIES.parent)


def code_of(result: Result, words: Sequence[str]) -> str:
    """The stable code a command ended with, "" for success and wrong usage. It is one sentence and no traceback."""
    told = f"{words}: {result.exit_code} {result.exception!r}\n{result.output}"
    assert result.exception is None or isinstance(result.exception, SystemExit), told
    assert result.exit_code in (0, 1, 2) and "Traceback" not in result.output, told
    if result.exit_code == 2:
        assert "Cách dùng:" in result.stderr, told
    found = SENTENCE.findall(result.stderr)
    if result.exit_code != 1:
        return ""
    assert len(found) == 1 and found[0] not in BUGS, told
    return str(found[0])


@pytest.mark.parametrize("words", [words for words in ALL if words != ("demo-serve",)], ids=IDS.get)
def test_no_value_of_any_parameter_is_too_much(words: tuple[str, ...], centre: Path) -> None:
    kept = open_once(f"sqlite:///{centre / 'admin.sqlite'}")  # opened once for all that follows
    for param in ALL[words].params:
        if (isinstance(param, click.Option) and param.is_flag) or param.name == "host":  # names are asked for outside
            continue
        for value in HOSTILE.values():
            asked = called(words, param.name, value)
            code_of(run(centre, *asked), asked)
    kept.close()


def _files(folder: Path) -> dict[str, Path]:
    made = {
        "empty": b"", "binary": bytes(range(256)) * 9, "latin": "Phường".encode("cp1258", "replace") + b"\xff\xfe\n",
        "broken.xlsx": b"PK\x03\x04" + bytes(99), "nested.json": b'{"week":' + b"[" * 60000, "one_line.csv": b"a,b\n\"",
    }  # fmt: skip
    for name, raw in made.items():
        (folder / name).write_bytes(raw)
    with (folder / "large").open("wb") as f:
        f.truncate(300 << 20)  # a hole: no byte of it is on the disk
    (folder / "folder").mkdir()
    found = {name: folder / name for name in (*made, "large", "folder", "missing")}
    found |= {"in_a_file": folder / "empty" / "x", "long_name": folder / ("x" * 400)}
    if os.path.exists("/dev/zero"):
        found |= {"endless": Path("/dev/zero"), "unreadable": Path("/proc/self/mem")}
    return found


@pytest.mark.parametrize(
    "words", [words for words in ALL if any(isinstance(p.type, click.Path) for p in ALL[words].params)], ids=IDS.get
)
def test_no_file_is_too_bad_to_be_told(words: tuple[str, ...], centre: Path, tmp_path: Path) -> None:
    kept = open_once(f"sqlite:///{centre / 'admin.sqlite'}")
    for param in ALL[words].params:
        if isinstance(param.type, click.Path):
            for name, path in _files(tmp_path / f"{param.name}").items() if _made(tmp_path / f"{param.name}") else ():
                writes = isinstance(param, click.Option) and not param.type.exists and param.name != "mapping"
                if writes and name in ("endless", "unreadable"):
                    continue
                asked = called(words, param.name, str(path))
                code_of(run(centre, *asked), asked)
    kept.close()


def _made(folder: Path) -> bool:
    folder.mkdir()
    return True


#: state of the store → the codes of commands that need it
STATES = {
    "file gone": {"no_store"}, "folder gone": {"bad_store_url"}, "a folder": {"bad_store_url"},
    "damaged": {"store_damaged"}, "empty": {"not_upgraded"}, "of a desk": {"other_store"}, "newer": {"store_newer"},
    "foreign": {"other_store"}, "half": {"other_store"}, "nonsense": {"bad_store_url"}, "away": {"no_store"},
    "settings": {"bad_settings"}, "instance": {"bad_instance"},
}  # fmt: skip


def spoilt(folder: Path, state: str) -> str | None:
    """Bring the store into a state; the DATABASE_URL to be set, if any."""
    store = folder / "admin.sqlite"
    match state:
        case "file gone":
            store.unlink()
        case "folder gone":
            return f"sqlite:///{folder / 'gone' / 'a.sqlite'}"
        case "a folder":
            return f"sqlite:///{folder}"
        case "damaged":
            with closing(DRIVER.connect(store)) as own:  # a log copied with it would hold the page that is spoilt
                own.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            with store.open("r+b") as f:
                f.write(bytes(100))
        case "empty":
            store.write_bytes(b"")
        case "of a desk":
            store.unlink()
            database = Database(f"sqlite:///{store}")
            migrate.upgrade_store(database, KIOSK)
            database.close()
        case "newer" | "half" | "foreign":
            _written(store, {
                "newer": "UPDATE alembic_version SET version_num = 'central_9999'",
                "half": "DROP TABLE alembic_version",
                "foreign": "ALTER TABLE alembic_version RENAME COLUMN version_num TO other",
            }[state])  # fmt: skip
        case "nonsense":
            return "postgresql://u:s3cret@h:port/x"
        case "away":
            return "postgres://u:s3cret@127.0.0.1:1/x"
        case "settings":
            (folder / "admin.cfg").write_bytes(b"idle_seconds = abc")
        case "instance":
            shutil.rmtree(folder)
            folder.write_bytes(b"")
    return None


def _written(store: Path, statement: str) -> None:
    with closing(DRIVER.connect(store)) as own:
        own.execute(statement)
        own.commit()


@pytest.mark.parametrize("state", STATES)
def test_no_command_works_on_a_store_that_is_not_there(state: str, centre: Path) -> None:
    url = spoilt(centre, state)
    for words in ALL:
        if words == ("restore",) and state not in ("settings", "instance"):
            continue  # it brings the store
        if words == ("demo-serve",) or (words == ("upgrade",) and state in ("file gone", "empty")):
            continue  # these make a store where there is none
        asked = called(words)
        result = run(centre, *asked, url=url)
        assert code_of(result, asked) in STATES[state], asked
        assert "s3cret" not in result.output
    if state == "file gone":
        assert not (centre / "admin.sqlite").exists()  # looking for it made none


PRAGMAS = {
    "full": ("PRAGMA max_page_count = 1", {"disk_full"}),
    "read-only": ("PRAGMA query_only = ON", {"read_only"}),
    "locked": ("PRAGMA busy_timeout = 1", {"store_busy"}),
}


@pytest.mark.parametrize("state", PRAGMAS)
def test_a_store_that_takes_nothing_is_told_and_keeps_what_it_had(state: str, centre: Path) -> None:
    store = centre / "admin.sqlite"
    database = open_once(f"sqlite:///{store}")
    pragma, codes = PRAGMAS[state]

    @event.listens_for(database.engine, "checkout")
    def prepare(connection: Any, record: object, proxy: object) -> None:
        connection.execute(pragma)

    before = _rows(store)
    seen = set()
    with closing(DRIVER.connect(store, isolation_level=None)) as other:
        if state == "locked":
            other.execute("BEGIN IMMEDIATE")
        for words in ALL:
            if words not in ENDLESS:
                asked = called(words)
                seen.add(code_of(run(centre, *asked), asked))
    assert seen & codes and not seen & {"no_store", "bad_store_url", "store_damaged"}, seen
    if state != "full":  # a last free page may take a line
        assert _rows(store) == before
    database.close()


def _rows(store: Path) -> dict[str, int]:
    with closing(DRIVER.connect(store)) as own:
        names = [name for (name,) in own.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: own.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def test_a_disk_that_gets_full_in_an_import_leaves_nothing_of_it(centre: Path, tmp_path: Path) -> None:
    head = demo.AGENCIES.read_text(encoding="utf-8").splitlines()[0]
    lines = [f"X{n},NB,ward,Phường {n} {'đ' * 99},,,,2025-07-01," for n in range(2000)]
    width = head.count(",") - lines[0].count(",")
    file = tmp_path / "many.csv"
    file.write_text("\n".join([head, *(line + "," * width for line in lines)]), encoding="utf-8")
    store = centre / "admin.sqlite"
    database = open_once(f"sqlite:///{store}")
    tight = True

    @event.listens_for(database.engine, "checkout")
    def prepare(connection: Any, record: object, proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {store.stat().st_size // 4096 + 9 if tight else 10**9}")

    before = _rows(store)
    result = run(centre, "agencies", "import", str(file))
    assert code_of(result, ()) == "disk_full" and "DATABASE_URL" not in result.stderr
    assert _rows(store) == before
    tight = False
    result = run(centre, "agencies", "import", str(file))
    assert result.exit_code == 0, result.output
    assert _rows(store)["agency"] == before["agency"] + 2000
    database.close()
