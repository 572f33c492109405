"""Views of an agency's legal indicators: the page and its file."""

from __future__ import annotations

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from admin.agencies import indicator_table
from admin.auth.permissions import EVERY_ROLE, guarded
from admin.presentation import csv_file, period_words, phrases
from admin.presentation.period_choice import PeriodChoice
from admin.reports.paper_link import PaperLink
from admin.statistics import queries
from admin.statistics.legal import q766, tt01
from admin.web import figure_request, page_layout, request_context
from models.tables.agency import Agency

blueprint = Blueprint("legal", __name__)


@blueprint.get("/agencies/<key>/indicators")
@guarded(*EVERY_ROLE)
def indicators(key: str) -> ResponseReturnValue:
    """The nine indicators and 5.4 of one agency and everything under it."""
    with request_context.database().read() as session:
        agency, chosen = _read_request(session, key)
        view = indicator_table.build_indicator_page(queries.read_legal_indicators(session, key, chosen.period))
        handled = view.legal.handled
        last = request_context.find_complete_figures(request_context.read_shown_ms(session)).month
        newest = None if view.legal.months else queries.find_newest_month(session, key, last)
        return page_layout.draw_page(
            session,
            "agencies/indicators.html",
            key=key,
            name=page_layout.agency_name(agency),
            chosen=chosen,
            view=view,
            title=_title(agency, chosen),
            counts=indicator_table.describe_handled_counts(handled) if handled else [],
            paper=PaperLink("", key, None, None),
            sources=(tt01.rules_source(), q766.rule_source()),
            points=q766.full_points(),
            csv=url_for("legal.figures", key=key, period=chosen.period),
            whole=agency.kind == "province",
            newest=newest,
        )


@blueprint.get("/agencies/<key>/indicators.csv")
@guarded(*EVERY_ROLE)
def figures(key: str) -> ResponseReturnValue:
    """What the page shows, as a file."""
    with request_context.database().read() as session:
        agency, chosen = _read_request(session, key)
        view = indicator_table.build_indicator_page(queries.read_legal_indicators(session, key, chosen.period))
        body = csv_file.encode_csv(indicator_table.build_indicator_rows(view, _title(agency, chosen)))
    return page_layout.file_response(body, "text/csv", f"hailong-chi-so-{key}-{chosen.period}.csv")


def _read_request(session: Session, key: str) -> tuple[Agency, PeriodChoice]:
    """The agency, if the reader may see it, and the period."""
    return figure_request.require_agency(session, key), figure_request.period_from_request(session)


def _title(agency: Agency, chosen: PeriodChoice) -> str:
    return f"{phrases.localize_text(page_layout.agency_name(agency))}, {period_words.describe_period(chosen.period)}"
