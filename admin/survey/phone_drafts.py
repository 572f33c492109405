"""Drafts of phone answers: every page that was sent is durable before the next is shown.

The face begins it (the long form: its first page); each further page is kept as it is sent. Send, "Dừng tại đây" or a
quarter of an hour of silence seals what was sent into one entry; nothing is ever sealed twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.desks import follow_up_promise
from admin.instruments import companion_questions
from admin.ledgers import recorder
from admin.ledgers.signing_keys import WEB, CentreKeys
from admin.responses import transaction_settlement
from admin.responses.projection import ReferenceData
from admin.slips import slip_spending
from admin.slips.slip_proof import PosterDesk, ProvedSlip, SlipProver
from admin.survey import follow_up_lookup, phone_answer_recording, question_page_steps
from admin.survey.phone_answer_recording import PhoneAnswer
from admin.survey.question_page_steps import FilledPage, Step
from models import masking
from models.clock import MINUTE_MS
from models.protocol import follow_up_code
from models.tables.agency import Agency, Desk
from models.tables.response import PhoneDraft, Response, ResponseName
from models.vocabulary import Channel, ResponseState

IDLE_MS = 15 * MINUTE_MS
#: How long after that an answer may wait for `admin.jobs` before people should look.
_LATE_MS = 60 * MINUTE_MS


class DraftChanged(Exception):
    """A page was sent that did not show what was sent of it before, from another tab, and has not all of it; nothing
    of it was kept. `both`: all of the two together; `shown`: the mark of a page that shows that."""

    def __init__(self, both: FilledPage, page_mark: str) -> None:
        super().__init__(page_mark)
        self.both, self.shown = both, page_mark


@dataclass(frozen=True, slots=True)
class FaceTap:
    """A touch of a face: the response's id, the score, the browser's own secret, the language, when (ms, UTC)."""

    id: str
    score: int
    browser: str
    lang: str
    t: int


def record_face_tap(session: Session, centre: CentreKeys, proved: ProvedSlip, touch: FaceTap) -> str:
    """Take a touch behind a slip: spend the slip, or stand beside the answer that did. Returns the id of this browser's
    answer; a second touch changes nothing. Raises `SlipRefused`."""
    id = slip_spending.claim_slip(session, slip_spending.SlipUse(proved, touch.id, touch.browser, touch.t))
    if id == touch.id and not _begun(session, id):
        _begin(
            session, id, score=touch.score, slip=proved.token, channel=proved.channel.value, lang=touch.lang, t=touch.t
        )
    recorder.lock_open_epoch(
        session, centre, WEB, touch.t
    )  # last: nobody waits for a slip's ledger while all wait for him
    return id


def record_poster_tap(session: Session, centre: CentreKeys, posted: PosterDesk, touch: FaceTap) -> None:
    """Take a touch behind a desk's poster. A second one with the same id changes nothing."""
    recorder.lock_open_epoch(session, centre, WEB, touch.t)
    if not _begun(session, touch.id):
        _begin(
            session, touch.id, score=touch.score, slip="", channel=Channel.POSTER.value, desk_code=posted.desk.code,
            lang=touch.lang, t=touch.t,
        )  # fmt: skip


def has_only_face(session: Session, id: str) -> bool:
    """Whether nothing was sent for the answer `id` but its face: what comes from the same faces is a repetition of it.
    Later it may be the next person's touch."""
    draft = session.get(PhoneDraft, id)
    return draft is not None and draft.step == 0


def begin_long_answer(
    session: Session, centre: CentreKeys, proved: ProvedSlip, id: str, instrument: str, lang: str, t: int
) -> None:
    """Begin the long form of a slip, with its first page, which may be its last one: so its agency's turn is taken."""
    begun = (
        session.get(PhoneDraft, id, with_for_update=True) is not None or find_sealed_response(session, id) is not None
    )
    transaction_settlement.lock_agencies(session, {proved.agency.key})
    if not begun:
        _begin(
            session, id, score=None, slip=proved.token, channel=proved.channel.value, instrument=instrument,
            lang=lang, t=t,
        )  # fmt: skip
    recorder.lock_open_epoch(session, centre, WEB, t)


def find_sealed_response(session: Session, id: str) -> Response | None:
    """The answer from a phone that has this id, once it is sealed. A desk's answer may have the same id."""
    statement = select(Response).where(Response.id.in_(ResponseName(WEB, id).known_by), Response.device_id == WEB)
    return session.scalars(statement).first()


def _begun(session: Session, id: str) -> bool:
    return session.get(PhoneDraft, id) is not None or find_sealed_response(session, id) is not None


def _begin(session: Session, id: str, *, t: int, **values: object) -> None:
    session.add(PhoneDraft(response_id=id, t=t, touched_ms=t, step=0, **values))
    session.flush()


def store_draft_page(
    session: Session, id: str, step: Step, filled: FilledPage, now_ms: int, *, sent: bool = True, adding: bool = False,
    page_mark: str | None = None,
) -> bool:  # fmt: skip
    """Keep a page that was sent, or (not `sent`) only drawn again for another reader; False: the answer is sealed
    already, and nothing was kept. Words are masked before they are stored anywhere. `adding`: whoever filled it in did
    not see what was sent of it before; that stays. `page_mark`: the mark of what the page showed, None where it is not
    known. Raises `DraftChanged`."""
    draft = session.get(PhoneDraft, id, with_for_update=True)
    if draft is None:
        return False
    masked = FilledPage(
        filled.answers, filled.topics, masking.mask_text(filled.comment) if filled.comment else None, filled.province
    )
    if adding:
        masked = question_page_steps.merge_filled_pages(draft, masked)
    elif page_mark is not None and page_mark != (now := question_page_steps.page_fingerprint(draft, step)):
        if question_page_steps.loses_words(draft, step, masked):
            raise DraftChanged(question_page_steps.merge_filled_pages(draft, masked), now)
        masked = question_page_steps.complete_filled_page(draft, masked)
    question_page_steps.fill_draft(draft, step, masked, now_ms, sent=sent)
    return True


def drop_unsent_page(session: Session, id: str, step: Step, now_ms: int) -> None:
    """Take back what was kept of a page that was never sent."""
    draft = session.get(PhoneDraft, id, with_for_update=True)
    if draft is not None and draft.step < step.number:
        nothing = FilledPage(topics=() if step.topics else None, province={} if step.province else None)
        question_page_steps.fill_draft(draft, step, nothing, now_ms, sent=False)


def extend_draft(session: Session, id: str, now_ms: int) -> None:
    """Somebody is still at the page: the quarter of an hour begins again."""
    draft = session.get(PhoneDraft, id, with_for_update=True)
    if draft is not None:
        draft.touched_ms = now_ms


def seal_draft(
    session: Session, centre: CentreKeys, id: str, now_ms: int, state: ResponseState = ResponseState.COMPLETE
) -> None:
    """Seal what was sent. A second time changes nothing."""
    draft = session.get(PhoneDraft, id, with_for_update=True)
    if draft is not None:
        _seal(session, centre, draft, state, now_ms)


def find_idle_drafts(session: Session, now_ms: int) -> list[str]:
    """The drafts that nobody touched for a quarter of an hour, the oldest first."""
    idle = select(PhoneDraft.response_id).where(PhoneDraft.touched_ms <= now_ms - IDLE_MS)
    return list(session.scalars(idle.order_by(PhoneDraft.t, PhoneDraft.response_id)))


def find_overdue_drafts(session: Session, now_ms: int) -> dict[str, int]:
    """The drafts that should have been sealed more than an hour ago, the oldest first: id → since when (ms, UTC)."""
    late = PhoneDraft.touched_ms < now_ms - IDLE_MS - _LATE_MS
    rows = select(PhoneDraft.response_id, PhoneDraft.touched_ms).where(late)
    ordered = rows.order_by(PhoneDraft.touched_ms, PhoneDraft.response_id)
    return {id: touched_ms + IDLE_MS for id, touched_ms in session.execute(ordered)}


def seal_idle_draft(session: Session, centre: CentreKeys, id: str, now_ms: int, reference: ReferenceData) -> None:
    """Seal a draft that is left; what was sent is kept as partial. Nothing happens when somebody came back to it."""
    draft = session.get(PhoneDraft, id, with_for_update=True)
    if draft is not None and draft.touched_ms <= now_ms - IDLE_MS:
        _seal(session, centre, draft, ResponseState.PARTIAL, now_ms, reference)


def _seal(
    session: Session,
    centre: CentreKeys,
    draft: PhoneDraft,
    state: ResponseState,
    now_ms: int,
    reference: ReferenceData | None = None,
) -> None:
    session.delete(draft)
    prover = SlipProver(centre, was_used=True)
    proved = (
        prover.prove(session, draft.slip, draft.t) if draft.slip else find_poster_desk(session, draft.desk_code or "")
    )
    overall = {} if draft.score is None else {"overall": draft.score}
    if proved is None or not {**overall, **draft.answers}:
        return  # a long form that was opened and left without one answer is none
    openings: dict[str, str] = {}
    if draft.score is not None and follow_up_promise.is_follow_up_promised(session):
        openings["f"] = follow_up_code.digest_code(
            follow_up_lookup.make_follow_up_code(centre.page_key, draft.response_id)
        )
    if draft.province:
        openings["x"] = companion_questions.read_province_questions().opening(draft.province)
    phone_answer = PhoneAnswer(
        draft.response_id, proved, {**overall, **draft.answers}, draft.topics, draft.comment, draft.lang, state,
        draft.t, draft.instrument, Channel(draft.channel), openings,
    )  # fmt: skip
    phone_answer_recording.record_phone_answers(session, centre, [phone_answer], now_ms, reference)


def find_poster_desk(session: Session, desk_code: str) -> PosterDesk | None:
    """The desk of a poster by its code, in whatever case it was read; None if there is none."""
    if not desk_code or "\0" in desk_code:
        return None
    desk = session.get(Desk, desk_code)
    if desk is None:
        desks = session.scalars(select(Desk).where(func.upper(Desk.code) == desk_code.upper()).limit(2)).all()
        desk = desks[0] if len(desks) == 1 else None
    return PosterDesk(session.get_one(Agency, desk.agency_key), desk) if desk is not None else None
