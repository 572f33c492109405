"""Views of the ranking: one group of agencies, each with the range its rank may lie in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from admin.auth import permissions
from admin.auth.permissions import EVERY_ROLE, guarded
from admin.presentation import (
    agency_search,
    csv_file,
    headline,
    labels,
    period_words,
    phrases,
)
from admin.presentation.headline import FigureQuery
from admin.ranking import table, table_csv
from admin.ranking.table import RankingTable
from admin.statistics import queries
from admin.statistics.queries import Figure, RankedGroup
from admin.web import figure_request, page_layout, request_context
from translations import gettext as _

blueprint = Blueprint("ranking", __name__)


@dataclass(frozen=True)
class _RankingRequest:
    """The groups of the province, the one asked for, and what is compared with."""

    asked: FigureQuery
    groups: list[RankedGroup]
    view: RankingTable | None
    province: Figure
    looked_for: str

    @property
    def title(self) -> str:
        """Xếp hạng phường, tháng 10/2026."""
        group = phrases.localize_text(labels.group_label_inside(self.view.group)) if self.view else _("agencies")
        return _(
            "Ranking of %(group)s, %(period)s",
            group=group,
            period=period_words.describe_period(self.asked.chosen.period),
        )


@blueprint.get("/ranking")
@guarded(*EVERY_ROLE)
def ranks() -> ResponseReturnValue:
    """One group at a time: rank range, answers, index and how it stands to the province."""
    with request_context.database().read() as session:
        page = _read(session)
        if page is None:
            return figure_request.redirect_to_own_agency("agencies.agency")
        chosen, view = page.asked.chosen, page.view
        return page_layout.draw_page(
            session, "ranking/ranks.html", view=view, chosen=chosen, title=page.title, province=page.province,
            offered=[(one.id, labels.group_label(one.id), table.count_group_agencies(one)) for one in page.groups],
            looked_for=page.looked_for, summary=_summary(view) if view else "",
            foot=headline.build_headline_foot(session, page.asked),
            csv=url_for(
                "ranking.figures", period=chosen.period, group=view.group if view else None, q=page.looked_for or None
            ),
        )  # fmt: skip


@blueprint.get("/ranking.csv")
@guarded(*EVERY_ROLE)
def figures() -> ResponseReturnValue:
    """What the page lists, as a file."""
    with request_context.database().read() as session:
        page = _read(session)
        if page is None:
            return figure_request.redirect_to_own_agency("agencies.figures")
        if page.view is None:
            body: Any = csv_file.encode_csv([])
        else:
            body = csv_file.encode_csv(
                table_csv.build_ranking_rows(page.view, page.province, page.title, _summary(page.view))
            )
    group = page.view.group if page.view else "none"
    return page_layout.file_response(body, "text/csv", f"hailong-xep-hang-{group}-{page.asked.chosen.period}.csv")


def _read(session: Session) -> _RankingRequest | None:
    """The ranks of the reader's province; None for somebody of a single agency, who sees its rank on its page."""
    agency = figure_request.find_reader_province(session)
    if agency is None:
        return None
    query = figure_request.query_from_request(session, permissions.visible_agency_keys(session))
    groups = queries.rank_agencies(session, agency.key, query.chosen.period, query.instrument)
    province = queries.read_figure(session, query.keys, query.chosen.months, query.instrument)
    looked_for = request.args.get("q", "").strip()[: agency_search.LONGEST]
    group = table.choose_group(groups, request.args.get("group", ""))
    view = table.build_ranking_table(group, province, looked_for, request.args.get("at", "")) if group else None
    return _RankingRequest(query, groups, view, province, looked_for)


def _summary(view: RankingTable) -> str:
    return _(
        "Agencies with enough answers: %(n)s. Higher than the province: %(higher)s; lower: %(lower)s; no sufficient "
        "ground to conclude: %(undecided)s.",
        n=view.ranked, higher=view.higher, undecided=view.undecided, lower=view.lower,
    )  # fmt: skip
