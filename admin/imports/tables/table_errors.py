"""Errors in a file of answers: a stable code, a line, a column, and one sentence.

Cells are quoted as far as is needed to find them, without anything a terminal would act on.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from admin.error_catalogue.answer_file_errors import ANSWER_FILES
from models.errors import CodedError
from translations import gettext


class TableError:
    """One thing to mend: its name in `ANSWER_FILES`, where it is, and the values of its sentence. `line` counts from 1
    as the office's program shows it (0: the whole file); `column` is the letter over it, empty for the whole line;
    `target` what the column is read as, where the sentence is to begin with that."""

    def __init__(
        self, name: str, line: int = 0, column: str = "", target: str = "", values: Mapping[str, object] | None = None
    ) -> None:
        self.kind, self.line, self.column, self.target = ANSWER_FILES[name], line, column, target
        self.values = values or {}

    @property
    def code(self) -> str:
        """The stable code."""
        return self.kind.code

    @property
    def text(self) -> str:
        """What is wrong and what to do, in the reader's language."""
        sentence = self.kind.sentence(self.values)
        return f"{self.target}: {sentence}" if self.target else sentence

    @property
    def place(self) -> str:
        """Where it is, in words."""
        line = gettext("line %(line)s", line=self.line) if self.line else gettext("file")
        return gettext("%(line)s, column %(column)s", line=line, column=self.column) if self.column else line


class TableRefused(CodedError):
    """The file cannot be taken at all; nothing changed. `errors` are what is to be mended."""

    table = ANSWER_FILES

    def __init__(self, name: str, errors: Sequence[TableError]) -> None:
        super().__init__(name)
        self.errors = errors

    def __str__(self) -> str:
        return "; ".join(f"{error.place}: {error.text}" for error in self.errors)


def make_refusal(name: str, /, *, line: int = 0, **values: object) -> TableRefused:
    """A refusal for one reason."""
    return TableRefused(name, [TableError(name, line, values=values)])


def quote_cell(text: str, most: int = 40) -> str:
    """A cell as it is shown in a sentence: one line, at most so many characters of it, nothing invisible."""
    plain = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    short = " ".join(plain.split())
    return f"«{short[:most]}…»" if len(short) > most else f"«{short}»"


def column_letter(place: int) -> str:
    """The letters over a column, counted from 0: A, B … Z, AA …"""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name
