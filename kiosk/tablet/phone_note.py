"""The QR "Viết trên điện thoại": a private page for one answer on the citizen's own phone.

A picture of its own, asked for by the topics page once that is shown. The token in it says which response it belongs
to and nothing about what was answered (`models.protocol.note_token`); it is the same however often the page is drawn.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort
from sqlalchemy.orm import Session

from kiosk.desk import clock_reading, device_key, state
from kiosk.tablet import page_guards
from kiosk.web.request_context import current_database, current_settings
from models.clock import MINUTE_MS, Moment
from models.protocol import note_token
from models.tables.desk_store import Draft

blueprint = Blueprint("notes", __name__)
page_guards.citizens_only(blueprint)


def is_note_offered(session: Session) -> bool:
    """Whether this desk can offer the page: it is paired, has its key and knows the address that phones reach."""
    state_row = state.read_state(session)
    return bool(state_row.public_url) and not state_row.key_fault


def find_tap_ms(session: Session, id: str) -> int:
    """When response `id` was tapped, as far as this desk can know it (ms since 1970, UTC); 0 where it cannot, as on a
    slip: no clock that is wrong closes a page before it is opened."""
    row = session.get(Draft, id)
    if row is None or row.boot != state.read_state(session).boot:
        return 0
    return clock_reading.read_clock(session, Moment(row.t, row.mono)).minute * MINUTE_MS


@blueprint.get("/rate/<id>/note.svg")
def picture(id: str) -> Response:
    """The QR of an open rating; 404 when there is none."""
    draft, _desk = page_guards.load_page(id)
    with current_database().read() as session:
        identity = state.read_state(session).identity
        tap_ms = find_tap_ms(session, id)
    if draft is None or draft.state != "open" or identity is None or not identity.public_url:
        abort(404)
    try:
        key = device_key.load_device_key(current_settings().key_file)
    except device_key.KeyUnusable:
        abort(404)
    token = note_token.mint(identity.device, identity.epoch, id, tap_ms, key, identity.centre_key)
    from kiosk import qr_code

    return Response(qr_code.draw_screen_svg(note_token.url(identity.public_url, token)), mimetype="image/svg+xml")
