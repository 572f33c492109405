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
from kiosk.desk import clock_reading, device_key, kept_ratings, ledger, state
from kiosk.staff.action_text import describe_action
from kiosk.staff.login import (
    render_pin_page,
    request_session_left_ms,
    require_session,
    session_seal,
    sign_out_to,
    try_pin,
)
from kiosk.staff.status_text import READ, Banner, build_banners, build_tiles
from kiosk.tablet.page_guards import require_current_desk
from kiosk.web.page_layout import page_url, render_page
from kiosk.web.request_context import current_database, current_moment, current_settings
from models.clock import Moment
from models.storage.database import Database

log = logging.getLogger(__name__)
blueprint = Blueprint("staff", __name__, url_prefix="/staff")
HOME = "staff.page"
#: How long a button waits for the network before the page comes back (seconds); sending goes on behind it.
PATIENCE = 8.0


@dataclass
class ActionResult:
    """What the last button did, shown once it is done: `id` ties it to the page that asked."""

    id: int = 0
    code: str = ""
    values: dict[str, Any] | None = None
    sending: threading.Thread | None = None


@blueprint.get("")
def page() -> str:
    """The staff page, or its door."""
    left = request_session_left_ms(STAFF)
    if not left:
        return render_pin_page(STAFF)
    now = current_moment()
    desk = require_current_desk()
    with current_database().read() as session:
        return render_page(
            "staff/state.html",
            desk,
            tiles=build_tiles(session, current_settings(), now),
            banners=build_banners(session, current_settings(), desk, now),
            answer=_answer(request.args.get("done", ""), kept_ratings.assess_safety(session, current_settings())),
            version=current_settings().version,
            seconds=-(-left // 1000),
            longest=LOCKS_AFTER_MS // 1000,
            seal=session_seal(),
        )


@blueprint.post("/pin")
def enter() -> Response:
    """A key of the keypad, or the PIN; behind it the ledger is read through once."""
    went = try_pin(STAFF, HOME)
    if "Set-Cookie" in went.headers:
        check_ledger(current_database(), current_moment())
    return went


@blueprint.post("/stay")
@require_session(STAFF, HOME)
def stay() -> Response:
    """Somebody touched the page."""
    return Response(status=204)


@blueprint.post("/lock")
def lock() -> Response:
    """Lock it; nothing is asked for that."""
    return sign_out_to(page_url(HOME))


@blueprint.post("/home")
def home() -> Response:
    """Lock it and go to the faces."""
    return sign_out_to("/")


@blueprint.post("/send")
@require_session(STAFF, HOME)
def send() -> Response:
    """Send now what waits: the ordinary run of sync, waited for a few seconds. The ledger is read through as well."""
    from kiosk.sync import client
    from kiosk.sync.loop import run_once

    check_ledger(current_database(), current_moment())
    result, store, own = _said(), current_database(), current_settings()
    if result.sending is None or not result.sending.is_alive():

        def run() -> None:
            try:
                outcome = run_once(store, own)
            except Exception as error:  # a locked store, a full disk: the page says so, the next run tries again
                log.exception("sending by hand")
                outcome = client.SyncResult("failed", detail=type(error).__name__)
            result.values = {"sent": outcome.sent, "waiting": outcome.waiting}
            result.code = f"send_{'closed' if outcome.closed else outcome.state}"

        result.code = "send_going_on"
        result.sending = threading.Thread(target=run, daemon=True)
        result.sending.start()
    result.sending.join(PATIENCE)
    return _done(result)


@blueprint.post("/export")
@require_session(STAFF, HOME)
def export() -> Response:
    """Take in what the centre signed, if a stick brings it, and write what waits onto the stick, sealed for the
    centre; without a stick into the instance folder."""
    from kiosk.sync import carried_files

    result, own, now = _said(), current_settings(), current_moment()
    folder = carried_files.choose_folder(own)
    with current_database().read() as session:
        identity = state.read_state(session).identity
    result.code, result.values = "export_failed", {"code": "not_paired"}
    if identity is None:
        return _done(result)
    for file in carried_files.find_receipt_files(folder, identity):
        try:
            carried_files.import_receipts(current_database(), identity, file, now)
        except carried_files.ReceiptsNotTaken as error:
            log.warning("receipts on the stick: %s", error.code)
    try:
        with current_database().write() as session:
            pin.log_maintenance(session, "export", now)
        done = carried_files.write_export(
            current_database(), device_key.load_device_key(own.key_file), own, now, folder
        )
    except carried_files.ExportNotWritten as error:
        result.values = {"code": error.code}
        return _done(result)
    result.code = "export_stick" if folder != carried_files.local_export_folder(own) else "export_home"
    result.values = {"n": done.ratings, "name": done.path.name}
    return _done(result)


@blueprint.post("/network")
@require_session(STAFF, HOME)
def network() -> Response:
    """Open this machine's network settings."""
    return _local("network", current_settings().network_command)


@blueprint.post("/leave")
@require_session(STAFF, HOME)
def leave_kiosk() -> Response:
    """Leave kiosk mode; needs no network."""
    return _local("leave", current_settings().leave_command)


def check_ledger(store: Database, now: Moment) -> str | None:
    """Read the ledger through and remember what was found; None when it is whole."""
    with store.read() as session:
        identity = state.read_state(session).identity
        broken = ledger.find_chain_break(session, identity) if identity is not None else None
    with store.write() as session:
        reading = clock_reading.read_clock(session, now)
        state.write_state(session, ledger_fault=broken or "", ledger_read_ms=READ if reading.undated else reading.ms)
    return broken


def _local(action: str, command: str) -> Response:
    from kiosk.web import machine_commands

    result = _said()
    started = (
        bool(command)
        and machine_commands.is_local_address(request.remote_addr)
        and machine_commands.start_command(command)
    )
    result.code, result.values = f"{action}_started" if started else f"{action}_keys", None
    return _done(result)


def _done(result: ActionResult) -> Response:
    result.id += 1
    return _redirect(page_url(HOME, done=result.id), 303)


def _answer(number: str, safe: kept_ratings.RatingSafety) -> Banner | None:
    """What the button did that led to this page, in words; nothing on any other page."""
    result = _said()
    return describe_action(result.code, result.values or {}, safe) if result.code and number == str(result.id) else None


def _said() -> ActionResult:
    result: ActionResult = current_app.extensions.setdefault("staff_said", ActionResult())
    return result
