"""Accounts: the people who may sign in, each with a role and an agency.

Operations; pages and commands call them.
"""

from __future__ import annotations

import hashlib
import re
import secrets

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from admin.auth import passwords
from models.tables.agency import Agency
from models.tables.staff_account import AuditRow, Staff, StaffSession
from models.vocabulary import Role

#: How long a one-time link may be used.
LINK_MS = 3 * 24 * 3600 * 1000
#: A clock that was put right by less than this was right (ms).
BEHIND_MS = 5 * 60 * 1000
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,50}\Z")


class AccountError(ValueError):
    """An account cannot be made or changed; `code` is a stable word (`staff_exists`, `bad_email`, `unknown_role`,
    `unknown_agency`, `unknown_staff`, `link_used`)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def add(session: Session, email: str, role: str, agency_key: str, now_ms: int, *, who: str = "command") -> str:
    """Make an account without a password; returns the one-time token of the page `/staff/link/<token>`.

    `now_ms` is milliseconds since 1970 (UTC). Raises `AccountError`.
    """
    address = tidy(email)
    if not _ADDRESS.match(address):
        raise AccountError("bad_email")
    if role not in set(Role):
        raise AccountError("unknown_role")
    if session.get(Agency, agency_key) is None:
        raise AccountError("unknown_agency")
    if session.get(Staff, address) is not None:
        raise AccountError("staff_exists")
    person = Staff(email=address, role=role, agency_key=agency_key, failures=0, locked_until_ms=0)
    session.add(person)
    note(session, who, "staff_added", f"{address} {role} {agency_key}", now_ms)
    return _new_link(session, person, now_ms)


def renew_link(session: Session, email: str, now_ms: int, *, who: str = "command") -> str:
    """A new one-time token for somebody who lost the password; the old password holds until the link is used."""
    person = find(session, email)
    note(session, who, "staff_link", person.email, now_ms)
    return _new_link(session, person, now_ms)


def set_password(session: Session, email: str, password: str, now_ms: int, *, who: str = "command") -> None:
    """Give an account a password from a command. Raises `AccountError` or `WeakPassword`."""
    person = find(session, email)
    passwords.check(password, person.email)
    _keep(session, person, passwords.hash_of(password), now_ms, who)


def link_owner(session: Session, token: str, now_ms: int) -> str | None:
    """The e-mail address a one-time token was made for, or None when it is unknown, used or too old."""
    person = _by_token(session, token, now_ms)
    return person.email if person else None


def use_link(session: Session, token: str, hashed: str, now_ms: int) -> str:
    """Set the password (already checked and hashed) of the token's owner; the token is spent. Returns the address.

    Raises `AccountError("link_used")` when the token is unknown, used or too old.
    """
    person = _by_token(session, token, now_ms)
    if person is None:
        raise AccountError("link_used")
    _keep(session, person, hashed, now_ms, person.email)
    return person.email


def find(session: Session, email: str) -> Staff:
    """The account with this address. Raises `AccountError("unknown_staff")`."""
    person = session.get(Staff, tidy(email))
    if person is None:
        raise AccountError("unknown_staff")
    return person


def tidy(email: str) -> str:
    """An address as it is kept: without blanks around it, in small letters."""
    return email.strip().casefold()[:120]


def note(session: Session, who: str, action: str, subject: str, now_ms: int) -> None:
    """Write a row of the audit log; line breaks cannot forge a second one."""
    clean = subject.replace("\r", " ").replace("\n", " ")[:200]
    session.add(AuditRow(at_ms=now_ms, who=who[:120], action=action, subject=clean))


def _keep(session: Session, person: Staff, hashed: str, now_ms: int, who: str) -> None:
    person.password, person.link, person.link_until_ms = hashed, None, None
    person.failures, person.locked_until_ms = 0, 0
    session.execute(delete(StaffSession).where(StaffSession.email == person.email))
    note(session, who, "password_set", person.email, now_ms)


def _new_link(session: Session, person: Staff, now_ms: int) -> str:
    token = secrets.token_urlsafe(24)
    person.link, person.link_until_ms = _hash(token), now_ms + LINK_MS
    session.flush()
    return token


def _by_token(session: Session, token: str, now_ms: int) -> Staff | None:
    person = session.scalar(select(Staff).where(Staff.link == _hash(token)))
    left = (person.link_until_ms or 0) - now_ms if person is not None else 0
    return person if 0 < left <= LINK_MS + BEHIND_MS else None  # longer: of a clock that was set back since


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
