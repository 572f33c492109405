"""Enrolment: this machine makes its key, shows a one-time code, and receives its certificate.

This pairs it with the centre, which is shown the code. The private key never leaves the machine. What comes back is
believed only if the certificate inside is signed by the centre's key and names our own; from then on that centre key is
pinned.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets

from kiosk.desk import clock_reading, device_key, identity_copy, reference, state
from kiosk.desk.state_values import CentreTreatment
from kiosk.error_catalogue.pairing_errors import PairingFailed as PairingFailed
from kiosk.error_catalogue.pairing_errors import RefusedByCentre as RefusedByCentre
from kiosk.rating import drafts
from kiosk.settings import Settings
from kiosk.sync import client
from kiosk.sync.transport import NoAnswer, Transport
from models import keys
from models.clock import Moment
from models.protocol import canonical, entry_chain, signed_reply
from models.storage.database import Database

PATH = "/api/v1/enrol"
LONGEST_CODE = 64
_CODE = re.compile("[a-z][a-z0-9_]{0,39}")


def enrol(
    database: Database, transport: Transport, centre_url: str, code: str, now: Moment, settings: Settings
) -> state.Identity:
    """Pair this machine with the centre behind `transport`. Raises `PairingFailed`.

    Asking again with the same code after a lost reply is harmless: the same key gets the same certificate.
    """
    with database.read() as session:
        if state.read_state(session).identity is not None:
            raise PairingFailed("already_paired")
    code = code.strip().upper()
    if not (code.isascii() and code.isprintable() and 0 < len(code) <= LONGEST_CODE):
        raise PairingFailed("bad_code")
    key = _own_key(settings)
    rq = secrets.token_hex(16)
    request = {
        "app": settings.version,
        "code": code,
        "rq": rq,
        "typ": "enrol",
        "v": 1,
        "vk": key.public,
    }
    body = canonical.dump(request)
    try:
        answer = transport.post(PATH, body, {"Content-Type": "application/json"})
    except NoAnswer as error:
        raise PairingFailed("no_network", reason=error) from error
    if answer.status != 200:
        raise _refusal(answer.body, answer.status)
    identity = _believe(answer.body, rq, key.public, centre_url)
    with database.write() as session:
        state.write_state(
            session,
            device=identity.device,
            epoch=identity.epoch,
            certificate=identity.certificate.decode(),
            certificate_signature=identity.certificate_signature,
            centre_key=identity.centre_key,
            centre_url=identity.centre_url,
            public_url=identity.public_url,
            acked_seq=0,
            pruned_seq=0,
            centre_word=CentreTreatment.ACTIVE,
        )
        clock_reading.record_signed_time(session, entry_chain.parse_certificate(identity.certificate).t)
        if state.read_state(session).boot == 0:
            state.write_state(session, boot=1)
    document = client.fetch_reference(transport, identity, key, now, settings)
    with database.write() as session:
        if document is not None:
            with contextlib.suppress(reference.BadReference):  # the next sync asks again
                reference.store_reference(session, document, now.t)
        if reference.read_reference(session) is not None:
            drafts.seal_idle_drafts(session, now, settings.idle_seconds)  # what waited for a certificate
        identity_copy.write_identity_copy(session, settings.instance)
    return identity


def _own_key(settings: Settings) -> keys.SigningKey:
    """The key in this machine's file, made if there is none. One that is damaged is kept under another name: nothing
    was ever paired under it, or what was is set aside."""
    try:
        return device_key.load_device_key(settings.key_file)
    except device_key.KeyUnusable as error:
        if error.code == "key_damaged":
            os.replace(settings.key_file, settings.key_file.with_name(f"{settings.key_file.name}.damaged"))
        return keys.read_or_make_key(settings.key_file)


def _refusal(body: bytes, status: int) -> PairingFailed:
    """The refusal of who answered there; whoever it is, its words are neither longer nor odder than one line."""
    try:
        error = json.loads(body)["error"]
        code, message = str(error["code"]), " ".join(str(error["message"]).split())[:300]
        if not _CODE.fullmatch(code) or not message.isprintable():
            raise ValueError
        return RefusedByCentre(code, message)
    except (ValueError, KeyError, TypeError, RecursionError):
        return PairingFailed("no_centre", status=status)


def _believe(body: bytes, rq: str, public: str, centre_url: str) -> state.Identity:
    """The identity in a reply, if every signature fits. Raises `PairingFailed`."""
    wrong = PairingFailed("bad_reply")
    try:
        raw, signature = body.split(b"\n")[:2]
        value = signed_reply.read_reply_fields(raw)
        if value["typ"] != "enrolled":
            raise wrong
        centre_key, public_url = value["centre_key"], value["public_url"]
        certificate = entry_chain.parse_certificate(value["cert"].encode())
        genuine = (
            keys.verify(centre_key, signature.decode("ascii", "replace"), raw)
            and keys.verify(centre_key, value["sig"], certificate.raw)
            and value["rq"] == rq
            and certificate.vk == public
        )
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise wrong from error
    if not genuine:
        raise wrong
    return state.Identity(
        certificate.dev,
        certificate.ep,
        certificate.raw,
        value["sig"],
        centre_key,
        centre_url.rstrip("/"),
        public_url,
    )
