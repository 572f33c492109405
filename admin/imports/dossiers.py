"""The import of monthly dossier counts from the one-stop software: what response rates divide by."""

from __future__ import annotations

import re
from collections.abc import Set
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.imports.csv_rows import BadFile, CsvRow, LineError, read_csv_rows
from models.tables.agency import Agency, DossierMonth
from models.vocabulary import Stage

COUNTS = ("received", "closed", "overdue", "complained", "overdue_and_complained")
POINTS = tuple(f"cs{i}_{p}" for i in range(1, 10) for p in range(3))
NEEDED = ("agency", "month", "stage", "field", "received", "closed", "overdue")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])\Z")


def import_dossiers(session: Session, path: Path) -> dict[str, int]:
    """Take a file of counts; a line replaces the one with the same agency, month, stage and field. All or nothing.
    Returns {"new", "changed", "unchanged"}. Raises `BadFile`."""
    rows = read_csv_rows(path, NEEDED, (*COUNTS[3:], *POINTS))
    agency_keys = set(session.scalars(select(Agency.key)))
    errors = [error for row in rows for error in _errors(row, agency_keys)]
    if errors:
        raise BadFile("bad_line", errors)
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for row in rows:
        key = (row["agency"], row["month"], row["stage"], row["field"][:80])
        values = {name: int(row[name] or 0) for name in COUNTS}
        points = {name: int(row[name]) for name in POINTS if row[name]}
        stored = session.get(DossierMonth, key)
        if stored is None:
            session.add(
                DossierMonth(agency_key=key[0], month=key[1], stage=key[2], field=key[3], points=points, **values)
            )
            counts["new"] += 1
        elif stored.points == points and all(getattr(stored, name) == value for name, value in values.items()):
            counts["unchanged"] += 1
        else:
            for name, value in values.items():
                setattr(stored, name, value)
            stored.points = points
            counts["changed"] += 1
        session.flush()
    return counts


def _errors(row: CsvRow, agency_keys: Set[str]) -> list[LineError]:
    errors = []
    if row["agency"] not in agency_keys:
        errors.append(LineError(row.line, "bad_line.agency", agency=row["agency"][:40]))
    if not _MONTH.match(row["month"]):
        errors.append(LineError(row.line, "bad_line.month"))
    if row["stage"] and row["stage"] not in {stage.value for stage in Stage}:
        errors.append(LineError(row.line, "bad_line.stage", stage=row["stage"][:20]))
    for name in (*COUNTS, *POINTS):
        if row[name] and not (row[name].isascii() and row[name].isdecimal() and len(row[name]) < 10):
            errors.append(LineError(row.line, "bad_line.count", column=name))
    if not errors and row["overdue"] and row["closed"] and int(row["overdue"]) > int(row["closed"]):
        errors.append(LineError(row.line, "bad_line.overdue"))
    both = int(row["overdue_and_complained"] or 0) if not errors else 0
    if both > min(int(row[name] or 0) if not errors else 0 for name in ("overdue", "complained")):
        errors.append(LineError(row.line, "bad_line.overdue_and_complained"))
    return errors
