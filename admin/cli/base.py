"""The base of the centre's commands: opening the store, printing a result, ending with one sentence."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import click

import translations
from admin.cli import arguments, failures
from admin.ledgers import centre_clock
from admin.ledgers.centre_clock import Reading
from admin.settings import Settings
from models import clock
from models.migrations import migrate
from models.migrations.migrate import Standing
from models.storage import store_faults, whole_file
from models.storage.database import Database
from models.storage.store_faults import StoreFault
from models.tables.declarative_base import CENTRAL
from translations.formats import folded
from translations.terminal.groups import TranslatedGroup

#: Whether a line of progress is begun, in the context's notes.
_LINE = "hailong.line"

def fail(code: str, message: str) -> NoReturn:
    """End the command with exit code 1, a stable code and one sentence, on a line of its own."""
    progress("", over=True)
    click.echo(folded(f"{code}: {message}", sys.stderr), err=True)
    sys.exit(1)


def tell(text: str) -> None:
    """Print a sentence for people."""
    click.echo(folded(text, sys.stdout))


def progress(text: str, *, over: bool) -> None:
    """Say on stderr how far a command came, in place of what was said before; `over` ends the line, if one is begun."""
    context = click.get_current_context(silent=True)
    begun = context is not None and context.meta.pop(_LINE, False)
    if text:
        click.echo(f"\r{text}", err=True, nl=over)
    elif begun:
        click.echo(err=True)
    if context is not None:
        context.meta[_LINE] = bool(text) and not over


class Commands(TranslatedGroup):
    """A group of commands that ends with one sentence whatever befalls: the settings, the store, the disk, the program.

    What a command says about its own subject it catches itself; here arrives what can befall any of them. Ctrl-C ends
    with 130, as the shell counts it; who closes the pipe that is written to wants no more, which is no failure to tell.
    """

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        super().add_command(arguments.strict(cmd), name)

    def invoke(self, ctx: click.Context) -> Any:
        clock.log_to_stderr(logging.WARNING)
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            click.echo(err=True)
            sys.exit(130)
        except Exception as error:
            failed(error, " ".join(filter(None, (ctx.info_name, ctx.invoked_subcommand))))


def failed(error: BaseException, where: str) -> NoReturn:
    """End the command `where` because of `error`: with its stable code and sentence, or as a fault of the program,
    whose details go into a file, or to stderr where none can be written."""
    if said := failures.said(error):
        code, sentence = said
    else:
        code, sentence = "internal_error", "Phần mềm gặp lỗi, lệnh dừng; bước đang làm đã được hủy."
    if code in ("internal_error", StoreFault.OTHER.value):
        path = failures.kept_details(error, where)
        if path is None:
            click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
        sentence += f" Gửi chi tiết cho người phụ trách phần mềm: {path or 'ở các dòng trên'}."
    fail(code, sentence)


def store_failed(error: BaseException) -> NoReturn:
    """End the command because of a failure of the store or the machine: its stable code and its sentence."""
    failed(error, "")


def opened() -> tuple[Database, Settings]:
    """The central store, which must be at the present schema, and the settings."""
    settings = Settings.load()
    translations.look(settings.instance / "languages")
    if absent := failures.absent(settings.database_url):
        fail(*absent)
    database = settings.database()
    at = migrate.standing(database, CENTRAL)
    if at is not Standing.PRESENT:
        fail(*failures.STANDINGS[at])
    return database, settings


def write(path: Path, raw: bytes, safe: str) -> None:
    """Write a file that was asked for, whole or not at all. Exits 1 with `not_written`, which says what is `safe`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole_file.put(path, raw)
    except OSError as error:
        full = store_faults.kind(error) is StoreFault.FULL
        why = "ổ đĩa đầy" if full else error.strerror or type(error).__name__
        fail("not_written", f"{safe}: không ghi được {path} ({why}). Sửa chỗ đó hoặc chọn chỗ khác rồi chạy lại.")


def now_ms() -> int:
    """The centre's clock, ms since 1970 (UTC)."""
    return clock.now().t


def signing(database: Database) -> Reading:
    """The centre's clock for a command that keeps something by it. Raises `ClockDoubted`."""
    with database.read() as session:
        return centre_clock.read(session, now_ms())


def say(value: dict[str, Any], as_json: bool) -> None:
    """Print a result: one JSON document, or a line a field."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    width = max(len(name) for name in value)
    for name, inner in value.items():
        shown = json.dumps(inner, ensure_ascii=False) if isinstance(inner, (dict, list)) else inner
        click.echo(f"{name:<{width}}  {'' if shown is None else shown}")
