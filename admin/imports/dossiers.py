"""The import of monthly dossier counts from the one-stop software: what response rates divide by."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.imports.csv_rows import BadFile, Problem, Row, read
from models.tables.agency import Agency, DossierMonth
from models.vocabulary import Stage

COUNTS = ("received", "closed", "overdue", "complained", "overdue_and_complained")
POINTS = tuple(f"cs{i}_{p}" for i in range(1, 10) for p in range(3))
NEEDED = ("agency", "month", "stage", "field", "received", "closed", "overdue")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])\Z")


def import_dossiers(session: Session, path: Path) -> dict[str, int]:
    """Take a file of counts; a line replaces the one with the same agency, month, stage and field. All or nothing.
    Returns {"new", "changed", "unchanged"}. Raises `BadFile`."""
    rows = read(path, NEEDED, (*COUNTS[3:], *POINTS))
    known = set(session.scalars(select(Agency.key)))
    problems = [Problem(row.line, text) for row in rows for text in _problems(row, known)]
    if problems:
        raise BadFile("bad_line", problems)
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


def _problems(row: Row, known: set[str]) -> list[str]:
    wrong = []
    if row["agency"] not in known:
        wrong.append(f"không có cơ quan {row['agency'][:40]}")
    if not _MONTH.match(row["month"]):
        wrong.append("month phải viết như 2026-10")
    if row["stage"] and row["stage"] not in {stage.value for stage in Stage}:
        wrong.append(f"stage lạ: {row['stage'][:20]}")
    for name in (*COUNTS, *POINTS):
        if row[name] and not (row[name].isascii() and row[name].isdecimal() and len(row[name]) < 10):
            wrong.append(f"{name} phải là số nguyên không âm")
    if not wrong and row["overdue"] and row["closed"] and int(row["overdue"]) > int(row["closed"]):
        wrong.append("overdue lớn hơn closed")
    if not wrong and int(row["overdue_and_complained"] or 0) > min(int(row[n] or 0) for n in ("overdue", "complained")):
        wrong.append("overdue_and_complained lớn hơn overdue hoặc complained")
    return wrong
