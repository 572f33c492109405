"""Views of the dashboard and the coverage list, each with its file.

The first page is the province's for those who answer for it, the own agency's for everybody else.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from admin.auth import permissions
from admin.auth.permissions import EVERY_ROLE, READERS, guarded, unattended
from admin.dashboard import alert_list, index_coverage_list, overview, overview_csv
from admin.dashboard.alert_list import Alert
from admin.dashboard.index_coverage_list import CoverageList
from admin.dashboard.overview import Overview
from admin.presentation import csv_file, headline, labels, period_words, phrases
from admin.presentation.headline import FigureQuery
from admin.reports.paper_link import build_paper_link
from admin.statistics import queries
from admin.web import figure_request, page_layout, request_context
from models.tables.agency import Agency
from translations import formats
from translations import gettext as _

blueprint = Blueprint("dashboard", __name__)


@dataclass(frozen=True)
class _OverviewRequest:
    """The overview of the reader's province and what was asked for."""

    agency: Agency
    asked: FigureQuery
    view: Overview


@blueprint.get("/")
@guarded(*EVERY_ROLE)
def home() -> ResponseReturnValue:
    """How are we, is it changing, who needs help."""
    with request_context.database().read() as session:
        page = _load_overview(session)
        if page is None:
            return figure_request.redirect_to_own_agency("agencies.agency")
        chosen = page.asked.chosen
        return page_layout.draw_page(
            session, "dashboard/home.html", view=page.view, chosen=chosen, title=_title(page), key=page.agency.key,
            cues=_make_alerts(session, page), coverage=_coverage(session, page) if _reader() else None,
            paper=build_paper_link(session, page.agency, chosen), counts=_counts(session, page),
            csv=url_for("dashboard.figures", period=chosen.period),
        )  # fmt: skip


@blueprint.get("/overview.csv")
@guarded(*EVERY_ROLE)
def figures() -> ResponseReturnValue:
    """What the page shows, as a file."""
    with request_context.database().read() as session:
        page = _load_overview(session)
        if page is None:
            return figure_request.redirect_to_own_agency("agencies.figures")
        coverage = _coverage(session, page) if _reader() else None
        body = csv_file.encode_csv(
            overview_csv.build_overview_rows(
                page.view, _title(page), _make_alerts(session, page), coverage, _counts(session, page)
            )
        )
    return page_layout.file_response(body, "text/csv", f"hailong-{page.agency.key}-{page.asked.chosen.period}.csv")


@blueprint.get("/coverage")
@guarded(*READERS)
def coverage() -> ResponseReturnValue:
    """Every agency of the province: who has no index, and why."""
    with request_context.database().read() as session:
        page = _load_overview(session)
        if page is None:
            return figure_request.redirect_to_own_agency("agencies.agency")
        chosen, reason = page.asked.chosen, request.args.get("reason", "")
        return page_layout.draw_page(
            session,
            "dashboard/coverage.html",
            view=_coverage(session, page, reason),
            chosen=chosen,
            reason=reason if reason in index_coverage_list.REASONS else "",
            reasons=index_coverage_list.REASONS,
            why=index_coverage_list.describe_missing_index,
            group=labels.group_label_of_kind,
            now_ms=request_context.read_shown_ms(session),
            foot=headline.build_headline_foot(session, page.asked),
            csv=url_for("dashboard.coverage_file", period=chosen.period, reason=reason or None),
        )


@blueprint.get("/coverage.csv")
@guarded(*READERS)
def coverage_file() -> ResponseReturnValue:
    """The same, as a file."""
    with request_context.database().read() as session:
        page = _load_overview(session)
        if page is None:
            return figure_request.redirect_to_own_agency("agencies.figures")
        rows = index_coverage_list.build_coverage_rows(
            _coverage(session, page, request.args.get("reason", "")), request_context.read_shown_ms(session)
        )
        body = csv_file.encode_csv(rows)
    return page_layout.file_response(body, "text/csv", f"hailong-so-lieu-{page.asked.chosen.period}.csv")


@blueprint.get("/running.json")
@guarded(*READERS)
@unattended
def running() -> ResponseReturnValue:
    """The counts of what runs as a page shows them now, by the names of its places; `?agency=KEY` by desk. Pages that
    stay open ask for it each minute (`admin.js`); like every GET it changes nothing."""
    with request_context.database().read() as session:
        scope, key = permissions.visible_agency_keys(session), request.args.get("agency")
        if key is not None:
            scope = queries.read_scope_keys(session, figure_request.require_agency(session, key).key)
        counts = queries.read_running_counts(
            session, scope, request_context.read_shown_ms(session), by_desk=key is not None
        )
    until = "" if counts.until_ms is None else _("to %(time)s", time=phrases.describe_moment(counts.until_ms))
    places = {name: [formats.number(n.today), formats.number(n.month)] for name, n in counts.places().items()}
    return jsonify(month=counts.month, until=until, places=places)


def _counts(session: Session, page: _OverviewRequest) -> queries.RunningCounts | None:
    """What was collected today and this month, for those who may see it."""
    return (
        queries.read_running_counts(session, page.asked.keys, request_context.read_shown_ms(session))
        if _reader()
        else None
    )


def _reader() -> bool:
    return permissions.require_person().role in READERS


def _make_alerts(session: Session, page: _OverviewRequest) -> list[Alert]:
    period, rows = page.asked.chosen.period, page.view.rows
    at, instrument = request_context.read_shown_ms(session), page.asked.instrument
    attention = queries.find_month_alerts(session, page.agency.key, period, instrument, at, rows)
    lower = sum(row.verdict == "lower" for row in rows)
    return alert_list.build_alerts(attention, lower, period, url_for, devices=_reader())


def _coverage(session: Session, page: _OverviewRequest, reason: str = "") -> CoverageList:
    period, rows = page.asked.chosen.period, page.view.rows
    at, instrument = request_context.read_shown_ms(session), page.asked.instrument
    rows_of = queries.list_agency_coverage(session, page.agency.key, period, instrument, at, rows)
    return index_coverage_list.build_coverage_list(rows_of, reason)


def _load_overview(session: Session) -> _OverviewRequest | None:
    agency = figure_request.find_reader_province(session)
    if agency is None:
        return None
    query = figure_request.query_from_request(session, permissions.visible_agency_keys(session))
    return _OverviewRequest(agency, query, overview.build_overview(session, agency.key, query))


def _title(page: _OverviewRequest) -> str:
    return _("Whole province, %(period)s", period=period_words.describe_period(page.asked.chosen.period))


