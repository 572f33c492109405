"""Sign-in sessions in the store: they end here at once, whatever a browser still holds.

What was written by a clock that ran ahead and was set back since lets nobody in until that time comes. How many wrong
passwords are taken is `admin.auth.sign_in_limits`'s to say.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from admin.auth import accounts
from admin.auth.accounts import BEHIND_MS
from models.storage.database import Database
from models.tables.staff_account import Staff, StaffSession

IDLE_MS = 20 * 60 * 1000
LONGEST_MS = 12 * 3600 * 1000
#: `seen_ms` is written at most this often, by the jobs (`admin.jobs`): reading a page is not a write.
SEEN_STEP_MS = 60 * 1000


@dataclass(frozen=True)
class Person:
    """Who is signed in. `role` is one of `models.vocabulary.Role`; they see `agency_key` and what lies under it."""

    email: str
    role: str
    agency_key: str
    #: hash of the browser's secret, the key of the session's row
    session: str


class SessionActivity:
    """When sign-ins were used last (hash → ms since 1970, UTC), as far as this process saw it: in its memory, so that
    reading a page writes nothing. The oldest are forgotten."""

    def __init__(self, most: int = 10_000) -> None:
        self._last: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()
        self._most = most

    def note(self, key: str, now_ms: int) -> None:
        """The sign-in with this hash was used just now."""
        with self._lock:
            self._last.pop(key, None)
            self._last[key] = now_ms
            if len(self._last) > self._most:
                self._last.popitem(last=False)

    def last(self, key: str) -> int:
        """When this process saw it used; 0 when it never did."""
        with self._lock:
            return self._last.get(key, 0)

    def due(self, session: Session) -> dict[str, int]:
        """What the store does not know yet and is worth writing."""
        with self._lock:
            last_ms_by_key = dict(self._last)
        rows = session.execute(select(StaffSession.hash, StaffSession.seen_ms)).all()
        return {key: last_ms_by_key[key] for key, ms in rows if last_ms_by_key.get(key, 0) - ms >= SEEN_STEP_MS}


def store_session_activity(database: Database, used: SessionActivity) -> None:
    """Have the store know which sign-ins are in use: other processes, and this one after a restart, go by it."""
    with database.read() as session:
        due = used.due(session)
    if due:
        with database.write() as session:
            for key, ms in sorted(due.items()):
                row = session.get(StaffSession, key)
                if row is not None:
                    row.seen_ms = max(row.seen_ms, ms)


def start_session(session: Session, email: str, now_ms: int) -> str:
    """Sign a person in whose password was right: a new secret for the browser; only its hash is kept. Raises
    `AccountError` for one who was disabled meanwhile."""
    person = accounts.find_account(session, email)
    if person.disabled_ms is not None:
        raise accounts.AccountError("staff_disabled", email=person.email)
    secret = secrets.token_urlsafe(32)
    over, to_come = StaffSession.started_ms <= now_ms - LONGEST_MS, StaffSession.started_ms > now_ms + BEHIND_MS
    session.execute(delete(StaffSession).where(or_(over, to_come)))
    session.add(StaffSession(hash=_hash_secret(secret), email=person.email, started_ms=now_ms, seen_ms=now_ms))
    accounts.write_audit_row(session, person.email, "signed_in", person.email, now_ms)
    return secret


def record_failed_sign_in(session: Session, email: str, now_ms: int, *, last: bool) -> None:
    """Write down that a counted try had the wrong password; `last`: further ones are refused for a while. What is
    refused is not written down, so nobody fills the log."""
    address = accounts.normalise_address(email)
    exists = session.get(Staff, address) is not None
    accounts.write_audit_row(
        session, address if exists else "stranger", "sign_in_failed" if exists else "sign_in_refused", address, now_ms
    )
    if last:
        accounts.write_audit_row(session, address if exists else "stranger", "sign_in_locked", address, now_ms)


def find_session_person(
    session: Session, secret: str, now_ms: int, used: SessionActivity, *, by_itself: bool = False
) -> Person | None:
    """Who holds this secret; None when it is unknown, idle too long or too old. `used` is told, the store is not;
    `by_itself`: a page asked, nobody used it, so neither is told."""
    key = _hash_secret(secret)
    row = session.get(StaffSession, key)
    if row is None:
        return None
    seen_ms = max(row.seen_ms, used.last(key))
    if now_ms - seen_ms >= IDLE_MS or now_ms - row.started_ms >= LONGEST_MS:
        return None
    if max(row.started_ms, seen_ms) > now_ms + BEHIND_MS:
        return None  # the clock ran ahead when it began, and was set back since
    staff = session.get(Staff, row.email)
    if staff is None or staff.disabled_ms is not None:
        return None
    if not by_itself:
        used.note(key, now_ms)
    return Person(staff.email, staff.role, staff.agency_key, key)


def end_session(session: Session, secret: str, now_ms: int) -> None:
    """End the sign-in of this secret, if there is one."""
    row = session.get(StaffSession, _hash_secret(secret))
    if row is not None:
        accounts.write_audit_row(session, row.email, "signed_out", row.email, now_ms)
        session.delete(row)


def _hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
