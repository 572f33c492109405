"""Keys a desk needs for its slips: for typed codes, one an epoch; for dossier references, one a month.

A month is a local one. A typed code's key follows from a secret of the centre's, so a restored store knows the codes
that are out there. A month's key is drawn by lot: once it is destroyed (`admin.slips.dossier_key_destruction`), nothing
leads from a reference back to its dossier.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import DAY_MS, local_day, months_before
from models.protocol import dossier_code
from models.tables.device import Epoch
from models.tables.slip_record import DossierKey

#: Days after its month's end that a key is destroyed, with what was kept under it.
KEPT_DAYS = 60


def derive_typed_key(secret: bytes, device_id: str, epoch: int) -> bytes:
    """The 32 secret bytes under which the typed codes of one epoch are checked; they follow from the centre's
    `secret` for codes."""
    return hmac.digest(secret, f"hailong typed key\0{device_id}\0{epoch}".encode(), hashlib.sha256)


def derive_typed_keys(session: Session, secret: bytes, device_id: str) -> dict[str, str]:
    """What a device is sent: epoch → key (hex) of its newest epoch."""
    newest = session.scalar(
        select(Epoch.epoch).where(Epoch.device_id == device_id).order_by(Epoch.epoch.desc()).limit(1)
    )
    return {} if newest is None else {str(newest): derive_typed_key(secret, device_id, newest).hex()}


def read_dossier_keys(session: Session, agency_key: str) -> dict[str, str]:
    """The keys (hex) of an agency in use by month: that of the next month, as far as `make_missing_keys` has made it,
    and those that are not destroyed yet, under which papers that were printed before can still be told to be about the
    same dossier. What one agency's desks lose opens no other's references, but for the months that all agencies
    share."""
    rows = select(DossierKey.month, DossierKey.key, DossierKey.shared).where(DossierKey.destroyed_ms.is_(None))
    return {
        month: key if shared else dossier_code.derive_agency_key(bytes.fromhex(key), agency_key).hex()
        for month, key, shared in session.execute(rows.order_by(DossierKey.month))
    }


def months_needing_keys(now_ms: int) -> tuple[str, str]:
    """The local months that must have a key at `now_ms` (ms since 1970, UTC): the present and the next one."""
    month = local_day(now_ms)[:7]
    return month, months_before(month, -1)


def is_key_missing(session: Session, now_ms: int) -> bool:
    """Whether a key has to be made."""
    months = months_needing_keys(now_ms)
    return len(session.scalars(select(DossierKey.month).where(DossierKey.month.in_(months))).all()) < len(months)


def make_missing_keys(session: Session, now_ms: int) -> None:
    """Make the keys that are missing. Two at once clash (IntegrityError); whoever asks again finds them."""
    for month in months_needing_keys(now_ms):
        if session.get(DossierKey, month) is None:
            session.add(DossierKey(month=month, key=secrets.token_hex(32), destroyed_ms=None, shared=False))
    session.flush()


def find_outdated_months(session: Session, now_ms: int) -> list[str]:
    """The months whose keys have served: they ended `KEPT_DAYS` ago."""
    served = DossierKey.month < _first_kept(now_ms)
    return list(session.scalars(select(DossierKey.month).where(DossierKey.destroyed_ms.is_(None), served)))


def _first_kept(now_ms: int) -> str:
    """The first month that has not ended `KEPT_DAYS` ago."""
    return local_day(now_ms - KEPT_DAYS * DAY_MS)[:7]


def find_months_in_use(session: Session, now_ms: int) -> set[str]:
    """The months under which references are kept: those that have a key, and those that ought to have one and never
    had. A store that was restored from an old backup knows nothing of the months in between, while their papers and
    answers come in again. What names no such month, or one after the next, was never given a key."""
    rows = select(DossierKey.month, DossierKey.destroyed_ms)
    month_lives = {month: destroyed is None for month, destroyed in session.execute(rows)}
    month, last = _first_kept(now_ms), months_needing_keys(now_ms)[1]
    while month <= last:
        month_lives.setdefault(month, True)
        month = months_before(month, -1)
    return {month for month, lives in month_lives.items() if lives}
