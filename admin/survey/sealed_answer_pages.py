"""The pages for what comes after an answer was sealed.

It comes from another tab, after a quarter of an hour, or after Back. Only what is stored is thanked for. Words are
taken as long as the slip lives; choices cannot be: the page comes again with all that was filled in, and says what was
stored, what was not, and what one can do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import make_response, redirect, request

from admin.survey import (
    answer_flow,
    display_preferences,
    forms,
    phone_drafts,
    phone_page_layout,
    phone_request,
    sealed_answer_comments,
)
from admin.survey.answer_standing import AnswerStanding
from admin.survey.forms import PageForm, plain_text
from admin.survey.question_page_steps import Step
from admin.survey.sealed_answer_comments import StoredAnswer
from translations import gettext as _

#: The address of a page of the long form, whose words belong to the short answer.
LONG = "long"


def serve_any_question_page(at: AnswerStanding, look: Callable[[], AnswerStanding | None]) -> Any:
    """One of the pages after the face, in time or not. `look`: the same answer as it stands now."""
    post = request.method == "POST"
    if not at.sealed:
        if not at.open and not at.parent:
            return redirect(at.way.to("faces"), 303)
        try:
            return answer_flow.serve_question_page(at)
        except answer_flow.AlreadySealed:
            now = look()
            if now is None or not now.sealed:
                raise
            at = now
    return _serve_late_page(at) if post else redirect(at.thanks(), 303)


def _serve_late_page(at: AnswerStanding) -> Any:
    """A page that was sent for a sealed answer."""
    step = at.step()
    form = forms.make_page_form(at.questionnaire, step, at.way.key, at.id)
    form.validate()
    if display_preferences.is_redraw_only():
        return _back(at, step, form, untaken=True, status=200)  # for another reader; nothing is sent by it
    if form.genuine and form.stops:
        return redirect(at.thanks(), 303)  # by their own choice nothing of this page is sent
    return _store_late_words(at, step, form)


def serve_words_page(at: AnswerStanding, source: AnswerStanding) -> Any:
    """The page for further words to a sealed answer; `source`: whose choices stand there (its own, or those of its long
    form)."""
    if not at.sealed:
        return redirect(at.to(), 303)
    step = source.step()
    if request.method != "POST":
        form = forms.make_page_form(source.questionnaire, step, at.way.key, source.id, words=True, formdata=None)
        return make_response(_draw(source, step, form)) if at.alive else redirect(at.thanks(), 303)
    form = forms.make_page_form(source.questionnaire, step, at.way.key, source.id, words=True)
    form.validate()
    if form.genuine and plain_text(form["comment"].data) is None:
        return _back(source, step, form, error=_("Please write something, or just close this page."), status=400)
    return _store_late_words(source, step, form, warned=True)


def _store_late_words(at: AnswerStanding, step: Step, form: PageForm, *, warned: bool = False) -> Any:
    """Take the words of a page, and give back what cannot be taken. `warned`: that the choices cannot be, was said."""
    if not form.genuine:
        error = _("That was not understood; nothing was added. Please do it once more.")
        return _back(at, step, form, error=error, status=400)
    text = plain_text(form["comment"].data) if "comment" in form else None
    with phone_request.database().read() as session:
        answer = sealed_answer_comments.read_stored_answer(session, at.response)
        before = sealed_answer_comments.read_stored_answer(
            session, phone_drafts.find_sealed_response(session, at.short)
        )
    choices = not warned and _has_unstored_choices(form, step, answer)
    if text is None or before.says(text):
        return _back(at, step, form, untaken=True) if choices else redirect(at.thanks(), 303)
    if form["comment"].errors:
        return _back(at, step, form, untaken=choices, status=400)
    if not at.alive:
        return _back(at, step, form, untaken=choices, ended=True)
    now_ms = phone_request.now_ms()
    if not phone_request.run_in_transaction(
        lambda session: sealed_answer_comments.add_late_words(session, at.short, text, now_ms)
    ):
        return _back(at, step, form, untaken=choices, full=True)
    return _back(at, step, form, untaken=True, taken=True) if choices else redirect(at.thanks(), 303)


def _has_unstored_choices(form: PageForm, step: Step, answer: StoredAnswer) -> bool:
    """Whether a page holds choices that are not stored."""
    chosen = set(form["topic"].data or []) if step.topics else set()
    answers = {item.id: form[item.id].data for item in step.items if form[item.id].data}
    questions = step.province.questions if step.province else ()
    province = {question.id: form[question.id].data for question in questions if form[question.id].data}
    return bool(
        chosen - answer.topics
        or any(str(answer.answers.get(id)) != score for id, score in answers.items())
        or any(str(answer.province.get(id)) != value for id, value in province.items())
    )


def _back(at: AnswerStanding, step: Step, form: PageForm, *, status: int = 409, **values: Any) -> Any:
    if "comment" not in form:  # what was chosen can be said in words
        form = forms.make_page_form(at.questionnaire, step, at.way.key, at.id, words=True)
        form["comment"].data = _in_words(at, step, form)
    return make_response(_draw(at, step, form, **values), status)


def _in_words(at: AnswerStanding, step: Step, form: PageForm) -> str:
    """Topics that came too late, as words to begin with."""
    chosen = set(form["topic"].data or []) if step.topics else set()
    return ", ".join(
        phone_page_layout.localize_text(topic.text) for topic in at.questionnaire.topics if topic.id in chosen
    )


def _draw(at: AnswerStanding, step: Step, form: PageForm, **values: Any) -> str:
    line = phone_request.settings().phone
    return phone_page_layout.draw_phone_page(
        "late",
        at.way.proved,
        form=form,
        step=step,
        title=answer_flow.step_title(at, step),
        poster=not at.way.is_slip,
        questionnaire=at.questionnaire,
        long=bool(at.parent),
        alive=at.alive and not values.get("ended") and not values.get("full"),
        action=at.way.to("words", id=at.short, step=step.number, of=LONG if at.parent else None, k=at.short_k()),
        done=at.thanks(),
        line=line,
        telephone=phone_page_layout.telephone_link(line),
        choosable=False,  # another language would lose what stands here
        **values,
    )
