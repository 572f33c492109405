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
from admin.dashboard import alert_list, coverage_list, overview, overview_csv
from admin.dashboard.alert_list import Cue
from admin.dashboard.coverage_list import Coverage
from admin.dashboard.overview import Overview
from admin.presentation import csv_file, headline, labels, period_words, phrases
from admin.presentation.headline import Asked
from admin.reports.links import paper_of
from admin.statistics import queries
from admin.web import figure_request, layout
from models.tables.agency import Agency
from translations import formats
from translations import gettext as _

blueprint = Blueprint("dashboard", __name__)


@dataclass(frozen=True)
class _Read:
    """The overview of the reader's province and what was asked for."""

    agency: Agency
    asked: Asked
    view: Overview


@blueprint.get("/")
@guarded(*EVERY_ROLE)
def home() -> ResponseReturnValue:
    """How are we, is it changing, who needs help."""
    with layout.database().read() as session:
        found = _read(session)
        if found is None:
            return figure_request.to_own("agencies.agency")
        chosen = found.asked.chosen
        return layout.draw(
            session, "dashboard/home.html", view=found.view, chosen=chosen, title=_title(found), key=found.agency.key,
            cues=_cues(session, found), coverage=_coverage(session, found) if _reader() else None,
            paper=paper_of(session, found.agency, chosen), counts=_counts(session, found),
            csv=url_for("dashboard.figures", period=chosen.period),
        )  # fmt: skip


@blueprint.get("/overview.csv")
@guarded(*EVERY_ROLE)
def figures() -> ResponseReturnValue:
    """What the page shows, as a file."""
    with layout.database().read() as session:
        found = _read(session)
        if found is None:
            return figure_request.to_own("agencies.figures")
        coverage = _coverage(session, found) if _reader() else None
        body = csv_file.write(
            overview_csv.of_overview(
                found.view, _title(found), _cues(session, found), coverage, _counts(session, found)
            )
        )
    return layout.attachment(body, "text/csv", f"hailong-{found.agency.key}-{found.asked.chosen.period}.csv")


@blueprint.get("/coverage")
@guarded(*READERS)
def coverage() -> ResponseReturnValue:
    """Every agency of the province: who has no index, and why."""
    with layout.database().read() as session:
        found = _read(session)
        if found is None:
            return figure_request.to_own("agencies.agency")
        chosen, reason = found.asked.chosen, request.args.get("reason", "")
        return layout.draw(
            session, "dashboard/coverage.html", view=_coverage(session, found, reason), chosen=chosen,
            reason=reason if reason in coverage_list.REASONS else "", reasons=coverage_list.REASONS,
            why=coverage_list.why, group=labels.group_of_kind, now_ms=layout.shown_ms(session),
            foot=headline.foot(session, found.asked),
            csv=url_for("dashboard.coverage_file", period=chosen.period, reason=reason or None),
        )  # fmt: skip


@blueprint.get("/coverage.csv")
@guarded(*READERS)
def coverage_file() -> ResponseReturnValue:
    """The same, as a file."""
    with layout.database().read() as session:
        found = _read(session)
        if found is None:
            return figure_request.to_own("agencies.figures")
        rows = coverage_list.file(_coverage(session, found, request.args.get("reason", "")), layout.shown_ms(session))
        body = csv_file.write(rows)
    return layout.attachment(body, "text/csv", f"hailong-so-lieu-{found.asked.chosen.period}.csv")


@blueprint.get("/running.json")
@guarded(*READERS)
@unattended
def running() -> ResponseReturnValue:
    """The counts of what runs as a page shows them now, by the names of its places; `?agency=KEY` by desk. Pages that
    stay open ask for it each minute (`admin.js`); like every GET it changes nothing."""
    with layout.database().read() as session:
        scope, key = permissions.scope(session), request.args.get("agency")
        if key is not None:
            scope = queries.scope_keys(session, figure_request.agency(session, key).key)
        counts = queries.running(session, scope, layout.shown_ms(session), by_desk=key is not None)
    until = "" if counts.until_ms is None else _("to %(time)s", time=phrases.moment_of_day(counts.until_ms))
    places = {name: [formats.number(n.today), formats.number(n.month)] for name, n in counts.places().items()}
    return jsonify(month=counts.month, until=until, places=places)


def _counts(session: Session, found: _Read) -> queries.Running | None:
    """What was collected today and this month, for those who may see it."""
    return queries.running(session, found.asked.keys, layout.shown_ms(session)) if _reader() else None


def _reader() -> bool:
    return permissions.signed_in().role in READERS


def _cues(session: Session, found: _Read) -> list[Cue]:
    period, rows = found.asked.chosen.period, found.view.rows
    at, instrument = layout.shown_ms(session), found.asked.instrument
    attention = queries.attention(session, found.agency.key, period, instrument, at, rows)
    lower = sum(row.verdict == "lower" for row in rows)
    return alert_list.cues(attention, lower, period, url_for, devices=_reader())


def _coverage(session: Session, found: _Read, reason: str = "") -> Coverage:
    period, rows = found.asked.chosen.period, found.view.rows
    at, instrument = layout.shown_ms(session), found.asked.instrument
    rows_of = queries.coverage(session, found.agency.key, period, instrument, at, rows)
    return coverage_list.of(rows_of, reason)


def _read(session: Session) -> _Read | None:
    agency = figure_request.province(session)
    if agency is None:
        return None
    asked = figure_request.asked(session, permissions.scope(session))
    return _Read(agency, asked, overview.build(session, agency.key, asked))


def _title(found: _Read) -> str:
    return _("Whole province, %(period)s", period=period_words.period(found.asked.chosen.period))


