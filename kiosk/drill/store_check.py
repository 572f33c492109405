"""The store check of a rehearsal: what the desk's own store says, whatever anything else claims."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kiosk.desk import ledger, state
from models import keys
from models.protocol import entry_chain
from models.tables.desk_store import Draft, StoredReceipt
from models.tables.ledger_entry import StoredEntry


@dataclass(frozen=True, slots=True)
class StoreEvidence:
    """The store at one moment. `ratings` are sealed ones of the present epoch, `waiting` those the centre has not
    signed for, `steps` how many steps of the clock were written down, `receipts` how many signed ones are kept."""

    boot: int
    ratings: int
    waiting: int
    steps: int
    receipts: int

    @property
    def sent(self) -> int:
        """Ratings the centre has signed for."""
        return self.ratings - self.waiting


def read_evidence(session: Session) -> StoreEvidence:
    """Read it. Raises `NotPaired`."""
    identity = _identity(session)
    steps = session.scalar(select(func.count()).select_from(StoredEntry).where(StoredEntry.typ == "clock"))
    return StoreEvidence(
        state.read_state(session).boot,
        ledger.count_ratings_after(session, identity, 0),
        ledger.count_ratings_after(session, identity, state.read_state(session).acked_seq),
        steps or 0,
        session.scalar(select(func.count()).select_from(StoredReceipt)) or 0,
    )


def count_copies(session: Session, ids: Iterable[str]) -> Counter[str]:
    """How often each id stands in the store, as an open rating or a sealed one: once is right."""
    copies: Counter[str] = Counter()
    for id in dict.fromkeys(ids):
        sealed = session.scalar(select(func.count()).select_from(StoredEntry).where(StoredEntry.rid == id))
        copies[id] = (sealed or 0) + (session.get(Draft, id) is not None)
    return copies


def find_real_ratings(session: Session, ids: Iterable[str]) -> list[str]:
    """Those of `ids` that would count: they do not say that they are practice."""
    real_ids = []
    for id in ids:
        draft = session.get(Draft, id)
        raw = session.scalars(select(StoredEntry.bytes).where(StoredEntry.rid == id)).first()
        if not (
            draft.drill if draft else raw is not None and entry_chain.parse_trusted_entry(raw).p.get("drill") is True
        ):
            real_ids.append(id)
    return real_ids


def find_ledger_break(session: Session) -> str | None:
    """What is wrong with the ledger's chain, or None."""
    return ledger.find_chain_break(session, _identity(session))


def count_forged_receipts(session: Session, after: int) -> int:
    """Of the receipts kept beyond the first `after`, how many the pinned centre key did not sign."""
    identity = _identity(session)
    rows = session.scalars(select(StoredReceipt).order_by(StoredReceipt.number).offset(after))
    return sum(not keys.verify(identity.centre_key, row.signature, row.bytes) for row in rows)


def _identity(session: Session) -> state.Identity:
    identity = state.read_state(session).identity
    if identity is None:
        raise ledger.NotPaired
    return identity
