"""Accounts: the people who may sign in, each with a role and an agency.

Operations; pages and commands call them.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from admin.auth import passwords
from admin.error_catalogue.command_errors import ACCOUNTS
from models.clock import DAY_MS
from models.errors import CodedError
from models.tables.agency import Agency
from models.tables.staff_account import AuditRow, Staff, StaffSession
from models.vocabulary import Role

#: How long a one-time link may be used.
LINK_MS = 3 * DAY_MS
#: A clock that was put right by less than this was right (ms).
BEHIND_MS = 5 * 60 * 1000
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,50}\Z")


class AccountError(CodedError):
    """An account cannot be made or changed."""

    table = ACCOUNTS


def add_account(session: Session, email: str, role: str, agency_key: str, now_ms: int, *, who: str = "command") -> str:
    """Make an account without a password; returns the one-time token of the page `/staff/link/<token>`.

    `now_ms` is milliseconds since 1970 (UTC). Raises `AccountError`.
    """
    address = normalise_address(email)
    if not _ADDRESS.match(address):
        raise AccountError("bad_email", email=email)
    if role not in set(Role):
        raise AccountError("unknown_role")
    if session.get(Agency, agency_key) is None:
        raise AccountError("unknown_agency")
    if session.get(Staff, address) is not None:
        raise AccountError("staff_exists", email=email)
    person = Staff(email=address, role=role, agency_key=agency_key)
    session.add(person)
    write_audit_row(session, who, "staff_added", f"{address} {role} {agency_key}", now_ms)
    return _new_link(session, person, now_ms)


def renew_link(session: Session, email: str, now_ms: int, *, who: str = "command") -> str:
    """A new one-time token for somebody who lost the password: the link before it is worth nothing, the old password
    holds until this one is used. Raises `AccountError`, also for a disabled account."""
    person = find_account(session, email)
    if person.disabled_ms is not None:
        raise AccountError("staff_disabled", email=person.email)
    write_audit_row(session, who, "staff_link", person.email, now_ms)
    return _new_link(session, person, now_ms)


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is listed. `state`: `active`, `waiting` (no password chosen yet) or `disabled`; the last sign-in
    in ms since 1970 (UTC), None if there was none."""

    email: str
    role: str
    agency: str
    state: str
    last_sign_in_ms: int | None


def list_accounts(session: Session) -> list[Account]:
    """All accounts, by address."""
    signed_in = (
        select(AuditRow.subject, func.max(AuditRow.at_ms))
        .where(AuditRow.action == "signed_in")
        .group_by(AuditRow.subject)
    )
    last = {subject: at_ms for subject, at_ms in session.execute(signed_in)}
    return [
        Account(row.email, row.role, row.agency_key, _account_state(row), last.get(row.email))
        for row in session.scalars(select(Staff).order_by(Staff.email))
    ]


def disable_account(session: Session, email: str, now_ms: int, *, who: str = "command", force: bool = False) -> bool:
    """Let nobody sign in with this account any more: its sessions end and its link is worth nothing at once; the record
    stays. False if it was so already. Raises `AccountError`: `last_province` for the last account that could give
    others back their way in, unless `force`."""
    person = _lock_account(session, email)
    if person.disabled_ms is not None:
        return False
    _refuse_last_province(session, person, force)
    person.disabled_ms, person.link, person.link_until_ms = now_ms, None, None
    _end_sessions(session, person)
    write_audit_row(session, who, "staff_disabled", person.email, now_ms)
    return True


def enable_account(session: Session, email: str, now_ms: int, *, who: str = "command") -> bool:
    """Let them sign in again, with the password they had. False if it was so already. Raises `AccountError`."""
    person = _lock_account(session, email)
    if person.disabled_ms is None:
        return False
    person.disabled_ms = None
    write_audit_row(session, who, "staff_enabled", person.email, now_ms)
    return True


def set_role(
    session: Session, email: str, role: str, agency_key: str | None, now_ms: int, *, who: str = "command",
    force: bool = False,
) -> bool:  # fmt: skip
    """Give an account another role, and another agency if one is named; its sessions end. False if it was so already.
    Raises `AccountError`, `last_province` as `disable_account` does."""
    person = _lock_account(session, email)
    if role not in set(Role):
        raise AccountError("unknown_role")
    agency_key = person.agency_key if agency_key is None else agency_key
    if session.get(Agency, agency_key) is None:
        raise AccountError("unknown_agency")
    if (role, agency_key) == (person.role, person.agency_key):
        return False
    if role != Role.PROVINCE or agency_key != person.agency_key:
        _refuse_last_province(session, person, force)
    was = f"{person.role} {person.agency_key}"
    person.role, person.agency_key = role, agency_key
    _end_sessions(session, person)
    write_audit_row(session, who, "staff_role", f"{person.email} {was} > {role} {agency_key}", now_ms)
    return True


def set_password(session: Session, email: str, password: str, now_ms: int, *, who: str = "command") -> None:
    """Give an account a password from a command. Raises `AccountError` or `WeakPassword`."""
    person = find_account(session, email)
    passwords.check_password(password, person.email)
    _store_password(session, person, passwords.hash_password(password), now_ms, who)


def find_link_owner(session: Session, token: str, now_ms: int) -> str | None:
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
    _store_password(session, person, hashed, now_ms, person.email)
    return person.email


def find_account(session: Session, email: str) -> Staff:
    """The account with this address. Raises `AccountError("unknown_staff")`."""
    person = session.get(Staff, normalise_address(email))
    if person is None:
        raise AccountError("unknown_staff", email=email)
    return person


def read_password_hash(session: Session, email: str) -> str | None:
    """The stored hash of whoever may sign in with this address; None for anybody else, known or not."""
    person = session.get(Staff, normalise_address(email))
    return person.password if person is not None and person.disabled_ms is None else None


def normalise_address(email: str) -> str:
    """An address as it is kept: without blanks around it, in small letters."""
    return email.strip().casefold()[:120]


def write_audit_row(session: Session, who: str, action: str, subject: str, now_ms: int) -> None:
    """Write a row of the audit log; line breaks cannot forge a second one."""
    clean = subject.replace("\r", " ").replace("\n", " ")[:200]
    session.add(AuditRow(at_ms=now_ms, who=who[:120], action=action, subject=clean))


def _store_password(session: Session, person: Staff, hashed: str, now_ms: int, who: str) -> None:
    person.password, person.link, person.link_until_ms = hashed, None, None
    _end_sessions(session, person)
    write_audit_row(session, who, "password_set", person.email, now_ms)


def _account_state(person: Staff) -> str:
    if person.disabled_ms is not None:
        return "disabled"
    return "waiting" if person.password is None else "active"


def _lock_account(session: Session, email: str) -> Staff:
    """The account, locked with all of the province's until the end of the transaction: of two that are disabled at the
    same moment one is the last. Raises `AccountError("unknown_staff")`."""
    person = find_account(session, email)
    both = select(Staff).where(or_(Staff.role == Role.PROVINCE.value, Staff.email == person.email))
    session.scalars(both.order_by(Staff.email).with_for_update().execution_options(populate_existing=True)).all()
    return person


def _refuse_last_province(session: Session, person: Staff, force: bool) -> None:
    """Raises `AccountError("last_province")` if nobody else of the province could sign in."""
    if force or person.role != Role.PROVINCE.value or _account_state(person) != "active":
        return
    others = select(Staff.email).where(
        Staff.role == Role.PROVINCE.value, Staff.email != person.email, Staff.agency_key == person.agency_key,
        Staff.disabled_ms.is_(None), Staff.password.is_not(None),
    )  # fmt: skip
    if session.scalar(others.limit(1)) is None:
        raise AccountError("last_province", email=person.email)


def _end_sessions(session: Session, person: Staff) -> None:
    session.execute(delete(StaffSession).where(StaffSession.email == person.email))


def _new_link(session: Session, person: Staff, now_ms: int) -> str:
    token = secrets.token_urlsafe(24)
    person.link, person.link_until_ms = _hash_link_token(token), now_ms + LINK_MS
    session.flush()
    return token


def _by_token(session: Session, token: str, now_ms: int) -> Staff | None:
    person = session.scalar(select(Staff).where(Staff.link == _hash_link_token(token)))
    left = (person.link_until_ms or 0) - now_ms if person is not None else 0
    if person is not None and person.disabled_ms is not None:
        return None
    return person if 0 < left <= LINK_MS + BEHIND_MS else None  # longer: of a clock that was set back since


def _hash_link_token(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
