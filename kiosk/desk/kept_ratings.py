"""The desk's word on the ratings it was given: what is true of them, read from its store.

No screen says of its own accord that ratings are safe: it asks here, and a store that cannot vouch for them is not made
to. `kiosk.staff.kept_ratings_text` has the words.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.desk import ledger, sender_heartbeat, set_aside_stores, state
from kiosk.desk.state import State
from kiosk.desk.state_values import CentreTreatment, MissingEntries
from kiosk.settings import Settings
from models.storage.row_reading import Reader, read_value

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: The states in which the centre may yet take what stands here. A ledger that is forked or closed it takes no further,
#: and nobody at the desk can begin another one (`kiosk.sync.enrolment`).
_PAUSED = frozenset({CentreTreatment.SUSPENDED})
#: The states in which no slip made here works any more.
WITHDRAWN = frozenset({CentreTreatment.REVOKED, CentreTreatment.LOST})
#: Less free room on the disk than this is none (bytes).
NO_ROOM = 8 << 20
#: Why nobody can say on this machine that no rating is missing.
DAMAGED, FORKED, ROLLED_BACK, SET_ASIDE = "damaged", "forked", "rolled_back", "set_aside"
#: How what stands here goes on: nobody can say; once the centre takes ratings from this device again, as it may; once
#: there is a network again; it is being sent.
STAYS, HELD, LATER, NOW = "stays", "held", "later", "now"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The way of a rating that stands here (`STAYS`, `HELD`, `LATER`, `NOW`).

    `safe`: this machine vouches for every one it was given."""

    way: str
    safe: bool


@dataclass(frozen=True, slots=True)
class RatingSafety:
    """What is true now. In ratings: `waiting` stand in the ledger and the centre has not signed for them, `drafts` are
    not in it yet, `held` stand in earlier ledgers of this machine, not signed for. `find_missing_entries`: the first
    and last entry that the centre asked for again and that were erased here. `doubts`: why this machine cannot vouch
    (`DAMAGED`, `FORKED`, `ROLLED_BACK`, `SET_ASIDE`), the worst first. `room`: a further rating finds room on the disk.
    `sends`: somebody carries what stands here to a centre that takes it, as far as is known (`read_delivery`). `mints`:
    slips can be made."""

    waiting: int
    drafts: int
    held: int
    lacking: tuple[int, int] | None
    doubts: tuple[str, ...]
    room: bool
    sends: bool
    mints: bool = True

    @property
    def none_lost(self) -> bool:
        """Whether every rating that was taken here is still here or signed for by the centre."""
        return self.lacking is None and not self.doubts

    @property
    def kept(self) -> int:
        """How many ratings are here and not yet with the centre."""
        return self.waiting + self.drafts + self.held

    @property
    def all_sent(self) -> bool:
        """Whether the centre signed for every rating that was ever taken here."""
        return self.none_lost and not self.kept


def assess_safety(session: Reader, settings: Settings) -> RatingSafety:
    """What may be said now, with the counts."""
    state_row = state.read_state(session)
    identity = state_row.identity
    waiting = ledger.count_ratings_after(session, identity, state_row.acked_seq) if identity is not None else 0
    return RatingSafety(
        waiting=waiting,
        drafts=read_value(session, "SELECT count(*) FROM draft") or 0,
        held=_held(session, identity.epoch if identity is not None else None),
        lacking=find_missing_entries(session),
        doubts=find_doubts(session, settings),
        room=has_disk_room(settings),
        sends=read_delivery(session, settings, online=False).way == LATER,
        mints=identity is not None
        and not state_row.key_fault
        and state_row.centre_word not in WITHDRAWN,
    )


def read_delivery(session: Reader, settings: Settings, *, online: bool) -> Delivery:
    """How a rating that stands here goes on. `online`: the centre answered lately
    (`kiosk.desk.reference.Reference.online`). It counts nothing, so every page may ask."""
    state_row, why = state.read_state(session), find_doubts(session, settings)
    if not sender_heartbeat.read_heartbeat(settings.instance).alive or state_row.key_fault:
        way = STAYS
    elif DAMAGED in why or ROLLED_BACK in why:
        way = STAYS  # whether it can be read there, or fits what the centre has, only the centre will see
    elif not _taken(state_row):
        way = HELD if state_row.device is None or state_row.centre_word in _PAUSED else STAYS
    else:
        way = STAYS if state_row.lacking else NOW if online else LATER
    return Delivery(way, not why and state_row.lacking is None)


def has_disk_room(settings: Settings) -> bool:
    """Whether a further rating finds room on the disk."""
    return shutil.disk_usage(settings.instance).free >= NO_ROOM


def find_doubts(session: Reader, settings: Settings) -> tuple[str, ...]:
    """Why this machine cannot vouch for every rating; nothing usually."""
    state_row, why = state.read_state(session), []
    identity = state_row.identity
    if state_row.ledger_fault:
        why.append(DAMAGED)
    if state_row.centre_word is CentreTreatment.FORKED:
        why.append(FORKED)
    if identity is not None and ledger.read_head(session, identity)[0] < max(state_row.acked_seq, state_row.pruned_seq):
        why.append(ROLLED_BACK)
    if state_row.set_aside_ms or set_aside_stores.list_set_aside_stores(settings):
        why.append(SET_ASIDE)
    return tuple(why)


def find_missing_entries(session: Reader) -> tuple[int, int] | None:
    """The first and last entry that are neither here nor, by its own signed word, at the centre; None usually."""
    entries = state.read_state(session).lacking
    return None if entries is None else (entries.first, entries.last)


def record_gap(session: Session, epoch: int, expected: int) -> None:
    """The centre says under its signature that it expects the entry `expected` next: what was erased here from there
    on is missing at both."""
    pruned = state.read_state(session).pruned_seq
    if expected <= pruned:
        state.write_state(session, lacking=MissingEntries(epoch, expected, pruned))


def record_receipt(session: Session, epoch: int, seq: int) -> None:
    """The centre signed just now for everything up to `seq`: what it lacked before, it has again."""
    entries = state.read_state(session).lacking
    if entries is not None and entries.epoch == epoch and seq >= entries.last:
        state.write_state(session, lacking=None)


def _held(session: Reader, present: int | None) -> int:
    """Ratings of earlier epochs that no receipt covers."""
    statement = """
        SELECT count(*) FROM entry
        LEFT JOIN (SELECT epoch, max(seq) AS seq FROM receipt WHERE undone = 0 GROUP BY epoch) AS signed
            ON signed.epoch = entry.epoch
        WHERE entry.typ = 'rating' AND entry.seq > coalesce(signed.seq, 0)"""
    if present is None:
        return read_value(session, statement) or 0
    return read_value(session, f"{statement} AND entry.epoch < ?", present) or 0


def _taken(state_row: State) -> bool:
    """Whether the centre takes what this machine sends, as far as it said."""
    return state_row.device is not None and state_row.centre_word in (None, CentreTreatment.ACTIVE)
