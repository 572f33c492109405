"""The import of procedures: each keeps the number it once got, because slips carry it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.imports.csv_rows import BadFile, Problem, read
from models.tables.agency import Procedure

NEEDED = ("code", "name_vi", "name_en", "field_vi")
MAX_NUMBER = 65535


def import_procedures(session: Session, path: Path) -> dict[str, int]:
    """Take a file of procedures; returns {"new", "changed", "unchanged"}. All or nothing. Raises `BadFile`."""
    rows = read(path, NEEDED)
    seen: dict[str, int] = {}
    problems = []
    for row in rows:
        if not row["code"] or len(row["code"]) > 40:
            problems.append(Problem(row.line, "thiếu code"))
        elif row["code"] in seen:
            problems.append(Problem(row.line, f"code đã có ở dòng {seen[row['code']]}"))
        if not row["name_vi"]:
            problems.append(Problem(row.line, "thiếu name_vi"))
        seen.setdefault(row["code"], row.line)
    last = session.scalar(select(func.max(Procedure.number))) or 0
    if last + len(rows) > MAX_NUMBER:
        problems.append(Problem(1, f"quá nhiều thủ tục (tối đa {MAX_NUMBER})"))
    if problems:
        raise BadFile("bad_line", problems)
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for row in rows:
        values = {"name_vi": row["name_vi"], "name_en": row["name_en"], "field_vi": row["field_vi"]}
        known = session.get(Procedure, row["code"])
        if known is None:
            last += 1
            session.add(Procedure(code=row["code"], number=last, **values))
            counts["new"] += 1
        elif all(getattr(known, name) == value for name, value in values.items()):
            counts["unchanged"] += 1
        else:
            for name, value in values.items():
                setattr(known, name, value)
            counts["changed"] += 1
    session.flush()
    return counts
