"""CSV rows of a file of reference data: every error has its line.

Nothing is taken from a file with an error.
"""

from __future__ import annotations

import csv
import datetime
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from admin.error_catalogue.reference_file_errors import REFERENCE_FILES, REFERENCE_LINES
from models.errors import CodedError
from models.storage import whole_file
from translations import gettext, ngettext

MAX_BYTES = 10 << 20
#: So many lines with an error are shown.
MOST_SHOWN = 20


class LineError:
    """An error in one line of the file (the header is line 1): its name in `REFERENCE_LINES` and its values."""

    def __init__(self, line: int, name: str, /, **values: object) -> None:
        self.line, self.kind, self.values = line, REFERENCE_LINES[name], values

    @property
    def text(self) -> str:
        """What is wrong, in the reader's language."""
        return self.kind.sentence(self.values)


class BadFile(CodedError):
    """The file was not taken; nothing changed. The sentence names the first lines with an error."""

    table = REFERENCE_FILES

    def __init__(self, code: str, errors: Sequence[LineError]) -> None:
        super().__init__(code)
        self.errors = errors

    def __str__(self) -> str:
        errors_text = "; ".join(
            gettext("line %(line)s: %(text)s", line=error.line, text=error.text) for error in self.errors[:MOST_SHOWN]
        )
        more = len(self.errors) - MOST_SHOWN
        if more > 0:
            errors_text += ngettext("; and %(n)s more place", "; and %(n)s more places", more)
        return self.kind.sentence({"errors": errors_text})


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One line of the file: its number and its cells by column, trimmed and NFC-normalised."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def read_csv_rows(path: Path, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> list[CsvRow]:
    """The rows of a CSV file in UTF-8 (with or without BOM). Raises `BadFile`: `bad_file`, `bad_header`, `bad_line`."""
    try:
        raw = whole_file.read_file(path, MAX_BYTES)
        if len(raw) > MAX_BYTES:
            raise BadFile("bad_file", [LineError(1, "bad_file.too_large")])
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise BadFile("bad_file", [LineError(1, "bad_file.unreadable", reason=error.strerror)]) from error
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadFile("bad_file", [LineError(line, "bad_file.encoding")]) from error
    reader = csv.reader(io.StringIO(unicodedata.normalize("NFC", text), newline=""), strict=True)
    rows: list[CsvRow] = []
    errors: list[LineError] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        missing = [name for name in needed if name not in header]
        unknown = [name for name in header if name not in needed + optional]
        if missing or unknown or len(set(header)) != len(header):
            raise BadFile("bad_header", [_header_error(missing, unknown)])
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                errors.append(LineError(reader.line_num, "bad_line.cells", n=len(cells), needed=len(header)))
                continue
            if any(ord(c) < 32 and c not in "\n\t" for cell in cells for c in cell):
                errors.append(LineError(reader.line_num, "bad_line.control_character"))
                continue
            rows.append(CsvRow(reader.line_num, {k: cell.strip() for k, cell in zip(header, cells, strict=True)}))
    except csv.Error as error:
        errors.append(LineError(reader.line_num, "bad_line.csv", reason=error))
    if errors:
        raise BadFile("bad_line", errors)
    return rows


def _header_error(missing: Sequence[str], unknown: Sequence[str]) -> LineError:
    names = {"missing": ", ".join(missing), "unknown": ", ".join(unknown)[:80]}
    case = "_and_".join(name for name in names if names[name])
    return LineError(1, f"bad_header.{case or 'doubled'}", **names)


def is_day(text: str) -> bool:
    """Whether `text` is a day written 2026-10-14."""
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
