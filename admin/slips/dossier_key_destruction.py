"""The end of a month's key: it is destroyed, and what was kept under it is erased.

The key goes first: from then on nothing here leads from a reference to its dossier, however far the rest has come. With
it stands what is still to be forgotten (a `StoreMark`), which is done in lots, each in a transaction of its own: others
write in between, and whoever is cut off goes on where he was. Each lot costs as many statements, however much it holds.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, SQLColumnExpression, String, column, delete, func, select, tuple_, update, values
from sqlalchemy.orm import Session, aliased

from admin.slips import code_and_dossier_keys
from models.clock import DAY_MS
from models.protocol import dossier_code
from models.tables.response import OpenedSidecar
from models.tables.slip_record import AnnouncedSlip, DossierKey, SlipReference
from models.tables.staff_account import StoreMark

#: How many slips, references or openings a lot has.
LOT = 1000
_MARK = "forgetting"
_PLAIN = {"synchronize_session": False}


@dataclass
class _PendingErasure:
    """What is still to be forgotten: announced slips and references of former versions under the months whose keys were
    `destroyed`, references under these and all other months that were `gone` by then, and openings after the one named
    here (device, id)."""

    destroyed: list[str]
    gone: list[str]
    after: tuple[str, str] = ("", "")


def destroy_month_keys(session: Session, months: list[str], now_ms: int) -> None:
    """Destroy the keys of these months. From now on what was kept under them is to be forgotten (`erase_lot`); with it
    what names a month that has ended as long ago: what came later than its key was destroyed, or under a month of which
    the store has no key; and what names no month or one after the next."""
    session.execute(update(DossierKey).where(DossierKey.month.in_(months)).values(key="", destroyed_ms=now_ms))
    mark = _mark(session)
    before = _read(mark).destroyed if mark is not None else []
    slip_months = set(session.scalars(select(SlipReference.month).distinct()))
    destroyed = sorted({*before, *months})
    left = _PendingErasure(
        destroyed, sorted({*slip_months, *destroyed} - code_and_dossier_keys.find_months_in_use(session, now_ms) - {""})
    )
    _write(session, mark, left)


def is_erasure_pending(session: Session) -> bool:
    """Whether something is still to be forgotten."""
    return session.get(StoreMark, _MARK) is not None


def erase_lot(session: Session, now_ms: int) -> bool:
    """Forget one lot of what is to be forgotten; returns whether there may be more. Whoever calls this keeps off who
    joins answers by their references."""
    mark = _mark(session)
    if mark is None:
        return False
    left, live = _read(mark), code_and_dossier_keys.find_months_in_use(session, now_ms)
    left.gone = [month for month in left.gone if month not in live]  # it may be long since this began
    if not (_announced(session, left) or _references(session, left, live) or _openings(session, left, live, now_ms)):
        session.delete(mark)
        session.flush()
        return False
    _write(session, mark, left)
    return True


def _mark(session: Session) -> StoreMark | None:
    return session.scalars(select(StoreMark).where(StoreMark.name == _MARK).with_for_update()).first()


def _read(mark: StoreMark) -> _PendingErasure:
    document = json.loads(mark.value)
    return _PendingErasure(document["destroyed"], document["gone"], tuple(document["after"]))


def _write(session: Session, mark: StoreMark | None, left: _PendingErasure) -> None:
    if mark is None:
        mark = StoreMark(name=_MARK, value="")
        session.add(mark)
    mark.value = json.dumps(asdict(left))
    session.flush()


def _announced(session: Session, left: _PendingErasure) -> bool:
    """Erase what a lot of announced slips say of their dossiers; returns whether there was any."""
    a = AnnouncedSlip
    slip_query = select(a.device_id, a.epoch, a.serial).where(a.dossier_month.in_(left.destroyed)).limit(LOT)
    slips = [tuple(row) for row in session.execute(slip_query)]
    if slips:
        these = update(a).where(tuple_(a.device_id, a.epoch, a.serial).in_(slips))
        nothing = these.values(dossier=None, last_two=None, dossier_month=None)
        session.execute(nothing.execution_options(**_PLAIN))
    return bool(slips)


def _references(session: Session, left: _PendingErasure, months: Collection[str]) -> bool:
    """Forget a lot of the references under the months that are gone; returns whether there was any."""
    one = SlipReference
    while left.gone:
        some = set(session.scalars(select(one.reference).where(one.month == left.gone[0]).limit(LOT)))
        if some:
            _forget(session, sorted(some), left, months)
            return True
        left.gone.pop(0)
    return False


def _forget(session: Session, some: list[str], left: _PendingErasure, months: Collection[str]) -> None:
    """Erase these references under months that are gone. Where several papers or answers have one, a name drawn by lot
    takes its place: what was counted once stays counted once, and nothing leads to the dossier. All of one reference go
    in one lot, so the two names stand together nowhere.

    A reference that stands under a living month too is another's word against this one: each row goes with the month
    that it names itself, so nobody erases or keeps what others say of their own.
    """
    one, other = SlipReference, aliased(SlipReference)
    same = select(other.name).where(other.reference == one.reference)
    destroyed = same.where(_of(other.month, left.destroyed)).exists()
    living = same.where(_of(other.month, months)).exists()
    former = _of(one.month, [""])  # rows that a former version wrote
    nameless = update(one).where(one.reference.in_(some), former, destroyed, ~living)
    session.execute(nameless.values(month=min(left.destroyed, default="")).execution_options(**_PLAIN))
    gone = _of(one.month, left.gone)
    counts = select(one.reference, func.count()).where(one.reference.in_(some), gone).group_by(one.reference)
    many = {reference: n > 1 for reference, n in session.execute(counts)}
    alone = [reference for reference, shared in many.items() if not shared]
    session.execute(delete(one).where(one.reference.in_(alone), gone).execution_options(**_PLAIN))
    renamed = values(column("old", String), column("new", String), name="renamed").data(
        [(old, secrets.token_hex(dossier_code.REFERENCE_BYTES)) for old, shared in many.items() if shared]
        or [("", "")]
    ).cte("renamed")  # fmt: skip
    new = update(one).where(one.reference == renamed.c.old, gone).values(reference=renamed.c.new, month="")
    session.execute(new.execution_options(**_PLAIN))


def _of(month: SQLColumnExpression[str], some: Collection[str]) -> ColumnElement[bool]:
    """Whether a row's month is one of these, for rows that are found by their reference: a month has so many rows that
    no store may look for them by its index."""
    return (month + "").in_(some)


def _openings(session: Session, left: _PendingErasure, months: Collection[str], now_ms: int) -> bool:
    """Erase of a lot of what came beside entries what names a month that is not `months`; and what names no month, or
    nothing that could be a dossier, once it has been here for `KEPT_DAYS`. What ties to a slip stays. Returns whether
    there was any to look at."""
    o = OpenedSidecar
    after = (o.kind == "r", tuple_(o.device_id, o.id) > left.after)
    rows = select(o.device_id, o.id, o.value, o.received_ms).where(*after).order_by(o.device_id, o.id).limit(LOT)
    lot = session.execute(rows).all()
    old: list[tuple[str, str]] = []
    for device, id, value, received_ms in lot:
        if value.count(":") > 1 and "=" not in value:  # a slip; not asked of the store, which would look through all
            continue
        references = dossier_code.parse_transaction_name(value)
        if references is None or "" in references:
            gone = received_ms < now_ms - code_and_dossier_keys.KEPT_DAYS * DAY_MS
        else:
            gone = not set(references) <= set(months)
        if gone:
            old.append((device, id))
    if old:
        these = delete(o).where(o.kind == "r", tuple_(o.device_id, o.id).in_(old))
        session.execute(these.execution_options(**_PLAIN))
    if lot:
        left.after = (lot[-1].device_id, lot[-1].id)
    return bool(lot)
