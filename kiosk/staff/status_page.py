"""The staff page of the tablet (K6): whether all is well, in words, and the few things to do about it.

Behind the PIN (`kiosk.staff.login`); locks itself a minute after the last touch. Shows no answer and no score, and
needs no network: sending now is tried for a few seconds and goes on by itself after that. What only a button needs is
imported when it is pressed: the desk's start stays light.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, request
from flask import redirect as _redirect
from werkzeug.wrappers import Response

from kiosk.auth import pin
from kiosk.auth.sessions import LOCKS_AFTER_MS, STAFF
from kiosk.desk import clock_reading, device_key, ledger, promise, state
from kiosk.staff.action_text import answer
from kiosk.staff.login import behind, door, leave, on_duty, seal, try_pin
from kiosk.staff.status_text import READ, Banner, banners, tiles
from kiosk.tablet.navigation import current_desk
from kiosk.web.layout import database, draw, moment, settings, to
from models.clock import Moment
from models.storage.database import Database

log = logging.getLogger(__name__)
blueprint = Blueprint("staff", __name__, url_prefix="/staff")
HOME = "staff.page"
#: How long a button waits for the network before the page comes back (seconds); sending goes on behind it.
PATIENCE = 8.0


@dataclass
class Said:
    """What the last button did, shown once it is done: `id` ties it to the page that asked."""

    id: int = 0
    code: str = ""
    values: dict[str, Any] | None = None
    sending: threading.Thread | None = None


@blueprint.get("")
def page() -> str:
    """The staff page, or its door."""
    left = on_duty(STAFF)
    if not left:
        return door(STAFF)
    now = moment()
    known = current_desk()
    with database().read() as session:
        return draw(
            "staff/state.html",
            known,
            tiles=tiles(session, settings(), now),
            banners=banners(session, settings(), known, now),
            answer=_answer(request.args.get("done", ""), promise.of(session, settings())),
            version=settings().version,
            seconds=-(-left // 1000),
            longest=LOCKS_AFTER_MS // 1000,
            seal=seal(),
        )


@blueprint.post("/pin")
def enter() -> Response:
    """A key of the keypad, or the PIN; behind it the ledger is read through once."""
    went = try_pin(STAFF, HOME)
    if "Set-Cookie" in went.headers:
        check(database(), moment())
    return went


@blueprint.post("/stay")
@behind(STAFF, HOME)
def stay() -> Response:
    """Somebody touched the page."""
    return Response(status=204)


@blueprint.post("/lock")
def lock() -> Response:
    """Lock it; nothing is asked for that."""
    return leave(to(HOME))


@blueprint.post("/home")
def home() -> Response:
    """Lock it and go to the faces."""
    return leave("/")


@blueprint.post("/send")
@behind(STAFF, HOME)
def send() -> Response:
    """Send now what waits: the ordinary run of sync, waited for a few seconds. The ledger is read through as well."""
    from kiosk.sync import client
    from kiosk.sync.loop import run_once

    check(database(), moment())
    said, store, own = _said(), database(), settings()
    if said.sending is None or not said.sending.is_alive():

        def run() -> None:
            try:
                outcome = run_once(store, own)
            except Exception as error:  # a locked store, a full disk: the page says so, the next run tries again
                log.exception("sending by hand")
                outcome = client.Outcome("failed", detail=type(error).__name__)
            said.values = {"sent": outcome.sent, "waiting": outcome.waiting}
            said.code = f"send_{'closed' if outcome.closed else outcome.state}"

        said.code = "send_going_on"
        said.sending = threading.Thread(target=run, daemon=True)
        said.sending.start()
    said.sending.join(PATIENCE)
    return _done(said)


@blueprint.post("/export")
@behind(STAFF, HOME)
def export() -> Response:
    """Take in what the centre signed, if a stick brings it, and write what waits onto the stick, sealed for the
    centre; without a stick into the instance folder."""
    from kiosk.sync import usb_export

    said, own, now = _said(), settings(), moment()
    folder = usb_export.place(own)
    with database().read() as session:
        identity = state.read(session).identity
    said.code, said.values = "export_failed", {"code": "not_paired"}
    if identity is None:
        return _done(said)
    for file in usb_export.replies(folder, identity):
        try:
            usb_export.take(database(), identity, file, now)
        except usb_export.NotTaken as error:
            log.warning("receipts on the stick: %s", error.code)
    try:
        with database().write() as session:
            pin.note(session, "export", now)
        done = usb_export.write(database(), device_key.load(own.key_file), own, now, folder)
    except usb_export.NotWritten as error:
        said.values = {"code": error.code}
        return _done(said)
    said.code = "export_stick" if folder != usb_export.at_home(own) else "export_home"
    said.values = {"n": done.ratings, "name": done.path.name}
    return _done(said)


@blueprint.post("/network")
@behind(STAFF, HOME)
def network() -> Response:
    """Open this machine's network settings."""
    return _local("network", settings().network_command)


@blueprint.post("/leave")
@behind(STAFF, HOME)
def leave_kiosk() -> Response:
    """Leave kiosk mode; needs no network."""
    return _local("leave", settings().leave_command)


def check(store: Database, now: Moment) -> str | None:
    """Read the ledger through and remember what was found; None when it is whole."""
    with store.read() as session:
        identity = state.read(session).identity
        broken = ledger.self_check(session, identity) if identity is not None else None
    with store.write() as session:
        reading = clock_reading.read(session, now)
        state.write(session, ledger_fault=broken or "", ledger_read_ms=READ if reading.undated else reading.ms)
    return broken


def _local(what: str, command: str) -> Response:
    from kiosk.web import host_commands

    said = _said()
    started = bool(command) and host_commands.here(request.remote_addr) and host_commands.start(command)
    said.code, said.values = f"{what}_started" if started else f"{what}_keys", None
    return _done(said)


def _done(said: Said) -> Response:
    said.id += 1
    return _redirect(to(HOME, done=said.id), 303)


def _answer(asked: str, safe: promise.Promise) -> Banner | None:
    """What the button did that led to this page, in words; nothing on any other page."""
    said = _said()
    return answer(said.code, said.values or {}, safe) if said.code and asked == str(said.id) else None


def _said() -> Said:
    found: Said = current_app.extensions.setdefault("staff_said", Said())
    return found
