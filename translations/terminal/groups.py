"""Groups of commands whose help and usage errors speak the language in force; click's own words too.

The English help of a command (its docstring), of an option (`help=`) and the name of an argument are message ids, which
`translations.maintenance.command_help` collects. A command is translated when it is asked for, in a copy: what the
modules declare stays as it is.
"""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import click
import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.termui
import click.types

from translations import current_locale, gettext, lazy
from translations.loader import load_catalogue
from translations.terminal.help_message_id import message_id

C = TypeVar("C", bound=click.Command)
#: The modules of click whose words a command's user can meet; each has its own `_` and `ngettext`.
CLICK = (
    click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.termui, click.types,
)  # fmt: skip
#: Names of kinds of values as click writes them into help (in capitals) and errors.
KINDS = {
    "text": lazy("text"), "integer": lazy("integer"), "integer range": lazy("integer"), "float": lazy("number"),
    "float range": lazy("number"), "seconds": lazy("seconds"), "file": lazy("file"), "directory": lazy("folder"),
    "path": lazy("path"),
}  # fmt: skip
OPTIONS = lazy("[OPTIONS]")
COMMANDS = lazy("COMMAND [ARGS]...")


def _ngettext(singular: str, plural: str, n: int) -> str:
    """click fills its own `{places}` itself."""
    return load_catalogue(current_locale()).ngettext(singular, plural, n)


for _module in CLICK:
    for _name, _ours in (("_", gettext), ("ngettext", _ngettext)):
        if hasattr(_module, _name):
            setattr(_module, _name, _ours)


class TranslatedGroup(click.Group):
    """A group of commands that speaks the language in force; groups under it must be of this class too."""

    def main(self, *arguments: Any, **settings: Any) -> Any:
        """Run the command line; as `click.Group.main`."""
        return click.Group.main(translate_command(self), *arguments, **settings)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name with its help in the language in force; None where there is none."""
        command = super().get_command(ctx, cmd_name)
        return None if command is None else translate_command(command)


def translate_command(command: C) -> C:
    """A copy of the command with its help, its parameters' help and the names of values in the language in force."""
    ours = copy.copy(command)
    ours.help = _words(command.help)
    ours.short_help = _words(command.short_help)
    ours.options_metavar = str(OPTIONS)
    if isinstance(ours, click.Group):
        ours.subcommand_metavar = str(COMMANDS)
    ours.params = [_translated(param) for param in command.params]
    return ours


def _translated(param: click.Parameter) -> click.Parameter:
    ours = copy.copy(param)
    if isinstance(ours, click.Option):
        ours.help = _words(ours.help)
    if param.metavar is not None:
        ours.metavar = gettext(param.metavar)
    elif isinstance(param, click.Argument):
        ours.metavar = _place(param)
    kind = _kind(param.type)
    if kind in KINDS:
        ours.type = copy.copy(param.type)
        ours.type.name = str(KINDS[kind])
    return ours


def _place(argument: click.Argument) -> str:
    """The name of an argument in usage lines and errors, marked as click marks it."""
    if isinstance(argument.type, click.Choice):
        return f"[{'|'.join(map(str, argument.type.choices))}]"
    name = gettext(argument.name.upper())
    return (name if argument.required else f"[{name}]") + ("..." if argument.nargs != 1 else "")


def _kind(type: click.ParamType[Any]) -> str:
    """The English name of a kind of values."""
    if isinstance(type, click.Path):  # click words it when it is made
        return "path" if type.file_okay and type.dir_okay else "file" if type.file_okay else "directory"
    return type.name


def _words(help: str | None) -> str | None:
    return gettext(message_id(help)) if help else help
