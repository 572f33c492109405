"""Views of the reports: periods with a paper, issuing, downloading, and the public verify page.

The last proves a printed paper.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from admin.auth import accounts, permissions
from admin.auth.permissions import ISSUERS, READERS, guarded, public
from admin.presentation import period_choice
from admin.reports import issuing, paper_link, rendering, verification_page
from admin.reports.issuing import PreparedReport
from admin.statistics import queries
from admin.web import clock_guard, page_layout, request_context
from admin.web.errors import PageError
from models.protocol import mangled_address
from models.reference.localized_text import LocalText
from models.tables.agency import Agency
from models.tables.tally import IssuedReport
from translations import staff_locales

blueprint = Blueprint("reports", __name__)
log = logging.getLogger(__name__)

#: So many months, quarters, longer periods and newest papers stand on the page.
MOST_MONTHS = 24
MOST_LONGER = 8
MOST_PAPERS = 20
#: So much of what was typed for a code is shown again.
LONGEST_CODE = 40
#: A list needs no figures, and they are the large part of a report.
_WITHOUT_FIGURES = select(IssuedReport).options(defer(IssuedReport.figures, raiseload=True))


@dataclass(frozen=True)
class _PeriodLine:
    """A period of an agency: its newest report, if it was issued, with the addresses of its files; `held`: whether the
    data hold all of it, so that it may be issued."""

    period: str
    report: IssuedReport | None
    files: list[tuple[str, str]]
    held: bool


@dataclass(frozen=True)
class _RecentReport:
    """A paper issued lately."""

    report: IssuedReport
    name: LocalText
    address: str


@blueprint.get("/reports")
@guarded(*READERS)
def months() -> ResponseReturnValue:
    """The months and longer periods of an agency with their papers, and what was issued lately."""
    with request_context.database().read() as session:
        scope = permissions.visible_agency_keys(session)
        key = request.args.get("agency") or permissions.require_person().agency_key
        if key not in scope:
            abort(404)
        chosen = period_choice.choose_period(
            session, {}, request_context.find_complete_figures(request_context.read_shown_ms(session)).month
        )
        agency_names = {
            agency.key: page_layout.agency_name(agency)
            for agency in session.scalars(select(Agency).order_by(Agency.parent_key, Agency.name_vi))
            if agency.key in scope
        }
        return page_layout.draw_page(
            session, "reports/months.html", key=key, names=agency_names, newest=chosen.newest,
            lines=_lines(session, key, chosen.months_offered[:MOST_MONTHS]), recent=_recent(session, agency_names),
            longer=_lines(session, key, [*chosen.quarters_offered[:MOST_LONGER], *chosen.longer_offered[:MOST_LONGER]]),
            may_issue=permissions.require_person().role in ISSUERS,
        )  # fmt: skip


@blueprint.post("/reports/issue")
@guarded(*ISSUERS)
def issue_report() -> ResponseReturnValue:
    """Freeze the figures of a period, or find the report that is there; then its file."""
    key, period = request.form.get("agency", ""), queries.canonical_period(request.form.get("period", ""))
    now_ms, email = clock_guard.read_request_clock().ms, permissions.require_person().email
    with request_context.fresh_session() as session:
        if key not in permissions.visible_agency_keys(session):
            abort(404)
        if queries.months_of(period)[-1] > request_context.find_complete_figures(now_ms).month:
            raise PageError("month_open")

    def noted(session: Session, made: PreparedReport) -> None:
        accounts.write_audit_row(session, email, "report_issued", f"{key} {period} {made.code}", now_ms)

    try:
        report = rendering.issue_drawn_report(
            request_context.database(), current_app.extensions["settings"], key, period, now_ms,
            revise=request.form.get("revise") == "yes", stored=noted,
        )  # fmt: skip
    except issuing.ReportRefused as error:
        raise PageError(error.code) from error
    except rendering.ReportNotDrawn as error:
        raise _not_drawn(f"{key} {period}", error) from error
    with request_context.database().read() as session:
        address = paper_link.report_address(session.get_one(IssuedReport, report.code))
    if request.form.get("back") == "list":
        return redirect(url_for("reports.months", agency=key))
    return redirect(address)


@blueprint.get("/reports/<code>/<name>")
@guarded(*READERS)
def paper(code: str, name: str) -> Response:
    """The PDF of an issued report, drawn from its frozen figures alone."""
    locale = request.args.get("locale", "vi")
    with request_context.database().read() as session:
        row = session.get(IssuedReport, code)
        if (
            row is None
            or row.agency_key not in permissions.visible_agency_keys(session)
            or locale not in staff_locales()
        ):
            abort(404)
        report = issuing.find_report_by_code(session, code)
    if report is None or name != rendering.report_file_name(row.agency_key, row.period, row.revision, locale):
        abort(404)
    try:
        body = rendering.render_report(report.figures, current_app.extensions["settings"], locale)
    except rendering.ReportNotDrawn as error:
        raise _not_drawn(code, error) from error
    return page_layout.file_response(body, "application/pdf", name)


@blueprint.get("/v/")
@public
def ask_code() -> ResponseReturnValue:
    """The box for the code of a printed report; a code that was typed there goes on to its figures, a whole address to
    its page."""
    typed = request.args.get("code", "").strip()
    address, lang = mangled_address.find_path(typed), request.args.get("lang")
    if address is not None:
        return redirect(address + (f"?{urlencode({'lang': lang})}" if lang else ""))
    with request_context.database().read() as session:
        if not typed:
            return page_layout.draw_public_page(session, "reports/ask_code.html")
        report = issuing.find_report_by_code(session, typed)
        if report is None:
            return _unknown(session, typed)
        return redirect(url_for("reports.verify", code=report.code, lang=lang))


@blueprint.get("/V/<code>")
@blueprint.get("/v/<code>")
@public  # whoever holds the printed report
def verify(code: str) -> ResponseReturnValue:
    """What a printed report must say: its frozen figures, for anybody who holds the paper. QR codes say it in capitals.
    """
    with request_context.database().read() as session:
        report = issuing.find_report_by_code(session, code)
        if report is None:
            return _unknown(session, code)
        row = session.get_one(IssuedReport, report.code)
        newest = issuing.find_newest_report(session, row.agency_key, row.period)
        return page_layout.draw_public_page(
            session, "reports/proof.html", proof=verification_page.build_verification_page(report.figures), report=row,
            newer=newest if newest is not None and newest.code != row.code else None,
        )  # fmt: skip


def _unknown(session: Session, typed: str) -> ResponseReturnValue:
    """The page for what is no report's code, with the box for another try."""
    return page_layout.draw_public_page(session, "reports/unknown.html", asked=typed[:LONGEST_CODE]), 404


def _not_drawn(subject: str, error: rendering.ReportNotDrawn) -> PageError:
    """What the reader is told; why it is so stands in the log."""
    log.error("the report %s cannot be drawn: %s", subject, error, exc_info=error)
    return PageError("report_not_drawn")


def _lines(session: Session, key: str, periods: Sequence[str]) -> list[_PeriodLine]:
    keys = queries.read_scope_keys(session, key)
    statement = _WITHOUT_FIGURES.where(IssuedReport.agency_key == key).order_by(
        IssuedReport.revision, func.length(IssuedReport.period).desc()
    )
    issued = {queries.canonical_period(report.period): report for report in session.scalars(statement)}
    lines = []
    for period in periods:
        report = issued.get(period)
        files = [(locale, paper_link.report_address(report, locale)) for locale in staff_locales()] if report else []
        lines.append(_PeriodLine(period, report, files, queries.data_cover_period(session, keys, period)))
    return lines


def _recent(session: Session, names: dict[str, LocalText]) -> list[_RecentReport]:
    statement = _WITHOUT_FIGURES.order_by(IssuedReport.issued_ms.desc(), IssuedReport.code).limit(400)
    mine = [report for report in session.scalars(statement) if report.agency_key in names][:MOST_PAPERS]
    return [_RecentReport(report, names[report.agency_key], paper_link.report_address(report)) for report in mine]
