"""API keys of other systems: made, revoked, looked up, and held to a limit within a minute.

A key is shown once, when it is made; what is kept is its digest, the agencies it is for, and how many slips it may
announce within a minute (counted in the store, so all processes count together).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.error_catalogue.command_errors import API_KEYS
from admin.statistics.tallies.agency_tree import UnknownAgency
from models.clock import MINUTE_MS
from models.errors import CodedError
from models.tables.agency import Agency
from models.tables.slip_record import ApiKey

PREFIX = "hl_"
PER_MINUTE = 600


class ApiKeyRefused(CodedError):
    """The key cannot be made or found."""

    table = API_KEYS


class RateLimitExceeded(Exception):
    """More than the key may announce in this minute; `wait_ms` until the next one."""

    def __init__(self, wait_ms: int) -> None:
        super().__init__("too_many")
        self.wait_ms = wait_ms


def hash_secret(secret: str) -> str:
    """Under what a key is kept."""
    return hashlib.sha256(b"hailong api key\0" + secret.encode("utf-8", "surrogatepass")).hexdigest()


def add_key(
    session: Session, name: str, agency_key: str, now_ms: int, per_minute: int = PER_MINUTE,
    deciders: Collection[str] = (),
) -> str:  # fmt: skip
    """Make a key for an agency and what lies under it; returns the key, which is nowhere else. `deciders`: the agencies
    that it may name as deciding.

    Raises `ApiKeyRefused` (`api_key_exists`) and `UnknownAgency`.
    """
    _require_agencies(session, {agency_key, *deciders})
    if session.scalars(select(ApiKey).where(ApiKey.name == name)).first() is not None:
        raise ApiKeyRefused("api_key_exists", name=name)
    secret = PREFIX + secrets.token_urlsafe(32)
    session.add(
        ApiKey(
            name=name, agency_key=agency_key, digest=hash_secret(secret), created_ms=now_ms, per_minute=per_minute,
            deciders=sorted(set(deciders)),
        )  # fmt: skip
    )
    session.flush()
    return secret


def revoke_key(session: Session, name: str, now_ms: int) -> None:
    """Take a key out of use, for good. Slips that were announced with it stay valid. Raises `ApiKeyRefused`."""
    row = _find_key(session, name)
    row.revoked_ms = row.revoked_ms or now_ms


def set_deciders(session: Session, name: str, deciders: Collection[str]) -> None:
    """Put these agencies, by key, in the place of those that a key may name as deciding. Raises `ApiKeyRefused` and
    `UnknownAgency`."""
    row = _find_key(session, name)
    _require_agencies(session, deciders)
    row.deciders = sorted(set(deciders))


def may_name_decider(key: ApiKey, agency: str, decider: str) -> bool:
    """Whether a key may say that `decider` decided on a dossier of `agency`: an agency speaks for itself, for others
    only who was named with the key."""
    return decider == agency or key.deciders is None or decider in key.deciders


def _find_key(session: Session, name: str) -> ApiKey:
    row = session.scalars(select(ApiKey).where(ApiKey.name == name)).first()
    if row is None:
        raise ApiKeyRefused("api_key_unknown", name=name)
    return row


def _require_agencies(session: Session, agencies: Collection[str]) -> None:
    """Raise `UnknownAgency` for the first of these keys that names none."""
    agency_keys = set(session.scalars(select(Agency.key).where(Agency.key.in_(agencies))))
    for agency in sorted(set(agencies) - agency_keys):
        raise UnknownAgency(agency)


def list_keys(session: Session) -> Sequence[ApiKey]:
    """All keys, by name."""
    return session.scalars(select(ApiKey).order_by(ApiKey.name)).all()


def is_known_secret(session: Session, secret: str) -> bool:
    """Whether somebody shows a key that is in use."""
    statement = select(ApiKey.id).where(ApiKey.digest == hash_secret(secret), ApiKey.revoked_ms.is_(None))
    return session.scalar(statement) is not None


def lock_key_by_secret(session: Session, secret: str) -> ApiKey | None:
    """The key that somebody shows, if it is in use; its row is locked until the transaction ends."""
    row = session.scalars(select(ApiKey).where(ApiKey.digest == hash_secret(secret)).with_for_update()).first()
    return row if row is not None and row.revoked_ms is None else None


def count_usage(key: ApiKey, count: int, now_ms: int) -> None:
    """Count `count` slips in this minute. Raises `RateLimitExceeded` when that is more than the key may."""
    minute = now_ms // MINUTE_MS
    used = key.used if key.minute == minute else 0
    if used + count > key.per_minute:
        raise RateLimitExceeded((minute + 1) * MINUTE_MS - now_ms)
    key.minute, key.used = minute, used + count
