"""What somebody asks a page with figures for: the period in the address, the agency, and the goal beside them.

Every page of figures and its file ask here, so that the same address means the same question everywhere.
"""

from __future__ import annotations

from collections.abc import Collection

from flask import abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from admin import access, headline, pages, periods
from admin.headline import Asked
from admin.periods import Chosen
from models.agency import Agency


def chosen(session: Session) -> Chosen:
    """The period of the address, without one the last complete month. Raises `BadPeriod`."""
    return periods.choose(session, request.args, pages.as_of(pages.now_ms()).month)


def asked(session: Session, keys: Collection[str]) -> Asked:
    """The whole question about these agencies: period, instrument, goal. Raises `BadPeriod`."""
    target = current_app.extensions["settings"].target
    return headline.ask(session, keys, chosen(session), target, pages.as_of(pages.now_ms()).ms)


def agency(session: Session, key: str) -> Agency:
    """The agency, if the reader may see it; elsewhere there is no such page (404)."""
    if key not in access.scope(session):
        abort(404)
    return session.get_one(Agency, key)


def province(session: Session) -> Agency | None:
    """The province of whoever answers for all of it; None for somebody of a single agency."""
    own = session.get_one(Agency, access.signed_in().agency_key)
    return own if own.kind == "province" else None


def to_own(endpoint: str) -> ResponseReturnValue:
    """On to the page of the reader's own agency, the question kept."""
    return redirect(pages.onward(url_for(endpoint, key=access.signed_in().agency_key)))
