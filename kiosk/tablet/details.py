"""Details after the tap: topics, words typed here, and the questions about the five factors.

The same pages in the same order after every score. Each answer is durable before the next page is shown; a page drawn
again never shows an answer to a question, nor words that were typed.
"""

from __future__ import annotations

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from kiosk.desk import reference
from kiosk.error_catalogue.page_errors import PAGES, PageError
from kiosk.rating import drafts
from kiosk.tablet import citizen_transaction, page_guards, phone_note, thanks
from kiosk.tablet.forms import CommentForm, FactorForm, TopicsForm
from kiosk.web.errors import error_response
from kiosk.web.page_layout import page_url, render_page
from kiosk.web.request_context import current_database
from models.clock import Moment
from models.errors import ErrorKind
from models.reference.instrument import Item
from models.vocabulary import Stage

blueprint = Blueprint("tell", __name__)
page_guards.citizens_only(blueprint)


def list_questions(desk: reference.Reference, stage: Stage | None) -> list[Item]:
    """The further questions of this desk, in order; those of other stages are left out where the stage is known."""
    items = desk.instrument.factor_items if desk.factors else ()
    return [item for item in items if stage is None or not item.stages or stage in item.stages]


@blueprint.get("/rate/<id>/topics")
def topics(id: str) -> str | Redirect:
    """What the citizen may add. Once sealed there is nothing more to change: back to the faces."""
    draft, desk = page_guards.load_page(id)
    if gone := page_guards.redirect_if_closed(draft, id):
        return gone
    assert draft is not None
    with current_database().read() as session:
        phone = phone_note.is_note_offered(session)
    chosen = frozenset(draft.topics)
    everything = "all" in request.args or bool(chosen - {topic.id for topic in desk.instrument.first_topics})
    return render_page(
        "topics.html",
        desk,
        form=TopicsForm(id, formdata=None),
        id=id,
        chosen=chosen,
        everything=everything,
        phone=phone,
        written=draft.written,
    )


@blueprint.post("/rate/<id>/topics")
def add_topics(id: str) -> Redirect:
    """Send, say nothing more, go and write, or have the page drawn again (all topics, another language)."""
    form = page_guards.require_seal(TopicsForm(id))
    act = form.act.data
    chosen = [] if act == "skip" else form.topic.data or []
    with citizen_transaction.open_citizen_transaction(id) as (session, now):
        draft = drafts.find_draft(session, id)
        desk = page_guards.require_installed(reference.read_reference(session))
        if draft is None:
            raise PageError("page_too_old")
        if draft.state != "open":
            return _over(session, id, draft, now, lost=bool(chosen))
        drafts.store_topics(session, id, chosen, now, screen_ms=form.screen_ms)
        items = list_questions(desk, draft.stage)
        if act == "look":
            return page_guards.redirect_to(
                page_url("tell.topics", id=id, **({"all": 1} if "all" in request.args else {}))
            )
        if act == "write" and desk.typing:
            return page_guards.redirect_to(page_url("tell.comment", id=id))
        if act == "send" and items:
            return page_guards.redirect_to(page_url("tell.factor", id=id, item=items[0].id))
        thanks.seal_with_code(session, id, desk, now)
        return page_guards.redirect_to(thanks.find_thanks_address(session, id, now))


@blueprint.post("/rate/<id>/next")
def someone_else(id: str) -> Redirect:
    """Somebody else came upon this page: what its person said is sealed as complete, with the topics that stand ticked
    on it where it has any (`act` is `ticks`); a tap that was taken back is withdrawn. No follow-up code, for nobody is
    here to copy it. On to fresh faces, as the first person finds them."""
    form = page_guards.require_seal(TopicsForm(id))
    ticked = form.topic.data or [] if form.act.data == "ticks" else None
    with citizen_transaction.open_citizen_transaction(id) as (session, now):
        drafts.seal_complete(session, id, ticked, now)
    return page_guards.redirect_to("/")


@blueprint.get("/rate/<id>/factor/<item>")
def factor(id: str, item: str) -> str | Redirect:
    """One further question. It never shows what was answered to it before."""
    draft, desk = page_guards.load_page(id)
    if gone := page_guards.redirect_if_closed(draft, id):
        return gone
    assert draft is not None
    items = list_questions(desk, draft.stage)
    if item not in [one.id for one in items]:
        return page_guards.redirect_to(page_url("tell.topics", id=id))
    return _question(desk, id, items, item)


@blueprint.post("/rate/<id>/factor/<item>")
def add_answer(id: str, item: str) -> Response | Redirect:
    """One answer (a face, or that the citizen does not know), one question back, the same one drawn again (another
    language), or send what there is."""
    form = page_guards.require_seal(FactorForm(id))
    with citizen_transaction.open_citizen_transaction(id) as (session, now):
        draft = drafts.find_draft(session, id)
        desk = page_guards.require_installed(reference.read_reference(session, now))
        if draft is None:
            raise PageError("page_too_old")
        if draft.state != "open":
            return _over(session, id, draft, now, lost=form.act.data not in ("back", "skip", "look"))
        items = list_questions(desk, draft.stage)
        ids = [one.id for one in items]
        if item not in ids:
            return page_guards.redirect_to(page_url("tell.topics", id=id))
        drafts.touch_draft(session, id, now)
        at = ids.index(item)
        if form.act.data == "look":
            return page_guards.redirect_to(page_url("tell.factor", id=id, item=item))
        if form.act.data == "back":
            return page_guards.redirect_to(
                page_url("tell.factor", id=id, item=ids[at - 1]) if at else page_url("tell.topics", id=id)
            )
        if form.act.data != "skip":
            score = form.one_score
            if score is None or not drafts.store_answer(session, id, item, score, now, screen_ms=form.screen_ms):
                return error_response(PAGES["bad_score"], lambda fault: _question(desk, id, items, item, fault))
            if at + 1 < len(ids):
                return page_guards.redirect_to(page_url("tell.factor", id=id, item=ids[at + 1]))
        thanks.seal_with_code(session, id, desk, now)
        return page_guards.redirect_to(thanks.find_thanks_address(session, id, now))


@blueprint.get("/rate/<id>/comment")
def comment(id: str) -> str | Redirect:
    """Where a desk allows it: write here. The page is empty, whatever was written before."""
    draft, desk = page_guards.load_page(id)
    if gone := page_guards.redirect_if_closed(draft, id):
        return gone
    assert draft is not None
    if not desk.typing:
        return page_guards.redirect_to(page_url("tell.topics", id=id))
    return render_page("comment.html", desk, form=CommentForm(id, formdata=None), id=id, written=draft.written, text="")


@blueprint.post("/rate/<id>/comment")
def add_comment(id: str) -> str | Redirect:
    """Keep the words, masked; go back without them; take back those kept before; or draw the page in another
    language with what stands in it."""
    form = page_guards.require_seal(CommentForm(id))
    act, text = form.act.data, form.text.data or ""
    with citizen_transaction.open_citizen_transaction(id) as (session, now):
        draft = drafts.find_draft(session, id)
        desk = page_guards.require_installed(reference.read_reference(session, now))
        if draft is None:
            raise PageError("page_too_old")
        if draft.state != "open":
            return _over(session, id, draft, now, lost=act == "keep" and bool(text.strip()))
        drafts.touch_draft(session, id, now)
        if desk.typing and (act == "erase" or (act == "keep" and text.strip())):
            drafts.store_comment(session, id, "" if act == "erase" else text, now, screen_ms=form.screen_ms)
    if act == "look" and desk.typing:
        return render_page(
            "comment.html", desk, form=form, id=id, written=draft.written, text=text[: drafts.LONGEST_COMMENT]
        )
    return page_guards.redirect_to(page_url("tell.topics", id=id))


def _over(session: Session, id: str, draft: drafts.DraftView, now: Moment, *, lost: bool) -> Redirect:
    """A page was sent that can change nothing any more: taken back elsewhere, or sealed before. `lost`: it said
    something that is not in the entry, unless this very page had sealed it."""
    if draft.state == "undone":
        return page_guards.redirect_to(page_url("rate.again", id=id))
    if lost and drafts.is_partial(session, id):
        return page_guards.redirect_to(page_url("farewell.thanks", rating="only"))
    return page_guards.redirect_to(thanks.find_thanks_address(session, id, now))


def _question(
    desk: reference.Reference, id: str, items: list[Item], item: str, fault: ErrorKind | None = None
) -> str:
    at = [one.id for one in items].index(item)
    form = FactorForm(id, formdata=None)
    return render_page(
        "factor.html", desk, form=form, id=id, item=items[at], number=at + 1, count=len(items), fault=fault
    )
