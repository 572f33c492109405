"""The page with the faces: the tap, taking it back, and refusing.

The tap is the first step of a response's journey. `GET /` draws the faces and with them a new response id, and like
every GET it changes nothing; a tap on a face is a durable draft before anything else is shown (`kiosk.rating.drafts`);
"choose again", the refusal and what the citizen adds (`kiosk.tablet.details`) change that draft until it is sealed.
Every page after the tap is the same for
every score, byte for byte apart from the id and its seal: nobody who watches the screen can tell what was pressed.
"""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as Redirect

from kiosk.desk import reference
from kiosk.error_catalogue.page_errors import PAGES, PageError
from kiosk.rating import drafts
from kiosk.tablet import citizen_transaction
from kiosk.tablet.forms import FacesForm, RateForm, SealedForm
from kiosk.tablet.page_guards import (
    citizens_only,
    load_page,
    redirect_if_closed,
    redirect_to,
    require_current_desk,
    require_seal,
)
from kiosk.web.errors import error_response
from kiosk.web.page_layout import page_url, read_display_choices, render_page
from kiosk.web.request_context import current_database
from models import design_tokens
from models.errors import ErrorKind
from models.ids import is_id, new_id

blueprint = Blueprint("rate", __name__)
#: How long a busy store is waited for before no faces are drawn (milliseconds).
PATIENCE_MS = 1_000
citizens_only(blueprint, but=frozenset({"rate.tokens_css"}))


@blueprint.get("/")
def start() -> str:
    """The faces, wherever a tap would be kept: that is tried and taken back. What is said in another tab goes on."""
    desk = require_current_desk()
    current_database().try_write(PATIENCE_MS)
    return faces(desk, new_id())


@blueprint.post("/rate")
def rate() -> Response | Redirect:
    """Take one tap. The same page tapped twice, or sent twice, gives the same draft."""
    id = request.form.get("id", "")
    form = RateForm(id)
    if not form.validate() or not is_id(id) or len(request.form.getlist("score")) != 1:
        desk = require_current_desk()
        code = "page_too_old" if "seal" in form.errors or not is_id(id) else "bad_score"
        return error_response(PAGES[code], lambda fault: faces(desk, new_id(), fault))
    with citizen_transaction.open_citizen_transaction(id) as (session, now):
        tap = drafts.open_rating(
            session, id, int(form.score.data), now, lang=read_display_choices().lang, screen_ms=form.screen_ms
        )
        # who sent the pages after it had the reply to this tap: no repetition, but somebody at faces as they stood
        used = tap.state == "sealed" and not drafts.is_partial(session, id)
    if used or tap.state == "closed":  # that, left too long after "choose again", or refused: draw fresh faces
        desk = require_current_desk()
        return error_response(PAGES["page_too_old"], lambda fault: faces(desk, new_id(), fault))
    return redirect_to(page_url("tell.topics", id=id) if tap.state == "open" else page_url("farewell.thanks"))


@blueprint.post("/rate/<id>/stay")
def stay(id: str) -> Redirect:
    """"I am still here", or another language: the draft is not swept for another while."""
    require_seal(SealedForm(id))
    with citizen_transaction.open_citizen_transaction(id) as (session, now):
        drafts.touch_draft(session, id, now)
    return redirect_to(page_url("tell.topics", id=id))


@blueprint.post("/rate/<id>/undo")
def undo(id: str) -> Redirect:
    """Wrong tap: the score is taken back, the same response goes on. A tap that a start or a long silence has sealed
    stays as it is: fresh faces now would make two answers of one person."""
    require_seal(SealedForm(id))
    with citizen_transaction.open_citizen_transaction(id) as (session, now):
        drafts.undo_tap(session, id, now)
        draft = drafts.find_draft(session, id)
    if draft is not None and draft.state == "sealed":
        return redirect_to(page_url("farewell.thanks", rating="only"))
    return redirect_to(page_url("rate.again", id=id))


@blueprint.get("/rate/<id>/again")
def again(id: str) -> str | Redirect:
    """The faces once more, for the same response."""
    draft, desk = load_page(id)
    if draft is None or draft.state != "undone":
        return redirect_if_closed(draft, id) or redirect_to(page_url("tell.topics", id=id))
    return faces(desk, id, again=True)


@blueprint.post("/decline")
def decline() -> Redirect:
    """The citizen does not want to rate; that is recorded and counted nowhere."""
    id = request.form.get("id", "")
    form = require_seal(FacesForm(id))
    if not is_id(id):
        raise PageError("page_too_old")
    with citizen_transaction.open_citizen_transaction(id) as (session, now):
        drafts.seal_declined(session, form.id.data, now, lang=read_display_choices().lang)
    return redirect_to(page_url("farewell.thanks"))


@blueprint.get("/tokens.css")
def tokens_css() -> Response:
    """The design tokens as custom properties."""
    response = Response(design_tokens.css(), mimetype="text/css")
    response.add_etag()
    response.make_conditional(request)
    return response


def faces(desk: reference.Reference, id: str, fault: ErrorKind | None = None, again: bool = False) -> str:
    """The page with the five faces for response `id`, with a sentence about `fault` if the last touch failed; `again`
    when the tap was taken back."""
    return render_page(
        "faces.html", desk, form=FacesForm(id, formdata=None, data={"id": id}), fault=fault, id=id, again=again
    )
