"""The dated import of agencies: idempotent; cycles and overlaps are refused by naming the line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.imports.csv_rows import BadFile, CsvRow, LineError, is_day, read_csv_rows
from admin.statistics.tallies import staleness
from models.tables.agency import KINDS, Agency, AgencyCode, AgencySuccession

NEEDED = ("key", "parent", "kind", "name_vi", "name_en", "scheme", "code", "valid_from", "valid_to")
PAPER = ("superior_vi", "issuer_lines", "abbr", "place_vi", "signer_lines", "recipients")
OPTIONAL = ("successor_of", *PAPER)
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,39}\Z")
MAX_DEPTH = 12
_FOREVER = "9999-12-31"


def import_agencies(session: Session, path: Path) -> dict[str, int]:
    """Take a file of agencies; returns {"new", "changed", "unchanged"}. All or nothing. Raises `BadFile`."""
    rows = read_csv_rows(path, NEEDED, OPTIONAL)
    stored = {agency.key: agency for agency in session.scalars(select(Agency))}
    errors = [*_find_errors(rows, stored), *_find_code_overlaps(rows, session)]
    if errors:
        raise BadFile("bad_line", sorted(errors, key=lambda error: error.line))
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for row in _parents_first(rows):
        counts[_store_agency(session, row, stored)] += 1
    session.flush()
    for row in rows:
        _take_code(session, row)
        for predecessor in filter(None, row["successor_of"].split("|")):
            if session.get(AgencySuccession, (row["key"], predecessor)) is None:
                session.add(AgencySuccession(agency_key=row["key"], predecessor_key=predecessor))
    session.flush()
    if counts["new"] or counts["changed"]:
        staleness.mark_all_hidden_stale(session)
    return counts


def _find_errors(rows: Sequence[CsvRow], stored: dict[str, Agency]) -> list[LineError]:
    keys = {row["key"] for row in rows} | stored.keys()
    first_line: dict[str, int] = {}
    parents = {key: agency.parent_key for key, agency in stored.items()}
    parents |= {row["key"]: row["parent"] or None for row in rows}
    roots = {key for key, above in parents.items() if above is None}
    errors: list[LineError] = []
    for row in rows:
        errors += _errors_of_cells(row, keys)
        if row["key"] in first_line:
            errors.append(LineError(row.line, "bad_line.doubled_key", first=first_line[row["key"]]))
        first_line.setdefault(row["key"], row.line)
        if _too_deep(row["key"], parents):
            errors.append(LineError(row.line, "bad_line.circle", most=MAX_DEPTH))
        if not row["parent"] and roots - {row["key"]}:
            errors.append(LineError(row.line, "bad_line.second_root", root=min(roots - {row["key"]})))
        for predecessor in filter(None, row["successor_of"].split("|")):
            if predecessor not in keys or predecessor == row["key"]:
                errors.append(LineError(row.line, "bad_line.predecessor", predecessor=predecessor[:40]))
    return errors


def _errors_of_cells(row: CsvRow, keys: Set[str]) -> Iterator[LineError]:
    """What is wrong with a line by itself; `keys` are those of all agencies."""
    if not _KEY.match(row["key"]) or ".." in row["key"]:
        yield LineError(row.line, "bad_line.key")
    if not row["name_vi"]:
        yield LineError(row.line, "bad_line.no_name")
    if row["kind"] not in KINDS:
        yield LineError(row.line, "bad_line.kind", kind=row["kind"][:20])
    if row["parent"] and row["parent"] not in keys:
        yield LineError(row.line, "bad_line.parent", parent=row["parent"][:40])
    if bool(row["scheme"]) != bool(row["code"]):
        yield LineError(row.line, "bad_line.scheme_and_code")
    for column in ("valid_from", "valid_to") if row["valid_to"] else ("valid_from",):
        if not is_day(row[column]):
            yield LineError(row.line, "bad_line.day", column=column)
    if row["valid_to"] and row["valid_to"] <= row["valid_from"]:
        yield LineError(row.line, "bad_line.ends_before")


def _too_deep(key: str, parents: dict[str, str | None]) -> bool:
    """Whether the way to the root is longer than any tree of agencies; a circle never ends."""
    above: str | None = key
    for _ in range(MAX_DEPTH):
        above = parents.get(above) if above is not None else None
        if above is None:
            return False
    return True


def _find_code_overlaps(rows: Sequence[CsvRow], session: Session) -> list[LineError]:
    """Two agencies may not hold one official code on one day."""
    periods_by_code: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for code in session.scalars(select(AgencyCode)):
        period = (code.valid_from, code.valid_to or _FOREVER, code.agency_key)
        periods_by_code.setdefault((code.scheme, code.code), []).append(period)
    errors = []
    for row in rows:
        if not row["code"]:
            continue
        start, end = row["valid_from"], row["valid_to"] or _FOREVER
        others = periods_by_code.setdefault((row["scheme"], row["code"]), [])
        for other_start, other_end, other in others:
            if other != row["key"] and start < other_end and other_start < end:
                errors.append(LineError(row.line, "bad_line.code_taken", code=row["code"], other=other))
        others.append((start, end, row["key"]))
    return errors


def _parents_first(rows: Sequence[CsvRow]) -> list[CsvRow]:
    waiting = {row["key"]: row for row in rows}
    ordered: list[CsvRow] = []

    def place(row: CsvRow) -> None:
        if waiting.pop(row["key"], None) is None:
            return
        above = waiting.get(row["parent"])
        if above is not None:
            place(above)
        ordered.append(row)

    for row in rows:
        place(row)
    return ordered


def _store_agency(session: Session, row: CsvRow, stored: dict[str, Agency]) -> str:
    paper: dict[str, object] = {
        name.removesuffix("_vi"): row[name] for name in ("superior_vi", "abbr", "place_vi") if row[name]
    }
    paper |= {
        name: [part.strip() for part in row[name].split("|")]
        for name in ("issuer_lines", "signer_lines", "recipients")
        if row[name]
    }
    values = {
        "parent_key": row["parent"] or None,
        "kind": row["kind"],
        "name_vi": row["name_vi"],
        "name_en": row["name_en"],
        "valid_from": row["valid_from"],
        "valid_to": row["valid_to"] or None,
        "paper": paper,
    }
    agency = stored.get(row["key"])
    if agency is None:
        agency = Agency(key=row["key"], **values)
        stored[row["key"]] = agency
        session.add(agency)
        session.flush()
        return "new"
    if all(getattr(agency, name) == value for name, value in values.items()):
        return "unchanged"
    for name, value in values.items():
        setattr(agency, name, value)
    return "changed"


def _take_code(session: Session, row: CsvRow) -> None:
    if not row["code"]:
        return
    code_row = session.get(AgencyCode, (row["scheme"], row["code"], row["valid_from"]))
    if code_row is None:
        session.add(
            AgencyCode(
                scheme=row["scheme"],
                code=row["code"],
                valid_from=row["valid_from"],
                valid_to=row["valid_to"] or None,
                agency_key=row["key"],
            )
        )
    else:
        code_row.valid_to, code_row.agency_key = row["valid_to"] or None, row["key"]
