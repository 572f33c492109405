"""The base of the desk's commands: opening the store, printing a result, ending with one sentence.

What reads a store is imported when a command runs: `--help` needs none of it.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from translations.terminal.groups import TranslatedGroup

if TYPE_CHECKING:
    from kiosk.settings import Settings
    from models.errors import ErrorTable
    from models.storage.database import Database

#: What is written here only staff see (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = False


def fail(table: ErrorTable, code: str, *, reason: object = "", **values: object) -> NoReturn:
    """End the command with exit code 1, a stable code and its sentence in `table`; `reason` is what the machine said.
    """
    end_command(code, table[code].sentence(values) + (f" ({reason})" if reason else ""))


def end_command(code: str, message: str) -> NoReturn:
    """End the command with exit code 1, a code and sentences that stand in no table: the centre's own words. It is one
    line, whatever was typed."""
    from translations.formats import fold_text

    line = " ".join(f"{code}: {message}".splitlines())
    click.echo(fold_text(escape_undecodable(line), sys.stderr), err=True)
    sys.exit(1)


class Commands(TranslatedGroup):
    """A group of commands that ends with one sentence when the store, the disk or the machine fails.

    What a command says about its own subject it catches itself; here arrives what can befall any of them.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            from models.errors import CodedError
            from models.storage import store_faults

            if isinstance(error, CodedError):
                end_command(error.code, str(error))
            if isinstance(error, store_faults.FAILURES):
                end_store_failed(error)
            raise


def end_store_failed(error: BaseException) -> NoReturn:
    """End the command because of a failure of the store or the machine: its stable code and its sentence."""
    from sqlalchemy import exc

    from kiosk.error_catalogue import command_errors
    from kiosk.settings import instance_folder
    from models.storage import store_faults

    kind = store_faults.classify_fault_in(error, instance_folder())
    cause = error.orig if isinstance(error, exc.DBAPIError) and error.orig else error
    reason = " ".join(str(cause).split())[:200]
    fail(command_errors.STORE, kind.value, reason=reason or type(cause).__name__)


def end_not_paired(settings: Settings) -> NoReturn:
    """End the command because this machine has no certificate: never had one, or not since its store was set aside."""
    from kiosk.desk import set_aside_stores
    from kiosk.error_catalogue import command_errors

    stores = set_aside_stores.list_set_aside_stores(settings)
    if stores:
        fail(command_errors.ANY_COMMAND, "store_set_aside", name=stores[-1].name)
    fail(command_errors.ANY_COMMAND, "not_paired")


def require_whole_store(*, strict: bool = True) -> Settings:
    """The settings of a desk whose store stands in one piece, as far as its files' names tell; else the command ends.
    `strict` as of `open_store`."""
    from kiosk.desk import set_aside_stores
    from kiosk.error_catalogue import command_errors
    from kiosk.settings import Settings

    settings = Settings.load(strict=strict)
    if set_aside_stores.find_unfinished_name(settings) is not None or set_aside_stores.has_log_without_store(settings):
        fail(command_errors.STORE, "store_damaged")
    return settings


def open_store(*, strict: bool = True) -> tuple[Database, Settings]:
    """The desk's store, created or migrated, and its settings. A damaged store is left as it is: only the start of
    `serve` sets one aside. `strict`: the command ends when the settings cannot be used (`BadSettings`)."""
    from models.migrations import migrate
    from models.tables.declarative_base import KIOSK

    settings = require_whole_store(strict=strict)
    database = settings.database()
    migrate.upgrade_store(database, KIOSK)
    return database, settings


def print_result(value: dict[str, Any], as_json: bool) -> None:
    """Print a result: one JSON document, or a line a field."""
    if as_json:
        click.echo(escape_undecodable(json.dumps(value, ensure_ascii=False)))
    else:
        width = max(len(name) for name in value)
        for name, inner in value.items():
            click.echo(
                escape_undecodable(f"{name:<{width}}  {inner if not isinstance(inner, dict) else json.dumps(inner)}")
            )


def escape_undecodable(text: str) -> str:
    """`text`, where the bytes of a file's name that are no UTF-8 are written as Python writes them."""
    return text.encode(errors="backslashreplace").decode()
