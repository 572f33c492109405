"""Sessions behind the PIN: `staff` on the tablet and `officer` on the desk's PC, both short.

They say who is on duty. Server-side: the store keeps the SHA-256 of a random cookie and when it was opened and last
touched, by the running clock and the number of the present start; so no step of the wall clock lengthens a session and
a restart ends it. Each kind has one place: signing in again ends the session before. Whoever is on duty is given no
faces (`kiosk.tablet.faces` asks `find_session_kind`): an officer can neither open nor submit a rating.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import replace

from sqlalchemy.orm import Session

from kiosk.desk import state
from kiosk.desk.state_values import PinSession
from models.clock import HOUR_MS, MINUTE_MS, Moment, local_day

COOKIE = "hailong_staff"
STAFF, OFFICER = "staff", "officer"
#: The staff page locks itself when nobody touched it for so long; no session outlives a working day (milliseconds).
LOCKS_AFTER_MS = MINUTE_MS
LONGEST_MS = 8 * HOUR_MS


def sign_in(session: Session, kind: str, now: Moment) -> str:
    """Open a session of `kind` (`STAFF`, `OFFICER`); returns the cookie's value, 43 characters, kept nowhere else."""
    token = secrets.token_urlsafe(32)
    _put(session, kind, PinSession(state.read_state(session).boot, local_day(now.t), _hash(token), now.mono, now.mono))
    return token


def find_session_kind(session: Session, cookie: str | None, now: Moment) -> str | None:
    """Whose cookie this is, `STAFF` or `OFFICER`; None for no, a wrong, or an expired one. Changes nothing."""
    return next((kind for kind in (STAFF, OFFICER) if session_left_ms(session, kind, cookie, now) > 0), None)


def session_left_ms(session: Session, kind: str, cookie: str | None, now: Moment) -> int:
    """Milliseconds until the session of `kind` with this cookie locks itself; 0 when it is not open."""
    duty = _duty(session, kind)
    if not cookie or duty is None or not hmac.compare_digest(duty.hash, _hash(cookie)):
        return 0
    if duty.boot != state.read_state(session).boot or now.mono < duty.opened:
        return 0
    left = LONGEST_MS - (now.mono - duty.opened)
    if kind == STAFF:
        left = min(left, LOCKS_AFTER_MS - (now.mono - duty.touched))
    elif duty.day != local_day(now.t):
        return 0
    return max(0, left)


def prolong_session(session: Session, kind: str, cookie: str | None, now: Moment) -> bool:
    """Somebody is still here; returns whether that session is open."""
    if session_left_ms(session, kind, cookie, now) <= 0:
        return False
    duty = _duty(session, kind)
    assert duty is not None
    _put(session, kind, replace(duty, touched=now.mono))
    return True


def sign_out(session: Session, cookie: str | None) -> None:
    """End the session with this cookie, whichever it is; nothing happens without one."""
    for kind in (STAFF, OFFICER):
        duty = _duty(session, kind)
        if cookie and duty is not None and hmac.compare_digest(duty.hash, _hash(cookie)):
            _put(session, kind, None)


def end_all_sessions(session: Session) -> None:
    """End every session: the PIN was changed."""
    state.write_state(session, duty_staff=None, duty_officer=None)


def _put(session: Session, kind: str, duty: PinSession | None) -> None:
    if kind == STAFF:
        state.write_state(session, duty_staff=duty)
    else:
        state.write_state(session, duty_officer=duty)


def _duty(session: Session, kind: str) -> PinSession | None:
    state_row = state.read_state(session)
    return state_row.duty_staff if kind == STAFF else state_row.duty_officer


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
