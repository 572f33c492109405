"""Issuing: a report's figures are frozen once and kept; asked again, the same report comes back.

Later answers do not change an issued report. They can make a revision, which says what was and what is.
"""

from __future__ import annotations

import datetime
import hashlib
import secrets
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from admin.error_catalogue.report_errors import REPORTS
from admin.reports.snapshot import freeze_figures
from admin.statistics import queries
from models.errors import CodedError
from models.protocol import canonical, vietnamese_typing
from models.tables.staff_account import StoreMark
from models.tables.tally import IssuedReport
from translations import formats

#: Room for the figures of the largest province; names and receivers are the longest part.
MAX_BYTES = 64 * 1024
#: A code's digits, and how many it has.
_DIGITS, _LENGTH = "0123456789ABCDEF", 12
#: What differs between two issues of the same figures.
_PASSING = ("code", "revision", "revised", "verify_at")


class ReportRefused(CodedError):
    """No report: `month_open` where the period is not over, so that it can only be previewed; `period_incomplete` where
    the data begin within it; and what whoever asked for it got wrong."""

    table = REPORTS


@dataclass(frozen=True)
class PreparedReport:
    """A report: its figures document, and whether it is new. A preview has no code and no hash."""

    code: str
    figures: dict[str, Any]
    revision: int
    sha: str
    new: bool


def prepare_report(
    session: Session,
    agency_key: str,
    period: str,
    now_ms: int,
    *,
    revise: bool = False,
    preview: bool = False,
    target: Decimal | str | int | None = None,
    verify_at: str = "",
) -> PreparedReport:
    """The report of an agency and period: the stored one, or a `new` one from tallies the caller made fresh, which is
    not stored yet: first it must be known that it can be drawn.

    `now_ms` is the present (ms since 1970, UTC); `verify_at` the address under which its code opens the figures, which
    is printed on it. With `revise` a revision follows if the figures changed; a `preview`
    is never stored. Raises `ReportRefused`, `UnknownAgency` and `BadPeriod`, and `NotCanonical` for
    names that are no text for a document.
    """
    period = queries.canonical_period(period)
    keys = queries.read_scope_keys(session, agency_key)
    practice = session.get(StoreMark, "practice") is not None
    whole = queries.data_cover_period(session, keys, period)
    over = now_ms >= queries.period_end_ms(period)
    if preview:
        figures = freeze_figures(
            session, agency_key, period, revision=1, code="", target=target, practice=practice,
            comparable=whole and over,
        )  # fmt: skip
        return PreparedReport("", figures | {"preview": True}, 1, "", False)
    if not over:
        raise ReportRefused("month_open")
    last = find_newest_report(session, agency_key, period)
    if last is not None and not revise:
        return _stored(last)
    if not whole:
        raise _incomplete(queries.find_first_data_day(session, keys))
    revision = 1 if last is None else last.revision + 1
    figures = freeze_figures(
        session, agency_key, period, revision=revision, code=_new_code(), target=target, practice=practice
    )
    if verify_at:
        figures["verify_at"] = verify_at
    if last is not None:
        was = _parsed(last)
        if _lasting(was) == {name: value for name, value in _lasting(figures).items() if name in was}:
            return _stored(last)
        figures["revised"] = {"was": _pick(was), "is": _pick(figures)}
    return PreparedReport(figures["code"], figures, revision, hashlib.sha256(_text(figures)).hexdigest(), True)


def _incomplete(first_day: str | None) -> ReportRefused:
    """The refusal of a period within which the data begin: on this local day (`2026-08-03`), None where there are
    none."""
    if first_day is None:
        return ReportRefused("period_incomplete.no_answers")
    return ReportRefused("period_incomplete", day=formats.day(datetime.date.fromisoformat(first_day)))


def store_report(session: Session, prepared: PreparedReport, now_ms: int) -> PreparedReport:
    """Keep a new report that was drawn. Two may do this at once; the second gets what the first stored.

    Needs a write session; `now_ms` is the present (ms since 1970, UTC).
    """
    agency_key, period = prepared.figures["agency"]["key"], prepared.figures["period"]["id"]
    row = IssuedReport(
        code=prepared.code, agency_key=agency_key, period=period, revision=prepared.revision,
        figures=_text(prepared.figures).decode(), sha=prepared.sha, issued_ms=now_ms,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        first = find_newest_report(session, agency_key, period)
        if first is None:
            raise
        return _stored(first)
    return prepared


def find_newest_report(session: Session, agency_key: str, period: str) -> IssuedReport | None:
    """The newest revision of a report, None where it was never issued. A report is found under any id of its period;
    papers of earlier versions may be stored under the months of a period that has a name. Raises `BadPeriod`."""
    return session.scalars(
        select(IssuedReport)
        .where(IssuedReport.agency_key == agency_key, IssuedReport.period.in_(queries.period_spellings(period)))
        .order_by(IssuedReport.revision.desc(), func.length(IssuedReport.period))
        .limit(1)
    ).first()


def find_report_by_code(session: Session, typed: str) -> PreparedReport | None:
    """The report with the code on its foot that was typed, however that was done (`find_code_readings`); None where
    there is none."""
    likeliest = find_code_readings(typed)
    rows = {row.code: row for row in session.scalars(select(IssuedReport).where(IssuedReport.code.in_(likeliest)))}
    return next((_stored(rows[code]) for code in likeliest if code in rows), None)


def find_code_readings(typed: str) -> list[str]:
    """The codes, as they are printed, that may have been typed, the likeliest first: in whichever case and grouping,
    with words before and behind, O for 0 and I or L for 1 (`models.protocol.crockford`), or with a Vietnamese input
    method on (`models.protocol.vietnamese_typing`). None where no report can have such a code."""
    return [_grouped(code) for code in vietnamese_typing.list_possible_codes(typed, _LENGTH, signs=_DIGITS)]


def _text(figures: dict[str, Any]) -> bytes:
    """The document as it is stored: canonical JSON."""
    return canonical.dump(figures, limit=MAX_BYTES)


def _stored(row: IssuedReport) -> PreparedReport:
    return PreparedReport(row.code, _parsed(row), row.revision, row.sha, False)


def _parsed(row: IssuedReport) -> dict[str, Any]:
    return canonical.parse(row.figures.encode(), limit=MAX_BYTES)


def _lasting(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in figures.items() if name not in _PASSING}


def _pick(figures: dict[str, Any]) -> dict[str, Any]:
    return {"n": figures["n"], "index": figures["index"]}


def _new_code() -> str:
    """Twelve random hexadecimal digits in groups of four: 9F3C-A71E-04BD."""
    return _grouped(secrets.token_hex(_LENGTH // 2).upper())


def _grouped(letters: str) -> str:
    return "-".join(letters[start:start + 4] for start in range(0, len(letters), 4))
