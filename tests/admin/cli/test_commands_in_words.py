"""Commands in words: every help and what is said most, in Vietnamese and English, each by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from admin.api.slips import api_keys
from admin.api.slips.request import MAX_SLIPS
from admin.cli import cli
from admin.cli.apikeys import LEAST_PER_MINUTE, PER_MINUTE
from admin.cli.key_commands import keys_replace
from admin.cli.response_lists import list_command
from admin.imports import agencies, dossiers, mapping, procedures
from admin.ledgers import centre_key_register
from admin.responses import listings
from tests.clock_seam import environment
from tests.fixtures.language_purity import find_foreign_words, find_vietnamese_words
from translations import use_locale

#: What a command that only shows its help has no need of.
HEAVY = ("flask", "sqlalchemy", "cryptography", "reportlab", "jinja2", "babel", "wtforms")


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and group with the words that call it."""
    waiting: list[tuple[tuple[str, ...], click.Command]] = [((), cli)]
    while waiting:
        words, command = waiting.pop()
        yield words, command
        if isinstance(command, click.Group):
            waiting += [((*words, name), inner) for name, inner in command.commands.items()]


ALL = dict(sorted(commands()))
#: Words of the command line itself, which no language changes.
NAMES = {part for words in ALL for word in words for part in word.split("-")} | {"on", "off", "help"}


def run(folder: Path, locale: str, *words: str, typed: str = "") -> Result:
    """What a command says in a language."""
    env = {"HAILONG_INSTANCE": str(folder), "DATABASE_URL": None}
    with use_locale(locale):
        return CliRunner().invoke(cli, words, prog_name="hailong admin", input=typed, env=env, terminal_width=500)


def own_names(command: click.Command) -> set[str]:
    """Words that stand in a help as they are typed: values to choose from, columns of files."""
    columns = {*agencies.NEEDED, *agencies.OPTIONAL, *procedures.NEEDED, *dossiers.NEEDED, *dossiers.COUNTS}
    columns |= {"week", "closed", "declined", "not", "counted", "ignored", "joined", "cs", "overall", "comment", "desk"}
    columns |= {"procedure", "stage", "answered", "at", "scheme", "lp", "usr"}
    return {word.casefold() for name in columns for word in name.split("_")} | NAMES


@pytest.mark.parametrize("words", ALL, ids=lambda words: " ".join(words) or "all")
def test_help_is_in_one_language(words: tuple[str, ...], tmp_path: Path) -> None:
    vietnamese, english = run(tmp_path, "vi", *words, "--help"), run(tmp_path, "en", *words, "--help")
    assert (vietnamese.exit_code, english.exit_code) == (0, 0)
    assert vietnamese.output.startswith("Cách dùng: ") and english.output.startswith("Usage: ")
    assert find_foreign_words(vietnamese.output, own_names(ALL[words])) == []
    assert find_vietnamese_words(english.output) == []


def test_every_command_and_option_says_what_it_is_for() -> None:
    for words, command in [one for one in ALL.items() if not one[1].hidden]:
        assert command.help, words
        for param in command.params:
            told = param.name in ("host", "threads") or not isinstance(param, click.Option) or param.help
            assert told, (words, param.name)


#: What people type most, and what goes wrong most; {device} is the device that was made.
SAYINGS = (
    ("upgrade",), ("desks", "add", "NB", "Q1", "Quay mot"), ("desks", "add", "NB", "Q1", "Quay mot"),
    ("desks", "add", "NB", "?", "Quay"), ("desks", "add", "XX", "Q2", "Quay hai"), ("desks", "list"),
    ("desks", "set", "Q1", "--typing"), ("desks", "set", "Q1", "--typing"), ("desks", "set", "Q9", "--typing"),
    ("devices", "enrol", "Q1"), ("devices", "enrol", "Q9"), ("devices", "list"), ("devices", "approve", "{device}"),
    ("devices", "suspend", "{device}"), ("devices", "lost", "{device}"), ("devices", "lost", "no-such"),
    ("devices", "revoke", "{device}", "--yes"), ("devices", "resume", "{device}"), ("devices", "lost", "c-web-1"),
    ("index", "NB", "2026-01"), ("index", "NB", "soon"), ("index", "XX", "2026-01"),
    ("index", "NB", "2026-01", "--instrument", "x"),
    ("indicators", "NB", "2026-01"), ("recount",), ("verify",), ("verify", "--device", "no-such"), ("doctor",),
    ("clock",), ("clock", "confirm"), ("keys",), ("keys", "replace", "centre.codes"), ("follow-up",),
    ("follow-up", "on"), ("slips", "unrecorded"), ("slips", "unconfirmed"), ("responses", "list", "ignored"),
    ("responses", "list", "joined"),
    ("responses", "list", "not-counted", "XX"), ("staff", "add", "a@b.vn", "--role", "agency", "--agency", "XX"),
    ("staff", "link", "a@b.vn"), ("staff", "add", "ab", "--role", "agency", "--agency", "NB"),
    ("staff", "add", "a@b.vn", "--role", "province", "--agency", "NB"), ("staff", "list"),
    ("staff", "disable", "a@b.vn"), ("staff", "disable", "a@b.vn", "--force"), ("staff", "enable", "a@b.vn"),
    ("apikeys", "add", "soft", "--agency", "XX"), ("apikeys", "revoke", "soft"),
    ("languages", "list"), ("languages", "confirm", "xx"), ("languages", "withdraw", "vi"),
    ("languages", "start", "en", "x"),
    ("prompts", "list"), ("prompts", "remove", "overall", "vi"), ("poster", "Q9"), ("comments", "export", "x.txt"),
    ("ingest-file", "gone"), ("backup", "gone/deep"), ("restore", "."), ("simulate", "--days", "1"),
    ("serve", "--host", " "), ("report", "NB", "2026-01"), ("follow-up", "on", "--json"), ("devices",), ("no-such",),
)  # fmt: skip


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_results_and_errors_are_in_one_language(
    locale: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder, device = tmp_path / "instance", ""
    tree = tmp_path / "tree.csv"
    columns = ",".join(agencies.NEEDED)
    tree.write_text(f"{columns}\nNB,,province,Ninh Binh,Ninh Binh,,,2025-07-01,\n", encoding="utf-8")
    assert run(folder, locale, "upgrade").exit_code == 0
    assert run(folder, locale, "agencies", "import", str(tree)).exit_code == 0
    codes = set()
    for words in SAYINGS:
        said = run(folder, locale, *(word.format(device=device) for word in words))
        assert said.exit_code in (0, 1, 2) and (said.exception is None or isinstance(said.exception, SystemExit)), words
        text = said.stdout + said.stderr
        codes.add(said.exit_code)
        if words == ("devices", "enrol", "Q1"):
            listed = json.loads(run(folder, locale, "devices", "list", "--json").stdout)
            (device,) = [one["device"] for one in listed if one["desk"] == "Q1"]
        for data in (device, "Quay mot", "a@b.vn", "Ninh Binh", "Tiếng Việt", str(tmp_path)):
            text = text.replace(data, "") if data else text
        wrong = find_foreign_words(text, own_names(cli) | CODES) if locale == "vi" else find_vietnamese_words(text)
        assert not wrong, (words, wrong, text)
    assert codes == {0, 1, 2}


#: Words of data and of code that results name: roles, files of keys, languages, instruments.
CODES = {
    "ab", "agency", "box", "c", "centre", "codes", "english", "gone", "import", "key", "nb", "no", "pages", "province",
    "short", "soft", "such", "web", "xx",
}  # fmt: skip


def test_help_loads_nothing_that_only_work_needs(tmp_path: Path) -> None:
    """One process for all commands: what any of them loads is found."""
    code = (
        "import contextlib, io, json, sys, wsgi\n"
        "for words in json.loads(sys.argv[1]):\n"
        "    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.suppress(SystemExit):\n"
        "        wsgi.main(['admin', *words, '--help'])\n"
        "    assert said.getvalue().startswith('C\\u00e1ch d\\u00f9ng: '), words\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    env = environment(HAILONG_INSTANCE=str(tmp_path), HAILONG_LANGUAGE="", PYTHONIOENCODING="utf-8")
    asked = json.dumps([list(words) for words in ALL])
    done = subprocess.run([sys.executable, "-c", code, asked], capture_output=True, env=env, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded & set(HEAVY) == set() and "click" in loaded


def test_values_written_into_the_command_line_are_those_of_the_rooms() -> None:
    """Commands do not load the rooms to say what may be chosen; so it is held here."""
    (key,) = [param.type for param in keys_replace.params if isinstance(param.type, click.Choice)]
    assert tuple(key.choices) == centre_key_register.FILES
    (name,) = [param.type for param in list_command.params if isinstance(param.type, click.Choice)]
    assert list(name.choices) == sorted(listings.LISTS)
    assert (LEAST_PER_MINUTE, PER_MINUTE) == (MAX_SLIPS, api_keys.PER_MINUTE)
    helped = ALL["responses", "import"]
    (how,) = [param for param in helped.params if param.name == "mapping"]
    assert isinstance(how, click.Option) and all(name in (how.help or "") for name in mapping.list_shipped_mappings())
    for group, columns in (
        ("agencies", (*agencies.NEEDED, *agencies.OPTIONAL)), ("procedures", procedures.NEEDED),
        ("dossiers", (*dossiers.NEEDED, *dossiers.COUNTS[3:])),
    ):  # fmt: skip
        help = " ".join((ALL[group, "import"].help or "").split())
        assert f"Columns: {', '.join(columns)}" in help
