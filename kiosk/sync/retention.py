"""Retention at the desk: how long it keeps what the centre signed for, in days of the centre.

The age of an entry is the number of distinct local days on which the centre signed a receipt after the one that covered
the entry (`kiosk.sync.centre_receipts`). No clock of this machine has a say, and a clock of the centre that leaps ahead
for once is one day more.
"""

from __future__ import annotations

from sqlalchemy import delete, false, func, select
from sqlalchemy.orm import Session

from kiosk.desk import ledger, state
from kiosk.settings import KEEP_DAYS
from models.tables.desk_store import StoredReceipt, WaitingSidecar
from models.tables.ledger_entry import StoredEntry

#: Days an opening is kept beside its acknowledged entry.
KEEP_SIDECAR_DAYS = 30














def erase_outdated(session: Session, identity: state.Identity) -> None:
    """Erase what the centre signed for and what is past its time: openings after 30 days, entries after 180. The newest
    entry always stays: the next one must name it."""
    acked, (head_seq, _h) = state.read_state(session).acked_seq, ledger.read_head(session, identity)
    opening_seq = min(acked, find_aged_seq(session, identity.epoch, KEEP_SIDECAR_DAYS))
    if opening_seq:
        session.execute(
            delete(WaitingSidecar).where(WaitingSidecar.epoch == identity.epoch, WaitingSidecar.seq <= opening_seq)
        )
    last = min(acked, head_seq - 1, find_aged_seq(session, identity.epoch, KEEP_DAYS)) if opening_seq else 0
    if state.read_state(session).pruned_seq < last:
        session.execute(
            delete(StoredEntry).where(
                StoredEntry.device == identity.device, StoredEntry.epoch == identity.epoch, StoredEntry.seq <= last
            )
        )
        state.write_state(session, pruned_seq=last)


def find_aged_seq(session: Session, epoch: int, days: int) -> int:
    """The last seq of `epoch` that is `days` days old or older; 0 when there is none."""
    holds = (StoredReceipt.epoch == epoch, StoredReceipt.undone == false())
    newest = func.max(StoredReceipt.number)
    cut = session.scalar(
        select(newest).where(*holds).group_by(StoredReceipt.day).order_by(newest.desc()).offset(days - 1).limit(1)
    )
    if cut is None:
        return 0
    return session.scalar(select(func.max(StoredReceipt.seq)).where(*holds, StoredReceipt.number < cut)) or 0
