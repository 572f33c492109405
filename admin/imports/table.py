"""A table out of another office's program, as lines of plain text: CSV in the ways it is exported, or XLSX.

What kind of file it is follows from its first bytes, never from its name. Numbers that are whole lose their ".0", dates
read 2026-10-14 09:30:05, text is NFC without spaces around, so that the same answers give the same lines whichever way
they were exported.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from admin.imports.faults import Fault, refused

MAX_BYTES = 10 << 20
MAX_LINES = 100_000
MAX_COLUMNS = 400
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Characters without width that programs leave in cells.
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD))

#: Told how far reading came: so many lines.
Told = Callable[[int], None]


class Formula(str):
    """A cell that is computed, as the formula it holds."""


@dataclass(frozen=True, slots=True)
class Line:
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

    lines: list[Line]
    kind: str
    sheets: tuple[str, ...] = ()
    faults: list[Fault] = field(default_factory=list)


@functools.lru_cache(maxsize=1 << 14)
def text(value: str) -> str:
    """A cell's text in its one form: NFC, plain spaces and line ends, nothing invisible, no space around."""
    plain = unicodedata.normalize("NFC", value).translate(_INVISIBLE).replace("\xa0", " ").replace("\u202f", " ")
    return plain.replace("\r\n", "\n").replace("\r", "\n").strip()


@functools.lru_cache(maxsize=1 << 14)
def fold(value: str) -> str:
    """A header or an answer as it is compared: one space between words, no capitals, no closing star or colon."""
    plain = " ".join(text(value).casefold().split())
    return unicodedata.normalize("NFC", plain).rstrip(" *:：")


def filled(number: int, cells: Sequence[str]) -> Line | None:
    """A line without the empty cells at its end; None if nothing is left."""
    last = len(cells)
    while last and not cells[last - 1]:
        last -= 1
    return Line(number, tuple(cells[:last])) if last else None


def open_table(
    path: Path, sheet: str | None, encoding: str | None, headers: Callable[[Line], int], told: Told
) -> Table:
    """Read a file. `headers` says how many cells of a line are known headers, which tells apart the signs that may part
    cells; `sheet` and `encoding` are what a mapping file names. Raises `Refused`."""
    from admin.imports import table_csv, table_xlsx

    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise refused("file_too_large", f"Tệp có {size / (1 << 20):.1f} MB, nhiều nhất 10 MB. Chia tệp theo tháng.")
        raw = path.read_bytes()
    except OSError as error:
        raise refused("unreadable", f"Không đọc được tệp ({error.strerror}).") from error
    if not raw.strip():
        raise refused("empty_file", "Tệp trống.")
    if raw.startswith(_OLE):
        raise refused(
            "old_excel", "Tệp là Excel đời cũ (.xls) hoặc có mật khẩu. Mở bằng Excel, bỏ mật khẩu, lưu lại dạng .xlsx."
        )
    if raw.startswith(_ZIP):
        return table_xlsx.read(raw, sheet, told)
    return table_csv.read(raw, encoding, headers, told)


def too_many() -> Exception:
    """The refusal of a file with more lines than are taken at once."""
    return refused("too_many_lines", "Tệp có hơn 100.000 dòng. Chia tệp theo tháng rồi nhập từng tệp.")
