"""Views of an agency's desks: each with its settings, and the form that sets one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import Blueprint, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from admin.auth import permissions
from admin.auth.permissions import ISSUERS, guarded
from admin.desks import desk_settings, follow_up_promise, province_hours
from admin.statistics import queries
from admin.web import figure_request, page_layout, request_context
from models.reference.localized_text import LocalText
from models.tables.agency import Agency, Desk
from translations import lazy

blueprint = Blueprint("desks", __name__)

DAY_NAMES = {
    1: lazy("Monday"), 2: lazy("Tuesday"), 3: lazy("Wednesday"), 4: lazy("Thursday"), 5: lazy("Friday"),
    6: lazy("Saturday"), 7: lazy("Sunday"),
}  # fmt: skip


@blueprint.get("/agencies/<key>/desks")
@guarded(*ISSUERS)
def overview(key: str) -> ResponseReturnValue:
    """The agency's desks; with `?desk=CODE` the form of one."""
    with request_context.database().read() as session:
        agency = figure_request.require_agency(session, key)
        desk = _desk(session, key, request.args["desk"]) if "desk" in request.args else None
        form = _form(desk) if desk is not None else None
        return _page(session, agency, desk, form, saved=desk is not None and "saved" in request.args)


@blueprint.post("/agencies/<key>/desks")
@guarded(*ISSUERS)
def change(key: str) -> ResponseReturnValue:
    """Set one desk."""
    form = {name: value[:20] for name, value in request.form.items()}
    with request_context.database().write() as session:
        agency = figure_request.require_agency(session, key)
        desk = _desk(session, key, request.form.get("desk", ""))
        own = form.get("mode") == "own"
        week, wrong = desk_settings.parse_week_form(form) if own else ({}, set[int]())
        if wrong or own and not week:
            return _page(session, agency, desk, form, wrong=wrong, empty=not wrong), 400
        document: dict[str, Any] = {"week": week} if own else {}
        if own and "holidays" not in form:
            document["closed"] = []
        new_settings = desk_settings.DeskSettings("factors" in form, "typing" in form, "follow_up" in form, document)
        desk_settings.change_desk_settings(
            session, desk, new_settings, permissions.require_person().email, request_context.now_ms()
        )
        code = desk.code
    return redirect(url_for("desks.overview", key=key, desk=code, saved=1))


def _page(
    session: Session,
    agency: Agency,
    desk: Desk | None,
    form: dict[str, str] | None,
    *,
    wrong: Collection[int] = (),
    empty: bool = False,
    saved: bool = False,
) -> str:
    return page_layout.draw_page(
        session,
        "desks/desks.html",
        key=agency.key,
        name=page_layout.agency_name(agency),
        desk=desk,
        form=form,
        wrong=wrong,
        wrong_days=", ".join(str(DAY_NAMES[day]) for day in sorted(wrong)),
        empty=empty,
        saved=saved,
        found=desk_settings.list_desks(session, [agency.key]),
        day_names=DAY_NAMES,
        called=_desk_name,
        shown=desk is None or desk_settings.fits_hours_form(desk.hours),
        replies=follow_up_promise.is_follow_up_promised(session),
        counts=None
        if desk is not None
        else queries.read_running_counts(
            session, queries.read_scope_keys(session, agency.key), request_context.read_shown_ms(session), by_desk=True
        ),
    )


def _form(desk: Desk) -> dict[str, str]:
    """The form as the desk is set now."""
    now = desk_settings.read_desk_settings(desk)
    instance = current_app.extensions["settings"].instance
    own = bool(now.hours.get("week"))
    ticked = {"factors": now.factors, "typing": now.typing, "follow_up": now.follow_up,
              "holidays": "closed" not in now.hours}  # fmt: skip
    return {
        **{name: "on" for name, on in ticked.items() if on},
        "mode": "own" if own else "province",
        **desk_settings.hours_to_form(now.hours if own else province_hours.read_province_hours(instance)),
    }


def _desk(session: Session, key: str, code: str) -> Desk:
    """The desk, if it is one of this agency's."""
    desk = session.get(Desk, code[:40])
    if desk is None or desk.agency_key != key:
        abort(404)
    return desk


def _desk_name(desk: Desk) -> LocalText:
    return LocalText({"vi": desk.name_vi, "en": desk.name_en})
