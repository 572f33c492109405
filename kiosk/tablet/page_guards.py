"""Navigation shared by the citizen's pages: the desk, the rating in hand, the seal, no way for staff."""

from __future__ import annotations

from typing import TypeVar

from flask import Blueprint, current_app, redirect, request
from werkzeug.wrappers import Response as Redirect

from kiosk.auth import sessions
from kiosk.desk import reference, set_aside_stores
from kiosk.error_catalogue.page_errors import PageError
from kiosk.rating import drafts, idle_sweep
from kiosk.tablet.forms import SealedForm
from kiosk.web.page_layout import page_url
from kiosk.web.request_context import current_database, current_moment, current_settings

F = TypeVar("F", bound=SealedForm)


def citizens_only(blueprint: Blueprint, *, but: frozenset[str] = frozenset()) -> None:
    """Whoever is on duty at this desk is shown nothing of `blueprint` (endpoints in `but` apart): an officer can
    neither open nor send a rating. An expired session hinders nobody."""

    @blueprint.before_request
    def refuse() -> None:
        cookie = request.cookies.get(sessions.COOKIE)
        if cookie is None or request.endpoint in but:
            return
        with current_database().read() as session:
            on_duty = sessions.find_session_kind(session, cookie, current_moment())
        if on_duty is not None:
            raise PageError("staff_cannot_rate")


def page_key() -> bytes:
    """The secret by which this server knows its pages."""
    return bytes.fromhex(current_app.config["SECRET_KEY"])


def require_seal(form: F) -> F:
    """`form`, if its seal holds; else the request ends as `page_too_old`."""
    if not form.validate():
        raise PageError("page_too_old")
    return form


def require_current_desk() -> reference.Reference:
    """The desk this tablet stands at; a tablet that was never paired ends the request as `not_installed`."""
    with current_database().read() as session:
        return require_installed(reference.read_reference(session, current_moment()))


def require_installed(desk: reference.Reference | None) -> reference.Reference:
    """`desk`, if the tablet has one. One whose store was set aside with its words must be paired again."""
    if desk is None:
        raise PageError(
            "store_set_aside" if set_aside_stores.list_set_aside_stores(current_settings()) else "not_installed"
        )
    return desk


def load_page(id: str) -> tuple[drafts.DraftView | None, reference.Reference]:
    """What a page of rating `id` may know that is asked for by GET, and the desk: read, and nothing is changed."""
    with current_database().read() as session:
        now = current_moment()
        desk = require_installed(reference.read_reference(session, now))
        return drafts.find_for_page(session, id, now, idle_sweep.read_idle_seconds(desk, current_settings())), desk


def redirect_if_closed(draft: drafts.DraftView | None, id: str) -> Redirect | None:
    """Where a page of rating `id` leads when nothing can be added to it: taken back, to its faces; sealed or never
    tapped, to fresh ones, without the reader's choices in its address: the next person stands here. None while it is
    open."""
    if draft is None or draft.state == "sealed":
        return redirect_to("/")
    return redirect_to(page_url("rate.again", id=id)) if draft.state == "undone" else None


def redirect_to(address: str) -> Redirect:
    """Go on to another page, by GET."""
    return redirect(address, 303)
