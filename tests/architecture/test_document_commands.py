"""The lines of `hailong` in the documents: each is read by the command's own parser, and most are run.

A command or an option that does not exist makes a test red. Those of the centre run from an empty folder, in the order
in which the documents give them; those of the desk at a paired one.
"""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from admin.cli import cli as admin_cli
from kiosk.cli import cli as kiosk_cli
from kiosk.desk import reference
from models import clock
from models.protocol.sealed_file import CarriedFileKey
from tests.fixtures.documented_commands import CommandLine, find_written_files, select_program_lines
from tests.fixtures.paired_desk import make_paired_app, make_reference_document

APPS: dict[str, click.Command] = {"admin": admin_cli, "kiosk": kiosk_cli}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder with the files that the documents give as examples, to stand in, and an instance in it."""
    folder = tmp_path_factory.mktemp("documents")
    for name, text in find_written_files().items():
        (folder / name).write_text(text, encoding="utf-8")
    table = Workbook()
    for row in csv.reader(find_written_files()["t10.csv"].splitlines()):
        table.active.append(["" if cell == "0" else cell for cell in row])  # Google's form has no "0"
    table.save(folder / "t10.xlsx")
    (folder / "recordings").mkdir()
    (folder / "recordings" / "overall.vi.mp3").write_bytes(b"ID3" + bytes(64))
    (folder / "backup").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


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


def wrong_words(line: CommandLine) -> str | None:
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
                options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
                if unknown := [word for word in left if word.startswith("-") and word not in options]:
                    return f"no option {unknown[0]}"
        except click.ClickException as error:
            return error.format_message()
    return None


def spelled_out(words: Sequence[str]) -> list[list[str]]:
    """A line with `a|b` once for each, and with what stands in brackets."""
    plain = [word.strip("[]") for word in words]
    choices = [word.split("|") if re.fullmatch(r"[\w-]+(\|[\w-]+)+", word) else [word] for word in plain]
    return [list(one) for one in itertools.product(*choices)]


@pytest.mark.parametrize("line", select_program_lines("hailong"), ids=str)
def test_a_line_of_hailong_is_one(line: CommandLine, scratch: Path) -> None:
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
    assert wrong_words(CommandLine("x", tuple(words.split()), in_block)) is not None


@pytest.mark.starts_at("2026-12-01T05:59:58")
def test_the_centre_s_lines_run_as_they_stand(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From an empty folder to the report, in the order of the documents, each does its work."""
    monkeypatch.setenv("HAILONG_INSTANCE", str(scratch / "instance"))
    ran: list[list[str]] = []
    wrong = []
    for line in select_program_lines("hailong"):
        if line.words[1:2] != ("admin",) or line.words[2] in NOT_RUN:
            continue
        for words in spelled_out(line.words[2:]):
            words = ["hours.json" if word == "FILE" else MEANT.get(word, word) for word in words]
            if not line.in_block and (
                wrong_words(CommandLine("", ("hailong", "admin", *words), True)) or "comments" in words
            ):
                continue  # a quotation of a part
            if words in ran:
                continue
            with monkeypatch.context() as patch:
                if words[0] == "restore":
                    patch.setenv("HAILONG_INSTANCE", str(scratch / "restored"))
                done = CliRunner().invoke(admin_cli, words, prog_name="hailong admin")
            ran.append(words)
            error_lines = done.stderr.strip().splitlines()[-1:] or [""]
            name = next((name for name in SAYS if " ".join(words).startswith(name)), "")
            good = error_lines[0].startswith(f"{SAYS[name]}: ") if name else done.exit_code == 0
            if not good:
                wrong.append(f"{line.place}: {' '.join(words)} → {done.exit_code} {error_lines[0]} {done.exception!r}")
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
    desk = make_paired_app(scratch / "desk")
    document = {
        **json.loads(make_reference_document()), "centre_box": CarriedFileKey(bytes(range(32))).public,
        "procedures": [{"code": "1.001193", "number": 1, "name": {"vi": "Đăng ký khai sinh"}}],
    }  # fmt: skip
    with desk.extensions["database"].write() as session:
        reference.store_reference(session, json.dumps(document).encode(), clock.now().t)
    ran: list[list[str]] = []
    wrong = []
    for line in select_program_lines("hailong"):
        words = [{"FILE": "desk.out"}.get(word, word) for word in line.words[2:]]
        if line.words[1:2] != ("kiosk",) or words[0] in NOT_RUN_AT_THE_DESK or words in ran:
            continue
        if not line.in_block and wrong_words(CommandLine("", ("hailong", "kiosk", *words), True)):
            continue  # a quotation of a part
        done = CliRunner().invoke(kiosk_cli, words, input="274952\n" * 2, prog_name="hailong kiosk")
        ran.append(words)
        error_lines = done.stderr.strip().splitlines()[-1:] or [""]
        name = next((name for name in DESK_SAYS if " ".join(words).startswith(name)), "")
        if not (error_lines[0].startswith(f"{DESK_SAYS[name]}: ") if name else done.exit_code == 0):
            wrong.append(f"{line.place}: {' '.join(words)} → {done.exit_code} {done.output} {done.exception!r}")
    assert not wrong, "\n".join(wrong)
    assert {words[0] for words in ran} == {"slip", "status", "pin", "export", "salvage", "upgrade"}
