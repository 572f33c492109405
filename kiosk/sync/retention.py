"""Retention at the desk: how long it keeps what the centre signed for, in days of the centre.

The age of an entry is the number of distinct local days on which the centre signed a receipt after the one that covered
the entry. No clock of this machine has a say, and a clock of the centre that leaps ahead for once is one day more. What
a restored centre has lost again is covered by no receipt until it signs anew.

Which of two words of the centre came later is no matter of its clock either, which a person may have set back: every
question carries what this desk knew when it asked (`make_nonce`), and an answer to it is younger than that.
"""

from __future__ import annotations

import hashlib
import secrets

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
_HALF = 16


def store_receipt(session: Session, identity: state.Identity, reply: Reply, now: Moment) -> None:
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
            boot=state.read_state(session).boot,
            mono=now.mono,
            bytes=reply.raw,
            signature=reply.signature,
        )
    )
    session.flush()


def void_receipts(session: Session, identity: state.Identity, gap: Reply) -> None:
    """The centre says by a `gap` that it expects earlier entries again: it was restored. Its older receipts for them
    stay as evidence and cover nothing more."""
    session.execute(
        update(StoredReceipt)
        .where(StoredReceipt.epoch == identity.epoch, StoredReceipt.seq >= gap.value["expected"])
        .values(undone=True)
    )
    state.write_state(session, gap_ms=gap.value["t"], gap_confirmed_ms=gap.value.get("ck", 0))


def is_outdated_receipt(session: Session, receipt: Reply) -> bool:
    """Whether a receipt may be of a centre that lost since then what it had signed for. Times are compared where one
    clock gave both: between two confirmations of it."""
    known = state.read_state(session)
    if known.gap_ms is None:
        return False
    same = (known.gap_confirmed_ms or 0) == receipt.value.get("ck", 0)
    return not same or receipt.value["t"] <= known.gap_ms


def make_nonce(session: Session) -> str:
    """A new nonce for a request: half of it drawn, half what this desk knows of the centre."""
    drawn = secrets.token_hex(_HALF // 2)
    return drawn + _known(session, drawn)


def is_fresh_nonce(session: Session, nonce: str) -> bool:
    """Whether a request with this nonce was made after the newest that this desk knows of the centre."""
    return nonce[_HALF:] == _known(session, nonce[:_HALF])


def _known(session: Session, drawn: str) -> str:
    """The newest receipt and the newest gap, as half a nonce."""
    newest = session.scalar(select(func.max(StoredReceipt.number))) or 0
    known = state.read_state(session)
    gap = ["" if ms is None else str(ms) for ms in (known.gap_ms, known.gap_confirmed_ms)]
    return hashlib.sha256(":".join((drawn, str(newest), *gap)).encode()).hexdigest()[:_HALF]


def erase_outdated(session: Session, identity: state.Identity) -> None:
    """Erase what the centre signed for and what is past its time: openings after 30 days, entries after 180. The newest
    entry always stays: the next one must name it."""
    acked, (head_seq, _h) = state.read_state(session).acked_seq, ledger.read_head(session, identity)
    opened = min(acked, find_aged_seq(session, identity.epoch, KEEP_SIDECAR_DAYS))
    if opened:
        session.execute(
            delete(WaitingSidecar).where(WaitingSidecar.epoch == identity.epoch, WaitingSidecar.seq <= opened)
        )
    last = min(acked, head_seq - 1, find_aged_seq(session, identity.epoch, KEEP_DAYS)) if opened else 0
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
