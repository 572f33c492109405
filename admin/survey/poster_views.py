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
from admin.slips.proof import Posted
from admin.survey import (
    answer_flow,
    answer_proof,
    fair_use,
    late_pages,
    late_words,
    phone_drafts,
    phone_layout,
    standing,
)
from admin.survey.forms import FaceForm
from admin.survey.phone_layout import Way, blueprint
from admin.survey.refusals import closed
from admin.survey.standing import Standing
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


def _find(session: Session, desk: str) -> Way | None:
    posted = phone_drafts.posted(session, desk)
    return Way(posted) if posted is not None else None


def _unknown(desk: str) -> Any:
    return closed("poster_unknown")


def _begun(session: Session, way: Way, id: str) -> bool:
    """Whether this id is an answer of this desk's poster."""
    draft, response = session.get(PhoneDraft, id), phone_drafts.sealed(session, id)
    desk = way.key
    if draft is not None:
        return draft.channel == Channel.POSTER.value and draft.desk_code == desk
    return response is not None and response.channel == Channel.POSTER.value and response.desk_code == desk


@blueprint.route("/D/<token>", methods=["GET", "POST"], endpoint="poster_faces")
@blueprint.route("/d/<token>", methods=["GET", "POST"], endpoint="poster_faces")
def faces(token: str) -> Any:
    """The five faces behind a poster, always for a new answer; POST takes one."""
    now_ms, secret = phone_layout.now_ms(), phone_layout.browser_secret()
    given = request.form.get("id", "")
    with phone_layout.database().read() as session:
        way = _find(session, token)
        if way is None:
            return _unknown(token)
        questionnaire = store.current(session, "short")
        gone_on = is_id(given) and _begun(session, way, given) and not phone_drafts.at_the_face(session, given)
    if request.method != "POST":
        return phone_layout.keep(answer_flow.faces(way, questionnaire, new_id(now_ms)), secret)
    form = FaceForm(way.key, given)
    if not form.validate() or not is_id(given):
        drawn = answer_flow.faces(way, questionnaire, new_id(now_ms), error=phone_layout.score_not_understood())
        return phone_layout.keep(make_response(drawn, 400), secret)
    if gone_on:  # a browser's Back shows faces as they stood: it may be the next person who touches them
        used = _("This touch was not recorded. To rate, please touch one face again.")
        drawn = answer_flow.faces(way, questionnaire, new_id(now_ms), error=used)
        return phone_layout.keep(make_response(drawn, 409), secret)
    tap = phone_drafts.Tap(given, int(form.score.data), secret, current_locale(), now_ms)
    try:
        new = phone_layout.write(lambda session: _take(session, way, tap))
    except _Full as full:
        wait = {"Retry-After": str(-(-full.wait_ms // 1000))}
        return closed("poster_busy", way.proved, headers=wait)
    if new:
        fair_use.counts().posted(fair_use.network(), way.key, fair_use.mono())
    proof = answer_proof.make(way.key, given)
    return phone_layout.keep(redirect(way.to("more", id=given, k=proof.text), 303), secret)


def _take(session: Session, way: Way, tap: phone_drafts.Tap) -> bool:
    """Take a touch; whether it is a new answer."""
    assert isinstance(way.proved, Posted)
    new = not _begun(session, way, tap.id)
    if new:
        lately = _lately(session, way.proved, tap.t)
        wait = fair_use.counts().poster_wait_ms(fair_use.network(), way.key, lately, fair_use.mono())
        if wait:
            raise _Full(wait)
    phone_drafts.tap_poster(session, phone_layout.centre(), way.proved, tap)
    return new


def _lately(session: Session, posted: Posted, now_ms: int) -> int:
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


def _standing(session: Session, token: str, id: str) -> tuple[Way | None, Standing | None]:
    way = _find(session, token)
    if way is None or not is_id(id) or not _begun(session, way, id):
        return way, None
    questionnaire = store.current(session, "short")
    found = standing.standing(session, way, questionnaire, companion_questions.for_province(), id)
    alive = phone_layout.now_ms() - found.t <= WORDS_MS
    return way, replace(found, alive=alive)


def _none(way: Way) -> Any:
    """Where a browser is sent that asks for no answer of this poster; words that it brought are given back."""
    return _elsewhere(way) if phone_layout.left_words() else redirect(way.to("faces"), 303)


def _elsewhere(way: Way) -> Any:
    """The address of an answer that was begun in another browser: nothing of it is shown or changed."""
    return closed("answer_elsewhere", way.proved, rate=way.to("faces"), here=way.to("faces"))


@blueprint.route("/d/<token>/more", methods=["GET", "POST"], endpoint="poster_more")
def more(token: str) -> Any:
    """What may be added after the face, page by page."""
    with phone_layout.database().read() as session:
        way, found = _standing(session, token, request.values.get("id", ""))
    if way is None:
        return _unknown(token)
    if found is None:
        return _none(way)
    return late_pages.pages(found, lambda: _again(token, found)) if found.proof is not None else _elsewhere(way)


def _again(token: str, at: Standing) -> Standing | None:
    """The same answer as it stands now."""
    with phone_layout.database().read() as session:
        found = _standing(session, token, at.id)[1]
    return replace(found, proof=at.proof) if found is not None else None


@blueprint.route("/d/<token>/words", methods=["GET", "POST"], endpoint="poster_words")
def words(token: str) -> Any:
    """Words for an answer that is sealed."""
    with phone_layout.database().read() as session:
        way, found = _standing(session, token, request.args.get("id", ""))
    if way is None:
        return _unknown(token)
    if found is None:
        return _none(way)
    return late_pages.words(found, found) if found.proof is not None else _elsewhere(way)


@blueprint.get("/d/<token>/sent", endpoint="poster_sent")
def sent(token: str) -> Any:
    """The thanks, for the browser that answered."""
    with phone_layout.database().read() as session:
        way, found = _standing(session, token, request.args.get("id", ""))
        kept = late_words.kept(session, found.response if found is not None else None)
    if way is None:
        return _unknown(token)
    if found is None:
        return _none(way)
    if found.proof is None:
        return _elsewhere(way)
    return redirect(found.to(), 303) if found.open else answer_flow.sent(found, kept)
