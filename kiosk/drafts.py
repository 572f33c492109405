"""The draft: durable at the first tap, sealed into exactly one ledger entry by whatever comes first.

Send or Skip, another person's fresh page, the idle sweep, and the next start all seal; what was answered by then is
kept, `complete` or `partial`. A tap that was taken back and left is `withdrawn`, a refusal `declined`: both are sealed
and shown, neither is in n.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kiosk import desk, ledger, practice, reference
from models.clock import Moment
from models.desk_store import Draft
from models.rating import Rating
from models.vocabulary import Channel, State


@dataclass(frozen=True, slots=True)
class DraftView:
    """What a page may know of a rating: `open`, `undone` (tap taken back) or `sealed`. Never the score."""

    id: str
    state: str
    topics: tuple[str, ...]
    lang: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a tap: `open` (taken), `sealed` (this answer was taken before), or `closed` (the page's response
    was sealed without a score, so this tap was not taken)."""

    id: str
    state: str


def find(session: Session, id: str) -> DraftView | None:
    """The rating with this id, or None if it was never tapped."""
    draft = session.get(Draft, id)
    if draft is not None:
        return DraftView(id, "open" if draft.score else "undone", tuple(draft.topics), draft.lang)
    return DraftView(id, "sealed", (), "vi") if ledger.place(session, id) else None


def open_rating(
    session: Session, id: str, score: int, now: Moment, *, lang: str, screen_ms: int | None = None
) -> Taken:
    """Take a tap. The same id again changes nothing unless the tap was taken back: the first score stands."""
    place = ledger.place(session, id)
    if place:
        return Taken(id, "sealed" if ledger.has_answers(session, place) else "closed")
    draft = session.get(Draft, id)
    if draft is None:
        draft = Draft(
            id=id,
            score=score,
            answers=[],
            topics=[],
            lang=lang,
            undos=0,
            screens={},
            t=now.t,
            mono=now.mono,
            touched=now.mono,
            boot=desk.boot_number(session),
            drill=practice.on(session, now),
        )
        session.add(draft)
    elif draft.score is None:
        draft.score = score
    _touch(draft, now, "faces", screen_ms)
    session.flush()
    return Taken(id, "open")


def touch(session: Session, id: str, now: Moment) -> None:
    """The citizen is still here."""
    draft = session.get(Draft, id)
    if draft is not None:
        _touch(draft, now, "", None)


def undo(session: Session, id: str, now: Moment) -> None:
    """Take the tap back; the rating stays open under the same id, without a score."""
    draft = session.get(Draft, id)
    if draft is not None and draft.score is not None:
        draft.score = None
        draft.undos += 1
        _touch(draft, now, "", None)


def finish(session: Session, id: str, topics: Sequence[str], now: Moment, *, screen_ms: int | None = None) -> None:
    """Send or Skip: keep the topics and seal. A second time changes nothing."""
    draft = session.get(Draft, id)
    if draft is None:
        return
    known = reference.current(session)
    allowed = {topic.id for topic in known.instrument.topics} if known else set()
    draft.topics = [topic for topic in dict.fromkeys(topics) if topic in allowed]
    _touch(draft, now, "topics", screen_ms)
    _seal(session, draft, State.COMPLETE)


def decline(session: Session, id: str, now: Moment, *, lang: str) -> None:
    """The citizen does not want to rate: sealed at once, shown, never in n."""
    if ledger.place(session, id):
        return
    draft = session.get(Draft, id)
    rating = _rating(session, State.DECLINED, lang, {}, drill=draft.drill if draft else practice.on(session, now))
    if draft is not None:
        session.delete(draft)
    ledger.append(session, "rating", rating.payload(), now, id=id)


def seal_others(session: Session, keep: str | None, now: Moment) -> int:
    """Another person stands before a fresh page: whatever was left open is sealed as it is. Returns how many."""
    return _seal_all(session, (draft for draft in _drafts(session) if draft.id != keep))


def sweep(session: Session, now: Moment, idle_seconds: int) -> int:
    """Seal what nobody touched for `idle_seconds`, and all that an earlier start left open. Returns how many."""
    boot = desk.boot_number(session)
    stale = (
        d
        for d in _drafts(session)
        if d.boot != boot or now.mono - d.touched >= idle_seconds * 1000 or d.touched - now.mono > idle_seconds * 1000
    )
    return _seal_all(session, stale)


def _drafts(session: Session) -> Sequence[Draft]:
    return session.scalars(select(Draft).order_by(Draft.t, Draft.id)).all()


def _seal_all(session: Session, drafts: Iterable[Draft]) -> int:
    count = 0
    for draft in drafts:
        _seal(session, draft, State.PARTIAL if draft.score else State.WITHDRAWN)
        count += 1
    return count


def _seal(session: Session, draft: Draft, state: State) -> None:
    if draft.score is None:
        state = State.WITHDRAWN
    answers = {"overall": draft.score} if draft.score else {}
    rating = _rating(session, state, draft.lang, answers, draft, drill=draft.drill)
    ledger.append(session, "rating", rating.payload(), Moment(draft.t, draft.mono), id=draft.id, boot=draft.boot)
    session.delete(draft)
    session.flush()


def _rating(
    session: Session, state: State, lang: str, answers: dict[str, int], draft: Draft | None = None, *, drill: bool
) -> Rating:
    known = reference.current(session)
    if known is None:
        raise ledger.NotPaired
    return Rating(
        agency=known.agency_key,
        desk=known.desk_code,
        instrument=known.instrument.id,
        version=known.instrument.version,
        channel=Channel.KIOSK,
        state=state,
        lang=lang,
        answers=answers,
        topics=tuple(draft.topics) if draft else (),
        undos=draft.undos if draft else 0,
        ms=dict(draft.screens) if draft else {},
        drill=drill,
    )


def _touch(draft: Draft, now: Moment, screen: str, screen_ms: int | None) -> None:
    draft.touched = now.mono
    if screen and screen_ms is not None and 0 <= screen_ms < 3_600_000:
        draft.screens = {**draft.screens, screen: screen_ms}
