"""Views of a desk's open poster: `/d/<desk>`, the same questions without a slip.

Nobody knows who answers or how often: it is a channel of its own (`poster`), in no index. One answer a browser and day;
a network that answers very often within an hour waits.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from flask import make_response, redirect, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.instruments import companion_questions, store
from admin.slips.proof import Posted
from admin.survey import answer_flow, fair_use, phone_drafts, phone_layout
from admin.survey.answer_flow import Standing
from admin.survey.forms import FaceForm
from admin.survey.phone_layout import Way, blueprint
from admin.survey.refusals import closed
from models.clock import day_start, local_day
from models.ids import is_id, shaped_id
from models.tables.response import PhoneDraft, Response
from models.vocabulary import Channel
from translations import current_locale

_HOUR_MS = 3_600_000


class _Full(Exception):
    """This network has answered very often at this desk's poster within the hour; after `wait_ms` it may again."""

    def __init__(self, wait_ms: int) -> None:
        super().__init__(wait_ms)
        self.wait_ms = wait_ms


def id_of(secret: str, desk: str, browser: str, now_ms: int) -> str:
    """The id of this browser's answer at this desk today: the same however often the page is drawn."""
    day = local_day(now_ms)
    digest = hmac.digest(secret.encode(), f"hailong poster\0{desk}\0{day}\0{browser}".encode(), hashlib.sha256)
    return shaped_id(day_start(day), int.from_bytes(digest[:10]) >> 6)


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
    """The five faces behind a poster; POST takes one."""
    now_ms, secret = phone_layout.now_ms(), phone_layout.browser_secret()
    with phone_layout.database().read() as session:
        way = _find(session, token)
        if way is None:
            return _unknown(token)
        questionnaire = store.current(session, "short")
        id = id_of(phone_layout.centre().page_key, way.key, secret, now_ms)
        begun = _begun(session, way, id)
    if begun:
        return redirect(way.to("more", id=id), 303)
    if request.method != "POST":
        return phone_layout.keep(answer_flow.faces(way, questionnaire, id), secret)
    given = request.form.get("id", "")
    form = FaceForm(way.key, given)
    if not form.validate() or not is_id(given):
        drawn = answer_flow.faces(way, questionnaire, id, error=phone_layout.score_not_understood())
        return phone_layout.keep(make_response(drawn, 400), secret)
    tap = phone_drafts.Tap(given, int(form.score.data), secret, current_locale(), now_ms)
    try:
        new = phone_layout.write(lambda session: _take(session, way, tap))
    except _Full as full:
        wait = {"Retry-After": str(-(-full.wait_ms // 1000))}
        return closed("poster_busy", way.proved, headers=wait)
    if new:
        fair_use.counts().posted(fair_use.network(), way.key, fair_use.mono())
    return phone_layout.keep(redirect(way.to("more", id=given), 303), secret)


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
    since = now_ms - _HOUR_MS
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
    return way, answer_flow.standing(session, way, questionnaire, companion_questions.for_province(), id)


@blueprint.route("/d/<token>/more", methods=["GET", "POST"], endpoint="poster_more")
def more(token: str) -> Any:
    """What may be added after the face, page by page."""
    with phone_layout.database().read() as session:
        way, standing = _standing(session, token, request.values.get("id", ""))
    if way is None:
        return _unknown(token)
    return answer_flow.more(standing) if standing else redirect(way.to("faces"), 303)


@blueprint.get("/d/<token>/sent", endpoint="poster_sent")
def sent(token: str) -> Any:
    """The thanks; the code only for the browser that answered."""
    id = request.args.get("id", "")
    with phone_layout.database().read() as session:
        way, standing = _standing(session, token, id)
    if way is None:
        return _unknown(token)
    if standing is None:
        return redirect(way.to("faces"), 303)
    secret = request.cookies.get(phone_layout.COOKIE, "")
    own = bool(secret) and id_of(phone_layout.centre().page_key, way.key, secret, phone_layout.now_ms()) == id
    return answer_flow.sent(standing, known=own or phone_layout.passes(way.key, id))
