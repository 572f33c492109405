"""The base of the centre's commands: opening the store, printing a result, ending with one sentence.

Modules of commands import what they work with inside their functions: whoever asks for `--help` waits for none of it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import translations
from admin.cli import arguments
from admin.cli.field_names import field_name
from translations import gettext
from translations.terminal.groups import TranslatedGroup
from translations.terminal.system_errors import system_reason

if TYPE_CHECKING:
    from admin.ledgers.centre_clock import ClockReading
    from admin.settings import Settings
    from models.storage.database import Database

#: How the audit log names whoever works at a command line.
WHO = "command line"
#: Whether a line of progress is begun, in the context's notes.
_LINE = "hailong.line"


def fail(code: str, message: str) -> NoReturn:
    """End the command with exit code 1, a stable code and one sentence, on a line of its own."""
    from translations.formats import fold_text

    print_progress("", over=True)
    click.echo(fold_text(f"{code}: {message}", sys.stderr), err=True)
    sys.exit(1)


def print_sentence(text: str) -> None:
    """Print a sentence for people."""
    from translations.formats import fold_text

    click.echo(fold_text(text, sys.stdout))


def print_warning(text: str) -> None:
    """Say a sentence beside the result, on stderr."""
    from translations.formats import fold_text

    click.echo(fold_text(text, sys.stderr), err=True)


def print_progress(text: str, *, over: bool) -> None:
    """Say on stderr how far a command came, in place of what was said before; `over` ends the line, if one is begun."""
    context = click.get_current_context(silent=True)
    begun = context is not None and context.meta.pop(_LINE, False)
    if text:
        click.echo(f"\r{text}", err=True, nl=over)
    elif begun:
        click.echo(err=True)
    if context is not None:
        context.meta[_LINE] = bool(text) and not over


class CommandGroup(TranslatedGroup):
    """A group of commands that ends with one sentence whatever befalls: the settings, the store, the disk, the program.

    What a command says about its own subject it catches itself; here arrives what can befall any of them. Ctrl-C ends
    with 130, as the shell counts it; who closes the pipe that is written to wants no more, which is no failure to tell.
    """

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        super().add_command(arguments.use_plain_text(cmd), name)

    def invoke(self, ctx: click.Context) -> Any:
        import logging

        from models import clock

        clock.log_to_stderr(logging.WARNING)
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            click.echo(err=True)
            sys.exit(130)
        except Exception as error:
            end_with_error(error, " ".join(filter(None, (ctx.info_name, ctx.invoked_subcommand))))


def end_with_error(error: BaseException, where: str) -> NoReturn:
    """End the command `where` because of `error`: with its stable code and sentence, or as a fault of the program,
    whose details go into a file, or to stderr where none can be written."""
    import traceback

    from admin.cli import failures
    from models.storage.store_faults import StoreFault

    if description := failures.describe_failure(error):
        code, sentence = description
    else:
        code = "internal_error"
        sentence = gettext("The program met an error and the command stops; the step at work was undone.")
    if code in ("internal_error", StoreFault.OTHER.value):
        path = failures.write_error_details(error, where)
        if path is None:
            click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
        place = path or gettext("in the lines above")
        sentence += " " + gettext("Send the details to whoever looks after the program: %(place)s.", place=place)
    fail(code, sentence)


def end_with_store_error(error: BaseException) -> NoReturn:
    """End the command because of a failure of the store or the machine: its stable code and its sentence."""
    end_with_error(error, "")


def open_store() -> tuple[Database, Settings]:
    """The central store, which must be at the present schema, and the settings."""
    from admin.cli import failures
    from admin.settings import Settings
    from models.migrations import migrate
    from models.migrations.migrate import SchemaState
    from models.tables.declarative_base import CENTRAL

    settings = Settings.load()
    translations.find_languages(settings.instance / "languages")
    if absent := failures.describe_missing_store(settings.database_url):
        fail(*absent)
    database = settings.database()
    at = migrate.read_schema_state(database, CENTRAL)
    if at is not SchemaState.PRESENT:
        fail(*failures.describe_schema_state(at))
    return database, settings


def write_result_file(path: Path, raw: bytes, safe: str) -> None:
    """Write a file that was asked for, whole or not at all. Exits 1 with `not_written`, which says what is `safe`."""
    from models.storage import store_faults, whole_file
    from models.storage.store_faults import StoreFault

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole_file.write_file(path, raw)
    except OSError as error:
        full = store_faults.classify_fault(error) is StoreFault.FULL
        why = gettext("the disk is full") if full else system_reason(error)
        fail("not_written", gettext(
            "%(safe)s: %(path)s could not be written (%(why)s). Mend that, or choose another place, and run it again.",
            safe=safe, path=path, why=why,
        ))  # fmt: skip


def now_ms() -> int:
    """The centre's clock, ms since 1970 (UTC)."""
    from models import clock

    return clock.now().t


def require_signing_clock(database: Database) -> ClockReading:
    """The centre's clock for a command that keeps something by it. Raises `ClockDoubted`."""
    from admin.ledgers import centre_clock

    with database.read() as session:
        return centre_clock.require_trusted_clock(session, now_ms())


def print_result(value: dict[str, Any], as_json: bool) -> None:
    """Print a result: one JSON document, or a line a field with its name in words."""
    if as_json:
        print_json(value)
        return
    fields = [(field_name(name), inner) for name, inner in value.items()]
    width = max(len(name) for name, _inner in fields)
    for name, inner in fields:
        click.echo(f"{name:<{width}}  {_shown(inner)}")


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        from translations.formats import DASH

        return ", ".join(map(str, value)) or DASH
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def print_json(value: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False))
