"""Serialization of open data: JSON as the API's description says it, and the same as rows of CSV.

Decimals are texts with two places, rounded half up; what may not be shown is null, and empty in the file.
"""

from __future__ import annotations

import csv as csv_text
import io
from collections.abc import Iterator, Sequence
from typing import Any

from admin.presentation import csv_file
from admin.statistics.index_document import excluded_entry, figure_numbers
from admin.statistics.open_data_series import OpenFigure

#: What became of other responses, in the order in which it stands.
BESIDE = ("contested", "superseded", "declined", "withdrawn", "partial")
COLUMNS = (
    "agency", "name_vi", "name_en", "period", "instrument", "instrument_versions", "method", "method_version", "n",
    "index", "low", "high", "shown", *BESIDE, "excluded_n", "excluded_index", "excluded_low", "excluded_high",
    "open_flags",
)  # fmt: skip


def build_open_data_document(rows: Sequence[OpenFigure], months: Sequence[str], *, practice: bool) -> dict[str, Any]:
    """The answer as JSON. `practice`: the figures are invented."""
    return {
        "from": months[0], "to": months[-1], "practice": practice, "indices": [build_figure_entry(row) for row in rows],
    }  # fmt: skip


def build_figure_entry(row: OpenFigure) -> dict[str, Any]:
    """One figure with everything that stands beside it."""
    return {
        "agency": row.agency,
        "name": dict(row.name),
        "period": row.month,
        "instrument": row.instrument,
        "instrument_versions": [str(version) for version in row.versions],
        "method": row.method,
        "method_version": str(row.method_version),
        **figure_numbers(row.figure),
        "shown": row.figure.shown,
        "suppressed": row.figure.shown not in ("full", "none"),
        **{name: getattr(row.beside, name) for name in BESIDE},
        "excluded": excluded_entry(row.second),
    }


def encode_open_data_csv(rows: Sequence[OpenFigure]) -> bytes:
    """The same as CSV: UTF-8, commas, a dot in decimals, one header line, CRLF."""
    out = io.StringIO(newline="")
    writer = csv_text.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([csv_file.escape_csv_cell(cell) for cell in _cells(build_figure_entry(row))])
    return out.getvalue().encode("utf-8")


def _cells(entry: dict[str, Any]) -> Iterator[str]:
    excluded = entry["excluded"]
    flat = {
        **entry,
        "name_vi": entry["name"].get("vi"), "name_en": entry["name"].get("en"),
        "instrument_versions": " ".join(entry["instrument_versions"]),
        **dict(zip(("low", "high"), entry["interval"] or (None, None), strict=True)),
        **dict(zip(("excluded_low", "excluded_high"), excluded["interval"] or (None, None), strict=True)),
        "excluded_n": excluded["n"], "excluded_index": excluded["index"], "open_flags": excluded["open_flags"],
    }  # fmt: skip
    for name in COLUMNS:
        yield "" if flat[name] is None else str(flat[name])
