"""Views of an agency's legal indicators: the page and its file."""

from __future__ import annotations

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from admin.agencies import indicator_table
from admin.auth.permissions import EVERY_ROLE, guarded
from admin.presentation import csv_file, period_words, phrases
from admin.presentation.period_choice import Chosen
from admin.reports.links import Paper
from admin.statistics import queries
from admin.statistics.legal import q766, tt01
from admin.web import figure_request, layout
from models.tables.agency import Agency

blueprint = Blueprint("legal", __name__)


@blueprint.get("/agencies/<key>/indicators")
@guarded(*EVERY_ROLE)
def indicators(key: str) -> ResponseReturnValue:
    """The nine indicators and 5.4 of one agency and everything under it."""
    with layout.database().read() as session:
        agency, chosen = _asked(session, key)
        view = indicator_table.view(queries.legal(session, key, chosen.period))
        handled = view.legal.handled
        last = layout.as_of(layout.shown_ms(session)).month
        newest = None if view.legal.months else queries.newest_month(session, key, last)
        return layout.draw(
            session, "agencies/indicators.html", key=key, name=layout.name_of(agency), chosen=chosen, view=view,
            title=_title(agency, chosen), counts=indicator_table.handled_counts(handled) if handled else [],
            paper=Paper("", key, None, None), sources=(tt01.source(), q766.source()), points=q766.most(),
            csv=url_for("legal.figures", key=key, period=chosen.period), whole=agency.kind == "province",
            newest=newest,
        )  # fmt: skip


@blueprint.get("/agencies/<key>/indicators.csv")
@guarded(*EVERY_ROLE)
def figures(key: str) -> ResponseReturnValue:
    """What the page shows, as a file."""
    with layout.database().read() as session:
        agency, chosen = _asked(session, key)
        view = indicator_table.view(queries.legal(session, key, chosen.period))
        body = csv_file.write(indicator_table.cells(view, _title(agency, chosen)))
    return layout.attachment(body, "text/csv", f"hailong-chi-so-{key}-{chosen.period}.csv")


def _asked(session: Session, key: str) -> tuple[Agency, Chosen]:
    """The agency, if the reader may see it, and the period."""
    return figure_request.agency(session, key), figure_request.chosen(session)


def _title(agency: Agency, chosen: Chosen) -> str:
    return f"{phrases.spoken(layout.name_of(agency))}, {period_words.period(chosen.period)}"
