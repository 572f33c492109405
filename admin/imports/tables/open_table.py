"""The opening of another office's table: CSV as it is exported, or XLSX, as lines of plain text.

What kind of file it is follows from its first bytes, never from its name. Numbers that are whole lose their ".0", dates
read 2026-10-14 09:30:05, text is NFC without spaces around, so that the same answers give the same lines whichever way
they were exported.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from admin.imports.tables import csv_table, xlsx_table
from admin.imports.tables.table_errors import make_refusal
from admin.imports.tables.table_lines import MAX_BYTES, Table, TableLine, Told
from models.storage import whole_file

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def open_table(
    path: Path, sheet: str | None, encoding: str | None, headers: Callable[[TableLine], int], progress: Told
) -> Table:
    """Read a file. `headers` says how many cells of a line are known headers, which tells apart the signs that may part
    cells; `sheet` and `encoding` are what a mapping file names. Raises `TableRefused`."""
    try:
        raw = whole_file.read_file(path, MAX_BYTES)
        if len(raw) > MAX_BYTES:
            size = max(path.stat().st_size, len(raw))
            raise make_refusal("file_too_large", size=f"{size / (1 << 20):.1f}")
    except OSError as error:
        raise make_refusal("unreadable", reason=error.strerror) from error
    if not raw.strip():
        raise make_refusal("empty_file")
    if raw.startswith(_OLE):
        raise make_refusal("old_excel")
    if raw.startswith(_ZIP):
        return xlsx_table.read_xlsx_table(raw, sheet, progress)
    return csv_table.read_csv_table(raw, encoding, headers, progress)
