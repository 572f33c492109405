"""Drafts: durable at the first tap, sealed into exactly one ledger entry by whatever comes first.

Send or Skip, what is sent from another person's page, the idle sweep (`kiosk.rating.idle_sweep`), and the next start
seal, and nothing else does: drawing a page changes nothing. What was answered by then is kept, `complete` or
`partial`. A tap that was taken back and left is `withdrawn`, a refusal `declined`: both are sealed
and shown, neither is in n. A desk that must be paired again has no ledger: what would be sealed is closed and stays a
draft until it has one (`kiosk.rating.sealing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kiosk.desk import ledger, practice, rating_context, reference, state
from kiosk.rating import sealing
from models.clock import HOUR_MS, Moment
from models.reference.localized_text import clean_typed_text
from models.tables.desk_store import Draft
from models.vocabulary import ResponseState, Stage

#: The longest text that may be typed on the tablet, in characters.
LONGEST_COMMENT = 1000


@dataclass(frozen=True, slots=True)
class DraftView:
    """What a page may know of a rating: `open`, `undone` (tap taken back) or `sealed`. Never a score.

    `topics` are ticked; `written`: something was typed; `said`: that, a topic or an answer besides the score; `stage`
    is the desk's at the tap, `tapped_ms` the time of it (since 1970, UTC, by this machine's clock).
    """

    id: str
    state: str
    topics: tuple[str, ...] = ()
    written: bool = False
    said: bool = False
    stage: Stage | None = None
    tapped_ms: int = 0


@dataclass(frozen=True, slots=True)
class TapResult:
    """What became of a tap: `open` (taken), `sealed` (this answer was taken before), or `closed` (the page's response
    was sealed without a score, so this tap was not taken)."""

    id: str
    state: str


def find_draft(session: Session, id: str) -> DraftView | None:
    """The rating with this id, or None if it was never tapped."""
    draft = session.get(Draft, id)
    if draft is not None and draft.closed:
        return DraftView(id, "sealed")
    if draft is not None:
        return DraftView(
            id,
            "open" if draft.score else "undone",
            tuple(draft.topics),
            written=draft.comment is not None,
            said=bool(draft.comment or draft.topics or draft.answers),
            stage=Stage(draft.stage) if draft.stage else None,
            tapped_ms=draft.t,
        )
    return DraftView(id, "sealed") if ledger.find_seq(session, id) else None


def find_for_page(session: Session, id: str, now: Moment, idle_seconds: int) -> DraftView | None:
    """The same for whoever asks for one of its pages: what the sweep would seal now is `sealed` already, so that the
    page of somebody who left is drawn for nobody, however long the sweep takes to come by."""
    draft, view = session.get(Draft, id), find_draft(session, id)
    if view is not None and draft is not None and _left(draft, state.read_state(session).boot, now, idle_seconds):
        return DraftView(id, "sealed")
    return view


def open_rating(
    session: Session, id: str, score: int, now: Moment, *, lang: str, screen_ms: int | None = None
) -> TapResult:
    """Take a tap. The same id again changes nothing unless the tap was taken back: the first score stands."""
    place = ledger.find_seq(session, id)
    if place:
        return TapResult(id, "sealed" if ledger.has_answers(session, place) else "closed")
    draft = session.get(Draft, id)
    if draft is not None and draft.closed:
        return TapResult(id, "sealed" if draft.score else "closed")
    if draft is None:
        doing, practising = rating_context.read_context(session, now), practice.is_practice(session, now)
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
            boot=state.read_state(session).boot,
            stage=doing.stage.value if doing.stage else None,
            procedure=doing.procedure,
            tie=None if practising else rating_context.take_dossier(session, now),
            off_hours=doing.off_hours,
            drill=practising,
        )
        session.add(draft)
    elif draft.score is None:
        draft.score = score
    _touch(draft, now, "faces", screen_ms)
    session.flush()
    return TapResult(id, "open")


def touch_draft(session: Session, id: str, now: Moment) -> None:
    """The citizen is still here."""
    draft = _in_hand(session, id)
    if draft is not None:
        _touch(draft, now, "", None)


def undo_tap(session: Session, id: str, now: Moment) -> None:
    """Take the tap back; the rating stays open under the same id, without a score."""
    draft = _in_hand(session, id)
    if draft is not None and draft.score is not None:
        draft.score = None
        draft.undos += 1
        _touch(draft, now, "", None)


def store_topics(
    session: Session, id: str, topics: Sequence[str], now: Moment, *, screen_ms: int | None = None
) -> None:
    """Keep what was ticked, in place of what was ticked before; the rating stays open."""
    draft = _in_hand(session, id)
    if draft is not None:
        desk = reference.read_reference(session)
        draft.topics = [topic.id for topic in desk.instrument.topics if topic.id in topics] if desk else []
        _touch(draft, now, "topics", screen_ms)


def store_answer(
    session: Session, id: str, item: str, score: int, now: Moment, *, screen_ms: int | None = None
) -> bool:
    """Keep the answer to one more question, in place of an earlier one to the same; the rating stays open.

    False, and nothing is kept, when the questionnaire knows no such item or score.
    """
    draft, desk = _in_hand(session, id), reference.read_reference(session)
    if draft is None or desk is None or desk.instrument.problem({item: score}):
        return False
    draft.answers = [[other, other_score] for other, other_score in draft.answers if other != item] + [[item, score]]
    _touch(draft, now, item, screen_ms)
    return True


def store_comment(session: Session, id: str, text: str, now: Moment, *, screen_ms: int | None = None) -> None:
    """Keep what was typed, masked, in place of what was typed before; nothing but blanks takes it back."""
    draft = _in_hand(session, id)
    if draft is not None:
        draft.comment = clean_comment(text) or None
        _touch(draft, now, "comment", screen_ms)


def clean_comment(text: str) -> str:
    """A typed text as it may be stored: plain, masked, at most `LONGEST_COMMENT` characters."""
    from models.masking import mask_text  # only where words are typed: the desk's start stays light

    return clean_typed_text(mask_text(clean_typed_text(text[: 4 * LONGEST_COMMENT]))[:LONGEST_COMMENT])


def seal_complete(
    session: Session,
    id: str,
    topics: Sequence[str] | None,
    now: Moment,
    *,
    screen_ms: int | None = None,
    follow: str | None = None,
) -> None:
    """Send or Skip: seal the rating as complete. A second time changes nothing.

    `topics` None keeps those ticked before; `follow` is the digest of the follow-up code that is given out.
    """
    if topics is not None:
        store_topics(session, id, topics, now, screen_ms=screen_ms)
    draft = _in_hand(session, id)
    if draft is not None:
        draft.follow = follow
        sealing.seal_draft(session, draft, ResponseState.COMPLETE)


def seal_declined(session: Session, id: str, now: Moment, *, lang: str) -> None:
    """The citizen does not want to rate: sealed at once, shown, never in n."""
    draft = session.get(Draft, id)
    if ledger.find_seq(session, id) or (draft is not None and draft.closed):
        return
    if draft is not None:
        session.delete(draft)
        session.flush()
    elif not practice.is_practice(session, now):
        rating_context.take_dossier(session, now)  # it was named for this citizen
    sealing.record_refusal(session, id, now, lang=lang, drill=draft.drill if draft else None)


def is_partial(session: Session, id: str) -> bool:
    """Whether the rating was sealed before its citizen sent it: by silence, by the next person, by a start."""
    draft = session.get(Draft, id)
    if draft is not None:
        return bool(draft.closed and draft.closed["state"] == ResponseState.PARTIAL.value)
    place = ledger.find_seq(session, id)
    return place is not None and ledger.is_partial(session, place)


def seal_other_drafts(session: Session, id: str) -> bool:
    """The page of rating `id` was sent: whatever other pages left open is sealed as it is. Returns whether it was.

    A page whose own rating is over seals nothing: what comes from it is a repetition, and somebody else stands here.
    """
    view = find_draft(session, id)
    if view is not None and view.state == "sealed":
        return False
    _seal_all(session, (draft for draft in _drafts(session) if draft.id != id))
    return True


def seal_idle_drafts(session: Session, now: Moment, idle_seconds: int) -> int:
    """Seal what nobody touched for `idle_seconds`, and all that an earlier start left open. Returns how many."""
    return _seal_all(session, find_idle_drafts(session, now, idle_seconds))


def find_idle_drafts(session: Session, now: Moment, idle_seconds: int) -> list[Draft]:
    """What a sweep would seal now."""
    boot = state.read_state(session).boot
    return [draft for draft in _drafts(session) if _left(draft, boot, now, idle_seconds)]


def _left(draft: Draft, boot: int, now: Moment, idle_seconds: int) -> bool:
    return bool(
        draft.closed
        or draft.boot != boot
        or now.mono - draft.touched >= idle_seconds * 1000
        or draft.touched - now.mono > idle_seconds * 1000
    )


def _in_hand(session: Session, id: str) -> Draft | None:
    """The draft that its citizen may still change."""
    draft = session.get(Draft, id)
    return None if draft is None or draft.closed else draft


def _drafts(session: Session) -> Sequence[Draft]:
    """What is to be sealed: without a ledger, what is not closed yet."""
    drafts = session.scalars(select(Draft).order_by(Draft.t, Draft.id)).all()
    return drafts if state.read_state(session).identity else [draft for draft in drafts if not draft.closed]


def _seal_all(session: Session, drafts: Iterable[Draft]) -> int:
    count = 0
    for draft in drafts:
        sealing.seal_draft(session, draft, ResponseState.PARTIAL if draft.score else ResponseState.WITHDRAWN)
        count += 1
    return count


def _touch(draft: Draft, now: Moment, screen: str, screen_ms: int | None) -> None:
    draft.touched = now.mono
    if screen and screen_ms is not None and 0 <= screen_ms < HOUR_MS:
        draft.screens = {**draft.screens, screen: screen_ms}
