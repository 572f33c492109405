"""The tap: the first step of a response's journey, and everything one citizen does at the tablet.

`GET /` draws the faces and with them a new response id; a tap on a face is a durable draft before anything else is
shown (`kiosk.drafts`); topics, "choose again" and the refusal change that draft until it is sealed. Every page after
the tap is the same for every score, byte for byte apart from the id and its seal: nobody who watches the screen can
tell what was pressed.
"""

from __future__ import annotations

from typing import TypeVar

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Redirect

from kiosk import drafts, reference
from kiosk.errors import FAULTS, Fault, Problem, answer
from kiosk.forms import FacesForm, RateForm, SealedForm, TopicsForm
from kiosk.pages import database, draw, moment, reading, to
from models import tokens
from models.ids import is_id, new_id

F = TypeVar("F", bound=SealedForm)

blueprint = Blueprint("rate", __name__)


@blueprint.get("/")
def start() -> str:
    """The faces, always. Whoever stood here before has left: their draft is sealed as it is."""
    with database().write() as session:
        if request.method == "GET":  # a HEAD is a watchdog, not a person
            drafts.seal_others(session, None, moment())
        desk = reference.current(session, moment().t)
    return faces(installed(desk), new_id())


@blueprint.post("/rate")
def rate() -> Response | Redirect:
    """Take one tap. The same page tapped twice, or sent twice, gives the same draft."""
    id = request.form.get("id", "")
    form = RateForm(id)
    if not form.validate() or not is_id(id) or len(request.form.getlist("score")) != 1:
        desk = current_desk()
        code = "page_too_old" if "seal" in form.errors or not is_id(id) else "bad_score"
        return answer(FAULTS[code], lambda fault: faces(desk, new_id(), fault))
    with database().write() as session:
        taken = drafts.open_rating(
            session, id, int(form.score.data), moment(), lang=reading().lang, screen_ms=form.screen_ms
        )
    if taken.state == "closed":  # left too long after "choose again", or refused: say so, and draw fresh faces
        desk = current_desk()
        return answer(FAULTS["page_too_old"], lambda fault: faces(desk, new_id(), fault))
    return see(to("rate.topics", id=id) if taken.state == "open" else to("rate.thanks"))


@blueprint.get("/rate/<id>/topics")
def topics(id: str) -> str | Redirect:
    """What the citizen may add. Once sealed there is nothing more to change: back to the faces."""
    with database().read() as session:
        draft = drafts.find(session, id)
        desk = reference.current(session, moment().t)
    if draft is None or draft.state == "sealed":
        return see(to("rate.start"))
    if draft.state == "undone":
        return see(to("rate.again", id=id))
    return more(installed(desk), TopicsForm(id), all_topics="all" in request.args)


@blueprint.post("/rate/<id>/topics")
def add_topics(id: str) -> str | Redirect:
    """Send, say nothing more, or have the page drawn again (all topics, another language) with the ticks kept."""
    form = sealed(TopicsForm(id))
    desk = current_desk()
    chosen = [topic.id for topic in desk.instrument.topics if topic.id in (form.topic.data or [])]
    with database().write() as session:
        draft = drafts.find(session, id)
        if draft is None:
            raise Problem("page_too_old")
        if form.act.data == "look" and draft.state == "open":
            drafts.touch(session, id, moment())
        elif draft.state == "open":
            said = [] if form.act.data == "skip" else chosen
            drafts.finish(session, id, said, moment(), screen_ms=form.screen_ms)
    if form.act.data == "look" and draft.state == "open":
        return more(desk, form, all_topics="all" in request.args, chosen=frozenset(chosen))
    return see(to("rate.thanks"))


@blueprint.post("/rate/<id>/stay")
def stay(id: str) -> Redirect:
    """"I am still here": the draft is not swept for another while."""
    sealed(SealedForm(id))
    with database().write() as session:
        drafts.touch(session, id, moment())
    return see(to("rate.topics", id=id))


@blueprint.post("/rate/<id>/undo")
def undo(id: str) -> Redirect:
    """Wrong tap: the score is taken back, the same response goes on."""
    sealed(SealedForm(id))
    with database().write() as session:
        drafts.undo(session, id, moment())
    return see(to("rate.again", id=id))


@blueprint.get("/rate/<id>/again")
def again(id: str) -> str | Redirect:
    """The faces once more, for the same response."""
    with database().write() as session:
        drafts.touch(session, id, moment())
        draft = drafts.find(session, id)
        desk = reference.current(session, moment().t)
    if draft is None or draft.state != "undone":
        return see(to("rate.topics", id=id) if draft and draft.state == "open" else to("rate.start"))
    return faces(installed(desk), id, here=to("rate.again", id=id).partition("?")[0])


@blueprint.post("/decline")
def decline() -> Redirect:
    """The citizen does not want to rate; that is recorded and counted nowhere."""
    id = request.form.get("id", "")
    form = sealed(FacesForm(id))
    if not is_id(id):
        raise Problem("page_too_old")
    with database().write() as session:
        drafts.decline(session, form.id.data, moment(), lang=reading().lang)
    return see(to("rate.thanks"))


@blueprint.get("/thanks")
def thanks() -> str:
    """Thanks, and what happened to the answer; after a few seconds the faces for the next person."""
    with database().read() as session:
        desk = reference.current(session, moment().t)
    return draw("thanks.html", installed(desk))


@blueprint.get("/tokens.css")
def tokens_css() -> Response:
    """The design tokens as custom properties."""
    response = Response(tokens.css(), mimetype="text/css")
    response.add_etag()
    response.make_conditional(request)
    return response


def faces(desk: reference.Reference, id: str, fault: Fault | None = None, here: str = "/") -> str:
    """The page with the five faces for response `id`, with a sentence about `fault` if the last touch failed."""
    return draw("faces.html", desk, form=FacesForm(id, formdata=None, data={"id": id}), fault=fault, here=here)


def more(
    desk: reference.Reference, form: TopicsForm, all_topics: bool, chosen: frozenset[str] = frozenset()
) -> str:
    """The topics page, with six topics or with all of them in columns by factor."""
    first = {topic.id for topic in desk.instrument.first_topics}
    everything = all_topics or bool(chosen - first)
    return draw("topics.html", desk, form=form, id=form.subject, chosen=chosen, everything=everything)


def sealed(form: F) -> F:
    """`form`, if its seal holds; else the request ends as `page_too_old`."""
    if not form.validate():
        raise Problem("page_too_old")
    return form


def current_desk() -> reference.Reference:
    """The desk this tablet stands at; a tablet that was never paired ends the request as `not_installed`."""
    with database().read() as session:
        return installed(reference.current(session, moment().t))


def installed(desk: reference.Reference | None) -> reference.Reference:
    """`desk`, if the tablet has one."""
    if desk is None:
        raise Problem("not_installed")
    return desk


def see(address: str) -> Redirect:
    """Go on to another page, by GET."""
    return redirect(address, 303)
