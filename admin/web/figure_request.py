"""The request for a page with figures: the period in the address, the agency, and the goal.

Every page of figures and its file ask here, so that the same address means the same question everywhere.
"""

from __future__ import annotations

from collections.abc import Collection

from flask import abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from admin.auth import permissions
from admin.presentation import headline, period_choice
from admin.presentation.headline import FigureQuery
from admin.presentation.period_choice import PeriodChoice
from admin.web import page_layout, request_context
from models.tables.agency import Agency


def period_from_request(session: Session) -> PeriodChoice:
    """The period of the address, without one the last complete month. Raises `BadPeriod`."""
    return period_choice.choose_period(
        session, request.args, request_context.find_complete_figures(request_context.read_shown_ms(session)).month
    )


def query_from_request(session: Session, keys: Collection[str]) -> FigureQuery:
    """The whole question about these agencies: period, instrument, goal. Raises `BadPeriod`."""
    target = current_app.extensions["settings"].target
    return headline.build_figure_query(
        session,
        keys,
        period_from_request(session),
        target,
        request_context.find_complete_figures(request_context.read_shown_ms(session)).ms,
    )


def require_agency(session: Session, key: str) -> Agency:
    """The agency, if the reader may see it; elsewhere there is no such page (404)."""
    if key not in permissions.visible_agency_keys(session):
        abort(404)
    return session.get_one(Agency, key)


def find_reader_province(session: Session) -> Agency | None:
    """The province of whoever answers for all of it; None for somebody of a single agency."""
    own = session.get_one(Agency, permissions.require_person().agency_key)
    return own if own.kind == "province" else None


def redirect_to_own_agency(endpoint: str) -> ResponseReturnValue:
    """On to the page of the reader's own agency, the question kept."""
    return redirect(page_layout.address_with_query(url_for(endpoint, key=permissions.require_person().agency_key)))
