"""The legal indicators of an agency: the page and its file."""

from __future__ import annotations

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from admin import asking, pages, sentences, spreadsheet
from admin.access import EVERY_ROLE, guarded
from admin.agencies import legal_page
from admin.figures import q766, queries, tt01
from admin.papers import Paper
from admin.periods import Chosen
from models.agency import Agency

blueprint = Blueprint("legal", __name__)


@blueprint.get("/agencies/<key>/indicators")
@guarded(*EVERY_ROLE)
def indicators(key: str) -> ResponseReturnValue:
    """The nine indicators and 5.4 of one agency and everything under it."""
    with pages.database().read() as session:
        agency, chosen = _asked(session, key)
        view = legal_page.view(queries.legal(session, key, chosen.period))
        handled = view.legal.handled
        last = pages.as_of(pages.now_ms()).month
        newest = None if view.legal.months else queries.newest_month(session, key, last)
        return pages.draw(
            session, "agencies/indicators.html", key=key, name=pages.name_of(agency), chosen=chosen, view=view,
            title=_title(agency, chosen), counts=legal_page.handled_counts(handled) if handled else [],
            paper=Paper("", key, None, None), sources=(tt01.source(), q766.source()), points=q766.most(),
            csv=url_for("legal.figures", key=key, period=chosen.period), whole=agency.kind == "province",
            newest=newest,
        )  # fmt: skip


@blueprint.get("/agencies/<key>/indicators.csv")
@guarded(*EVERY_ROLE)
def figures(key: str) -> ResponseReturnValue:
    """What the page shows, as a file."""
    with pages.database().read() as session:
        agency, chosen = _asked(session, key)
        view = legal_page.view(queries.legal(session, key, chosen.period))
        body = spreadsheet.write(legal_page.cells(view, _title(agency, chosen)))
    return pages.attachment(body, "text/csv", f"hailong-chi-so-{key}-{chosen.period}.csv")


def _asked(session: Session, key: str) -> tuple[Agency, Chosen]:
    """The agency, if the reader may see it, and the period."""
    return asking.agency(session, key), asking.chosen(session)


def _title(agency: Agency, chosen: Chosen) -> str:
    return f"{sentences.spoken(pages.name_of(agency))}, {sentences.period(chosen.period)}"
