"""Views of the list of agencies and of one agency's profile, each with its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from admin.agencies import profile, profile_csv
from admin.agencies.profile import Profile
from admin.auth import permissions
from admin.auth.permissions import EVERY_ROLE, READERS, guarded
from admin.devices import fleet
from admin.presentation import (
    agency_search,
    breakdown_rows,
    charts,
    csv_file,
    figure_csv_rows,
    labels,
    period_words,
    phrases,
)
from admin.presentation.headline import FigureQuery
from admin.presentation.period_choice import PeriodChoice
from admin.reports.paper_link import build_paper_link
from admin.statistics import queries
from admin.statistics.queries import AgencyRow, Figure
from admin.web import figure_request, page_layout, request_context
from models.tables.agency import Agency
from translations import gettext as _

blueprint = Blueprint("agencies", __name__)

#: What the list may be narrowed to, by the address.
SHOWS = ("higher", "undecided", "lower", "few", "none")


@dataclass(frozen=True)
class _ProfileRequest:
    """One agency's page and what was asked for."""

    agency: Agency
    line: list[Agency]
    asked: FigureQuery
    view: Profile


@blueprint.get("/agencies")
@guarded(*EVERY_ROLE)
def catalogue() -> ResponseReturnValue:
    """All agencies the reader may see, found by name, by group or by how they stand."""
    with request_context.database().read() as session:
        chosen, rows, province, instrument = _list_agency_rows(session)
        if not rows:
            return figure_request.redirect_to_own_agency("agencies.agency")
        search_text, show = request.args.get("q", "").strip()[: agency_search.LONGEST], request.args.get("show", "")
        matches = [row for row in rows if _is_wanted_row(row, search_text, show)]
        axis, whiskers = _make_whiskers(rows, province)
        return page_layout.draw_page(
            session,
            "agencies/catalogue.html",
            groups=breakdown_rows.group_agencies(matches),
            total=len(rows),
            found=len(matches),
            chosen=chosen,
            asked=search_text,
            axis=axis,
            whiskers=whiskers,
            province=province,
            show=show if show in SHOWS else "",
            shows=_show_words(),
            counts=_all_counts(session),
            interval=queries.find_interval_kind(session, instrument).name,
            csv=url_for("agencies.list_file", period=chosen.period, q=search_text or None, show=show or None),
        )


@blueprint.get("/agencies.csv")
@guarded(*EVERY_ROLE)
def list_file() -> ResponseReturnValue:
    """The list as it is shown, as a file."""
    with request_context.database().read() as session:
        chosen, rows, province, _instrument = _list_agency_rows(session)
        search_text, show = request.args.get("q", "").strip()[: agency_search.LONGEST], request.args.get("show", "")
        matches = [row for row in rows if _is_wanted_row(row, search_text, show)]
        counts = _all_counts(session)
        body = csv_file.encode_csv(
            figure_csv_rows.make_agency_rows(
                matches, breakdown_rows.group_agencies(matches), len(rows), province, counts
            )
        )
    return page_layout.file_response(body, "text/csv", f"hailong-co-quan-{chosen.period}.csv")


@blueprint.get("/agencies/<key>")
@guarded(*EVERY_ROLE)
def agency(key: str) -> ResponseReturnValue:
    """One agency: the index beside the province's, and what it is made of."""
    with request_context.database().read() as session:
        if figure_request.require_agency(session, key).kind == "province":
            return redirect(page_layout.address_with_query(url_for("dashboard.home")))
        page = _load_profile(session, key)
        return page_layout.draw_page(
            session, "agencies/agency.html", view=page.view, chosen=page.asked.chosen, key=key,
            name=page_layout.agency_name(page.agency), group=_group_label(page.agency), title=_title(page),
            devices=_summarise_devices(session, page), counts=_read_agency_counts(session, page),
            paper=build_paper_link(session, page.agency, page.asked.chosen),
            more_procedures=profile_csv.more_procedures(page.view),
            may_rank=page.line[-1].key == permissions.require_person().agency_key,
            may_set=permissions.require_person().role in permissions.ISSUERS,
            csv=url_for("agencies.figures", key=key, period=page.asked.chosen.period),
        )  # fmt: skip


@blueprint.get("/agencies/<key>.csv")
@guarded(*EVERY_ROLE)
def figures(key: str) -> ResponseReturnValue:
    """What the agency's page shows, as a file."""
    with request_context.database().read() as session:
        if figure_request.require_agency(session, key).kind == "province":
            return redirect(page_layout.address_with_query(url_for("dashboard.figures")))
        page = _load_profile(session, key)
        rows = profile_csv.build_profile_rows(
            page.view, _title(page), _summarise_devices(session, page), _read_agency_counts(session, page)
        )
        body = csv_file.encode_csv(rows)
    return page_layout.file_response(body, "text/csv", f"hailong-{key}-{page.asked.chosen.period}.csv")


def _load_profile(session: Session, key: str) -> _ProfileRequest:
    line = queries.agency_and_ancestors(session, key)
    query = figure_request.query_from_request(session, queries.read_scope_keys(session, key))
    return _ProfileRequest(line[0], line, query, profile.build_profile(session, key, line[-1].key, query))


def _summarise_devices(session: Session, page: _ProfileRequest) -> fleet.FleetSummary | None:
    """The agency's devices in a few numbers, for those who may see them."""
    if permissions.require_person().role not in READERS:
        return None
    return fleet.summarise_fleet(session, page.asked.keys, request_context.read_shown_ms(session))


def _read_agency_counts(session: Session, page: _ProfileRequest) -> queries.RunningCounts | None:
    """What was collected today and this month, for those who may see it."""
    if permissions.require_person().role not in READERS:
        return None
    return queries.read_running_counts(session, page.asked.keys, request_context.read_shown_ms(session), by_desk=True)


def _all_counts(session: Session) -> queries.RunningCounts | None:
    """What was collected today and this month by every agency of the reader, for those who may see it."""
    if permissions.require_person().role not in READERS:
        return None
    return queries.read_running_counts(
        session, permissions.visible_agency_keys(session), request_context.read_shown_ms(session)
    )


def _list_agency_rows(session: Session) -> tuple[PeriodChoice, list[AgencyRow], Figure, str]:
    """The agencies under the reader's own, each as it stands in the whole province; the province; the instrument."""
    chosen = figure_request.period_from_request(session)
    scope = permissions.visible_agency_keys(session)
    own = permissions.require_person().agency_key
    root = queries.agency_and_ancestors(session, own)[-1].key
    whole = queries.read_scope_keys(session, root)
    instrument = queries.choose_instrument(session, whole, chosen.months)
    province = queries.read_figure(session, whole, chosen.months, instrument)
    rows = queries.compare_all_agencies(session, root, chosen.period, instrument)
    return chosen, [row for row in rows if row.key in scope and row.key != own], province, instrument


def _make_whiskers(rows: list[AgencyRow], province: Figure) -> tuple[charts.Axis | None, dict[str, charts.Whisker]]:
    """Every published index on one scale, the province's as the line to compare with."""
    public = [row for row in rows if row.figure.index is not None]
    ends = [place for row in public for place in (row.figure.index or 0, *(row.figure.interval or ()))]
    if not public:
        return None, {}
    axis = charts.make_percent_axis(ends, step=10, least=20, most_ticks=4)
    return axis, {
        row.key: charts.make_whisker(axis, row.figure.index or 0, row.figure.interval, province.index) for row in public
    }


def _is_wanted_row(row: AgencyRow, search_text: str, show: str) -> bool:
    """Whether a row is looked for."""
    states = {
        "few": row.figure.index is None and row.figure.shown != "none",
        "none": row.figure.shown == "none",
    }
    return agency_search.agency_matches(row, search_text) and (
        show not in SHOWS or states.get(show, row.verdict == show)
    )


def _show_words() -> dict[str, str]:
    return {
        "": _("all"),
        "higher": _("higher than the province"),
        "undecided": _("no sufficient ground to conclude"),
        "lower": _("lower than the province"),
        "few": _("fewer than 30 answers"),
        "none": _("no answers yet"),
    }


def _group_label(agency: Agency) -> Any:
    return labels.group_label_of_kind(agency.kind)


def _title(page: _ProfileRequest) -> str:
    name = phrases.localize_text(page_layout.agency_name(page.agency))
    return f"{name}, {period_words.describe_period(page.asked.chosen.period)}"
