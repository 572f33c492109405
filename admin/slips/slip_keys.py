"""Keys a desk needs for its slips: for typed codes, one an epoch; for dossier references, one a month.

A month is a local one. A typed code's key follows from a secret of the centre's, so a restored store knows the codes
that are out there. A month's key is drawn by lot: once it is destroyed, nothing leads from a reference back to its
dossier.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy import and_, delete, func, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from models.clock import local_day, months_before
from models.protocol import dossier_code
from models.tables.device import Epoch
from models.tables.response import OpenedSidecar
from models.tables.slip_record import AnnouncedSlip, DossierKey, SlipReference

#: Days after its month's end that a key is destroyed, with what was kept under it.
KEPT_DAYS = 60
#: How many openings are read and erased at a time.
_STEP = 500
_DAY = 86_400_000


def typed_key(secret: bytes, device_id: str, epoch: int) -> bytes:
    """The 32 secret bytes under which the typed codes of one epoch are checked; they follow from the centre's
    `secret` for codes."""
    return hmac.digest(secret, f"hailong typed key\0{device_id}\0{epoch}".encode(), hashlib.sha256)


def typed_keys(session: Session, secret: bytes, device_id: str) -> dict[str, str]:
    """What a device is sent: epoch → key (hex) of its newest epoch."""
    newest = session.scalar(
        select(Epoch.epoch).where(Epoch.device_id == device_id).order_by(Epoch.epoch.desc()).limit(1)
    )
    return {} if newest is None else {str(newest): typed_key(secret, device_id, newest).hex()}


def dossier_keys(session: Session, agency_key: str) -> dict[str, str]:
    """The keys (hex) of an agency in use by month: that of the next month, as far as `make` has made it, and those that
    are not destroyed yet, under which papers that were printed before can still be told to be about the same dossier.
    What one agency's desks lose opens no other's references, but for the months that all agencies share."""
    rows = select(DossierKey.month, DossierKey.key, DossierKey.shared).where(DossierKey.destroyed_ms.is_(None))
    return {
        month: key if shared else dossier_code.agency_key(bytes.fromhex(key), agency_key).hex()
        for month, key, shared in session.execute(rows.order_by(DossierKey.month))
    }


def due(now_ms: int) -> tuple[str, str]:
    """The local months that must have a key at `now_ms` (ms since 1970, UTC): the present and the next one."""
    month = local_day(now_ms)[:7]
    return month, months_before(month, -1)


def missing(session: Session, now_ms: int) -> bool:
    """Whether a key has to be made."""
    months = due(now_ms)
    return len(session.scalars(select(DossierKey.month).where(DossierKey.month.in_(months))).all()) < len(months)


def make(session: Session, now_ms: int) -> None:
    """Make the keys that are missing. Two at once clash (IntegrityError); whoever asks again finds them."""
    for month in due(now_ms):
        if session.get(DossierKey, month) is None:
            session.add(DossierKey(month=month, key=secrets.token_hex(32), destroyed_ms=None, shared=False))
    session.flush()


def outdated(session: Session, now_ms: int) -> list[str]:
    """The months whose keys have served: they ended `KEPT_DAYS` ago."""
    served = DossierKey.month < _first_kept(now_ms)
    return list(session.scalars(select(DossierKey.month).where(DossierKey.destroyed_ms.is_(None), served)))


def _first_kept(now_ms: int) -> str:
    """The first month that has not ended `KEPT_DAYS` ago."""
    return local_day(now_ms - KEPT_DAYS * _DAY)[:7]


def _living(session: Session, now_ms: int) -> set[str]:
    """The months under which references are kept: those that have a key, and those that ought to have one and never
    had. A store that was restored from an old backup knows nothing of the months in between, while their papers and
    answers come in again. What names no such month, or one after the next, was never given a key."""
    rows = select(DossierKey.month, DossierKey.destroyed_ms)
    known = {month: destroyed is None for month, destroyed in session.execute(rows)}
    month, last = _first_kept(now_ms), due(now_ms)[1]
    while month <= last:
        known.setdefault(month, True)
        month = months_before(month, -1)
    return {month for month, lives in known.items() if lives}


def destroy(session: Session, months: list[str], now_ms: int) -> None:
    """Destroy the keys of these months, and erase what was kept under them; with it what names a month that has ended
    as long ago: what came later than its key was destroyed, or under a month of which the store has no key; and at once
    what names no month or one after the next."""
    session.execute(
        update(AnnouncedSlip)
        .where(AnnouncedSlip.dossier_month.in_(months))
        .values(dossier=None, last_two=None, dossier_month=None)
    )
    session.execute(update(DossierKey).where(DossierKey.month.in_(months)).values(key="", destroyed_ms=now_ms))
    living = _living(session, now_ms)
    _forget(session, months, living)
    _forget_openings(session, living, now_ms)
    session.flush()


def _forget(session: Session, months: list[str], kept: set[str]) -> None:
    """Erase the references of all months but those that are `kept`; these have lost their keys now. Where several
    papers or answers have one, a name drawn by lot takes its place: what was counted once stays counted once, and
    nothing leads to the dossier.

    A reference that stands under a living month too is another's word against this one: each row goes with the month
    that it names itself, so nobody erases or keeps what others say of their own.
    """
    one, other = SlipReference, aliased(SlipReference)
    same = select(other.name).where(other.reference == one.reference)
    destroyed = same.where(other.month.in_(months)).exists()
    living = same.where(other.month.in_(kept)).exists()
    nameless = update(one).where(one.month == "", destroyed, ~living)  # as former versions wrote them
    session.execute(nameless.values(month=min(months, default="")).execution_options(synchronize_session=False))
    gone = and_(one.month != "", one.month.not_in(kept))
    several = select(one.reference).where(gone).group_by(one.reference).having(func.count() > 1)
    shared = session.scalars(several).all()
    session.execute(delete(one).where(gone, one.reference.not_in(several)))
    for old in shared:
        session.execute(
            update(one)
            .where(gone, one.reference == old)
            .values(reference=secrets.token_hex(dossier_code.REFERENCE_BYTES), month="")
        )


def _forget_openings(session: Session, kept: set[str], now_ms: int) -> None:
    """Erase what came beside entries and names a month that is not `kept`; what names no month, or nothing that could
    be a dossier, once it has been here for `KEPT_DAYS`. What ties to a slip stays."""
    o = OpenedSidecar
    slips = and_(o.value.like("%:%:%"), o.value.not_like("%=%"))
    rows = select(o.device_id, o.id, o.value, o.received_ms).where(o.kind == "r", ~slips)
    old: list[tuple[str, str]] = []
    for device, id, value, received_ms in session.execute(rows.execution_options(yield_per=_STEP)):
        named = dossier_code.of_transaction(value)
        if named is None or "" in named:
            gone = received_ms < now_ms - KEPT_DAYS * _DAY
        else:
            gone = not named.keys() <= kept
        if gone:
            old.append((device, id))
    for at in range(0, len(old), _STEP):
        these = tuple_(o.device_id, o.id).in_(old[at : at + _STEP])
        session.execute(delete(o).where(o.kind == "r", these).execution_options(synchronize_session=False))
