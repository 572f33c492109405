"""The CSV file as offices open it: a byte order mark, and no cell that a spreadsheet would run.

In Vietnamese the decimal sign is a comma, so cells are parted by semicolons, as spreadsheets of that language expect.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from translations import current_locale

#: What begins a formula, in half and full width; a quote before it makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def encode_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """The file, UTF-8 with a byte order mark. The first row is the header."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter="," if current_locale() == "en" else ";", lineterminator="\r\n")
    for row in rows:
        writer.writerow([escape_csv_cell(cell) for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def escape_csv_cell(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula. A lone dash stays what it is."""
    text = cell.replace("\0", "")
    return f"'{text}" if text.startswith(_FORMULA) and text != "-" else text
