"""The centre's receipts at the desk: which are kept, which are void, and which word came later.

What a restored centre has lost again is covered by no receipt until it signs anew. Which of two words of the centre
came later is no matter of its clock either, which a person may have set back: every question carries what this desk
knew when it asked (`make_nonce`), and an answer to it is younger than that.
"""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kiosk.desk import state
from models import clock
from models.clock import Moment
from models.protocol.signed_reply import Reply
from models.tables.desk_store import StoredReceipt

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
    state_row = state.read_state(session)
    if state_row.gap_ms is None:
        return False
    same = (state_row.gap_confirmed_ms or 0) == receipt.value.get("ck", 0)
    return not same or receipt.value["t"] <= state_row.gap_ms


def make_nonce(session: Session) -> str:
    """A new nonce for a request: half of it drawn, half what this desk knows of the centre."""
    random_half = secrets.token_hex(_HALF // 2)
    return random_half + _known(session, random_half)


def is_fresh_nonce(session: Session, nonce: str) -> bool:
    """Whether a request with this nonce was made after the newest that this desk knows of the centre."""
    return nonce[_HALF:] == _known(session, nonce[:_HALF])


def _known(session: Session, random_half: str) -> str:
    """The newest receipt and the newest gap, as half a nonce."""
    newest = session.scalar(select(func.max(StoredReceipt.number))) or 0
    state_row = state.read_state(session)
    gap = ["" if ms is None else str(ms) for ms in (state_row.gap_ms, state_row.gap_confirmed_ms)]
    return hashlib.sha256(":".join((random_half, str(newest), *gap)).encode()).hexdigest()[:_HALF]
