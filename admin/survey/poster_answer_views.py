"""Views of a desk's open poster: `/d/<desk>`, the same questions without a slip.

Nobody knows who answers or how often: it is a channel of its own (`poster`), in no index. Each time the faces are drawn
they are for a new answer, for the next person may sit at the same computer; the same page sent twice is one answer, and
once more was sent for that, none. A network that answers very often within an hour waits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import make_response, redirect, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.instruments import companion_questions, store
from admin.slips.slip_proof import PosterDesk
from admin.survey import (
    answer_flow,
    answer_standing,
    fair_use,
    own_answer_proof,
    phone_drafts,
    phone_page_layout,
    phone_request,
    sealed_answer_comments,
    sealed_answer_pages,
)
from admin.survey.answer_standing import AnswerStanding
from admin.survey.forms import FaceForm
from admin.survey.phone_page_layout import AnswerWay, blueprint
from admin.survey.refusal_page import draw_refusal_page
from models.clock import DAY_MS, HOUR_MS, local_day
from models.ids import is_id, new_id
from models.tables.response import PhoneDraft, Response
from models.vocabulary import Channel
from translations import current_locale
from translations import gettext as _

#: How long after the face words are taken for an answer that is recorded: as long as on the private page of a tablet.
WORDS_MS = 7 * DAY_MS


class _Full(Exception):
    """This network has answered very often at this desk's poster within the hour; after `wait_ms` it may again."""

    def __init__(self, wait_ms: int) -> None:
        super().__init__(wait_ms)
        self.wait_ms = wait_ms


def _find(session: Session, desk: str) -> AnswerWay | None:
    posted = phone_drafts.find_poster_desk(session, desk)
    return AnswerWay(posted) if posted is not None else None


def _unknown(desk: str) -> Any:
    return draw_refusal_page("poster_unknown")


def _is_poster_answer(session: Session, way: AnswerWay, id: str) -> bool:
    """Whether this id is an answer of this desk's poster."""
    draft, response = session.get(PhoneDraft, id), phone_drafts.find_sealed_response(session, id)
    desk = way.key
    if draft is not None:
        return draft.channel == Channel.POSTER.value and draft.desk_code == desk
    return response is not None and response.channel == Channel.POSTER.value and response.desk_code == desk


@blueprint.route("/D/<token>", methods=["GET", "POST"], endpoint="poster_faces")
@blueprint.route("/d/<token>", methods=["GET", "POST"], endpoint="poster_faces")
def faces(token: str) -> Any:
    """The five faces behind a poster, always for a new answer; POST takes one."""
    now_ms, secret = phone_request.now_ms(), phone_request.browser_secret()
    rid = request.form.get("id", "")
    with phone_request.database().read() as session:
        way = _find(session, token)
        if way is None:
            return _unknown(token)
        questionnaire = store.read_current_instrument(session, "short")
        gone_on = (
            is_id(rid) and _is_poster_answer(session, way, rid) and not phone_drafts.has_only_face(session, rid)
        )
    if request.method != "POST":
        return phone_request.set_browser_cookie(
            answer_flow.draw_faces_page(way, questionnaire, new_id(now_ms)), secret
        )
    form = FaceForm(way.key, rid)
    if not form.validate() or not is_id(rid):
        page = answer_flow.draw_faces_page(
            way, questionnaire, new_id(now_ms), error=phone_page_layout.bad_score_message()
        )
        return phone_request.set_browser_cookie(make_response(page, 400), secret)
    if gone_on:  # a browser's Back shows faces as they stood: it may be the next person who touches them
        used = _("This touch was not recorded. To rate, please touch one face again.")
        page = answer_flow.draw_faces_page(way, questionnaire, new_id(now_ms), error=used)
        return phone_request.set_browser_cookie(make_response(page, 409), secret)
    tap = phone_drafts.FaceTap(rid, int(form.score.data), secret, current_locale(), now_ms)
    try:
        new = phone_request.run_in_transaction(lambda session: _take_face_tap(session, way, tap))
    except _Full as full:
        wait = {"Retry-After": str(-(-full.wait_ms // 1000))}
        return draw_refusal_page("poster_busy", way.proved, headers=wait)
    if new:
        fair_use.process_counts().posted(fair_use.request_network(), way.key, fair_use.running_clock_ms())
    proof = own_answer_proof.make_own_answer_proof(way.key, rid)
    return phone_request.set_browser_cookie(redirect(way.to("more", id=rid, k=proof.text), 303), secret)


def _take_face_tap(session: Session, way: AnswerWay, tap: phone_drafts.FaceTap) -> bool:
    """Take a touch; whether it is a new answer."""
    assert isinstance(way.proved, PosterDesk)
    new = not _is_poster_answer(session, way, tap.id)
    if new:
        lately = _count_recent_answers(session, way.proved, tap.t)
        wait = fair_use.process_counts().poster_wait_ms(
            fair_use.request_network(), way.key, lately, fair_use.running_clock_ms()
        )
        if wait:
            raise _Full(wait)
    phone_drafts.record_poster_tap(session, phone_request.centre(), way.proved, tap)
    return new


def _count_recent_answers(session: Session, posted: PosterDesk, now_ms: int) -> int:
    """How many answers this desk's poster brought within the last hour, sealed or not."""
    since = now_ms - HOUR_MS
    poster, desk = Channel.POSTER.value, posted.desk.code
    months = {local_day(since)[:7], local_day(now_ms)[:7]}
    drafted = select(func.count()).where(
        PhoneDraft.channel == poster, PhoneDraft.desk_code == desk, PhoneDraft.t >= since
    )
    recorded = select(func.count()).where(
        Response.agency_key == posted.agency.key,
        Response.month.in_(months),
        Response.desk_code == desk,
        Response.channel == poster,
        Response.claimed_ms >= since,
    )
    return (session.scalar(drafted) or 0) + (session.scalar(recorded) or 0)


def _load_poster_progress(session: Session, token: str, id: str) -> tuple[AnswerWay | None, AnswerStanding | None]:
    way = _find(session, token)
    if way is None or not is_id(id) or not _is_poster_answer(session, way, id):
        return way, None
    questionnaire = store.read_current_instrument(session, "short")
    short = answer_standing.load_answer_standing(
        session, way, questionnaire, companion_questions.read_province_questions(), id
    )
    alive = phone_request.now_ms() - short.t <= WORDS_MS
    return way, replace(short, alive=alive)


def _redirect_unknown(way: AnswerWay) -> Any:
    """Where a browser is sent that asks for no answer of this poster; words that it brought are given back."""
    return _elsewhere(way) if phone_request.find_returned_words() else redirect(way.to("faces"), 303)


def _elsewhere(way: AnswerWay) -> Any:
    """The address of an answer that was begun in another browser: nothing of it is shown or changed."""
    return draw_refusal_page("answer_elsewhere", way.proved, rate=way.to("faces"), page_url=way.to("faces"))


@blueprint.route("/d/<token>/more", methods=["GET", "POST"], endpoint="poster_more")
def more(token: str) -> Any:
    """What may be added after the face, page by page."""
    with phone_request.database().read() as session:
        way, short = _load_poster_progress(session, token, request.values.get("id", ""))
    if way is None:
        return _unknown(token)
    if short is None:
        return _redirect_unknown(way)
    return (
        sealed_answer_pages.serve_any_question_page(short, lambda: _reload_progress(token, short))
        if short.proof is not None
        else _elsewhere(way)
    )


def _reload_progress(token: str, at: AnswerStanding) -> AnswerStanding | None:
    """The same answer as it stands now."""
    with phone_request.database().read() as session:
        answer = _load_poster_progress(session, token, at.id)[1]
    return replace(answer, proof=at.proof) if answer is not None else None


@blueprint.route("/d/<token>/words", methods=["GET", "POST"], endpoint="poster_words")
def words(token: str) -> Any:
    """Words for an answer that is sealed."""
    with phone_request.database().read() as session:
        way, short = _load_poster_progress(session, token, request.args.get("id", ""))
    if way is None:
        return _unknown(token)
    if short is None:
        return _redirect_unknown(way)
    return sealed_answer_pages.serve_words_page(short, short) if short.proof is not None else _elsewhere(way)


@blueprint.get("/d/<token>/sent", endpoint="poster_sent")
def sent(token: str) -> Any:
    """The thanks, for the browser that answered."""
    with phone_request.database().read() as session:
        way, short = _load_poster_progress(session, token, request.args.get("id", ""))
        answer = sealed_answer_comments.read_stored_answer(session, short.response if short is not None else None)
    if way is None:
        return _unknown(token)
    if short is None:
        return _redirect_unknown(way)
    if short.proof is None:
        return _elsewhere(way)
    return redirect(short.to(), 303) if short.open else answer_flow.draw_thanks_page(short, answer)
