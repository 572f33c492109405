"""XLSX tables as offices and Google Forms write them, read as a stream.

No formula is computed, no link followed, and an archive that would unpack to more than a survey can be is not unpacked.
"""

from __future__ import annotations

import datetime
import io
import warnings
import zipfile
from typing import Any

from admin.imports.tables.table_errors import TableRefused, make_refusal
from admin.imports.tables.table_lines import (
    MAX_COLUMNS,
    MAX_LINES,
    Formula,
    Table,
    TableLine,
    Told,
    clean_cell_text,
    make_table_line,
    refuse_too_many_lines,
)
from translations import gettext

#: What all parts of the archive may unpack to, in bytes; a hundred thousand answers to twenty questions are half of it.
MAX_UNPACKED = 192 << 20
MAX_PARTS = 2000
#: Lines an Excel sheet can have.
_LAST_LINE = 1_048_576
_TOLD_EVERY = 2000


def read_xlsx_table(raw: bytes, sheet: str | None, progress: Told) -> Table:
    """The lines of one sheet: the named one, else the first that shows and has something in it.

    Raises `TableRefused`.
    """
    try:
        _check(raw)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and menus that are not read anyway
            return _read(raw, sheet, progress)
    except TableRefused:
        raise
    except Exception as error:  # a damaged archive fails wherever its damage is met, in many ways
        raise make_refusal("broken_file", reason=type(error).__name__) from error


def _check(raw: bytes) -> None:
    """Look at the archive's own list before anything is unpacked: no member is ever read beyond what it says there."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise make_refusal("unpacks_too_large")
        if any(part.flag_bits & 1 for part in parts):
            raise make_refusal("old_excel.password")
        if "xl/workbook.xml" not in {part.filename for part in parts}:
            if any(part.filename.lower().endswith((".csv", ".xlsx")) for part in parts):  # as Google Forms sends it
                raise make_refusal("zipped")
            raise make_refusal("not_excel")
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as part_file:
                    if b"<!DOCTYPE" in part_file.read(4096):
                        raise make_refusal("unsafe_file")


def _read(raw: bytes, sheet: str | None, progress: Told) -> Table:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, keep_links=False)
    try:
        visible_sheets = [one for one in book.worksheets if one.sheet_state == "visible"]
        if sheet is not None:
            chosen = [one for one in book.worksheets if one.title == sheet]
            if not chosen:
                raise make_refusal("no_sheet", sheet=sheet, sheets=", ".join(one.title for one in book.worksheets))
            lines = _lines(chosen[0], progress)
            return Table(lines, _kind(chosen[0]), _others(visible_sheets, chosen[0]))
        for one in visible_sheets:
            lines = _lines(one, progress)
            if lines:
                return Table(lines, _kind(one), _others(visible_sheets, one))
        raise make_refusal("empty_file.excel")
    finally:
        book.close()


def _kind(sheet: Any) -> str:
    return gettext("Excel, sheet %(sheet)s", sheet=sheet.title)


def _others(sheets: list[Any], read: Any) -> tuple[str, ...]:
    """Sheets with something in them that were not read."""
    others = []
    for one in sheets:
        if one is not read:
            one.reset_dimensions()
            if any(cell.value is not None for row in one.iter_rows(max_row=20) for cell in row):
                others.append(one.title)
    return tuple(others)


def _lines(sheet: Any, progress: Told) -> list[TableLine]:
    sheet.reset_dimensions()  # what a file says of its own size is not believed
    lines: list[TableLine] = []
    for number, row in enumerate(sheet.iter_rows(), 1):
        if number > _LAST_LINE:
            raise refuse_too_many_lines()
        if len(row) > 4 * MAX_COLUMNS:
            raise make_refusal("too_many_columns", line=number, most=MAX_COLUMNS)
        line = make_table_line(number, [_cell(cell) for cell in row])
        if line is None:
            continue
        if len(line.cells) > MAX_COLUMNS:
            raise make_refusal("too_many_columns", line=number, most=MAX_COLUMNS)
        lines.append(line)
        if len(lines) > MAX_LINES + 20:
            raise refuse_too_many_lines()
        if len(lines) % _TOLD_EVERY == 0:
            progress(len(lines))
    return lines


def _cell(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return Formula(getattr(value, "text", value))
    if isinstance(value, datetime.datetime):
        return f"{value + datetime.timedelta(milliseconds=500):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean_cell_text(str(value))
