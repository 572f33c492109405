"""The command lines of the documents: what is ours is run, what is others' is held to what they take.

Each line is read by its program's own parser; a command or an option that does not exist makes a test red. Those of
`hailong admin` run in one scratch instance, in the order in which the documents give them.
"""

from __future__ import annotations

import csv
import itertools
import json
import re
import shlex
import sys
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from flask import Flask
from gunicorn.config import Config as gunicorn_options
from openpyxl import Workbook

import wsgi
from admin.api.slips import openapi_document
from admin.api.slips import request as slip_request
from admin.cli import cli as admin_cli
from bench.__main__ import arguments as bench_arguments
from kiosk.cli import cli as kiosk_cli
from kiosk.desk import reference
from kiosk.slips import api as desk_slips
from models import clock
from models.protocol.sealed_file import Box
from tests.fixtures.paired_desk import document, paired

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FILES = ROOT / "kiosk" / "bundle" / "files"
APPS: dict[str, click.Command] = {"admin": admin_cli, "kiosk": kiosk_cli}
#: The first document shows the order of a beginning; the others follow by name.
FIRST = ("install-centre.md", "imports.md")


@dataclass(frozen=True)
class Line:
    """One command line: where it stands, its words, and whether it stands in a block (else in running text)."""

    place: str
    words: tuple[str, ...]
    in_block: bool

    def __str__(self) -> str:
        return f"{self.place}: {' '.join(self.words)}"


#: What may stand before a command: who runs it, and where the checkout's own programs lie.
_BEFORE = re.compile(r"(?:sudo )?(?:\.venv/bin/)?")
_INLINE = re.compile(
    r"`((?:sudo |\.venv/bin/)*(?:hailong(?= [ak])|python3 wsgi\.py|python -m|systemctl|journalctl|ufw|adduser)\b[^`]*)`"
)


def lines(path: Path) -> Iterator[Line]:
    """Every command line of a document: those of blocks without a language, and those that running text quotes."""
    text = path.read_text(encoding="utf-8")
    place = path.relative_to(ROOT).as_posix()
    for language, block in re.findall(r"^```(\S*)[^\n]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines() if not language else ():
            yield from _commands(place, line, in_block=True)
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for quoted in _INLINE.findall(re.sub(r"\s*\n\s*", " ", prose)):
        yield from _commands(place, quoted.replace("…", ""), in_block=False)


def _commands(place: str, line: str, *, in_block: bool) -> Iterator[Line]:
    if line.startswith(("[", "printer", "wsgi.py")) or not re.match(r"[\w.]", line) or "/  " in line:
        return  # a settings file, or the drawing of the house
    line = line.replace("$(date +%F)", "2026-10-18").replace("$(date +\\%F)", "2026-10-18")
    cron = re.match(r"(?:[\d*]+ +){5}(?:HAILONG_INSTANCE=\S+ )?(.*)", line)
    line = re.sub(r" 2>&1 \|.*", "", cron[1]) if cron else line
    for part in re.split(r" && |; ", re.sub(r"\s{2,}(?:#|cài).*|\s+# .*", "", line)):
        yield Line(place, tuple(shlex.split(_BEFORE.sub("", part, count=1), posix="\\\\" not in part)), in_block)


def all_lines() -> list[Line]:
    """Of all documents, the beginning first."""
    ordered = sorted(DOCUMENTS, key=lambda path: (*FIRST, path.name).index(path.name))
    return list(dict.fromkeys(line for path in ordered for line in lines(path)))


ALL = all_lines()


def of_program(*names: str) -> list[Line]:
    """The lines that begin with one of these programs."""
    return [line for line in ALL if line.words[0] in names]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder with the files that the documents give as examples, to stand in, and an instance in it."""
    folder = tmp_path_factory.mktemp("documents")
    for name, text in written_files().items():
        (folder / name).write_text(text, encoding="utf-8")
    table = Workbook()
    for row in csv.reader(written_files()["t10.csv"].splitlines()):
        table.active.append(["" if cell == "0" else cell for cell in row])  # Google's form has no "0"
    table.save(folder / "t10.xlsx")
    (folder / "recordings").mkdir()
    (folder / "recordings" / "overall.vi.mp3").write_bytes(b"ID3" + bytes(64))
    (folder / "backup").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


def written_files() -> dict[str, str]:
    """The files that stand in the documents: name → text."""
    texts = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    return dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", texts, re.MULTILINE | re.DOTALL))


#: What stands for something of the reader's own → what it is in the scratch folder.
MEANT = {
    "FOLDER": "recordings", "CODE": "NB-14329-Q1", "DESK": "NB-14329-Q1", "AGENCY": "NB-14329", "PERIOD": "2026-10",
    "KEY": "NB-14329", "/mnt/backup/2026-10-18": "backup/2026-10-18", "DIR": "backup/2026-10-18",
}  # fmt: skip
#: They serve until they are ended, take what a desk carried, or ask somebody: their parser reads them here, and they
#: run in tests of their own.
NOT_RUN = {"serve", "ingest-file", "keys", "clock", "languages"}
#: What a command says here, with one device less, no answer and the clock as it is, instead of doing its work.
SAYS = {
    "devices lost": "unknown_device",
    "report": "period_incomplete",
}


def leaf(command: click.Command, words: Sequence[str]) -> tuple[click.Command, list[str]]:
    """The command that the first words name, and the words behind it."""
    left = list(words)
    while isinstance(command, click.Group) and left:
        inner = command.get_command(click.Context(command), left[0])
        if inner is None:
            raise click.UsageError(f"no command {left[0]}")
        command = inner
        left.pop(0)
    return command, left


def wrong_words(line: Line) -> str | None:
    """Why a line of `hailong` is not one; None for a good one. A quotation may leave out what it is not about."""
    if line.words[1:] in (("demo",), ("--version",)):
        return None
    if line.words[1] not in APPS:
        return f"no {line.words[1]}"
    for words in spelled_out(line.words[2:]):
        try:
            command, left = leaf(APPS[line.words[1]], words)
            if line.in_block:
                if isinstance(command, click.Group):
                    return "stops at a group"
                command.make_context(command.name, [MEANT.get(word, word) for word in left])
            else:
                known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
                if unknown := [word for word in left if word.startswith("-") and word not in known]:
                    return f"no option {unknown[0]}"
        except click.ClickException as error:
            return error.format_message()
    return None


def spelled_out(words: Sequence[str]) -> list[list[str]]:
    """A line with `a|b` once for each, and with what stands in brackets."""
    plain = [word.strip("[]") for word in words]
    choices = [word.split("|") if re.fullmatch(r"[\w-]+(\|[\w-]+)+", word) else [word] for word in plain]
    return [list(one) for one in itertools.product(*choices)]


@pytest.mark.parametrize("line", of_program("hailong"), ids=str)
def test_a_line_of_hailong_is_one(line: Line, scratch: Path) -> None:
    assert wrong_words(line) is None


@pytest.mark.parametrize(
    ("words", "in_block"),
    [
        ("hailong admin agency import agencies.csv", True),
        ("hailong admin agencies import", True),
        ("hailong admin agencies", True),
        ("hailong admin verify --fast", True),
        ("hailong admin verify --fast", False),
        ("hailong kiosk slip --stage nothing", True),
        ("hailong desk status", False),
    ],
)
def test_a_line_that_is_none_is_reported(words: str, in_block: bool, scratch: Path) -> None:
    assert wrong_words(Line("x", tuple(words.split()), in_block)) is not None


@pytest.mark.starts_at("2026-12-01T05:59:58")
def test_the_centre_s_lines_run_as_they_stand(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From an empty folder to the report, in the order of the documents, each does its work."""
    monkeypatch.setenv("HAILONG_INSTANCE", str(scratch / "instance"))
    ran: list[list[str]] = []
    wrong = []
    for line in of_program("hailong"):
        if line.words[1:2] != ("admin",) or line.words[2] in NOT_RUN:
            continue
        for words in spelled_out(line.words[2:]):
            words = ["hours.json" if word == "FILE" else MEANT.get(word, word) for word in words]
            if not line.in_block and (wrong_words(Line("", ("hailong", "admin", *words), True)) or "comments" in words):
                continue  # a quotation of a part
            if words in ran:
                continue
            with monkeypatch.context() as patch:
                if words[0] == "restore":
                    patch.setenv("HAILONG_INSTANCE", str(scratch / "restored"))
                done = CliRunner().invoke(admin_cli, words, prog_name="hailong admin")
            ran.append(words)
            said = done.stderr.strip().splitlines()[-1:] or [""]
            name = next((name for name in SAYS if " ".join(words).startswith(name)), "")
            good = said[0].startswith(f"{SAYS[name]}: ") if name else done.exit_code == 0
            if not good:
                wrong.append(f"{line.place}: {' '.join(words)} → {done.exit_code} {said[0]} {done.exception!r}")
    assert not wrong, "\n".join(wrong)
    assert len(ran) > 30


#: At the desk: what needs the centre, a person or minutes, and has tests of its own.
NOT_RUN_AT_THE_DESK = {"enrol", "serve", "sync", "drill", "bundle", "take-receipts"}
#: What a command says at a desk without a printer, which made one slip and has nothing that is damaged.
DESK_SAYS = {"slip --stage refusal": "not_printed", "slip --again": "unknown_slip"}


@pytest.mark.starts_at("2026-11-02T09:00:00")
def test_the_desk_s_lines_run_as_they_stand(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a paired desk without a network."""
    monkeypatch.setenv("HAILONG_INSTANCE", str(scratch / "desk"))
    desk = paired(scratch / "desk")
    told = {
        **json.loads(document()), "centre_box": Box(bytes(range(32))).public,
        "procedures": [{"code": "1.001193", "number": 1, "name": {"vi": "Đăng ký khai sinh"}}],
    }  # fmt: skip
    with desk.extensions["database"].write() as session:
        reference.store(session, json.dumps(told).encode(), clock.now().t)
    ran: list[list[str]] = []
    wrong = []
    for line in of_program("hailong"):
        words = [{"FILE": "desk.out"}.get(word, word) for word in line.words[2:]]
        if line.words[1:2] != ("kiosk",) or words[0] in NOT_RUN_AT_THE_DESK or words in ran:
            continue
        if not line.in_block and wrong_words(Line("", ("hailong", "kiosk", *words), True)):
            continue  # a quotation of a part
        done = CliRunner().invoke(kiosk_cli, words, input="274952\n" * 2, prog_name="hailong kiosk")
        ran.append(words)
        said = done.stderr.strip().splitlines()[-1:] or [""]
        name = next((name for name in DESK_SAYS if " ".join(words).startswith(name)), "")
        if not (said[0].startswith(f"{DESK_SAYS[name]}: ") if name else done.exit_code == 0):
            wrong.append(f"{line.place}: {' '.join(words)} → {done.exit_code} {done.output} {done.exception!r}")
    assert not wrong, "\n".join(wrong)
    assert {words[0] for words in ran} == {"slip", "status", "pin", "export", "salvage"}


@pytest.mark.parametrize("line", of_program("python3", "python"), ids=str)
def test_a_line_of_the_door_is_one(line: Line, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if line.words[:3] == ("python", "-m", "translations"):
        assert line.words[3:] in (("extract",), ("compile",), ("check",))
        return
    assert line.words[:2] == ("python3", "wsgi.py")
    command, *rest = [*line.words[2:], ""]
    options = [word for word in rest if word]
    assert command == "" or re.search(rf"^  {command} ", wsgi.USAGE, re.MULTILINE)
    if command == "test":
        request.config._parser.parse([word for word in options if word != "--long"])
        assert "--long" not in options or "--long" in wsgi.USAGE
    elif command == "bench":
        monkeypatch.setattr(sys, "argv", ["bench", *options])
        bench_arguments()
    else:
        assert not options or f"{command} {options[0]}" in wsgi.USAGE


def test_an_option_that_the_door_does_not_know_is_reported(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises((SystemExit, pytest.UsageError)):
        request.config._parser.parse(["--clocks", "every"])
    monkeypatch.setattr(sys, "argv", ["bench", "--cutting"])
    with pytest.raises(SystemExit):
        bench_arguments()


# Programs of others: each with what it takes here. One that is not listed makes a test red.


def takes_gunicorn(words: Sequence[str]) -> bool:
    """Gunicorn's own parser takes it, and the application that it names is there."""
    (application,) = gunicorn_options().parser().parse_args(list(words)).args
    module, function = re.fullmatch(r"(\w+):(\w+)\(\)", application).groups()  # type: ignore[union-attr]
    return module == "wsgi" and callable(getattr(wsgi, function))


def takes_installer(words: Sequence[str]) -> bool:
    """The installer for Debian knows the option."""
    script = (FILES / words[0]).read_text(encoding="utf-8")
    return all(f"  {word} " in script for word in words[1:] if word.startswith("--"))


def takes_powershell(words: Sequence[str]) -> bool:
    """The installer for Windows has the parameter."""
    assert list(words[:3]) == ["-ExecutionPolicy", "Bypass", "-File"]
    script = (FILES / words[3]).read_text(encoding="utf-8")
    return all(re.search(rf"\]\${word[1:]}\b", script) for word in words[4:] if word.startswith("-"))


def takes_unit(words: Sequence[str]) -> bool:
    """The unit is one that the installer brings."""
    verb, unit = words
    return verb in ("start", "stop", "status", "-u") and (FILES / f"{unit}.service").is_file()


def takes_export(words: Sequence[str]) -> bool:
    """The variable is one that the program reads."""
    name = words[0].partition("=")[0]
    return any(f'"{name}"' in path.read_text(encoding="utf-8") for path in ROOT.glob("*/*.py"))


def takes_curl(words: Sequence[str]) -> bool:
    """The address is one of the described ones, its parameters too, and the body is taken."""
    url = next(urllib.parse.urlsplit(word) for word in words if word.startswith("http"))
    body = written_files()[words[words.index("-d") + 1][1:]] if "-d" in words else ""
    assert set(words[:-1]) <= {*words} and all(word in ("-X", "-H", "-d") for word in words if word.startswith("-"))
    if url.port == 8001:
        door = Flask(__name__)
        door.register_blueprint(desk_slips.blueprint)
        door.url_map.bind("").match(url.path, "POST")
        return json.loads(body).keys() == desk_slips.FIELDS
    method = "post" if "POST" in words else "get"
    described = openapi_document.document("https://x", "1")["paths"][url.path][method]
    if method == "post":
        return len(slip_request.parse(body.encode()).slips) == 1
    return dict(urllib.parse.parse_qsl(url.query)).keys() <= {one["name"] for one in described["parameters"]}


FIND = {"-mindepth", "-maxdepth", "-name", "-mtime", "-exec", "-r"}
FOREIGN: dict[str, Callable[[Sequence[str]], bool]] = {
    "gunicorn": takes_gunicorn, "sh": takes_installer, "powershell": takes_powershell, "systemctl": takes_unit,
    "journalctl": takes_unit, "export": takes_export, "curl": takes_curl,
    # what their manuals say of these options
    "find": lambda words: {word for word in words if word.startswith("-")} <= FIND,
    "ufw": lambda words: bool(re.fullmatch(r"allow from [\d./]+ to any port \d+ proto tcp", " ".join(words))),
    "adduser": lambda words: len(words) == 2,
}  # fmt: skip


@pytest.mark.parametrize("line", sorted(set(ALL) - set(of_program("hailong", "python3", "python")), key=str), ids=str)
def test_a_line_of_another_program_is_one_that_it_takes(line: Line) -> None:
    assert line.words[0] in FOREIGN, "a program that nobody looked at"
    assert FOREIGN[line.words[0]](line.words[1:])


@pytest.mark.parametrize(
    "words",
    [
        "gunicorn wsgi:centre()", "sh install.sh --tablet x",
        "powershell -ExecutionPolicy Bypass -File install.ps1 -Tablet",
        "systemctl stop hailong", "export HAILONG_HOUSE=/srv", "curl https://x/api/v1/indices?month=2026-10",
        "find /x -delete -name x", "ufw allow 8001",
    ],
)  # fmt: skip
def test_what_another_program_does_not_take_is_reported(words: str) -> None:
    program, *rest = words.split()
    try:
        assert not FOREIGN[program](rest)
    except (AttributeError, KeyError):
        pass


def test_every_variable_of_the_environment_is_one_that_is_read() -> None:
    """`HAILONG_…` in a document is read somewhere, and what the product reads stands in operations.md."""
    named = set(re.findall(r"\bHAILONG_[A-Z_]+", " ".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)))
    literal = re.compile(r"\"(HAILONG_[A-Z_]+)\"")
    read = {
        top: {name for path in (ROOT / top).rglob("*.py") for name in literal.findall(path.read_text(encoding="utf-8"))}
        for top in ("admin", "kiosk", "models", "translations", "tests")
    }
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert named - set().union(*read.values()) == set()
    assert {name for top, names in read.items() if top != "tests" for name in names if name not in operations} == set()
