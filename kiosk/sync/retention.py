"""Retention at the desk: how long it keeps what the centre signed for, in days of the centre.

The age of an entry is the number of distinct local days on which the centre signed a receipt after the one that covered
the entry. No clock of this machine has a say, and a clock of the centre that leaps ahead for once is one day more. What
a restored centre has lost again is covered by no receipt until it signs anew.
"""

from __future__ import annotations

from sqlalchemy import delete, false, func, select, update
from sqlalchemy.orm import Session

from kiosk.desk import ledger, state
from kiosk.settings import KEEP_DAYS
from models import clock
from models.clock import Moment
from models.protocol.receipt import Reply
from models.tables.desk_store import StoredReceipt, WaitingSidecar
from models.tables.ledger_entry import StoredEntry

#: Days an opening is kept beside its acknowledged entry.
KEEP_SIDECAR_DAYS = 30
#: The fact (`kiosk.desk.state`) of when the centre last said that it lacks what it had signed for (its clock, ms).
GAP_MS = "gap_ms"


def keep(session: Session, identity: state.Identity, reply: Reply, now: Moment) -> None:
    """Keep a receipt that covers more than the ones before."""
    value = reply.value
    session.add(
        StoredReceipt(
            epoch=identity.epoch,
            seq=value["seq"],
            h=value["h"],
            t=value["t"],
            day=clock.local_day(min(max(0, value["t"]), clock.LAST_MS)),
            at=now.t,
            boot=state.boot_number(session),
            mono=now.mono,
            bytes=reply.raw,
            signature=reply.signature,
        )
    )
    session.flush()


def lacks(session: Session, identity: state.Identity, expected: int, centre_ms: int) -> None:
    """The centre, whose clock is at `centre_ms`, expects entries from `expected` on again: it was restored. Its older
    receipts for them stay as evidence and cover nothing more."""
    session.execute(
        update(StoredReceipt)
        .where(StoredReceipt.epoch == identity.epoch, StoredReceipt.seq >= expected)
        .values(undone=True)
    )
    state.remember(session, **{GAP_MS: centre_ms})


def outdated(session: Session, centre_ms: int) -> bool:
    """Whether a receipt signed at `centre_ms` is of a centre that lost since then what it had signed for."""
    return centre_ms <= int(state.fact(session, GAP_MS, "0"))


def prune(session: Session, identity: state.Identity) -> None:
    """Erase what the centre signed for and what is past its time: openings after 30 days, entries after 180. The newest
    entry always stays: the next one must name it."""
    acked, (head_seq, _h) = int(state.fact(session, "acked_seq", "0")), ledger.head(session, identity)
    opened = min(acked, aged(session, identity.epoch, KEEP_SIDECAR_DAYS))
    if opened:
        session.execute(
            delete(WaitingSidecar).where(WaitingSidecar.epoch == identity.epoch, WaitingSidecar.seq <= opened)
        )
    last = min(acked, head_seq - 1, aged(session, identity.epoch, KEEP_DAYS)) if opened else 0
    if int(state.fact(session, "pruned_seq", "0")) < last:
        session.execute(
            delete(StoredEntry).where(
                StoredEntry.device == identity.device, StoredEntry.epoch == identity.epoch, StoredEntry.seq <= last
            )
        )
        state.remember(session, pruned_seq=last)


def aged(session: Session, epoch: int, days: int) -> int:
    """The last seq of `epoch` that is `days` days old or older; 0 when there is none."""
    holds = (StoredReceipt.epoch == epoch, StoredReceipt.undone == false())
    newest = func.max(StoredReceipt.number)
    cut = session.scalar(
        select(newest).where(*holds).group_by(StoredReceipt.day).order_by(newest.desc()).offset(days - 1).limit(1)
    )
    if cut is None:
        return 0
    return session.scalar(select(func.max(StoredReceipt.seq)).where(*holds, StoredReceipt.number < cut)) or 0
