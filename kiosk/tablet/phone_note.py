"""The QR "Viết trên điện thoại": a private page for one answer on the citizen's own phone.

A picture of its own, asked for by the topics page once that is shown. The token in it says which response it belongs
to and nothing about what was answered (`models.protocol.note`); it is the same however often the page is drawn.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort
from sqlalchemy.orm import Session

from kiosk.desk import clock_reading, device_key, state
from kiosk.tablet import navigation
from kiosk.web.layout import database, settings
from models.clock import MINUTE_MS, Moment
from models.protocol import note
from models.tables.desk_store import Draft

blueprint = Blueprint("notes", __name__)
navigation.citizens_only(blueprint)


def offered(session: Session) -> bool:
    """Whether this desk can offer the page: it is paired, has its key and knows the address that phones reach."""
    known = state.read(session)
    return bool(known.public_url) and not known.key_fault


def made_ms(session: Session, id: str) -> int:
    """When response `id` was tapped, as far as this desk can know it (ms since 1970, UTC); 0 where it cannot, as on a
    slip: no clock that is wrong closes a page before it is opened."""
    row = session.get(Draft, id)
    if row is None or row.boot != state.read(session).boot:
        return 0
    return clock_reading.read(session, Moment(row.t, row.mono)).minute * MINUTE_MS


@blueprint.get("/rate/<id>/note.svg")
def picture(id: str) -> Response:
    """The QR of an open rating; 404 when there is none."""
    draft, _desk = navigation.asked(id)
    with database().read() as session:
        identity = state.read(session).identity
        made = made_ms(session, id)
    if draft is None or draft.state != "open" or identity is None or not identity.public_url:
        abort(404)
    try:
        key = device_key.load(settings().key_file)
    except device_key.KeyUnusable:
        abort(404)
    token = note.mint(identity.device, identity.epoch, id, made, key, identity.centre_key)
    from kiosk import qr_code

    return Response(qr_code.svg(note.url(identity.public_url, token)), mimetype="image/svg+xml")
