"""The desk's word on the ratings it was given: what is true of them, read from its store.

No screen says of its own accord that ratings are safe: it asks here, and a store that cannot vouch for them is not made
to. `kiosk.staff.promise_text` has the words.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from sqlalchemy import false, func, select
from sqlalchemy.orm import Session

from kiosk.desk import device_key, ledger, sender_life, set_aside, state
from kiosk.settings import Settings
from models.tables.desk_store import Draft, StoredReceipt
from models.tables.ledger_entry import StoredEntry

#: The states in which the centre may yet take what stands here. A ledger that is forked or closed it takes no further,
#: and nobody at the desk can begin another one (`kiosk.sync.enrolment`).
_PAUSED = frozenset({"suspended"})
#: The states in which no slip made here works any more.
WITHDRAWN = frozenset({"revoked", "lost"})
#: Less free room on the disk than this is none (bytes).
NO_ROOM = 8 << 20
#: The fact (`kiosk.desk.state`): which entries the centre asked for and this machine had erased, `epoch:first:last`.
LACKING = "lacking"
#: Why nobody can say on this machine that no rating is missing.
DAMAGED, FORKED, ROLLED_BACK, SET_ASIDE = "damaged", "forked", "rolled_back", "set_aside"
#: How what stands here goes on: nobody can say; once the centre takes ratings from this device again, as it may; once
#: there is a network again; it is being sent.
STAYS, HELD, LATER, NOW = "stays", "held", "later", "now"


@dataclass(frozen=True, slots=True)
class Onward:
    """The way of a rating that stands here (`STAYS`, `HELD`, `LATER`, `NOW`).

    `safe`: this machine vouches for every one it was given."""

    way: str
    safe: bool


@dataclass(frozen=True, slots=True)
class Promise:
    """What is true now. In ratings: `waiting` stand in the ledger and the centre has not signed for them, `drafts` are
    not in it yet, `held` stand in earlier ledgers of this machine, not signed for. `lacking`: the first and last entry
    that the centre asked for again and that were erased here. `doubts`: why this machine cannot vouch (`DAMAGED`,
    `FORKED`, `ROLLED_BACK`, `SET_ASIDE`), the worst first. `room`: a further rating finds room on the disk. `sends`:
    somebody carries what stands here to a centre that takes it, as far as is known (`onward`). `mints`: slips can be
    made."""

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


def of(session: Session, settings: Settings) -> Promise:
    """What may be said now, with the counts."""
    identity, acked = state.identity(session), int(state.fact(session, "acked_seq", "0"))
    waiting = ledger.ratings_after(session, identity, acked) if identity is not None else 0
    return Promise(
        waiting=waiting,
        drafts=session.scalar(select(func.count()).select_from(Draft)) or 0,
        held=_held(session, identity.epoch if identity is not None else None),
        lacking=lacking(session),
        doubts=doubts(session, settings),
        room=room(settings),
        sends=onward(session, settings, online=False).way == LATER,
        mints=identity is not None
        and not state.fact(session, device_key.FACT)
        and state.fact(session, "state") not in WITHDRAWN,
    )


def onward(session: Session, settings: Settings, *, online: bool) -> Onward:
    """How a rating that stands here goes on. `online`: the centre answered lately
    (`kiosk.desk.reference.Reference.online`). It counts nothing, so every page may ask."""
    facts, why, lost = state.facts(session), doubts(session, settings), lacking(session) is not None
    if not sender_life.seen(settings.instance).alive or facts.get(device_key.FACT):
        way = STAYS
    elif DAMAGED in why or ROLLED_BACK in why:
        way = STAYS  # whether it can be read there, or fits what the centre has, only the centre will see
    elif not _taken(facts):
        way = HELD if _waits_for_pairing(facts) or facts.get("state") in _PAUSED else STAYS
    else:
        way = STAYS if lost else NOW if online else LATER
    return Onward(way, not why and not lost)


def room(settings: Settings) -> bool:
    """Whether a further rating finds room on the disk."""
    return shutil.disk_usage(settings.instance).free >= NO_ROOM


def doubts(session: Session, settings: Settings) -> tuple[str, ...]:
    """Why this machine cannot vouch for every rating; nothing usually."""
    facts, identity = state.facts(session), state.identity(session)
    found = []
    if facts.get("sound"):
        found.append(DAMAGED)
    if facts.get("state") == "forked":
        found.append(FORKED)
    if identity is not None:
        reached = max(int(facts.get("acked_seq", "0")), int(facts.get("pruned_seq", "0")))
        if ledger.head(session, identity)[0] < reached:
            found.append(ROLLED_BACK)
    if facts.get(set_aside.SINCE_FACT) or set_aside.kept(settings):
        found.append(SET_ASIDE)
    return tuple(found)


def lacking(session: Session) -> tuple[int, int] | None:
    """The first and last entry that are neither here nor, by its own signed word, at the centre; None usually."""
    known = state.fact(session, LACKING)
    if not known:
        return None
    _epoch, first, last = known.split(":")
    return int(first), int(last)


def note_gap(session: Session, epoch: int, expected: int) -> None:
    """The centre says under its signature that it expects the entry `expected` next: what was erased here from there
    on is missing at both."""
    pruned = int(state.fact(session, "pruned_seq", "0"))
    if expected <= pruned:
        state.remember(session, **{LACKING: f"{epoch}:{expected}:{pruned}"})


def note_receipt(session: Session, epoch: int, seq: int) -> None:
    """The centre signed just now for everything up to `seq`: what it lacked before, it has again."""
    known = state.fact(session, LACKING)
    if known and known.startswith(f"{epoch}:") and seq >= int(known.rpartition(":")[2]):
        state.remember(session, **{LACKING: ""})


def _held(session: Session, present: int | None) -> int:
    """Ratings of earlier epochs that no receipt covers."""
    signed = (
        select(StoredReceipt.epoch, func.max(StoredReceipt.seq).label("seq"))
        .where(StoredReceipt.undone == false())
        .group_by(StoredReceipt.epoch)
        .subquery()
    )
    query = (
        select(func.count())
        .select_from(StoredEntry)
        .outerjoin(signed, signed.c.epoch == StoredEntry.epoch)
        .where(StoredEntry.typ == "rating", StoredEntry.seq > func.coalesce(signed.c.seq, 0))
    )
    return session.scalar(query if present is None else query.where(StoredEntry.epoch < present)) or 0


def _taken(facts: dict[str, str]) -> bool:
    """Whether the centre takes what this machine sends, as far as it said."""
    return not _waits_for_pairing(facts) and facts.get("state", "active") == "active"


def _waits_for_pairing(facts: dict[str, str]) -> bool:
    return "device" not in facts
