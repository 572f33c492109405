"""The doors of the desk: `--help` and `--version` load nothing that works, and speak one language."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import wsgi
from kiosk.cli import cli
from models import version
from tests.clock_seam import environment
from translations import use_locale

ROOT = Path(__file__).resolve().parents[3]
#: What no door may load.
HEAVY = {"flask", "sqlalchemy", "cryptography", "jinja2", "werkzeug", "argon2", "qrcode", "PIL", "waitress", "alembic"}
#: Every help page of the desk, in one process; which of the modules it had loaded at the end.
PAGES = """
import sys, io, json, contextlib, wsgi
from kiosk.cli import cli
with contextlib.redirect_stdout(io.StringIO()):
    for page in (["--version"], ["kiosk", "--version"], ["kiosk", "--help"],
                 *(["kiosk", name, "--help"] for name in cli.commands)):
        try:
            wsgi.main(page)
        except SystemExit as end:
            assert not end.code, page
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
VIETNAMESE = re.compile("[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE)
#: Words by which an English sentence is known.
ENGLISH = re.compile(r"\b(the|of|and|is|are|not|this|with|for|from|be|an|or|which|what|any|show|exit|default)\b",
                     re.IGNORECASE)  # fmt: skip


def test_no_help_page_loads_what_works() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PAGES], cwd=ROOT, capture_output=True, text=True, encoding="utf-8",
        env=environment(PYTHONPATH=str(ROOT)), timeout=60, check=True,
    )  # fmt: skip
    assert HEAVY & set(json.loads(done.stdout)) == set()


@pytest.mark.parametrize("arguments", [["--version"], ["kiosk", "--version"], ["admin", "--version"]])
def test_the_version_is_that_of_the_project(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert wsgi.main(arguments) == 0
    assert capsys.readouterr().out.strip() == version()
    listed = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    assert f"\nversion = {version()}\n" in listed


def pages() -> list[list[str]]:
    return [["--help"], *([name, "--help"] for name, command in cli.commands.items() if not command.hidden)]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page[0])
def test_a_help_page_is_in_one_language(page: list[str]) -> None:
    with use_locale("vi"):
        vietnamese = CliRunner().invoke(cli, page, prog_name="hailong kiosk").output
    with use_locale("en"):
        english = CliRunner().invoke(cli, page, prog_name="hailong kiosk").output
    assert "Cách dùng:" in vietnamese and ENGLISH.findall(vietnamese) == []
    assert "Usage:" in english and VIETNAMESE.findall(english) == []


def test_every_module_of_commands_says_what_it_needs_where_it_needs_it() -> None:
    """Rows of a module's own top import nothing of the desk but its commands and its catalogue of errors."""
    light = ("kiosk.cli", "kiosk.error_catalogue", "models.vocabulary", "translations")
    for name in {command.callback.__module__ for command in cli.commands.values() if command.callback}:
        tree = ast.parse((ROOT / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ("kiosk", "models"):
                assert node.module.startswith(light), (name, node.module)
    assert isinstance(cli, click.Group)
