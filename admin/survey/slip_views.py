"""Views of the phone page behind a slip: `/r/<token>`, in small letters or capitals.

The face is durable at once; what may follow comes in short pages, each durable when it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from admin.instruments import companion_questions, store
from admin.slips import slip_spending
from admin.slips.slip_proof import RECEIVED, ProvedSlip, SlipRefused, prove_slip
from admin.survey import (
    address_repair,
    answer_flow,
    answer_standing,
    citizen_error_page,
    fair_use,
    follow_up_views,
    long_questionnaire,
    note_views,
    own_answer_proof,
    phone_drafts,
    phone_page_layout,
    phone_request,
    poster_answer_views,
    sealed_answer_comments,
    sealed_answer_pages,
    store_failures,
    typed_code_views,
)
from admin.survey.answer_standing import AnswerStanding
from admin.survey.forms import FaceForm, SealedForm
from admin.survey.phone_page_layout import AnswerWay
from admin.survey.phone_page_layout import blueprint as blueprint
from admin.survey.refusal_page import draw_refusal_page
from models.ids import is_id, new_id
from models.protocol import mangled_address
from models.reference.instrument import Instrument
from models.tables.response import LaterAnswer, PhoneDraft, SpentSlip
from translations import current_locale

#: The modules that add pages and refusals of their own to the part's blueprint, which they do when they are imported.
PAGES = (
    follow_up_views,
    citizen_error_page,
    note_views,
    address_repair,
    poster_answer_views,
    store_failures,
    typed_code_views,
)


@dataclass(frozen=True)
class SlipForBrowser:
    """A genuine slip as this browser finds it. `named`: the answer on it that has the id which was asked for; `mine`:
    the answers that were given in this browser, `unsent` those of them that may still be added to; `refused`: why it
    takes no new answer."""

    way: AnswerWay
    questionnaire: Instrument
    used: bool
    named: SpentSlip | LaterAnswer | None
    mine: tuple[SpentSlip | LaterAnswer, ...]
    unsent: tuple[str, ...]
    refused: SlipRefused | None

    @property
    def proved(self) -> ProvedSlip:
        """The slip."""
        assert isinstance(self.way.proved, ProvedSlip)
        return self.way.proved

    @property
    def own(self) -> str:
        """The id of the answer that whoever comes back to this browser is asked about: the newest that may still be
        added to, else the newest; empty when there is none."""
        ids = self.unsent or tuple(row.response_id for row in self.mine)
        return ids[-1] if ids else ""

    def is_mine(self, id: str) -> bool:
        """Whether this answer was given in this browser."""
        return any(row.response_id == id for row in self.mine)


def _prove_slip_page(session: Session, token: str, *, id: str = "") -> SlipForBrowser:
    """Prove a token and find this browser's answers and the one with this id, which a slip that is expired or revoked
    since still shows. Raises `SlipRefused`."""
    try:
        proved, refused = prove_slip(session, token, phone_request.centre(), phone_request.now_ms()), None
    except SlipRefused as error:
        if error.proved is None:
            raise
        proved, refused = error.proved, error
    cookie = request.cookies.get(phone_request.COOKIE, "")
    mine = slip_spending.list_browser_answers(session, proved, _secret(cookie, proved)) if cookie else []
    answer = slip_spending.find_browser_answer(session, proved, id=id) if is_id(id) else None
    if refused is not None and answer is None and not mine:
        raise refused
    used = slip_spending.find_slip_use(session, proved) is not None
    unsent = tuple(row.response_id for row in mine if session.get(PhoneDraft, row.response_id) is not None)
    return SlipForBrowser(
        AnswerWay(proved), store.read_current_instrument(session, "short"), used, answer, tuple(mine), unsent, refused
    )


def _secret(cookie: str, proved: ProvedSlip) -> str:
    """A browser's secret for a slip: what is kept of it differs from slip to slip."""
    return f"{cookie}\n{proved.tie}"


def _refused(refused: SlipRefused, token: str) -> Any:
    if refused.proved is None:
        if mangled_address.is_cut("r", token):
            return draw_refusal_page("slip_cut", form="slip")
        return draw_refusal_page(refused.code)
    way = AnswerWay(refused.proved)
    again = way.to("again") if refused.code == "slip_used" else None
    return draw_refusal_page(refused.code, refused.proved, again=again)


@blueprint.route("/R/<token>", methods=["GET", "POST"])
@blueprint.route("/r/<token>", methods=["GET", "POST"])
def faces(token: str) -> Any:
    """Q1: the five faces. POST takes one and spends the slip; on a slip that another browser used, the answer is kept
    too, for the province to check. A browser in which it was used is asked who is there."""
    secret = phone_request.browser_secret()
    post = request.method == "POST"
    try:
        with phone_request.database().read() as session:
            visit = _prove_slip_page(session, token, id=request.form.get("id", "") if post else "")
        if post:
            return phone_request.set_browser_cookie(_take_face_tap(visit, secret), secret)
        if visit.mine:
            return phone_request.set_browser_cookie(_ask_if_mine(visit), secret)
        if visit.used:
            raise SlipRefused("slip_used", visit.proved)
    except SlipRefused as refused:
        return _refused(refused, token)
    if (
        not visit.proved.received
        and visit.proved.past_due(phone_request.now_ms())
        and request.args.get("got") != "no"
    ):
        return phone_request.set_browser_cookie(_whether_received(visit.way), secret)
    return phone_request.set_browser_cookie(
        answer_flow.draw_faces_page(visit.way, visit.questionnaire, new_id(phone_request.now_ms())), secret
    )


def _ask_if_mine(visit: SlipForBrowser, *, untaken: bool = False, stood: bool = False) -> Any:
    """Whoever comes back to a slip that was answered in this browser is asked whether it was them; nothing of it is
    shown. `untaken`: a face was touched, and not taken; `stood`: on faces that somebody had touched before, which a
    browser's Back shows as they stood."""
    page = phone_page_layout.draw_phone_page(
        "who",
        visit.way.proved,
        form=SealedForm(visit.way.key, visit.own, formdata=None),
        unsent=bool(visit.unsent),
        untaken=untaken,
        stood=stood,
        mine=visit.way.to("mine"),
        other=visit.way.to("again") if visit.refused is None else None,
        page_url=visit.way.to("faces"),
    )
    return make_response(page, 409 if untaken or stood else 200)


@blueprint.post("/r/<token>/mine")
def mine(token: str) -> Any:
    """"It was me": goes on with an answer of this browser at the first page that was not sent, or to its thanks."""
    id = request.form.get("id", "")
    try:
        with phone_request.database().read() as session:
            visit, short = _load_slip_progress(session, token, id)
    except SlipRefused as refused:
        return _refused(refused, token)
    if short is None or not visit.is_mine(id) or not short.genuine():
        return redirect(visit.way.to("faces"), 303)
    claimed = short.claimed()
    if not short.open:
        return redirect(claimed.thanks(), 303)
    now_ms = phone_request.now_ms()
    phone_request.run_in_transaction(lambda session: phone_drafts.extend_draft(session, id, now_ms))
    return redirect(claimed.to(), 303)


def _whether_received(way: AnswerWay) -> str:
    """After the day the result was due: whether it has come. A yes makes it an answer about the result."""
    yes = url_for("survey.faces", token=way.key + RECEIVED)
    no = way.to("faces", got="no")
    return phone_page_layout.draw_phone_page("received", way.proved, yes=yes, no=no)


@blueprint.route("/r/<token>/again", methods=["GET", "POST"])
def again(token: str) -> Any:
    """The faces on a slip that was used: what is sent goes to the province to be checked. POST takes one of another
    person in a browser in which the slip was used."""
    secret = phone_request.browser_secret()
    post = request.method == "POST"
    try:
        with phone_request.database().read() as session:
            visit = _prove_slip_page(session, token, id=request.form.get("id", "") if post else "")
        if post:
            return phone_request.set_browser_cookie(_take_face_tap(visit, secret, other=True), secret)
        if visit.refused is not None:
            raise visit.refused
    except SlipRefused as refused:
        return _refused(refused, token)
    if not visit.used:
        return redirect(visit.way.to("faces"), 303)
    id, other = new_id(phone_request.now_ms()), bool(visit.mine)
    page = answer_flow.draw_faces_page(visit.way, visit.questionnaire, id, again=True, other=other)
    return phone_request.set_browser_cookie(page, secret)


def _take_face_tap(visit: SlipForBrowser, secret: str, *, other: bool = False) -> Any:
    """Take a touch. The same page again finds its answer, until more was sent for it; from then on, and on another page
    of a browser that has one already, it is asked who is there."""
    id = request.form.get("id", "")
    form = FaceForm(visit.way.key, id, other=other)
    if not form.validate() or not is_id(id):
        if visit.mine and not form.genuine:
            return _ask_if_mine(visit, untaken=True)
        if visit.used and not form.genuine:
            raise SlipRefused("slip_used", visit.proved)
        error = phone_page_layout.bad_score_message()
        fresh = new_id(phone_request.now_ms())
        page = answer_flow.draw_faces_page(
            visit.way, visit.questionnaire, fresh, error=error, again=visit.used, other=other
        )
        return make_response(page, 400)
    cookie = request.cookies.get(phone_request.COOKIE, "")
    if visit.named is not None:
        if visit.is_mine(id) and not _is_at_the_face(id):
            return _ask_if_mine(visit, stood=True)
        return _redirect_to_questions(visit, id) if visit.is_mine(id) or not cookie else _elsewhere(visit)
    if visit.mine and not other:
        return _ask_if_mine(visit, untaken=True)
    if visit.refused is not None:
        raise visit.refused
    browser = _secret(secret, visit.proved)
    own = slip_spending.other_person_secret(browser, id) if other else browser
    tap = phone_drafts.FaceTap(id, int(form.score.data), own, current_locale(), phone_request.now_ms())
    if visit.used:
        with phone_request.database().read() as session:
            fair_use.check_second_answer_limit(session, visit.proved)
    response_id = phone_request.run_in_transaction(
        lambda session: phone_drafts.record_face_tap(session, phone_request.centre(), visit.proved, tap)
    )
    if response_id != id:  # another page of this browser was quicker by a moment
        with phone_request.database().read() as session:
            return _ask_if_mine(_prove_slip_page(session, visit.way.key), untaken=True)
    if visit.used:
        fair_use.process_counts().answered_beside(
            fair_use.request_network(), visit.proved.tie, fair_use.running_clock_ms()
        )
    return _redirect_to_questions(visit, id)


def _is_at_the_face(id: str) -> bool:
    """Whether nothing was sent for an answer but its face."""
    with phone_request.database().read() as session:
        return phone_drafts.has_only_face(session, id)


def _redirect_to_questions(visit: SlipForBrowser, id: str) -> Any:
    """On to what may be added, with the proof that this browser began it."""
    return redirect(visit.way.to("more", id=id, k=own_answer_proof.make_own_answer_proof(visit.way.key, id).text), 303)


def _elsewhere(visit: SlipForBrowser) -> Any:
    """The address of an answer that was begun in another browser: nothing of it is shown or changed."""
    again = visit.way.to("again") if visit.refused is None else None
    return draw_refusal_page("answer_elsewhere", visit.way.proved, again=again, page_url=visit.way.to("faces"))


def _load_slip_progress(session: Session, token: str, id: str) -> tuple[SlipForBrowser, AnswerStanding | None]:
    """The slip and how far the answer with this id is on it; None when the id is none of its answers."""
    visit = _prove_slip_page(session, token, id=id)
    if visit.named is None:
        return visit, None
    later, alive = isinstance(visit.named, LaterAnswer), visit.refused is None
    questions = companion_questions.read_province_questions()
    return visit, answer_standing.load_answer_standing(
        session, visit.way, visit.questionnaire, questions, id, later=later, alive=alive
    )


def _check_answer_proof(visit: SlipForBrowser, short: AnswerStanding, at: AnswerStanding) -> AnswerStanding | None:
    """The answer `at` (`short`, or its long form) for a browser that proves that it is its own: by its address, or by
    a form that was drawn for it and the browser's cookie."""
    if at.proof is None and request.method == "POST" and visit.is_mine(short.id) and at.genuine():
        return replace(at, proof=own_answer_proof.make_own_answer_proof(at.way.key, at.proved_as))
    return at if at.proof is not None else None


def _redirect_unknown(visit: SlipForBrowser) -> Any:
    """Where a browser is sent that asks for no answer of this slip; words that it brought are given back."""
    return _elsewhere(visit) if phone_request.find_returned_words() else redirect(visit.way.to("faces"), 303)


def _redirect_unproved(visit: SlipForBrowser) -> Any:
    """Where a browser is sent that does not prove that an answer is its own."""
    return redirect(visit.way.to("faces"), 303) if visit.mine and request.method == "GET" else _elsewhere(visit)


@blueprint.route("/r/<token>/more", methods=["GET", "POST"])
def more(token: str) -> Any:
    """What may be added after the face, page by page; the same pages for every score."""
    id = request.values.get("id", "")
    try:
        with phone_request.database().read() as session:
            visit, short = _load_slip_progress(session, token, id)
    except SlipRefused as refused:
        return _refused(refused, token)
    if short is None:
        return _redirect_unknown(visit)
    at = _check_answer_proof(visit, short, short)
    return (
        sealed_answer_pages.serve_any_question_page(at, lambda: _reload_progress(token, at))
        if at is not None
        else _redirect_unproved(visit)
    )


def _reload_progress(token: str, at: AnswerStanding) -> AnswerStanding | None:
    """The same answer as it stands now."""
    with phone_request.database().read() as session:
        _seen, answer = _load_slip_progress(session, token, at.short)
        answer = long_questionnaire.load_long_progress(session, answer) if answer is not None and at.parent else answer
    return replace(answer, proof=at.proof) if answer is not None else None


@blueprint.route("/r/<token>/words", methods=["GET", "POST"])
def words(token: str) -> Any:
    """Words for an answer that is sealed."""
    try:
        with phone_request.database().read() as session:
            visit, short = _load_slip_progress(session, token, request.args.get("id", ""))
            of_long = short is not None and request.args.get("of") == sealed_answer_pages.LONG
            source = long_questionnaire.load_long_progress(session, short) if of_long and short is not None else short
    except SlipRefused as refused:
        return _refused(refused, token)
    if short is None or source is None:
        return _redirect_unknown(visit)
    at = _check_answer_proof(visit, short, short)
    return (
        sealed_answer_pages.serve_words_page(at, replace(source, proof=at.proof_for(source)))
        if at is not None
        else _redirect_unproved(visit)
    )


@blueprint.get("/r/<token>/sent")
def sent(token: str) -> Any:
    """Q3: thanks, the same for every answer; only for whoever gave it."""
    try:
        with phone_request.database().read() as session:
            visit, short = _load_slip_progress(session, token, request.args.get("id", ""))
            long = (
                long_questionnaire.load_long_progress(session, short)
                if short and short.proof and not short.open
                else None
            )
            answer = sealed_answer_comments.read_stored_answer(session, short.response if short is not None else None)
    except SlipRefused as refused:
        return _refused(refused, token)
    if short is None:
        return _redirect_unknown(visit)
    if short.proof is None:
        return _redirect_unproved(visit)
    return redirect(short.to(), 303) if short.open else answer_flow.draw_thanks_page(short, answer, long=long)


@blueprint.route("/r/<token>/long", methods=["GET", "POST"])
def long(token: str) -> Any:
    """SIPAS23's questions on the same slip, factor by factor: an answer of its own, which never counts in `short`."""
    try:
        with phone_request.database().read() as session:
            visit, short = _load_slip_progress(session, token, request.args.get("id", ""))
            long_form = long_questionnaire.load_long_progress(session, short) if short and not short.open else None
    except SlipRefused as refused:
        return _refused(refused, token)
    if short is None:
        return _redirect_unknown(visit)
    if long_form is None:
        return redirect(short.to(), 303) if short.proof is not None else _redirect_unproved(visit)
    at = _check_answer_proof(visit, short, long_form)
    return (
        sealed_answer_pages.serve_any_question_page(at, lambda: _reload_progress(token, at))
        if at is not None
        else _redirect_unproved(visit)
    )
