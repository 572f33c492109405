"""The flow of an answer's pages: face, short pages with progress, thanks.

It is the same behind a slip and behind a poster, and for every score.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import make_response, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from admin.pdf import code_drawing
from admin.slips.slip_proof import ProvedSlip
from admin.survey import (
    display_preferences,
    follow_up_lookup,
    forms,
    phone_drafts,
    phone_page_layout,
    phone_request,
    question_page_steps,
)
from admin.survey.answer_standing import AnswerStanding
from admin.survey.forms import FaceForm, PageForm
from admin.survey.phone_page_layout import AnswerWay
from admin.survey.question_page_steps import Step
from admin.survey.sealed_answer_comments import StoredAnswer
from models.protocol import follow_up_code
from models.reference.instrument import Instrument
from models.tables.response import PhoneDraft
from models.vocabulary import ResponseState
from translations import current_locale
from translations import gettext as _

_BACK = "back"


class AlreadySealed(Exception):
    """The answer was sealed between the look at it and what was to be kept of it."""


def draw_faces_page(
    way: AnswerWay, questionnaire: Instrument, id: str, *, error: str = "", again: bool = False, other: bool = False
) -> str:
    """Q1: the five faces, for a fresh response id. `again`: on a slip that was used; `other`: in a browser in which it
    was, by another person."""
    texts = questionnaire.texts
    overall = questionnaire.overall
    assert overall is not None
    return phone_page_layout.draw_phone_page(
        "faces",
        way.proved,
        form=FaceForm(way.key, id, other=other, formdata=None),
        questionnaire=questionnaire,
        question=texts.get("overall_phone", overall.text) if way.is_slip else overall.text,
        again=again,
        poster=not way.is_slip,
        error=error,
        action=way.to("again" if other else "faces"),
        page_url=way.to("again") if again else None,
    )


def serve_question_page(at: AnswerStanding) -> Any:
    """One of the pages after the face: GET draws it with what was sent of it, POST keeps it and goes on. Raises
    `AlreadySealed`."""
    step = at.step()
    if request.method != "POST":
        form = _kept(at, step)
        form.shown.data = "" if at.hidden(step) else question_page_steps.page_fingerprint(at.draft, step)
        return _draw_question_page(at, step, form)
    form = forms.make_page_form(at.questionnaire, step, at.way.key, at.id)
    valid = form.validate()
    try:
        if display_preferences.is_redraw_only():
            return _redraw_page(at, step, form)
        if form.genuine and form.stops:
            return _finish_answer(at, step)
        if not valid:
            return _draw_rejected_page(at, step, form)
        return _go_on(at, step, form)
    except phone_drafts.DraftChanged as changed:
        return _draw_merged_page(at, step, form, changed)


def _draw_merged_page(at: AnswerStanding, step: Step, form: PageForm, changed: phone_drafts.DraftChanged) -> Any:
    """The page with all that was sent of it and what is sent now, to be looked through: nobody here knows whether
    something was taken back, or not shown."""
    if step.topics:
        form["topic"].data = list(changed.both.topics or ())
    if step.comment:
        form["comment"].data = changed.both.comment or ""
    form.shown.data = changed.shown
    error = _(
        "This page was sent before, from another tab or before going back. All that was chosen or written then stands "
        "below too; please look through it and send it."
    )
    return make_response(_draw_question_page(at, step, form, error), 409)


def _kept(at: AnswerStanding, step: Step) -> PageForm:
    if at.draft is None or at.hidden(step):
        return forms.make_page_form(at.questionnaire, step, at.way.key, at.id, formdata=None)
    return forms.make_kept_form(at.questionnaire, step, at.way.key, at.draft)


def _draw_rejected_page(at: AnswerStanding, step: Step, form: PageForm) -> Any:
    """What was not understood is asked again, with all that was filled in; what was sent before stays."""
    now_ms = phone_request.now_ms()
    phone_request.run_in_transaction(lambda session: phone_drafts.extend_draft(session, at.id, now_ms))
    mend = form.genuine and step.comment and bool(form["comment"].errors)
    error = "" if mend else _("That was not understood; nothing was added. Please do it once more.")
    return make_response(_draw_question_page(at, step, form, error, now_ms), 400)


def _redraw_page(at: AnswerStanding, step: Step, form: PageForm) -> Any:
    """The same page for the reader's other choices, with all that stands on it. What of it can be kept is kept, so that
    the browser's Back finds it; it counts as not sent. Too long a text cannot be kept and stands on the page alone."""
    if form.genuine:
        page = replace(step, comment=step.comment and not form["comment"].errors)
        if at.open or any(form.filled.answers):
            form.shown.data = phone_request.run_in_transaction(lambda session: _looked(session, at, page, form))
    return _draw_question_page(at, step, form)


def _looked(session: Session, at: AnswerStanding, step: Step, form: PageForm) -> str:
    """Keep a page that is only drawn again; the mark of what stands on it from now on."""
    _store_page(session, at, step, form, sent=False)
    return question_page_steps.page_fingerprint(session.get(PhoneDraft, at.id), step)


def _store_page(session: Session, at: AnswerStanding, step: Step, form: PageForm, *, sent: bool = True) -> bool:
    now_ms, lang = phone_request.now_ms(), current_locale()
    if at.parent and isinstance(at.way.proved, ProvedSlip):
        centre = phone_request.centre()
        phone_drafts.begin_long_answer(session, centre, at.way.proved, at.id, at.questionnaire.id, lang, now_ms)
    page_mark = request.form.get("shown")  # a page that was drawn before there were marks has none
    return phone_drafts.store_draft_page(
        session, at.id, step, form.filled, now_ms, sent=sent, adding=at.hidden(step), page_mark=page_mark
    )


def _go_on(at: AnswerStanding, step: Step, form: PageForm) -> Redirect:
    back = form.act.data == _BACK

    def keep(session: Session) -> None:
        if not _store_page(session, at, step, form):
            raise AlreadySealed
        if step.last and not back:
            phone_drafts.seal_draft(session, phone_request.centre(), at.id, phone_request.now_ms())

    phone_request.run_in_transaction(keep)
    if step.last and not back:
        phone_request.recount_touched()
        return redirect(at.thanks(), 303)
    return redirect(at.to(step.number - 1 if back else step.number + 1), 303)


def _finish_answer(at: AnswerStanding, step: Step) -> Redirect:
    """End here. A page that was only looked at, in one language or another, was not sent."""
    now_ms = phone_request.now_ms()
    state = ResponseState.PARTIAL if at.parent else ResponseState.COMPLETE

    def finish(session: Session) -> None:
        phone_drafts.drop_unsent_page(session, at.id, step, now_ms)
        phone_drafts.seal_draft(session, phone_request.centre(), at.id, now_ms, state)

    phone_request.run_in_transaction(finish)
    phone_request.recount_touched()
    return redirect(at.thanks(), 303)


def _draw_question_page(
    at: AnswerStanding, step: Step, form: PageForm, error: str = "", touched_ms: int | None = None
) -> str:
    if touched_ms is None and at.draft is not None:
        touched_ms = at.draft.touched_ms
    until = phone_page_layout.make_deadline(touched_ms + phone_drafts.IDLE_MS) if touched_ms is not None else None
    form.id.data = at.id  # also where what was sent said another
    return phone_page_layout.draw_phone_page(
        "step",
        at.way.proved,
        form=form,
        step=step,
        until=until,
        first=step.number == at.first,
        kept=at.draft is not None and at.draft.step >= step.number,
        long=bool(at.parent),
        later=at.later,
        poster=not at.way.is_slip,
        another=at.way.to("faces") if not at.way.is_slip else None,
        title=step_title(at, step),
        note=at.questionnaire.texts.get(f"note_{step.factor}") if step.factor else None,
        questionnaire=at.questionnaire,
        error=error,
        action=at.to(step.number),
        page_url=at.to(step.number),
    )


def step_title(at: AnswerStanding, step: Step) -> str:
    """What a page asks, as its heading."""
    if step.factor:
        return phone_page_layout.localize_text(at.questionnaire.factor_names[step.factor])
    if step.topics:
        return _("What would you like to say more about?")
    return _("Question by question, if you like") if step.items else _("In your own words")


def draw_thanks_page(at: AnswerStanding, answer: StoredAnswer, *, long: AnswerStanding | None = None) -> Any:
    """Q3: the thanks for what is `answer`, with the follow-up code; `long`: the long form, None where there is none."""
    code = follow_up_lookup.make_follow_up_code(phone_request.centre().page_key, at.id) if at.coded else ""
    url = follow_up_code.url(phone_request.settings().public_url, code)
    modules = code_drawing.make_qr_modules(url) if code else []
    words = _("Follow-up code")
    go_on = at.way.to("words", id=at.id, k=at.k) if at.left and at.alive else None
    return phone_page_layout.draw_phone_page(
        "sent",
        at.way.proved,
        left=at.left,
        later=at.later,
        poster=not at.way.is_slip,
        code=follow_up_code.group_code(code),
        side=len(modules),
        modules=code_drawing.make_svg_path(modules),
        picture=code_drawing.draw_code_picture(modules, words, follow_up_code.group_code(code)) if code else "",
        look_up=url,
        words=bool(answer.words),
        more_words=bool(answer.more_words),
        write=go_on,
        **_long_form_offer(at, long),
        another=at.way.to("faces") if not at.way.is_slip else None,
    )


def _long_form_offer(at: AnswerStanding, long: AnswerStanding | None) -> dict[str, Any]:
    """What the thanks say of the long form: `new`, `begun` or `done`, and its address."""
    if long is None:
        return {"long": None, "long_address": None}
    proof = at.proof_for(long)
    address = at.way.to("long", id=at.id, k=proof.text if proof is not None else None)
    return {"long": "done" if long.sealed else "begun" if long.open else "new", "long_address": address}
