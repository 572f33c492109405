"""`POST /api/v1/slips`: the one-stop software announces slips and gets their QR codes.

For servers with a key, never for browsers; every error has the one shape of the API.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy.exc import IntegrityError

from admin.api.slips import announced_slips, api_keys, openapi_document
from admin.api.slips import request as slip_request
from admin.desks import dossier_formats
from admin.ledgers import centre_clock
from admin.ledgers.signing_keys import Centre
from admin.web import clock_guard
from models.clock import local_day
from models.storage import store_faults
from models.storage.database import Database
from models.tables.device import Refusal

blueprint = Blueprint("announce", __name__, url_prefix="/api/v1")
log = logging.getLogger(__name__)


def _database() -> Database:
    found: Database = current_app.extensions["database"]
    return found


def _now_ms() -> int:
    return clock_guard.reading().ms


class Refused(Exception):
    """The request is not taken."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers


@blueprint.errorhandler(Refused)
def refused(error: Refused) -> Response:
    """An error as every answer of the API says it."""
    _count(error.code)
    response = jsonify({"error": {"code": error.code, "message": error.message}})
    response.status_code = error.status
    response.headers.extend({name.replace("_", "-"): value for name, value in error.headers.items()})
    return response


def _count(code: str) -> None:
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
    secret, idempotency = _secret(), _idempotency()
    if request.mimetype != "application/json":
        raise Refused(415, "not_json", "Send application/json.")
    try:
        wanted = slip_request.parse(
            request.get_data(), dossier_formats.of_province(current_app.extensions["settings"].instance)
        )
        reply = _announced(secret, wanted, idempotency)
    except slip_request.BadRequest as error:
        raise Refused(400 if error.code == "bad_json" else 422, error.code, str(error)) from error
    except announced_slips.OtherBody as error:
        message = "This Idempotency-Key was used with another body; nothing was made."
        raise Refused(422, "idempotency_mismatch", message) from error
    except api_keys.TooMany as error:
        seconds = str(-(-error.wait_ms // 1000))
        message = "This key has announced as many slips as it may in a minute; nothing was made."
        raise Refused(429, "too_many", message, Retry_After=seconds) from error
    response = Response(reply.text, 201, mimetype="application/json")
    if reply.again:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _announced(secret: str, wanted: slip_request.Request, idempotency: str | None) -> announced_slips.Reply:
    centre: Centre = current_app.extensions["centre"]
    clash: IntegrityError | None = None
    for _round in range(3):  # the very first slip and a citizen's very first answer may begin the recorder at once
        try:
            with _database().write() as session:
                key = api_keys.held(session, secret)
                if key is None:
                    raise _unknown()
                reply = announced_slips.announce(session, centre, key, wanted, idempotency, _now_ms())
                centre_clock.signed(session, _now_ms())
                return reply
        except IntegrityError as error:
            clash = error
    assert clash is not None
    raise clash


def _unknown() -> Refused:
    return Refused(401, "unknown_key", "Show a key that is in use.", WWW_Authenticate="Bearer")


def _secret() -> str:
    if "Origin" in request.headers or request.headers.get("Sec-Fetch-Mode"):
        raise Refused(403, "no_browsers", "This address is for servers; a key must never be in a browser.")
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise _unknown()
    with _database().read() as session:
        if not api_keys.known(session, secret.strip()):
            raise _unknown()
    return secret.strip()


def _idempotency() -> str | None:
    text = request.headers.get("Idempotency-Key")
    if text is not None and not (1 <= len(text) <= 80 and text.isascii() and text.isprintable()):
        raise Refused(422, "bad_field", "Idempotency-Key must be 1 to 80 printable ASCII characters.")
    return text


@blueprint.get("/openapi.json")
def description() -> Response:
    """The API's own description."""
    settings = current_app.extensions["settings"]
    return jsonify(openapi_document.document(settings.public_url, settings.version))
