"""The thanks: what happened to the answer, a follow-up code if the desk gives them; the next person.

Who said something (a topic, a further answer, words) gets a code, after every score alike
(`kiosk.tablet.thanks_code`).
"""

from __future__ import annotations

from flask import Blueprint, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from kiosk.desk import kept_ratings, reference, state
from kiosk.rating import drafts
from kiosk.tablet import citizen_transaction, page_guards, thanks_code
from kiosk.tablet.forms import SealedForm
from kiosk.web.page_layout import page_url, render_page
from kiosk.web.request_context import current_database, current_moment, current_settings
from models.clock import Moment
from models.protocol import follow_up_code
from translations import gettext as _

blueprint = Blueprint("farewell", __name__)
page_guards.citizens_only(blueprint)

#: The thanks stand so long without a code, in seconds; longer with one to be copied.
STANDS = 8


@blueprint.get("/thanks")
def thanks() -> str:
    """Thanks, and what happened to the answer; after a few seconds the faces for the next person."""
    with current_database().read() as session:
        desk = page_guards.require_installed(reference.read_reference(session, current_moment()))
        delivery_text = _kept(session, desk)
    return render_page("thanks.html", desk, stands=STANDS, rating_only="rating" in request.args, kept=delivery_text)


@blueprint.get("/rate/<id>/thanks")
def with_code(id: str) -> str | Redirect:
    """Thanks with the follow-up code of the answer that was sealed just now; to anybody else, the faces. However often
    it is drawn, it goes when the first one goes."""
    with current_database().read() as session:
        now = current_moment()
        left = thanks_code.code_left_ms(session, id, now)
        code = thanks_code.find_code(session, id) if left else None
        snapshot, identity = reference.read_reference(session, now), state.read_state(session).identity
        delivery_text = _kept(session, snapshot) if snapshot is not None else ""
    if code is None or identity is None:
        return page_guards.redirect_to("/")
    from kiosk import qr_code

    drawing = qr_code.draw_screen_outline(follow_up_code.url(identity.public_url, code))
    desk = page_guards.require_installed(snapshot)
    seconds = -(-left // 1000)
    return render_page(
        "thanks.html", desk, stands=seconds, form=SealedForm(id), id=id, code=code, drawing=drawing, kept=delivery_text
    )


@blueprint.post("/rate/<id>/done")
def done(id: str) -> Redirect:
    """The citizen has the code: the page is drawn no more. On to the faces."""
    page_guards.require_seal(SealedForm(id))
    with citizen_transaction.open_citizen_transaction(id) as (session, _now):
        thanks_code.forget_code(session, of=id)
    return page_guards.redirect_to("/")


def _kept(session: Session, desk: reference.Reference) -> str:
    """Where the answer is and how it goes on, as far as this machine can vouch for it
    (`kiosk.desk.kept_ratings.read_delivery`)."""
    delivery = kept_ratings.read_delivery(session, current_settings(), online=desk.online)
    match delivery.way:
        case kept_ratings.NOW if delivery.safe:
            return _("It is stored safely on this device and is being sent.")
        case kept_ratings.NOW:
            return _("It is kept on this device and is being sent.")
        case kept_ratings.LATER if delivery.safe:
            return _("This device is offline. Your answer is safe here and will be sent when the network is back.")
        case kept_ratings.LATER:
            return _("This device is offline. Your answer is kept here and will be sent when the network is back.")
        case kept_ratings.HELD:
            return _(
                "It is kept on this device and goes to the centre once the centre takes ratings from this device again."
            )
        case _:
            return _("It is kept on this device.")


def seal_with_code(session: Session, id: str, desk: reference.Reference, now: Moment) -> None:
    """Seal the rating as complete; with a follow-up code where the desk gives them and something was said."""
    draft = drafts.find_draft(session, id)
    follow = None
    if (
        desk.follow_up
        and state.read_state(session).identity
        and draft is not None
        and draft.state == "open"
        and draft.said
    ):
        thanks_code.assign_code(session, id, now)
        follow = follow_up_code.digest_code(thanks_code.find_code(session, id))
    drafts.seal_complete(session, id, None, now, follow=follow)


def find_thanks_address(session: Session, id: str, now: Moment) -> str:
    """The page that thanks for response `id`, within the transaction of what was sent for it."""
    promised = thanks_code.renew_code_display(session, id, now)
    return page_url("farewell.with_code", id=id) if promised else page_url("farewell.thanks")
