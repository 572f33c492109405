"""The flow of an answer's pages: face, short pages with progress, thanks.

It is the same behind a slip and behind a poster, and for every score.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import make_response, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from admin.pdf import follow_up_qr
from admin.slips.proof import Proved
from admin.survey import follow_up_codes, forms, phone_drafts, phone_layout, phone_reading, question_pages
from admin.survey.forms import FaceForm, PageForm
from admin.survey.late_words import Kept
from admin.survey.phone_layout import Way
from admin.survey.question_pages import Step
from admin.survey.standing import Standing
from models.protocol import follow_up_code
from models.reference.instrument import Instrument
from models.tables.response import PhoneDraft
from models.vocabulary import State
from translations import current_locale
from translations import gettext as _

_BACK = "back"


class Sealed(Exception):
    """The answer was sealed between the look at it and what was to be kept of it."""


def faces(
    way: Way, questionnaire: Instrument, id: str, *, error: str = "", again: bool = False, other: bool = False
) -> str:
    """Q1: the five faces, for a fresh response id. `again`: on a slip that was used; `other`: in a browser in which it
    was, by another person."""
    texts = questionnaire.texts
    overall = questionnaire.overall
    assert overall is not None
    return phone_layout.draw(
        "faces",
        way.proved,
        form=FaceForm(way.key, id, other=other, formdata=None),
        questionnaire=questionnaire,
        question=texts.get("overall_phone", overall.text) if way.is_slip else overall.text,
        again=again,
        poster=not way.is_slip,
        error=error,
        action=way.to("again" if other else "faces"),
        here=way.to("again") if again else None,
    )


def more(at: Standing) -> Any:
    """One of the pages after the face: GET draws it with what was sent of it, POST keeps it and goes on. Raises
    `Sealed`."""
    step = at.step()
    if request.method != "POST":
        form = _kept(at, step)
        form.shown.data = "" if at.hidden(step) else question_pages.mark(at.draft, step)
        return _draw(at, step, form)
    form = forms.page_form(at.questionnaire, step, at.way.key, at.id)
    valid = form.validate()
    try:
        if phone_reading.looks():
            return _look(at, step, form)
        if form.genuine and form.stops:
            return _stop(at, step)
        if not valid:
            return _again(at, step, form)
        return _go_on(at, step, form)
    except phone_drafts.Changed as changed:
        return _both(at, step, form, changed)


def _both(at: Standing, step: Step, form: PageForm, changed: phone_drafts.Changed) -> Any:
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
    return make_response(_draw(at, step, form, error), 409)


def _kept(at: Standing, step: Step) -> PageForm:
    if at.draft is None or at.hidden(step):
        return forms.page_form(at.questionnaire, step, at.way.key, at.id, formdata=None)
    return forms.kept_form(at.questionnaire, step, at.way.key, at.draft)


def _again(at: Standing, step: Step, form: PageForm) -> Any:
    """What was not understood is asked again, with all that was filled in; what was sent before stays."""
    now_ms = phone_layout.now_ms()
    phone_layout.write(lambda session: phone_drafts.touch(session, at.id, now_ms))
    mend = form.genuine and step.comment and bool(form["comment"].errors)
    error = "" if mend else _("That was not understood; nothing was added. Please do it once more.")
    return make_response(_draw(at, step, form, error, now_ms), 400)


def _look(at: Standing, step: Step, form: PageForm) -> Any:
    """The same page for the reader's other choices, with all that stands on it. What of it can be kept is kept, so that
    the browser's Back finds it; it counts as not sent. Too long a text cannot be kept and stands on the page alone."""
    if form.genuine:
        kept = replace(step, comment=step.comment and not form["comment"].errors)
        if at.open or any(form.filled.answers):
            form.shown.data = phone_layout.write(lambda session: _looked(session, at, kept, form))
    return _draw(at, step, form)


def _looked(session: Session, at: Standing, step: Step, form: PageForm) -> str:
    """Keep a page that is only drawn again; the mark of what stands on it from now on."""
    _keep(session, at, step, form, sent=False)
    return question_pages.mark(session.get(PhoneDraft, at.id), step)


def _keep(session: Session, at: Standing, step: Step, form: PageForm, *, sent: bool = True) -> bool:
    now_ms, lang = phone_layout.now_ms(), current_locale()
    if at.parent and isinstance(at.way.proved, Proved):
        centre = phone_layout.centre()
        phone_drafts.begin_long(session, centre, at.way.proved, at.id, at.questionnaire.id, lang, now_ms)
    shown = request.form.get("shown")  # a page that was drawn before there were marks has none
    return phone_drafts.keep(session, at.id, step, form.filled, now_ms, sent=sent, adding=at.hidden(step), shown=shown)


def _go_on(at: Standing, step: Step, form: PageForm) -> Redirect:
    back = form.act.data == _BACK

    def keep(session: Session) -> None:
        if not _keep(session, at, step, form):
            raise Sealed
        if step.last and not back:
            phone_drafts.finish(session, phone_layout.centre(), at.id, phone_layout.now_ms())

    phone_layout.write(keep)
    if step.last and not back:
        phone_layout.freshen()
        return redirect(at.thanks(), 303)
    return redirect(at.to(step.number - 1 if back else step.number + 1), 303)


def _stop(at: Standing, step: Step) -> Redirect:
    """End here. A page that was only looked at, in one language or another, was not sent."""
    now_ms = phone_layout.now_ms()
    state = State.PARTIAL if at.parent else State.COMPLETE

    def finish(session: Session) -> None:
        phone_drafts.leave_out(session, at.id, step, now_ms)
        phone_drafts.finish(session, phone_layout.centre(), at.id, now_ms, state)

    phone_layout.write(finish)
    phone_layout.freshen()
    return redirect(at.thanks(), 303)


def _draw(at: Standing, step: Step, form: PageForm, error: str = "", touched_ms: int | None = None) -> str:
    if touched_ms is None and at.draft is not None:
        touched_ms = at.draft.touched_ms
    until = phone_layout.until(touched_ms + phone_drafts.IDLE_MS) if touched_ms is not None else None
    form.id.data = at.id  # also where what was sent said another
    return phone_layout.draw(
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
        title=title(at, step),
        note=at.questionnaire.texts.get(f"note_{step.factor}") if step.factor else None,
        questionnaire=at.questionnaire,
        error=error,
        action=at.to(step.number),
        here=at.to(step.number),
    )


def title(at: Standing, step: Step) -> str:
    """What a page asks, as its heading."""
    if step.factor:
        return phone_layout.local(at.questionnaire.factor_names[step.factor])
    if step.topics:
        return _("What would you like to say more about?")
    return _("Question by question, if you like") if step.items else _("In your own words")


def sent(at: Standing, kept: Kept, *, long: Standing | None = None) -> Any:
    """Q3: the thanks for what is `kept`, with the follow-up code; `long`: the long form, None where there is none."""
    code = follow_up_codes.code(phone_layout.centre().page_key, at.id) if at.coded else ""
    url = follow_up_code.url(phone_layout.settings().public_url, code)
    modules = follow_up_qr.modules(url) if code else []
    words = _("Follow-up code")
    go_on = at.way.to("words", id=at.id, k=at.k) if at.left and at.alive else None
    return phone_layout.draw(
        "sent",
        at.way.proved,
        left=at.left,
        later=at.later,
        poster=not at.way.is_slip,
        code=follow_up_code.grouped(code),
        side=len(modules),
        modules=follow_up_qr.path(modules),
        picture=follow_up_qr.picture(modules, words, follow_up_code.grouped(code)) if code else "",
        look_up=url,
        words=bool(kept.words),
        more_words=bool(kept.more_words),
        write=go_on,
        **_offer(at, long),
        another=at.way.to("faces") if not at.way.is_slip else None,
    )


def _offer(at: Standing, long: Standing | None) -> dict[str, Any]:
    """What the thanks say of the long form: `new`, `begun` or `done`, and its address."""
    if long is None:
        return {"long": None, "long_address": None}
    proof = at.proof_for(long)
    address = at.way.to("long", id=at.id, k=proof.text if proof is not None else None)
    return {"long": "done" if long.sealed else "begun" if long.open else "new", "long_address": address}
