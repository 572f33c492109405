"""CSV tables as spreadsheets write them: UTF-8 or UTF-16, cells parted by comma, semicolon or tab.

UTF-8 comes with or without a mark, UTF-16 with one.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator

from admin.imports.tables.table_errors import make_refusal
from admin.imports.tables.table_lines import (
    MAX_COLUMNS,
    MAX_LINES,
    Table,
    TableLine,
    Told,
    clean_cell_text,
    make_table_line,
    refuse_too_many_lines,
)
from translations import lazy

#: The signs that may part cells, the likeliest first, and what they are called.
SIGNS = {",": lazy("comma"), ";": lazy("semicolon"), "\t": lazy("tab")}
#: So many lines are looked at to tell the signs apart.
_LOOKED_AT = 20
_TOLD_EVERY = 5000


def read_csv_table(raw: bytes, encoding: str | None, headers: Callable[[TableLine], int], progress: Told) -> Table:
    """The lines of a CSV file. Raises `TableRefused`."""
    words, name = _decoded(raw, encoding)
    if "\0" in words:
        raise make_refusal("not_text")
    sign, skip = _sign(words, headers)
    table = Table([], f"CSV, {name}, {SIGNS[sign]}")
    for line in _lines(words, sign, skip):
        table.lines.append(line)
        if len(table.lines) > MAX_LINES + _LOOKED_AT:
            raise refuse_too_many_lines()
        if len(table.lines) % _TOLD_EVERY == 0:
            progress(len(table.lines))
    return table


def _decoded(raw: bytes, encoding: str | None) -> tuple[str, str]:
    """The text and the name of its encoding. A mark at the beginning wins over everything."""
    for mark, codec, name in (
        (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
        (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
        (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
    ):
        if raw.startswith(mark):
            encoding, encoding_name = codec, name
            break
    else:
        encoding, encoding_name = encoding or "utf-8", encoding or "UTF-8"
    try:
        return raw.decode(encoding), encoding_name
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise make_refusal("bad_encoding", line=line, encoding=encoding_name) from error
    except LookupError as error:
        raise make_refusal("bad_mapping.encoding", encoding=encoding) from error


def _sign(words: str, headers: Callable[[TableLine], int]) -> tuple[str, int]:
    """What parts the cells, and how many lines to leave out: Excel may say the sign in the first one ("sep=;")."""
    first = words[:10].strip().lower()
    if first.startswith("sep=") and first[4:5] in {*SIGNS, ""}:
        return first[4:5] or "\t", 1
    candidates: list[tuple[int, int, str]] = []
    for sign in SIGNS:
        best, most = 0, 0
        try:
            for count, line in enumerate(_lines(words, sign, 0)):
                best, most = max(best, headers(line)), max(most, len(line.cells))
                if count == _LOOKED_AT:
                    break
        except ValueError:  # this sign makes no table of it
            pass
        candidates.append((best, most, sign))
    return max(candidates, key=lambda one: one[:2])[2], 0


def _lines(words: str, sign: str, skip: int) -> Iterator[TableLine]:
    reader = csv.reader(io.StringIO(words, newline=""), delimiter=sign, strict=True)
    started = 1
    try:
        for cells in reader:
            if started > skip and len(cells) > MAX_COLUMNS:
                raise make_refusal("too_many_columns", line=started, most=MAX_COLUMNS)
            line = make_table_line(started, [clean_cell_text(cell) for cell in cells])
            if line is not None and started > skip:
                yield line
            started = reader.line_num + 1
    except csv.Error as error:
        raise make_refusal("bad_csv", line=started, reason=error) from error
