"""The lines of a table as every reader makes them, and their limits."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from admin.imports.tables.table_errors import TableRefused, make_refusal

MAX_BYTES = 10 << 20


MAX_LINES = 100_000


MAX_COLUMNS = 400


#: Characters without width that programs leave in cells.
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD))


#: Told how far reading came: so many lines.
Told = Callable[[int], None]


class Formula(str):
    """A cell that is computed, as the formula it holds."""


@dataclass(frozen=True, slots=True)
class TableLine:
    """One line with something in it: its number in the file, from 1, and its cells."""

    number: int
    cells: tuple[str, ...]

    def cell(self, place: int) -> str:
        """The cell at a place, empty beyond the end."""
        return self.cells[place] if place < len(self.cells) else ""


@dataclass
class Table:
    """The lines that are not empty, in order. `kind` says how the file was read, in words; `sheets` are further sheets
    that were not read."""

    lines: list[TableLine]
    kind: str
    sheets: tuple[str, ...] = ()


@functools.lru_cache(maxsize=1 << 14)
def clean_cell_text(value: str) -> str:
    """A cell's text in its one form: NFC, plain spaces and line ends, nothing invisible, no space around."""
    plain = unicodedata.normalize("NFC", value).translate(_INVISIBLE).replace("\xa0", " ").replace("\u202f", " ")
    return plain.replace("\r\n", "\n").replace("\r", "\n").strip()


@functools.lru_cache(maxsize=1 << 14)
def fold_text(value: str) -> str:
    """A header or an answer as it is compared: one space between words, no capitals, no closing star or colon."""
    plain = " ".join(clean_cell_text(value).casefold().split())
    return unicodedata.normalize("NFC", plain).rstrip(" *:：")


def make_table_line(number: int, cells: Sequence[str]) -> TableLine | None:
    """A line without the empty cells at its end; None if nothing is left."""
    last = len(cells)
    while last and not cells[last - 1]:
        last -= 1
    return TableLine(number, tuple(cells[:last])) if last else None


def refuse_too_many_lines() -> TableRefused:
    """The refusal of a file with more lines than are taken at once."""
    return make_refusal("too_many_lines")
