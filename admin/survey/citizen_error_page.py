"""The page for a citizen whose request came to nothing.

The address is none, or the form was not understood. It says what this is and what is safe, and has a field for a code.
Nothing of the staff's pages is on it, and nothing here asks the store: it may be what is broken.
"""

from __future__ import annotations

from flask import Response, make_response, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import BadHost

from admin.auth import permissions
from admin.survey import phone_page_layout, phone_request
from admin.survey.refusal_page import RefusalWords
from admin.survey.store_failures import AGAIN, NOT_OPEN
from models.errors import ErrorKind
from models.protocol import mangled_address
from translations import gettext as _
from translations import lazy

_NO_PAGE = RefusalWords(
    404, "clock", lazy("There is no such page"),
    lazy("Here people rate the service at One-Stop desks. The address may have been mistyped or cut off; nothing was "
         "sent. Please scan the QR on the slip again, or type its code:"),
)  # fmt: skip
_NOT_UNDERSTOOD = RefusalWords(
    400, "clock", lazy("This page could not be opened like this"),
    lazy("The last step was not taken; what was sent before stays. Please go back, or scan the QR on the slip again."),
)  # fmt: skip
_TOO_LARGE = RefusalWords(
    413, "clock", lazy("That was too much at once"),
    lazy("This page was not taken; what was sent before stays. Please go back, shorten it and send it once more."),
)  # fmt: skip
_TOO_LONG = RefusalWords(
    414, "clock", lazy("The address is too long"),
    lazy("It was not read; what was sent before stays. Please scan the QR on the slip again."),
)  # fmt: skip
_TOO_MANY = RefusalWords(
    429, "clock", lazy("Please wait a moment"),
    lazy("The last step was not taken; what was sent before stays. Please try again in a few minutes."),
)  # fmt: skip
_BROKEN = RefusalWords(
    500, "clock", lazy("This page cannot be opened at the moment"),
    lazy("The fault is the centre's, not yours; it may be that nothing was kept of the last step."), AGAIN,
)  # fmt: skip
_BY_STATUS = {404: _NO_PAGE, 413: _TOO_LARGE, 414: _TOO_LONG, 429: _TOO_MANY, 500: _BROKEN, 503: NOT_OPEN}


def draw_citizen_error(kind: ErrorKind) -> Response | None:
    """The page for an error where a citizen asked; None where staff did."""
    if isinstance(request.routing_exception, BadHost) or not _of_citizen():  # no address can be made for such a host
        return None
    words = _BY_STATUS.get(kind.status or 0, _NOT_UNDERSTOOD)
    phone_page_layout.apply_preferences_without_store()
    line = phone_request.settings().phone
    page = phone_page_layout.draw_phone_page(
        "closed", None, words=words, code=f"{kind.label} · {kind.code}", advice=words.advice,
        choosable=request.method == "GET" and words is not _TOO_LONG,  # a page that was sent has no address
        page_url=url_for("survey.typed") if words is _NO_PAGE else None,
        form="slip" if words is _NO_PAGE else "", line=line, telephone="".join(c for c in line if c in "+0123456789"),
        label=_("The code on the slip, 16 characters, or a follow-up code, 12"),
    )  # fmt: skip
    return make_response(page, kind.status)


def _of_citizen() -> bool:
    """Whether a citizen asked: on an address of theirs, or on one that is nobody's without being signed in. (Whether a
    sign-in still holds is the store's to say.)"""
    if request.blueprint == phone_page_layout.blueprint.name or mangled_address.repair_path(request.path) is not None:
        return True
    stranger = permissions.session_cookie_name() not in request.cookies
    return stranger and request.endpoint is None


def _install(state: BlueprintSetupState) -> None:
    state.app.extensions["page_of_citizens"] = draw_citizen_error


phone_page_layout.blueprint.record(_install)
