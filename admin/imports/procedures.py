"""The import of procedures: each keeps the number it once got, because slips carry it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.imports.csv_rows import BadFile, LineError, read_csv_rows
from models.tables.agency import Procedure

NEEDED = ("code", "name_vi", "name_en", "field_vi")
MAX_NUMBER = 65535


def import_procedures(session: Session, path: Path) -> dict[str, int]:
    """Take a file of procedures; returns {"new", "changed", "unchanged"}. All or nothing. Raises `BadFile`."""
    rows = read_csv_rows(path, NEEDED)
    first_line: dict[str, int] = {}
    errors = []
    for row in rows:
        if not row["code"] or len(row["code"]) > 40:
            errors.append(LineError(row.line, "bad_line.no_code"))
        elif row["code"] in first_line:
            errors.append(LineError(row.line, "bad_line.doubled_code", first=first_line[row["code"]]))
        if not row["name_vi"]:
            errors.append(LineError(row.line, "bad_line.no_name"))
        first_line.setdefault(row["code"], row.line)
    last = session.scalar(select(func.max(Procedure.number))) or 0
    if last + len(rows) > MAX_NUMBER:
        errors.append(LineError(1, "bad_line.too_many_procedures", most=MAX_NUMBER))
    if errors:
        raise BadFile("bad_line", errors)
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for row in rows:
        values = {"name_vi": row["name_vi"], "name_en": row["name_en"], "field_vi": row["field_vi"]}
        procedure = session.get(Procedure, row["code"])
        if procedure is None:
            last += 1
            session.add(Procedure(code=row["code"], number=last, **values))
            counts["new"] += 1
        elif all(getattr(procedure, name) == value for name, value in values.items()):
            counts["unchanged"] += 1
        else:
            for name, value in values.items():
                setattr(procedure, name, value)
            counts["changed"] += 1
    session.flush()
    return counts
