"""Rendering of a report: drawn in every language, then stored; a PDF under `instance/reports/`.

Nothing is issued of which it is not known that it can be drawn.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from admin.ledgers import centre_clock
from admin.pdf import fonts
from admin.reports import issuing
from admin.reports.document import monthly_report
from admin.reports.document.monthly_report import ReportNotDrawn as ReportNotDrawn
from admin.reports.issuing import PreparedReport
from admin.reports.issuing import ReportRefused as ReportRefused
from admin.settings import Settings
from admin.statistics import queries
from admin.statistics.measures.periods import FORMS
from admin.statistics.tallies import recount
from models.protocol.canonical import NotCanonical
from models.storage.database import Database
from translations import staff_locales


def report_file_name(agency_key: str, period: str, revision: int, locale: str) -> str:
    """The name of a report's file: `bao-cao-2026-10-NB.pdf`, with `-v2` for a revision and `-en` in English."""
    later = f"-v{revision}" if revision > 1 else ""
    language = "" if locale == "vi" else f"-{locale}"
    return f"bao-cao-{period}-{agency_key}{later}{language}.pdf"


def render_report(figures: dict[str, Any], settings: Settings, locale: str = "vi", *, final: bool = False) -> bytes:
    """The PDF of frozen figures; the same figures and fonts give the same bytes.

    With `final` all that is written in the figures must be seen on it, as on a paper that is to be issued. Raises
    `NotDrawn`, whatever keeps the paper from being drawn.
    """
    try:
        return monthly_report.draw_report(
            figures, locale=locale, fonts=fonts.find_font_family(settings.fonts), final=final
        )
    except fonts.FontError as error:
        raise ReportNotDrawn(error.code, reason=error) from error
    except ReportNotDrawn:
        raise
    except Exception as error:  # whatever is wrong with the document, it is that and not the reader's fault
        raise ReportNotDrawn("report_not_drawn", reason=type(error).__name__) from error


def issue_drawn_report(
    database: Database,
    settings: Settings,
    agency_key: str,
    period: str,
    now_ms: int,
    *,
    revise: bool = False,
    preview: bool = False,
    on_drawn: Callable[[PreparedReport, dict[str, bytes]], None] | None = None,
    stored: Callable[[Session, PreparedReport], None] | None = None,
) -> PreparedReport:
    """Issue (or find) a report; a new one is stored after it was drawn in every language it may be asked in.

    `on_drawn` gets a new report and its papers before it is stored, and may still refuse by an exception; `stored` is
    called in the transaction that keeps it. `now_ms` is the centre's clock (ms since 1970, UTC); tallies must be fresh.
    Raises `NotDrawn` and what `issuing.prepare_report` raises, and then nothing was stored.
    """
    try:
        with database.read() as session:
            report = issuing.prepare_report(
                session, agency_key, period, now_ms, revise=revise, preview=preview, target=settings.target,
                verify_at=f"{settings.public_url.rstrip('/')}/v/",
            )  # fmt: skip
    except NotCanonical as error:
        raise ReportNotDrawn("report_not_drawn.name", reason=error) from error
    if not report.new:
        return report
    papers = {locale: render_report(report.figures, settings, locale, final=True) for locale in staff_locales()}
    if on_drawn is not None:
        on_drawn(report, papers)
    with database.write() as session:
        issued_report = issuing.store_report(session, report, now_ms)
        if issued_report.new and stored is not None:
            stored(session, issued_report)
        if issued_report.new:
            centre_clock.record_signed_time(session, now_ms)
    return issued_report


def write_report_pdf(
    database: Database,
    settings: Settings,
    agency_key: str,
    period: str,
    now_ms: int,
    *,
    locale: str = "vi",
    revise: bool = False,
    preview: bool = False,
    output: Path | None = None,
) -> dict[str, Any]:
    """Issue (or find) a report and write its PDF; returns code, revision, hash, whether it is new, and the path.

    `now_ms` is the centre's clock (ms since 1970, UTC). The file is written before the report is stored, and gets its
    name afterwards. Raises `ReportRefused`, and OSError from the disk; then neither report nor file is new.
    """
    if locale not in staff_locales():
        raise ReportRefused("unknown_language", locale=locale, locales=", ".join(staff_locales()))
    if output is not None and output.is_dir():
        raise ReportRefused("bad_output", output=output, example=output / "bao-cao.pdf")
    with database.write() as session:
        recount.recount_stale(session)
    drafts: list[Path] = []

    def keep(found: PreparedReport, papers: dict[str, bytes]) -> None:
        drafts.append(_draft(_path(found, settings, locale, preview, output), papers[locale]))

    try:
        report = issue_drawn_report(
            database, settings, agency_key, period, now_ms, revise=revise, preview=preview, on_drawn=keep
        )
        path = _path(report, settings, locale, preview, output)
        if not report.new:
            drafts.append(_draft(path, _again(report, settings, locale)))
        os.replace(drafts[-1], path)
    except (queries.UnknownAgency, queries.BadPeriod) as error:
        raise ReportRefused(error.code, forms=", ".join(FORMS)) from error
    except ReportNotDrawn as error:
        raise ReportRefused(error.code, reason=error) from error
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)
    return {
        "agency": agency_key,
        "period": report.figures["period"]["id"],
        "code": report.code or None,
        "revision": report.revision,
        "sha": report.sha or None,
        "new": report.new,
        "n": report.figures["n"],
        "index": report.figures["index"],
        "pdf": str(path),
    }


def _again(report: PreparedReport, settings: Settings, locale: str) -> bytes:
    """The paper of a report that is stored already, or of a preview."""
    try:
        return render_report(report.figures, settings, locale)
    except ReportNotDrawn as error:
        if not report.code:
            raise
        raise ReportRefused(f"{error.code}.issued", code=report.code, reason=error) from error


def _path(report: PreparedReport, settings: Settings, locale: str, preview: bool, output: Path | None) -> Path:
    figures = report.figures
    name = report_file_name(figures["agency"]["key"], figures["period"]["id"], report.revision, locale)
    return output or settings.instance / "reports" / (f"xem-truoc-{name}" if preview else name)


def _draft(path: Path, paper: bytes) -> Path:
    """The file beside the one it is to become, whole on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(paper)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft
