"""Links from a page of figures to its paper: the issued report, or the button that issues it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from admin.auth import permissions
from admin.auth.permissions import ISSUERS, READERS
from admin.presentation.period_choice import PeriodChoice
from admin.reports import issuing, rendering
from admin.statistics import queries
from models.tables.agency import Agency
from models.tables.tally import IssuedReport
from translations import current_locale
from translations import gettext as _


@dataclass(frozen=True)
class PaperLink:
    """What a page offers: the address of an issued report, or the one to issue it at; None where it may not be."""

    words: str
    agency: str
    address: str | None
    issue: str | None


def build_paper_link(session: Session, agency: Agency, chosen: PeriodChoice) -> PaperLink:
    """The paper of an agency's period for whoever is signed in; to issue it the data must hold all of the period."""
    role = permissions.require_person().role
    monthly = _("Monthly report (PDF)") if chosen.is_month else _("Report (PDF)")
    words = monthly if agency.kind == "province" else _("Agency report (PDF)")
    if role not in READERS:
        return PaperLink(words, agency.key, None, None)
    issued = issuing.find_newest_report(session, agency.key, chosen.period)
    if issued is not None:
        return PaperLink(words, agency.key, report_address(issued), None)
    covers_period = queries.data_cover_period(session, queries.read_scope_keys(session, agency.key), chosen.period)
    return PaperLink(
        words, agency.key, None, url_for("reports.issue_report") if covers_period and role in ISSUERS else None
    )


def report_address(report: IssuedReport, locale: str | None = None) -> str:
    """Where an issued report is downloaded, in the reader's language or the one named."""
    language = locale or current_locale()
    name = rendering.report_file_name(report.agency_key, report.period, report.revision, language)
    return url_for("reports.paper", code=report.code, name=name, locale=language)
