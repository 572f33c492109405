"""Arguments of commands: text that can be stored and shown, numbers that mean something."""

from __future__ import annotations

import unicodedata
from typing import Any

import click

from translations import gettext

#: A machine's port; 0 is any that is free.
PORT = click.IntRange(0, 65535)
#: The longest text that a command takes, in characters.
LONGEST = 500


class PlainText(click.ParamType[str]):
    """Text of Unicode letters on one line: no bytes of another encoding, no control characters, not endless."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text in its one form (NFC). A usage error when it is none."""
        text = unicodedata.normalize("NFC", str(value))
        if any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
            self.fail(gettext("the text holds control characters or is not UTF-8"), param, ctx)
        if len(text) > LONGEST:
            self.fail(gettext("%(n)s characters long, %(most)s at most", n=len(text), most=LONGEST), param, ctx)
        return text


def use_plain_text(command: click.Command) -> click.Command:
    """The command, with all under it, whose plain texts are `PlainText`."""
    for param in command.params:
        if param.type is click.STRING:
            param.type = PlainText()
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        use_plain_text(inner)
    return command
