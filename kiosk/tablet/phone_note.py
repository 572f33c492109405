"""The QR "Viết trên điện thoại": a private page for one answer on the citizen's own phone.

A picture of its own, asked for by the topics page once that is shown. The token in it says which response it belongs
to and nothing about what was answered (`models.protocol.note`); it is the same however often the page is drawn.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort
from sqlalchemy.orm import Session

from kiosk.desk import device_key, state
from kiosk.rating import drafts
from kiosk.tablet import navigation
from kiosk.web.layout import database, settings
from models.protocol import note

blueprint = Blueprint("notes", __name__)
navigation.citizens_only(blueprint)


def offered(session: Session) -> bool:
    """Whether this desk can offer the page: it is paired, has its key and knows the address that phones reach."""
    return bool(state.fact(session, "public_url")) and not state.fact(session, device_key.FACT)


def believable(session: Session, tapped_ms: int) -> int:
    """The time of a tap (ms since 1970, UTC), never before the centre's own time when it last answered: a clock that
    stands days back would make a page that is closed before it is opened."""
    answered = int(state.fact(session, "last_reply_ms", "0")) - int(state.fact(session, "clock_offset_ms", "0"))
    return max(tapped_ms, answered)


@blueprint.get("/rate/<id>/note.svg")
def picture(id: str) -> Response:
    """The QR of an open rating; 404 when there is none."""
    with database().read() as session:
        draft, identity = drafts.find(session, id), state.identity(session)
        made = believable(session, draft.tapped_ms) if draft is not None else 0
    if draft is None or draft.state != "open" or identity is None or not identity.public_url:
        abort(404)
    try:
        key = device_key.load(settings().key_file)
    except device_key.KeyUnusable:
        abort(404)
    token = note.mint(identity.device, identity.epoch, id, made, key, identity.centre_key)
    from kiosk import qr_code

    return Response(qr_code.svg(note.url(identity.public_url, token)), mimetype="image/svg+xml")
