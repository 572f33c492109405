"""Drafts of phone answers: every page that was sent is durable before the next is shown.

The face begins it (the long form: its first page); each further page is kept as it is sent. Send, "Dừng tại đây" or a
quarter of an hour of silence seals what was sent into one entry; nothing is ever sealed twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.desks import province_replies
from admin.instruments import companion_questions
from admin.ledgers import recorder
from admin.ledgers.signing_keys import WEB, Centre
from admin.responses import transactions
from admin.responses.projection import World
from admin.slips import spending
from admin.slips.proof import Posted, Proved, Prover
from admin.survey import follow_up_codes, question_pages, recording
from admin.survey.question_pages import Filled, Step
from admin.survey.recording import Given
from models import masking
from models.clock import MINUTE_MS
from models.protocol import follow_up_code
from models.tables.agency import Agency, Desk
from models.tables.response import Name, PhoneDraft, Response
from models.vocabulary import Channel, State

IDLE_MS = 15 * MINUTE_MS
#: How long after that an answer may wait for `admin.jobs` before people should look.
_LATE_MS = 60 * MINUTE_MS


class Changed(Exception):
    """A page was sent that did not show what was sent of it before, from another tab, and has not all of it; nothing
    of it was kept. `both`: all of the two together; `shown`: the mark of a page that shows that."""

    def __init__(self, both: Filled, shown: str) -> None:
        super().__init__(shown)
        self.both, self.shown = both, shown


@dataclass(frozen=True, slots=True)
class Tap:
    """A touch of a face: the response's id, the score, the browser's own secret, the language, when (ms, UTC)."""

    id: str
    score: int
    browser: str
    lang: str
    t: int


def tap(session: Session, centre: Centre, proved: Proved, touch: Tap) -> str:
    """Take a touch behind a slip: spend the slip, or stand beside the answer that did. Returns the id of this browser's
    answer; a second touch changes nothing. Raises `SlipRefused`."""
    id = spending.claim(session, spending.Use(proved, touch.id, touch.browser, touch.t))
    if id == touch.id and not _begun(session, id):
        _begin(
            session, id, score=touch.score, slip=proved.token, channel=proved.channel.value, lang=touch.lang, t=touch.t
        )
    recorder.ready(session, centre, WEB, touch.t)  # last: nobody waits for a slip's ledger while all wait for him
    return id


def tap_poster(session: Session, centre: Centre, posted: Posted, touch: Tap) -> None:
    """Take a touch behind a desk's poster. A second one with the same id changes nothing."""
    recorder.ready(session, centre, WEB, touch.t)
    if not _begun(session, touch.id):
        _begin(
            session, touch.id, score=touch.score, slip="", channel=Channel.POSTER.value, desk_code=posted.desk.code,
            lang=touch.lang, t=touch.t,
        )  # fmt: skip


def at_the_face(session: Session, id: str) -> bool:
    """Whether nothing was sent for the answer `id` but its face: what comes from the same faces is a repetition of it.
    Later it may be the next person's touch."""
    draft = session.get(PhoneDraft, id)
    return draft is not None and draft.step == 0


def begin_long(
    session: Session, centre: Centre, proved: Proved, id: str, instrument: str, lang: str, t: int
) -> None:
    """Begin the long form of a slip, with its first page, which may be its last one: so its agency's turn is taken."""
    begun = session.get(PhoneDraft, id, with_for_update=True) is not None or sealed(session, id) is not None
    transactions.alone(session, {proved.agency.key})
    if not begun:
        _begin(
            session, id, score=None, slip=proved.token, channel=proved.channel.value, instrument=instrument,
            lang=lang, t=t,
        )  # fmt: skip
    recorder.ready(session, centre, WEB, t)


def sealed(session: Session, id: str) -> Response | None:
    """The answer from a phone that has this id, once it is sealed. A desk's answer may have the same id."""
    here = select(Response).where(Response.id.in_(Name(WEB, id).known_by), Response.device_id == WEB)
    return session.scalars(here).first()


def _begun(session: Session, id: str) -> bool:
    return session.get(PhoneDraft, id) is not None or sealed(session, id) is not None


def _begin(session: Session, id: str, *, t: int, **values: object) -> None:
    session.add(PhoneDraft(response_id=id, t=t, touched_ms=t, step=0, **values))
    session.flush()


def keep(
    session: Session, id: str, step: Step, filled: Filled, now_ms: int, *, sent: bool = True, adding: bool = False,
    shown: str | None = None,
) -> bool:  # fmt: skip
    """Keep a page that was sent, or (not `sent`) only drawn again for another reader; False: the answer is sealed
    already, and nothing was kept. Words are masked before they are stored anywhere. `adding`: whoever filled it in did
    not see what was sent of it before; that stays. `shown`: the mark of what the page showed, None where it is not
    known. Raises `Changed`."""
    draft = session.get(PhoneDraft, id, with_for_update=True)
    if draft is None:
        return False
    masked = Filled(
        filled.answers, filled.topics, masking.masked(filled.comment) if filled.comment else None, filled.province
    )
    if adding:
        masked = question_pages.added(draft, masked)
    elif shown is not None and shown != (now := question_pages.mark(draft, step)):
        if question_pages.loses(draft, step, masked):
            raise Changed(question_pages.added(draft, masked), now)
        masked = question_pages.beside(draft, masked)
    question_pages.fill(draft, step, masked, now_ms, sent=sent)
    return True


def leave_out(session: Session, id: str, step: Step, now_ms: int) -> None:
    """Take back what was kept of a page that was never sent."""
    draft = session.get(PhoneDraft, id, with_for_update=True)
    if draft is not None and draft.step < step.number:
        nothing = Filled(topics=() if step.topics else None, province={} if step.province else None)
        question_pages.fill(draft, step, nothing, now_ms, sent=False)


def touch(session: Session, id: str, now_ms: int) -> None:
    """Somebody is still at the page: the quarter of an hour begins again."""
    draft = session.get(PhoneDraft, id, with_for_update=True)
    if draft is not None:
        draft.touched_ms = now_ms


def finish(session: Session, centre: Centre, id: str, now_ms: int, state: State = State.COMPLETE) -> None:
    """Seal what was sent. A second time changes nothing."""
    draft = session.get(PhoneDraft, id, with_for_update=True)
    if draft is not None:
        _seal(session, centre, draft, state, now_ms)


def left(session: Session, now_ms: int) -> list[str]:
    """The drafts that nobody touched for a quarter of an hour, the oldest first."""
    idle = select(PhoneDraft.response_id).where(PhoneDraft.touched_ms <= now_ms - IDLE_MS)
    return list(session.scalars(idle.order_by(PhoneDraft.t, PhoneDraft.response_id)))


def overdue(session: Session, now_ms: int) -> dict[str, int]:
    """The drafts that should have been sealed more than an hour ago, the oldest first: id → since when (ms, UTC)."""
    late = PhoneDraft.touched_ms < now_ms - IDLE_MS - _LATE_MS
    rows = select(PhoneDraft.response_id, PhoneDraft.touched_ms).where(late)
    ordered = rows.order_by(PhoneDraft.touched_ms, PhoneDraft.response_id)
    return {id: touched_ms + IDLE_MS for id, touched_ms in session.execute(ordered)}


def seal_left(session: Session, centre: Centre, id: str, now_ms: int, known: World) -> None:
    """Seal a draft that is left; what was sent is kept as partial. Nothing happens when somebody came back to it."""
    draft = session.get(PhoneDraft, id, with_for_update=True)
    if draft is not None and draft.touched_ms <= now_ms - IDLE_MS:
        _seal(session, centre, draft, State.PARTIAL, now_ms, known)


def _seal(
    session: Session, centre: Centre, draft: PhoneDraft, state: State, now_ms: int, known: World | None = None
) -> None:
    session.delete(draft)
    prover = Prover(centre, taken=True)
    proved = prover.prove(session, draft.slip, draft.t) if draft.slip else posted(session, draft.desk_code or "")
    overall = {} if draft.score is None else {"overall": draft.score}
    if proved is None or not {**overall, **draft.answers}:
        return  # a long form that was opened and left without one answer is none
    openings: dict[str, str] = {}
    if draft.score is not None and province_replies.promised(session):
        openings["f"] = follow_up_code.digest(follow_up_codes.code(centre.page_key, draft.response_id))
    if draft.province:
        openings["x"] = companion_questions.for_province().opening(draft.province)
    given = Given(
        draft.response_id, proved, {**overall, **draft.answers}, draft.topics, draft.comment, draft.lang, state,
        draft.t, draft.instrument, Channel(draft.channel), openings,
    )  # fmt: skip
    recording.record(session, centre, [given], now_ms, known)


def posted(session: Session, desk_code: str) -> Posted | None:
    """The desk of a poster by its code, in whatever case it was read; None if there is none."""
    if not desk_code or "\0" in desk_code:
        return None
    desk = session.get(Desk, desk_code)
    if desk is None:
        found = session.scalars(select(Desk).where(func.upper(Desk.code) == desk_code.upper()).limit(2)).all()
        desk = found[0] if len(found) == 1 else None
    return Posted(session.get_one(Agency, desk.agency_key), desk) if desk is not None else None
