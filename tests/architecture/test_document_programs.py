"""Lines of other programs in the documents, the door's among them: each is one that its program takes.

A command or an option that does not exist makes a test red; so does a program that nobody looked at.
"""

from __future__ import annotations

import json
import re
import sys
import urllib.parse
from collections.abc import Callable, Sequence

import pytest
from flask import Flask
from gunicorn.config import Config as gunicorn_options  # type: ignore[import-untyped]

import wsgi
from admin.api.slips import openapi_document
from admin.api.slips import request as slip_request
from bench.__main__ import arguments as bench_arguments
from kiosk.slips import api as desk_slips
from tests.fixtures.documented_commands import (
    ALL,
    DOCUMENTS,
    ROOT,
    CommandLine,
    find_written_files,
    select_program_lines,
)

FILES = ROOT / "kiosk" / "bundle" / "files"


@pytest.mark.parametrize("line", select_program_lines("python3", "python"), ids=str)
def test_a_line_of_the_door_is_one(
    line: CommandLine, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    body = find_written_files()[words[words.index("-d") + 1][1:]] if "-d" in words else ""
    assert set(words[:-1]) <= {*words} and all(word in ("-X", "-H", "-d") for word in words if word.startswith("-"))
    if url.port == 8001:
        door = Flask(__name__)
        door.register_blueprint(desk_slips.blueprint)
        door.url_map.bind("").match(url.path, "POST")
        return set(json.loads(body)) == desk_slips.FIELDS
    method = "post" if "POST" in words else "get"
    described = openapi_document.build_openapi_document("https://x", "1")["paths"][url.path][method]
    if method == "post":
        return len(slip_request.parse_announcement(body.encode()).slips) == 1
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


@pytest.mark.parametrize(
    "line", sorted(set(ALL) - set(select_program_lines("hailong", "python3", "python")), key=str), ids=str
)
def test_a_line_of_another_program_is_one_that_it_takes(line: CommandLine) -> None:
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
    variables = set(re.findall(r"\bHAILONG_[A-Z_]+", " ".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)))
    literal = re.compile(r"\"(HAILONG_[A-Z_]+)\"")
    read = {
        top: {name for path in (ROOT / top).rglob("*.py") for name in literal.findall(path.read_text(encoding="utf-8"))}
        for top in ("admin", "kiosk", "models", "translations", "tests")
    }
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert variables - set().union(*read.values()) == set()
    assert {name for top, names in read.items() if top != "tests" for name in names if name not in operations} == set()
