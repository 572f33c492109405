"""The first page: the province for those who answer for it, the own agency for everybody else."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from admin import access, headline, pages, periods, sentences, spreadsheet
from admin.access import EVERY_ROLE, READERS, guarded
from admin.dashboard import cues, file, overview
from admin.dashboard.overview import Overview
from admin.figures import queries
from admin.headline import Asked
from admin.papers import paper_of
from models.agency import Agency
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
    with pages.fresh() as session:
        found = _read(session)
        if found is None:
            return redirect(pages.onward(url_for("agencies.agency", key=access.signed_in().agency_key)))
        chosen = found.asked.chosen
        attention = queries.attention(
            session, found.agency.key, chosen.period, found.asked.instrument, pages.now_ms(), found.view.rows
        )
        lower = sum(row.verdict == "lower" for row in found.view.rows)
        reader = access.signed_in().role in READERS
        return pages.draw(
            session, "dashboard/home.html", view=found.view, chosen=chosen, title=_title(found), key=found.agency.key,
            cues=cues.cues(attention, lower, chosen.period, url_for, devices=reader),
            paper=paper_of(session, found.agency, chosen),
            csv=url_for("dashboard.figures", period=chosen.period),
        )  # fmt: skip


@blueprint.get("/overview.csv")
@guarded(*EVERY_ROLE)
def figures() -> ResponseReturnValue:
    """What the page shows, as a file."""
    with pages.fresh() as session:
        found = _read(session)
        if found is None:
            return redirect(pages.onward(url_for("agencies.figures", key=access.signed_in().agency_key)))
        body = spreadsheet.write(file.of_overview(found.view, _title(found)))
    return pages.attachment(body, "text/csv", f"hailong-{found.agency.key}-{found.asked.chosen.period}.csv")


def _read(session: Session) -> _Read | None:
    agency = session.get_one(Agency, access.signed_in().agency_key)
    if agency.kind != "province":
        return None
    as_of = pages.as_of(pages.now_ms())
    chosen = periods.choose(session, request.args, as_of.month)
    target = current_app.extensions["settings"].target
    asked = headline.ask(session, access.scope(session), chosen, target, as_of.ms)
    return _Read(agency, asked, overview.build(session, agency.key, asked))


def _title(found: _Read) -> str:
    return _("Whole province, %(period)s", period=sentences.period(found.asked.chosen.period))


