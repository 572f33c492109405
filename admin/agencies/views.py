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
    charts,
    csv_file,
    figure_parts,
    figure_rows,
    labels,
    period_words,
    phrases,
)
from admin.presentation.headline import Asked
from admin.presentation.period_choice import Chosen
from admin.reports.links import paper_of
from admin.statistics import queries
from admin.statistics.queries import AgencyRow, Figure
from admin.web import figure_request, layout
from models.tables.agency import Agency
from translations import gettext as _

blueprint = Blueprint("agencies", __name__)

#: What the list may be narrowed to, by the address.
SHOWS = ("higher", "undecided", "lower", "few", "none")


@dataclass(frozen=True)
class _Read:
    """One agency's page and what was asked for."""

    agency: Agency
    line: list[Agency]
    asked: Asked
    view: Profile


@blueprint.get("/agencies")
@guarded(*EVERY_ROLE)
def catalogue() -> ResponseReturnValue:
    """All agencies the reader may see, found by name, by group or by how they stand."""
    with layout.database().read() as session:
        chosen, rows, province, instrument = _rows(session)
        if not rows:
            return figure_request.to_own("agencies.agency")
        asked, show = request.args.get("q", "").strip()[: agency_search.LONGEST], request.args.get("show", "")
        found = [row for row in rows if _fits(row, asked, show)]
        axis, whiskers = _whiskers(rows, province)
        return layout.draw(
            session, "agencies/catalogue.html", groups=figure_parts.grouped(found), total=len(rows), found=len(found),
            chosen=chosen, asked=asked, axis=axis, whiskers=whiskers, province=province,
            show=show if show in SHOWS else "", shows=_show_words(), counts=_all_counts(session),
            interval=queries.interval_kind(session, instrument).name,
            csv=url_for("agencies.list_file", period=chosen.period, q=asked or None, show=show or None),
        )  # fmt: skip


@blueprint.get("/agencies.csv")
@guarded(*EVERY_ROLE)
def list_file() -> ResponseReturnValue:
    """The list as it is shown, as a file."""
    with layout.database().read() as session:
        chosen, rows, province, _instrument = _rows(session)
        asked, show = request.args.get("q", "").strip()[: agency_search.LONGEST], request.args.get("show", "")
        found = [row for row in rows if _fits(row, asked, show)]
        counts = _all_counts(session)
        body = csv_file.write(figure_rows.of_agencies(found, figure_parts.grouped(found), len(rows), province, counts))
    return layout.attachment(body, "text/csv", f"hailong-co-quan-{chosen.period}.csv")


@blueprint.get("/agencies/<key>")
@guarded(*EVERY_ROLE)
def agency(key: str) -> ResponseReturnValue:
    """One agency: the index beside the province's, and what it is made of."""
    with layout.database().read() as session:
        if figure_request.agency(session, key).kind == "province":
            return redirect(layout.onward(url_for("dashboard.home")))
        found = _read(session, key)
        return layout.draw(
            session, "agencies/agency.html", view=found.view, chosen=found.asked.chosen, key=key,
            name=layout.name_of(found.agency), group=_group(found.agency), title=_title(found),
            devices=_devices(session, found), counts=_counts(session, found),
            paper=paper_of(session, found.agency, found.asked.chosen),
            more_procedures=profile_csv.more_procedures(found.view),
            may_rank=found.line[-1].key == permissions.signed_in().agency_key,
            may_set=permissions.signed_in().role in permissions.ISSUERS,
            csv=url_for("agencies.figures", key=key, period=found.asked.chosen.period),
        )  # fmt: skip


@blueprint.get("/agencies/<key>.csv")
@guarded(*EVERY_ROLE)
def figures(key: str) -> ResponseReturnValue:
    """What the agency's page shows, as a file."""
    with layout.database().read() as session:
        if figure_request.agency(session, key).kind == "province":
            return redirect(layout.onward(url_for("dashboard.figures")))
        found = _read(session, key)
        rows = profile_csv.rows(found.view, _title(found), _devices(session, found), _counts(session, found))
        body = csv_file.write(rows)
    return layout.attachment(body, "text/csv", f"hailong-{key}-{found.asked.chosen.period}.csv")


def _read(session: Session, key: str) -> _Read:
    line = queries.line_of(session, key)
    asked = figure_request.asked(session, queries.scope_keys(session, key))
    return _Read(line[0], line, asked, profile.build(session, key, line[-1].key, asked))


def _devices(session: Session, found: _Read) -> fleet.Summary | None:
    """The agency's devices in a few numbers, for those who may see them."""
    if permissions.signed_in().role not in READERS:
        return None
    return fleet.summary(session, found.asked.keys, layout.shown_ms(session))


def _counts(session: Session, found: _Read) -> queries.Running | None:
    """What was collected today and this month, for those who may see it."""
    if permissions.signed_in().role not in READERS:
        return None
    return queries.running(session, found.asked.keys, layout.shown_ms(session), by_desk=True)


def _all_counts(session: Session) -> queries.Running | None:
    """What was collected today and this month by every agency of the reader, for those who may see it."""
    if permissions.signed_in().role not in READERS:
        return None
    return queries.running(session, permissions.scope(session), layout.shown_ms(session))


def _rows(session: Session) -> tuple[Chosen, list[AgencyRow], Figure, str]:
    """The agencies under the reader's own, each as it stands in the whole province; the province; the instrument."""
    chosen = figure_request.chosen(session)
    scope = permissions.scope(session)
    own = permissions.signed_in().agency_key
    root = queries.line_of(session, own)[-1].key
    whole = queries.scope_keys(session, root)
    instrument = queries.choose_instrument(session, whole, chosen.months)
    province = queries.figure(session, whole, chosen.months, instrument)
    rows = queries.all_agencies(session, root, chosen.period, instrument)
    return chosen, [row for row in rows if row.key in scope and row.key != own], province, instrument


def _whiskers(rows: list[AgencyRow], province: Figure) -> tuple[charts.Axis | None, dict[str, charts.Whisker]]:
    """Every published index on one scale, the province's as the line to compare with."""
    shown = [row for row in rows if row.figure.index is not None]
    ends = [place for row in shown for place in (row.figure.index or 0, *(row.figure.interval or ()))]
    if not shown:
        return None, {}
    axis = charts.percent_axis(ends, step=10, least=20, most_ticks=4)
    return axis, {
        row.key: charts.whisker(axis, row.figure.index or 0, row.figure.interval, province.index) for row in shown
    }


def _fits(row: AgencyRow, asked: str, show: str) -> bool:
    """Whether a row is looked for."""
    states = {
        "few": row.figure.index is None and row.figure.shown != "none",
        "none": row.figure.shown == "none",
    }
    return agency_search.named(row, asked) and (show not in SHOWS or states.get(show, row.verdict == show))


def _show_words() -> dict[str, str]:
    return {
        "": _("all"),
        "higher": _("higher than the province"),
        "undecided": _("no sufficient ground to conclude"),
        "lower": _("lower than the province"),
        "few": _("fewer than 30 answers"),
        "none": _("no answers yet"),
    }


def _group(agency: Agency) -> Any:
    return labels.group_of_kind(agency.kind)


def _title(found: _Read) -> str:
    name = phrases.spoken(layout.name_of(found.agency))
    return f"{name}, {period_words.period(found.asked.chosen.period)}"
