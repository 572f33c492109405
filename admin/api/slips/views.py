"""`POST /api/v1/slips`: the one-stop software announces slips and gets their QR codes.

For servers with a key, never for browsers; every error has the one shape of the API.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Response, current_app, jsonify, request
from sqlalchemy.exc import IntegrityError

from admin.api.slips import announced_slips, api_keys, openapi_document
from admin.api.slips import request as slip_request
from admin.api.slips.request import ApiRefused
from admin.auth.permissions import PublicBlueprint
from admin.desks import dossier_formats
from admin.ledgers import centre_clock
from admin.ledgers.signing_keys import CentreKeys
from admin.web import clock_guard
from models.clock import local_day
from models.storage import store_faults
from models.storage.database import Database
from models.tables.device import Refusal

blueprint = PublicBlueprint("announce", __name__, url_prefix="/api/v1")
log = logging.getLogger(__name__)


def _database() -> Database:
    store: Database = current_app.extensions["database"]
    return store


def _now_ms() -> int:
    return clock_guard.read_request_clock().ms


@blueprint.errorhandler(ApiRefused)
def refused(error: ApiRefused) -> Response:
    """An error as every answer of the API says it."""
    _count_refusal(error.code)
    response = jsonify({"error": {"code": error.code, "message": str(error)}})
    response.status_code = error.kind.status or 400
    response.headers.extend(error.headers)
    return response


def _count_refusal(code: str) -> None:
    """Note that something was refused, and nothing else of it."""
    try:
        with _database().write() as session:
            row = session.get(Refusal, (day := local_day(_now_ms()), "api", code), with_for_update=True)
            if row is None:
                session.add(Refusal(day=day, device="api", code=code, n=1))
            else:
                row.n += 1
    except store_faults.FAILURES:  # busy, full, or two at once: the count is for people, not a promise
        log.warning("refusal %s not noted", code)


@blueprint.post("/slips")
def slips() -> Any:
    """Make one slip, or up to 200 at once."""
    secret, idempotency = _read_key_secret(), _read_idempotency_key()
    if request.mimetype != "application/json":
        raise ApiRefused("not_json")
    try:
        announcement = slip_request.parse_announcement(
            request.get_data(), dossier_formats.read_province_formats(current_app.extensions["settings"].instance)
        )
        reply = _announce(secret, announcement, idempotency)
    except announced_slips.IdempotencyConflict as error:
        raise ApiRefused("idempotency_mismatch") from error
    except api_keys.RateLimitExceeded as error:
        seconds = str(-(-error.wait_ms // 1000))
        raise ApiRefused("too_many", {"Retry-After": seconds}) from error
    response = Response(reply.text, 201, mimetype="application/json")
    if reply.again:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _announce(
    secret: str, announcement: slip_request.AnnouncementRequest, idempotency: str | None
) -> announced_slips.AnnouncementReply:
    centre: CentreKeys = current_app.extensions["centre"]
    clash: IntegrityError | None = None
    for _round in range(3):  # the very first slip and a citizen's very first answer may begin the recorder at once
        try:
            with _database().write() as session:
                key = api_keys.lock_key_by_secret(session, secret)
                if key is None:
                    raise _refuse_unknown_key()
                reply = announced_slips.announce_slips(session, centre, key, announcement, idempotency, _now_ms())
                centre_clock.record_signed_time(session, _now_ms())
                return reply
        except IntegrityError as error:
            clash = error
    assert clash is not None
    raise clash


def _refuse_unknown_key() -> ApiRefused:
    return ApiRefused("unknown_key", {"WWW-Authenticate": "Bearer"})


def _read_key_secret() -> str:
    if "Origin" in request.headers or request.headers.get("Sec-Fetch-Mode"):
        raise ApiRefused("no_browsers")
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise _refuse_unknown_key()
    with _database().read() as session:
        if not api_keys.is_known_secret(session, secret.strip()):
            raise _refuse_unknown_key()
    return secret.strip()


def _read_idempotency_key() -> str | None:
    text = request.headers.get("Idempotency-Key")
    if text is not None and not (1 <= len(text) <= 80 and text.isascii() and text.isprintable()):
        raise ApiRefused("bad_field.idempotency_key")
    return text


@blueprint.get("/openapi.json")
def description() -> Response:
    """The API's own description."""
    settings = current_app.extensions["settings"]
    return jsonify(openapi_document.build_openapi_document(settings.public_url, settings.version))
