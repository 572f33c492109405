"""The flow of an answer's pages: face, short pages with progress, thanks.

It is the same behind a slip and behind a poster, and for every score.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import make_response, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from admin.instruments.companion_questions import ForProvince
from admin.pdf import follow_up_qr
from admin.slips.proof import Proved
from admin.survey import follow_up_codes, forms, phone_drafts, phone_layout, phone_reading, question_pages
from admin.survey.forms import FaceForm, PageForm, SealedForm
from admin.survey.phone_layout import Way
from admin.survey.question_pages import Step
from models.protocol import follow_up_code
from models.reference.instrument import Instrument
from models.tables.response import PhoneDraft
from models.tables.response import Response as Recorded
from models.vocabulary import Stage, State
from translations import current_locale
from translations import gettext as _

_BACK = "back"


@dataclass(frozen=True)
class Standing:
    """How far an answer is. `draft` is None before its first page (a long form) and when it is sealed; `left`: it was
    left alone and sealed as it was; `later`: it goes to the province to be checked; `parent`: the short answer a long
    form belongs to; `coded`: its thanks show a follow-up code."""

    way: Way
    questionnaire: Instrument
    walk: tuple[Step, ...]
    id: str
    draft: PhoneDraft | None
    sealed: bool
    left: bool = False
    later: bool = False
    parent: str = ""
    coded: bool = False

    @property
    def open(self) -> bool:
        """Whether pages may still be sent."""
        return self.draft is not None

    def to(self, step: int | None = None) -> str:
        """The address of one of its pages (None: the first that was not sent)."""
        return self.way.to("long" if self.parent else "more", id=self.parent or self.id, step=step)

    def thanks(self, *, proved: bool) -> str:
        """The address of its thanks; with the seal that shows the code, for whoever has `proved` to have sent it."""
        id = self.parent or self.id
        return self.way.to("sent", id=id, k=phone_layout.pass_to(self.way.key, id) if proved else None)


def standing(
    session: Session, way: Way, questionnaire: Instrument, province: ForProvince | None, id: str, *, later: bool = False
) -> Standing:
    """How far the answer `id` is."""
    draft, response = session.get(PhoneDraft, id), session.get(Recorded, id)
    stage: Stage | None = way.proved.stage
    return Standing(
        way,
        questionnaire,
        question_pages.steps(questionnaire, province, stage),
        id,
        draft,
        sealed=response is not None,
        left=response is not None and response.state == State.PARTIAL,
        later=later,
        coded=response is not None and follow_up_codes.given(session, phone_layout.centre().page_key, id),
    )


def faces(way: Way, questionnaire: Instrument, id: str, *, error: str = "", again: bool = False) -> str:
    """Q1: the five faces, for a fresh response id."""
    texts = questionnaire.texts
    overall = questionnaire.overall
    assert overall is not None
    return phone_layout.draw(
        "faces",
        way.proved,
        form=FaceForm(way.key, id, formdata=None),
        questionnaire=questionnaire,
        question=texts.get("overall_phone", overall.text) if way.is_slip else overall.text,
        again=again,
        poster=not way.is_slip,
        error=error,
        action=way.to("faces"),
        here=way.to("again") if again else None,
    )


def more(at: Standing) -> Any:
    """One of the pages after the face: GET draws it with what was sent of it, POST keeps it and goes on."""
    post = request.method == "POST"
    if at.sealed or not (at.open or at.parent):
        return redirect(at.thanks(proved=post and _genuine(at)), 303)
    step = _step(at)
    if not post:
        return _draw(at, step, _kept(at, step))
    form = forms.page_form(at.questionnaire, step, at.way.key, at.id)
    valid = form.validate()
    if phone_reading.looks():
        return _look(at, step, form)
    if form.genuine and form.stops:
        return _stop(at, step)
    if not valid:
        return _again(at, step, form)
    return _go_on(at, step, form)


def _genuine(at: Standing) -> bool:
    form = SealedForm(at.way.key, at.id)
    form.validate()
    return form.genuine


def _step(at: Standing) -> Step:
    """The page that is asked for, else the first that was not sent."""
    done = at.draft.step if at.draft is not None else 0
    wanted = request.args.get("step", type=int)
    first, last = at.walk[0].number, at.walk[-1].number
    number = max(first, min(last, wanted if wanted is not None else done + 1))
    return at.walk[number - first]


def _kept(at: Standing, step: Step) -> PageForm:
    if at.draft is None:
        return forms.page_form(at.questionnaire, step, at.way.key, at.id, formdata=None)
    return forms.kept_form(at.questionnaire, step, at.way.key, at.draft)


def _again(at: Standing, step: Step, form: PageForm) -> Any:
    """What was not understood is asked again; what was sent before stays, and so does what can be mended."""
    now_ms = phone_layout.now_ms()
    phone_layout.write(lambda session: phone_drafts.touch(session, at.id, now_ms))
    mend = form.genuine and step.comment and bool(form["comment"].errors)
    error = "" if mend else _("That was not understood; nothing was added. Please do it once more.")
    return make_response(_draw(at, step, form if form.genuine else _kept(at, step), error), 400)


def _look(at: Standing, step: Step, form: PageForm) -> Any:
    """The same page for the reader's other choices, with all that stands on it. What of it can be kept is kept, so that
    the browser's Back finds it; it counts as not sent. Too long a text cannot be kept and stands on the page alone."""
    if form.genuine:
        kept = replace(step, comment=step.comment and not form["comment"].errors)
        if at.open or any(form.filled.answers):
            phone_layout.write(lambda session: _keep(session, at, kept, form, sent=False))
    return _draw(at, step, form)


def _keep(session: Session, at: Standing, step: Step, form: PageForm, *, sent: bool = True) -> None:
    now_ms, lang = phone_layout.now_ms(), current_locale()
    if at.parent and isinstance(at.way.proved, Proved):
        centre = phone_layout.centre()
        phone_drafts.begin_long(session, centre, at.way.proved, at.id, at.questionnaire.id, lang, now_ms)
    phone_drafts.keep(session, at.id, step, form.filled, now_ms, sent=sent)


def _go_on(at: Standing, step: Step, form: PageForm) -> Redirect:
    back = form.act.data == _BACK

    def keep(session: Session) -> None:
        _keep(session, at, step, form)
        if step.last and not back:
            phone_drafts.finish(session, phone_layout.centre(), at.id, phone_layout.now_ms())

    phone_layout.write(keep)
    if step.last and not back:
        phone_layout.freshen()
        return redirect(at.thanks(proved=True), 303)
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
    return redirect(at.thanks(proved=True), 303)


def _draw(at: Standing, step: Step, form: PageForm, error: str = "") -> str:
    first = at.walk[0].number
    form.id.data = at.id  # also where what was sent said another
    return phone_layout.draw(
        "step",
        at.way.proved,
        form=form,
        step=step,
        first=step.number == first,
        kept=at.draft is not None and at.draft.step >= step.number,
        long=bool(at.parent),
        later=at.later,
        poster=not at.way.is_slip,
        title=_title(at, step),
        note=at.questionnaire.texts.get(f"note_{step.factor}") if step.factor else None,
        questionnaire=at.questionnaire,
        error=error,
        action=at.to(step.number),
        here=at.to(step.number),
    )


def _title(at: Standing, step: Step) -> str:
    if step.factor:
        return phone_layout.local(at.questionnaire.factor_names[step.factor])
    if step.topics:
        return _("What would you like to say more about?")
    return _("Question by question, if you like") if step.items else _("In your own words")


def sent(at: Standing, *, known: bool, long: str | None = None) -> Any:
    """Q3: the thanks. `known`: this browser gave the answer, so it is shown the follow-up code; `long`: how the long
    form stands (`new`, `begun`, `done`), None where there is none."""
    if at.open:
        return redirect(at.to(), 303)
    code = follow_up_codes.code(phone_layout.centre().page_key, at.id) if known and at.coded else ""
    url = follow_up_code.url(phone_layout.settings().public_url, code)
    modules = follow_up_qr.modules(url) if code else []
    words = _("Follow-up code")
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
        long=long,
        long_address=at.way.to("long", id=at.id) if long in ("new", "begun") else None,
    )
