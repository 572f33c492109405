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
from admin.presentation.headline import Asked
from admin.presentation.period_choice import Chosen
from admin.web import layout
from models.tables.agency import Agency


def chosen(session: Session) -> Chosen:
    """The period of the address, without one the last complete month. Raises `BadPeriod`."""
    return period_choice.choose(session, request.args, layout.as_of(layout.shown_ms(session)).month)


def asked(session: Session, keys: Collection[str]) -> Asked:
    """The whole question about these agencies: period, instrument, goal. Raises `BadPeriod`."""
    target = current_app.extensions["settings"].target
    return headline.ask(session, keys, chosen(session), target, layout.as_of(layout.shown_ms(session)).ms)


def agency(session: Session, key: str) -> Agency:
    """The agency, if the reader may see it; elsewhere there is no such page (404)."""
    if key not in permissions.scope(session):
        abort(404)
    return session.get_one(Agency, key)


def province(session: Session) -> Agency | None:
    """The province of whoever answers for all of it; None for somebody of a single agency."""
    own = session.get_one(Agency, permissions.signed_in().agency_key)
    return own if own.kind == "province" else None


def to_own(endpoint: str) -> ResponseReturnValue:
    """On to the page of the reader's own agency, the question kept."""
    return redirect(layout.onward(url_for(endpoint, key=permissions.signed_in().agency_key)))
