"""Errors in a file of answers: a stable code, a line, a column, and one sentence.

Cells are quoted as far as is needed to find them, without anything a terminal would act on.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend. `line` counts from 1 as the office's program shows it (0: the whole file); `column` is the
    letter over it, empty for the whole line."""

    code: str
    line: int
    column: str
    text: str

    @property
    def place(self) -> str:
        """Where it is, in words."""
        line = f"dòng {self.line}" if self.line else "tệp"
        return f"{line}, cột {self.column}" if self.column else line


class Refused(ValueError):
    """The file cannot be taken at all; nothing changed. `code` is stable."""

    def __init__(self, code: str, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.place}: {fault.text}" for fault in faults))
        self.code = code
        self.faults = faults


def refused(code: str, text: str, *, line: int = 0, column: str = "") -> Refused:
    """A refusal for one reason."""
    return Refused(code, [Fault(code, line, column, text)])


def quoted(text: str, most: int = 40) -> str:
    """A cell as it is shown in a sentence: one line, at most so many characters of it, nothing invisible."""
    plain = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    short = " ".join(plain.split())
    return f"«{short[:most]}…»" if len(short) > most else f"«{short}»"


def letter(place: int) -> str:
    """The letters over a column, counted from 0: A, B … Z, AA …"""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name
