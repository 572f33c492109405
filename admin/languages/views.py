"""Views of the citizens' languages: how each stands, what it lacks, and the province's word."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from admin.auth import permissions
from admin.auth.permissions import guarded
from admin.languages import availability
from admin.web import page_layout, request_context
from models.vocabulary import Role
from translations import discovery, lazy

blueprint = Blueprint("languages", __name__)

#: state → tone and sign of its tag, words
STATES = {
    "offered": ("fine", "check", lazy("offered to citizens")),
    "incomplete": ("attention", "warning", lazy("incomplete")),
    "unconfirmed": ("blue", "clock", lazy("complete, not confirmed yet")),
    "changed": ("attention", "warning", lazy("its words changed; confirm again")),
    "withdrawn": ("", "stop", lazy("withdrawn")),
}
KINDS = {
    "words": lazy("Sentences on the screens without words"),
    "places": lazy("Sentences that lost a place to fill in or a tag"),
    "question": lazy("Texts of the questionnaires without words"),
    "file": lazy("Files that cannot be read"),
}


@blueprint.get("/languages")
@guarded(Role.PROVINCE)
def overview() -> ResponseReturnValue:
    """Every language there is."""
    return _page()


@blueprint.post("/languages")
@guarded(Role.PROVINCE)
def change() -> ResponseReturnValue:
    """Confirm or withdraw one language."""
    code, act = request.form.get("code", ""), request.form.get("act", "")
    operations = {"confirm": availability.confirm_language, "withdraw": availability.withdraw_language}
    if act not in operations:
        abort(400)
    try:
        with request_context.database().write() as session:
            operations[act](session, code, permissions.require_person().email, request_context.now_ms())
    except availability.LanguageRefused as refused:
        if refused.code == "unknown_language":
            abort(404)
        return _page(refused), 409
    return redirect(url_for("languages.overview"))


def _page(refused: availability.LanguageRefused | None = None) -> str:
    with request_context.database().read() as session:
        return page_layout.draw_page(
            session,
            "languages/languages.html",
            found=availability.list_language_states(session),
            states=STATES,
            kinds=KINDS,
            problems=discovery.find_folder_problems(),
            refused=refused,
        )
