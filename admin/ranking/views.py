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
from admin.presentation.headline import Asked
from admin.ranking import table, table_csv
from admin.ranking.table import Table
from admin.statistics import queries
from admin.statistics.queries import Figure, RankedGroup
from admin.web import figure_request, layout
from translations import gettext as _

blueprint = Blueprint("ranking", __name__)


@dataclass(frozen=True)
class _Read:
    """The groups of the province, the one asked for, and what is compared with."""

    asked: Asked
    groups: list[RankedGroup]
    view: Table | None
    province: Figure
    looked_for: str

    @property
    def title(self) -> str:
        """Xếp hạng phường, tháng 10/2026."""
        group = phrases.spoken(labels.group_inside(self.view.group)) if self.view else _("agencies")
        return _("Ranking of %(group)s, %(period)s", group=group, period=period_words.period(self.asked.chosen.period))


@blueprint.get("/ranking")
@guarded(*EVERY_ROLE)
def ranks() -> ResponseReturnValue:
    """One group at a time: rank range, answers, index and how it stands to the province."""
    with layout.database().read() as session:
        found = _read(session)
        if found is None:
            return figure_request.to_own("agencies.agency")
        chosen, view = found.asked.chosen, found.view
        return layout.draw(
            session, "ranking/ranks.html", view=view, chosen=chosen, title=found.title, province=found.province,
            offered=[(one.id, labels.group(one.id), table.size(one)) for one in found.groups],
            looked_for=found.looked_for, summary=_summary(view) if view else "",
            foot=headline.foot(session, found.asked),
            csv=url_for(
                "ranking.figures", period=chosen.period, group=view.group if view else None, q=found.looked_for or None
            ),
        )  # fmt: skip


@blueprint.get("/ranking.csv")
@guarded(*EVERY_ROLE)
def figures() -> ResponseReturnValue:
    """What the page lists, as a file."""
    with layout.database().read() as session:
        found = _read(session)
        if found is None:
            return figure_request.to_own("agencies.figures")
        if found.view is None:
            body: Any = csv_file.write([])
        else:
            body = csv_file.write(table_csv.rows(found.view, found.province, found.title, _summary(found.view)))
    group = found.view.group if found.view else "none"
    return layout.attachment(body, "text/csv", f"hailong-xep-hang-{group}-{found.asked.chosen.period}.csv")


def _read(session: Session) -> _Read | None:
    """The ranks of the reader's province; None for somebody of a single agency, who sees its rank on its page."""
    agency = figure_request.province(session)
    if agency is None:
        return None
    asked = figure_request.asked(session, permissions.scope(session))
    found = queries.ranking(session, agency.key, asked.chosen.period, asked.instrument)
    province = queries.figure(session, asked.keys, asked.chosen.months, asked.instrument)
    looked_for = request.args.get("q", "").strip()[: agency_search.LONGEST]
    group = table.choose(found, request.args.get("group", ""))
    view = table.build(group, province, looked_for, request.args.get("at", "")) if group else None
    return _Read(asked, found, view, province, looked_for)


def _summary(view: Table) -> str:
    return _(
        "Agencies with enough answers: %(n)s. Higher than the province: %(higher)s; lower: %(lower)s; no sufficient "
        "ground to conclude: %(undecided)s.",
        n=view.ranked, higher=view.higher, undecided=view.undecided, lower=view.lower,
    )  # fmt: skip
