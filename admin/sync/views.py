"""Views for devices: sync, reference data, recordings, pairing; every answer that matters is signed.

Cookies are ignored, browsers refused.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from flask import Response, current_app, request
from sqlalchemy.orm import Session

from admin.auth.permissions import PublicBlueprint
from admin.devices import pairing
from admin.error_catalogue.device_errors import BATCHES, PAIRING, SYNC
from admin.ledgers import centre_clock, epoch_ends, witness
from admin.ledgers.signing_keys import CentreKeys
from admin.recordings import store as recordings
from admin.responses import late_commitment_openings
from admin.settings import Settings
from admin.sync import project_and_recount
from admin.sync import reference_data as reference
from admin.web import clock_guard, errors
from models import clock, keys
from models.errors import ErrorKind
from models.protocol import canonical, signed_reply, wire
from models.protocol.wire import MalformedBatch
from models.storage import store_faults
from models.storage.database import Database
from models.tables.device import Device, Epoch, Refusal

_KEY = re.compile(r"[0-9a-f]{64}\Z")
blueprint = PublicBlueprint("sync", __name__, url_prefix="/api/v1")
log = logging.getLogger(__name__)


def _database() -> Database:
    database: Database = current_app.extensions["database"]
    return database


def _centre() -> CentreKeys:
    centre_keys: CentreKeys = current_app.extensions["centre"]
    return centre_keys


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _now_ms() -> int:
    return clock_guard.read_request_clock().ms


def unsigned_answer(kind: ErrorKind, **values: object) -> Response:
    """An unsigned answer: it changes nothing at the device but its patience."""
    error = {"code": kind.code, "message": kind.sentence(values)}
    return Response(json.dumps({"error": error}, ensure_ascii=False), kind.status, mimetype="application/json")


def signed_answer(status: int, body: bytes) -> Response:
    """A signed answer."""
    return Response(body, status, mimetype="application/hailong-reply")


def answer_store_failure(error: Exception) -> Response:
    """The store cannot take it: the device keeps what it sent and asks again later. What was not answered is not
    acknowledged, so nothing is lost whatever the store made of it."""
    failed_store = errors.find_store_failure(error)
    return failed_store.tell(unsigned_answer(SYNC[failed_store.store_fault.value]))


for failing in store_faults.FAILURES:
    blueprint.register_error_handler(failing, answer_store_failure)


@blueprint.before_request
def no_browsers() -> Response | None:
    """Devices have no origin; a page somewhere must not be able to send batches."""
    if "Origin" in request.headers or request.headers.get("Sec-Fetch-Mode"):
        return unsigned_answer(SYNC["no_browsers"])
    return None


@blueprint.post("/sync")
def sync() -> Response:
    """Take a batch: judge, store, answer, then count."""
    data = request.get_data()
    now_ms = _now_ms()
    try:
        wire.check_complete(data, request.headers.get("Content-Length"), request.headers.get("Content-Digest"))
        body = wire.inflate(data)
        with _database().read() as session:
            batch = witness.verify_batch_body(session, body, _centre().public)
            ref = _reference_version(session, batch.batch.envelope.dev)
        with _database().write() as session:
            confirmed = clock_guard.read_request_clock().confirmed_ms or 0
            verdict = late_commitment_openings.accept_batch_and_late_openings(
                session, batch, now_ms, _centre().key, ref=ref, confirmed_ms=confirmed
            )
            centre_clock.record_signed_time(session, now_ms)
    except MalformedBatch as error:
        _count_refusal(now_ms, error.code)
        return unsigned_answer(BATCHES[error.code], reason=error)
    except witness.UnknownDevice:
        _count_refusal(now_ms, "unknown_device")
        return unsigned_answer(SYNC["unknown_device.certificate"])
    if verdict.accepted:
        envelope = batch.batch.envelope
        project_and_recount.count_accepted(
            _database(), envelope.dev, envelope.ep, recount=envelope.to == envelope.head_seq
        )
    return signed_answer(verdict.status, verdict.body)


def _reference_version(session: Session, device: str) -> str | None:
    device_row = session.get(Device, device)
    if device_row is None or device_row.desk_code is None:
        return None
    return reference.document_version(reference.build_reference_document(session, device, _settings(), _centre()))


def _count_refusal(now_ms: int, code: str) -> None:
    """Note that something malformed came, and nothing else of it."""
    try:
        with _database().write() as session:
            row = session.get(Refusal, (clock.local_day(now_ms), "", code))
            if row is None:
                session.add(Refusal(day=clock.local_day(now_ms), device="", code=code, n=1))
            else:
                row.n += 1
    except store_faults.FAILURES:  # busy, full, or two at once: the count is for people, not a promise
        log.warning("refusal %s not noted", code)


@blueprint.post("/reference")
def reference_data() -> Response:
    """Send a device its reference data, proved by a signature over its SHA-256."""
    with _database().read() as session:
        signed_request = _verify_signed_request(session, "ref")
        if isinstance(signed_request, Response):
            return signed_request
        try:
            document = reference.build_reference_document(session, signed_request["dev"], _settings(), _centre())
        except KeyError:
            return unsigned_answer(SYNC["no_desk"])
    return _sign_data(signed_request, reference.document_version(document), document)


@blueprint.post("/media")
def recording() -> Response:
    """Send a device one recording that its reference data name, proved in the same way."""
    with _database().read() as session:
        signed_request = _verify_signed_request(session, "media")
        if isinstance(signed_request, Response):
            return signed_request
        sha = signed_request.get("sha")
        is_named = type(sha) is str and reference.does_name_recording(session, signed_request["dev"], sha)
    data = recordings.read_recording_bytes(_settings().instance, str(sha)) if is_named else None
    if data is None:
        return unsigned_answer(SYNC["no_recording"])
    return _sign_data(signed_request, str(sha), data)


def _verify_signed_request(session: Session, typ: str) -> dict[str, Any] | Response:
    """The signed line by which a device asks for something, or why it is refused."""
    lines = request.get_data().split(b"\n")
    try:
        signed_request: dict[str, Any] = canonical.parse(lines[0])
        device, epoch, rq = signed_request["dev"], signed_request["ep"], signed_request["rq"]
        if signed_request["typ"] != typ or len(lines) < 2 or not _names_request(rq):
            raise KeyError("typ")
    except (canonical.NotCanonical, KeyError):
        return unsigned_answer(SYNC["bad_envelope"])
    numbered = type(device) is str and type(epoch) is int and 0 < epoch <= canonical.MAX_COLUMN
    row = session.get(Epoch, (device, epoch)) if numbered else None
    if row is None or not keys.verify(row.vk, lines[1].decode("ascii", "replace"), lines[0]):
        return unsigned_answer(SYNC["unknown_device"])
    if (state := witness.blocking_state(session.get_one(Device, device), row)) is not None:  # nothing is given to it
        value = {"dev": device, "ep": epoch, "rq": rq, "state": state, "t": _now_ms(), "typ": "stop", "v": 1}
        return signed_answer(403, signed_reply.dump(value, _centre().key))
    if epoch_ends.find_epoch_end(session, row) is not None:  # its keys are no longer for who has the old one
        return unsigned_answer(SYNC["ledger_closed"])
    return signed_request


def _names_request(rq: Any) -> bool:
    """Whether the reply can repeat this name of a request."""
    return type(rq) is str and len(rq) <= signed_reply.MAX_RQ


def _sign_data(signed_request: dict[str, Any], sha: str, data: bytes) -> Response:
    """What was asked for, behind a signed line with its SHA-256."""
    value = {
        "dev": signed_request["dev"],
        "ep": signed_request["ep"],
        "rq": signed_request["rq"],
        "sha": sha,
        "t": _now_ms(),
        "typ": signed_request["typ"],
        "v": 1,
    }
    return signed_answer(200, signed_reply.dump(value, _centre().key) + data)


@blueprint.post("/enrol")
def enrol() -> Response:
    """Pair a machine that shows a one-time code and its public key."""
    try:
        pairing_request: dict[str, Any] = canonical.parse(request.get_data())
        code, public, rq = pairing_request["code"], pairing_request["vk"], pairing_request["rq"]
        if not (type(code) is type(public) is str and _names_request(rq) and _KEY.match(public)):
            raise KeyError("vk")
    except (canonical.NotCanonical, KeyError, ValueError):
        return unsigned_answer(PAIRING["bad_request"])
    now_ms = _now_ms()
    try:
        with _database().write() as session:
            issued = pairing.pair_device(session, code, public, now_ms, _centre())
            centre_clock.record_signed_time(session, now_ms)
    except pairing.PairingRefused as error:
        if error.code == "bad_code":
            _count_refusal(now_ms, "bad_code")
        return unsigned_answer(error.kind)
    value = {
        "cert": issued.certificate.decode(),
        "centre_key": _centre().public,
        "public_url": _settings().public_url,
        "rq": rq,
        "sig": issued.signature,
        "t": now_ms,
        "typ": "enrolled",
        "v": 1,
    }
    return signed_answer(200, signed_reply.dump(value, _centre().key))
