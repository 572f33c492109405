"""The thanks: what happened to the answer, a follow-up code if the desk gives them; the next person.

Who said something (a topic, a further answer, words) gets a code, after every score alike. It is drawn by chance: from
a number that is kept until somebody opens the faces, and the secret of this server's pages. So a page whose reply was
lost is drawn again with the same code, the store never holds the code, and after the next person came nobody can find
it again; the ledger knows a digest alone (`models.protocol.follow_up_code`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets

from flask import Blueprint, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from kiosk.desk import promise, reference, state
from kiosk.rating import drafts
from kiosk.tablet import navigation
from kiosk.web.layout import database, draw, moment, settings, to
from models.clock import Moment
from models.protocol import follow_up_code
from translations import gettext as _

blueprint = Blueprint("farewell", __name__)
navigation.citizens_only(blueprint)

#: The fact (`kiosk.desk.state`) that ties the code to one response until the faces are opened.
FACT = "farewell"
#: The thanks stand so long, in seconds: alone, and with a code to be copied.
STANDS, STANDS_WITH_CODE = 8, 30
#: So long after the answer was sealed the page with the code can be drawn, in milliseconds.
SHOWN_MS = 60_000


@blueprint.get("/thanks")
def thanks() -> str:
    """Thanks, and what happened to the answer; after a few seconds the faces for the next person."""
    with database().read() as session:
        known = navigation.installed(reference.current(session, moment()))
        kept = _kept(session, known)
    return draw("thanks.html", known, stands=STANDS, rating_only="rating" in request.args, kept=kept)


@blueprint.get("/rate/<id>/thanks")
def with_code(id: str) -> str | Redirect:
    """Thanks with the follow-up code of the answer that was sealed just now; to anybody else, the faces."""
    now = moment()
    with database().read() as session:
        code, known, identity = _code(session, id, now), reference.current(session, now), state.identity(session)
        kept = _kept(session, known) if known is not None else ""
    if code is None or identity is None:
        return navigation.see(to("rate.start"))
    from kiosk import qr_code

    drawing = qr_code.outline(follow_up_code.url(identity.public_url, code))
    desk = navigation.installed(known)
    return draw("thanks.html", desk, stands=STANDS_WITH_CODE, code=code, drawing=drawing, kept=kept)


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
    if known.follow_up and state.identity(session) and draft is not None and draft.state == "open" and draft.said:
        _promise(session, id, now)
        follow = follow_up_code.digest(_code(session, id, now) or "")
    drafts.finish(session, id, None, now, follow=follow)


def address(session: Session, id: str, now: Moment) -> str:
    """The page that thanks for response `id`."""
    return to("farewell.thanks") if _code(session, id, now) is None else to("farewell.with_code", id=id)


def forget(session: Session) -> None:
    """The next person is here: no page shows the last one's code again."""
    if state.fact(session, FACT):
        state.remember(session, **{FACT: ""})


def _promise(session: Session, id: str, now: Moment) -> None:
    chance = {"boot": state.boot_number(session), "chance": secrets.token_hex(16), "id": id, "mono": now.mono}
    state.remember(session, **{FACT: json.dumps(chance)})


def _code(session: Session, id: str, now: Moment) -> str | None:
    """The code of response `id`, if it was sealed just now and nobody came since."""
    kept = state.fact(session, FACT)
    promise = json.loads(kept) if kept else {}
    if promise.get("id") != id or promise["boot"] != state.boot_number(session):
        return None
    if not 0 <= now.mono - promise["mono"] < SHOWN_MS:
        return None
    drawn = hmac.new(
        navigation.page_key(), f"hailong follow-up\0{promise['chance']}{id}".encode(), hashlib.sha256
    ).digest()
    number = int.from_bytes(drawn)
    return "".join(follow_up_code.ALPHABET[number >> 5 * at & 31] for at in range(follow_up_code.LENGTH))
