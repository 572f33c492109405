"""The thanks: what happened to the answer, a follow-up code if the desk gives them; the next person.

Who said something (a topic, a further answer, words) gets a code, after every score alike
(`kiosk.tablet.promised_code`).
"""

from __future__ import annotations

from flask import Blueprint, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from kiosk.desk import promise, reference, state
from kiosk.rating import drafts
from kiosk.tablet import navigation, next_person, promised_code
from kiosk.tablet.forms import SealedForm
from kiosk.web.layout import database, draw, moment, settings, to
from models.clock import Moment
from models.protocol import follow_up_code
from translations import gettext as _

blueprint = Blueprint("farewell", __name__)
navigation.citizens_only(blueprint)

#: The thanks stand so long without a code, in seconds; longer with one to be copied.
STANDS = 8


@blueprint.get("/thanks")
def thanks() -> str:
    """Thanks, and what happened to the answer; after a few seconds the faces for the next person."""
    with database().read() as session:
        known = navigation.installed(reference.current(session, moment()))
        kept = _kept(session, known)
    return draw("thanks.html", known, stands=STANDS, rating_only="rating" in request.args, kept=kept)


@blueprint.get("/rate/<id>/thanks")
def with_code(id: str) -> str | Redirect:
    """Thanks with the follow-up code of the answer that was sealed just now; to anybody else, the faces. However often
    it is drawn, it goes when the first one goes."""
    with database().read() as session:
        now = moment()
        left = promised_code.left_ms(session, id, now)
        code = promised_code.code(session, id) if left else None
        known, identity = reference.current(session, now), state.read(session).identity
        kept = _kept(session, known) if known is not None else ""
    if code is None or identity is None:
        return navigation.see("/")
    from kiosk import qr_code

    drawing = qr_code.outline(follow_up_code.url(identity.public_url, code))
    desk = navigation.installed(known)
    stands = -(-left // 1000)
    return draw("thanks.html", desk, stands=stands, form=SealedForm(id), id=id, code=code, drawing=drawing, kept=kept)


@blueprint.post("/rate/<id>/done")
def done(id: str) -> Redirect:
    """The citizen has the code: the page is drawn no more. On to the faces."""
    navigation.sealed(SealedForm(id))
    with next_person.sent(id) as (session, _now):
        promised_code.forget(session, of=id)
    return navigation.see("/")


def _kept(session: Session, known: reference.Reference) -> str:
    """Where the answer is and how it goes on, as far as this machine can vouch for it (`kiosk.desk.promise.onward`)."""
    found = promise.onward(session, settings(), online=known.online)
    match found.way:
        case promise.NOW if found.safe:
            return _("It is stored safely on this device and is being sent.")
        case promise.NOW:
            return _("It is kept on this device and is being sent.")
        case promise.LATER if found.safe:
            return _("This device is offline. Your answer is safe here and will be sent when the network is back.")
        case promise.LATER:
            return _("This device is offline. Your answer is kept here and will be sent when the network is back.")
        case promise.HELD:
            return _(
                "It is kept on this device and goes to the centre once the centre takes ratings from this device again."
            )
        case _:
            return _("It is kept on this device.")


def seal(session: Session, id: str, known: reference.Reference, now: Moment) -> None:
    """Seal the rating as complete; with a follow-up code where the desk gives them and something was said."""
    draft = drafts.find(session, id)
    follow = None
    if known.follow_up and state.read(session).identity and draft is not None and draft.state == "open" and draft.said:
        promised_code.promise(session, id, now)
        follow = follow_up_code.digest(promised_code.code(session, id))
    drafts.finish(session, id, None, now, follow=follow)


def address(session: Session, id: str, now: Moment) -> str:
    """The page that thanks for response `id`, within the transaction of what was sent for it."""
    promised = promised_code.sent_again(session, id, now)
    return to("farewell.with_code", id=id) if promised else to("farewell.thanks")
