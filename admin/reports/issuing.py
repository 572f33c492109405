"""Issuing: a report's figures are frozen once and kept; asked again, the same report comes back.

Later answers do not change an issued report. They can make a revision, which says what was and what is.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from admin.reports.snapshot import freeze
from admin.statistics import queries
from models.protocol import canonical
from models.tables.staff_account import StoreMark
from models.tables.tally import IssuedReport

#: Room for the figures of the largest province; names and receivers are the longest part.
MAX_BYTES = 64 * 1024
#: What differs between two issues of the same figures.
_PASSING = ("code", "revision", "revised")


class MonthOpen(ValueError):
    """The period is not over; its report cannot be issued, only previewed. `code` is the stable word for it."""

    code = "month_open"


@dataclass(frozen=True)
class Issued:
    """A report: its figures document, and whether it was made just now. A preview has no code and no hash."""

    code: str
    figures: dict[str, Any]
    revision: int
    sha: str
    new: bool


def issue(
    session: Session,
    agency_key: str,
    period: str,
    now_ms: int,
    *,
    revise: bool = False,
    preview: bool = False,
    target: Decimal | str | int | None = None,
) -> Issued:
    """The report of an agency and period: the stored one, or a new one from tallies the caller made fresh.

    `now_ms` is the present (ms since 1970, UTC). With `revise` a revision follows if the figures changed; a `preview`
    is never stored. Needs a write session. Raises `MonthOpen`, `UnknownAgency` and `BadPeriod`.
    """
    practice = session.get(StoreMark, "practice") is not None
    if preview:
        figures = freeze(session, agency_key, period, revision=1, code="", target=target, practice=practice)
        return Issued("", figures | {"preview": True}, 1, "", False)
    queries.scope_keys(session, agency_key)
    if now_ms < queries.end_ms(period):
        raise MonthOpen(period)
    last = newest(session, agency_key, period)
    if last is not None and not revise:
        return _stored(last)
    revision = 1 if last is None else last.revision + 1
    figures = freeze(
        session, agency_key, period, revision=revision, code=_new_code(), target=target, practice=practice
    )
    if last is not None:
        was = _parsed(last)
        if _lasting(was) == {name: value for name, value in _lasting(figures).items() if name in was}:
            return _stored(last)
        figures["revised"] = {"was": _pick(was), "is": _pick(figures)}
    return _store(session, agency_key, period, figures, now_ms)


def newest(session: Session, agency_key: str, period: str) -> IssuedReport | None:
    """The newest revision of a report, None where it was never issued."""
    return session.scalars(
        select(IssuedReport)
        .where(IssuedReport.agency_key == agency_key, IssuedReport.period == period)
        .order_by(IssuedReport.revision.desc())
        .limit(1)
    ).first()


def by_code(session: Session, code: str) -> Issued | None:
    """The report with this code on its foot, however it was typed; None where there is none."""
    letters = "".join(character for character in code.upper() if character.isalnum())
    row = session.get(IssuedReport, _grouped(letters))
    return None if row is None else _stored(row)


def _store(session: Session, agency_key: str, period: str, figures: dict[str, Any], now_ms: int) -> Issued:
    """Keep the report. Two may do this at once; the second gets what the first stored."""
    text = canonical.dump(figures, limit=MAX_BYTES).decode()
    row = IssuedReport(
        code=figures["code"], agency_key=agency_key, period=period, revision=figures["revision"], figures=text,
        sha=hashlib.sha256(text.encode()).hexdigest(), issued_ms=now_ms,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        first = newest(session, agency_key, period)
        if first is None:
            raise
        return _stored(first)
    return Issued(row.code, figures, row.revision, row.sha, True)


def _stored(row: IssuedReport) -> Issued:
    return Issued(row.code, _parsed(row), row.revision, row.sha, False)


def _parsed(row: IssuedReport) -> dict[str, Any]:
    return canonical.parse(row.figures.encode(), limit=MAX_BYTES)


def _lasting(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in figures.items() if name not in _PASSING}


def _pick(figures: dict[str, Any]) -> dict[str, Any]:
    return {"n": figures["n"], "index": figures["index"]}


def _new_code() -> str:
    """Twelve random hexadecimal digits in groups of four: 9F3C-A71E-04BD."""
    return _grouped(secrets.token_hex(6).upper())


def _grouped(letters: str) -> str:
    return "-".join(letters[start:start + 4] for start in range(0, len(letters), 4))
