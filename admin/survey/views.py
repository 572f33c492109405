"""Views of the phone page behind a slip: `/r/<token>`, in small letters or capitals.

The face is durable at once; what may follow comes in short pages, each durable when it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from admin.instruments import companion_questions, store
from admin.slips import spending
from admin.slips.proof import RECEIVED, Proved, SlipRefused, prove
from admin.survey import (
    answer_flow,
    fair_use,
    follow_up_views,
    long_form,
    lost_pages,
    note_views,
    passed_on_addresses,
    phone_drafts,
    phone_layout,
    poster_views,
    store_failures,
    typed_code_views,
)
from admin.survey.answer_flow import Standing
from admin.survey.forms import FaceForm
from admin.survey.phone_layout import Way, blueprint
from admin.survey.refusals import closed
from models.ids import is_id, new_id
from models.protocol import passed_on
from models.reference.instrument import Instrument
from models.tables.response import LaterAnswer, SpentSlip
from translations import current_locale

__all__ = [
    "blueprint", "follow_up_views", "lost_pages", "note_views", "passed_on_addresses", "poster_views", "store_failures",
    "typed_code_views",
]  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """A genuine slip as this browser finds it. `own`: the answer this browser gave, or whose id it names."""

    way: Way
    questionnaire: Instrument
    used: bool
    own: SpentSlip | LaterAnswer | None

    @property
    def proved(self) -> Proved:
        """The slip."""
        assert isinstance(self.way.proved, Proved)
        return self.way.proved

    @property
    def later(self) -> bool:
        """Whether the own answer came on a slip that was used before."""
        return isinstance(self.own, LaterAnswer)


def _look(session: Session, token: str, *, browser: str = "", id: str = "") -> Seen:
    """Prove a token and find this browser's answer, which a slip that is expired or revoked since still shows. Raises
    `SlipRefused`."""
    try:
        proved, refused = prove(session, token, phone_layout.centre(), phone_layout.now_ms()), None
    except SlipRefused as error:
        if error.proved is None:
            raise
        proved, refused = error.proved, error
    # what is kept of a browser differs from slip to slip
    secret = f"{browser}\n{proved.tie}" if browser else ""
    own = spending.known_to(session, proved, browser=secret, id=id)
    if refused is not None and own is None:
        raise refused
    used = spending.spent(session, proved) is not None
    return Seen(Way(proved), store.current(session, "short"), used, own)


def _refused(refused: SlipRefused, token: str) -> Any:
    if refused.proved is None:
        if passed_on.is_cut("r", token):
            return closed("slip_cut", form="slip")
        return closed(refused.code)
    way = Way(refused.proved)
    again = way.to("again") if refused.code == "slip_used" else None
    return closed(refused.code, refused.proved, again=again)


@blueprint.route("/R/<token>", methods=["GET", "POST"])
@blueprint.route("/r/<token>", methods=["GET", "POST"])
def faces(token: str) -> Any:
    """Q1: the five faces. POST takes one and spends the slip; on a slip that another browser used, the answer is kept
    too, for the province to check."""
    secret = phone_layout.browser_secret()
    try:
        with phone_layout.database().read() as session:
            seen = _look(session, token, browser=secret)
        if seen.own is not None:
            return redirect(seen.way.to("more", id=seen.own.response_id), 303)
        if request.method == "POST":
            return phone_layout.keep(_take(seen, secret), secret)
        if seen.used:
            raise SlipRefused("slip_used", seen.proved)
    except SlipRefused as refused:
        return _refused(refused, token)
    if not seen.proved.received and seen.proved.past_due(phone_layout.now_ms()) and request.args.get("got") != "no":
        return phone_layout.keep(_whether_received(seen.way), secret)
    return phone_layout.keep(answer_flow.faces(seen.way, seen.questionnaire, new_id(phone_layout.now_ms())), secret)


def _whether_received(way: Way) -> str:
    """After the day the result was due: whether it has come. A yes makes it an answer about the result."""
    yes = url_for("survey.faces", token=way.key + RECEIVED)
    no = way.to("faces", got="no")
    return phone_layout.draw("received", way.proved, yes=yes, no=no)


@blueprint.get("/r/<token>/again")
def again(token: str) -> Any:
    """The faces on a slip that another browser used: what is sent goes to the province to be checked."""
    secret = phone_layout.browser_secret()
    try:
        with phone_layout.database().read() as session:
            seen = _look(session, token, browser=secret)
    except SlipRefused as refused:
        return _refused(refused, token)
    if seen.own is not None or not seen.used:
        return redirect(seen.way.to("faces"), 303)
    drawn = answer_flow.faces(seen.way, seen.questionnaire, new_id(phone_layout.now_ms()), again=True)
    return phone_layout.keep(drawn, secret)


def _take(seen: Seen, secret: str) -> Any:
    id = request.form.get("id", "")
    form = FaceForm(seen.way.key, id)
    if not form.validate() or not is_id(id):
        if seen.used and not form.genuine:
            raise SlipRefused("slip_used", seen.proved)
        error = phone_layout.score_not_understood()
        id = new_id(phone_layout.now_ms())
        return make_response(answer_flow.faces(seen.way, seen.questionnaire, id, error=error, again=seen.used), 400)
    browser = f"{secret}\n{seen.proved.tie}"
    tap = phone_drafts.Tap(id, int(form.score.data), browser, current_locale(), phone_layout.now_ms())
    if seen.used:
        with phone_layout.database().read() as session:
            fair_use.beside(session, seen.proved)
    own = phone_layout.write(lambda session: phone_drafts.tap(session, phone_layout.centre(), seen.proved, tap))
    if seen.used and own == id:
        fair_use.counts().answered_beside(fair_use.network(), seen.proved.tie, fair_use.mono())
    return redirect(seen.way.to("more", id=own), 303)


def _standing(session: Session, token: str, id: str) -> tuple[Seen, Standing | None]:
    """The slip and how far the answer with this id is on it; None when the id is none of its answers."""
    seen = _look(session, token, id=id if is_id(id) else "")
    if seen.own is None or seen.own.response_id != id:
        return seen, None
    province = companion_questions.for_province()
    return seen, answer_flow.standing(session, seen.way, seen.questionnaire, province, id, later=seen.later)


@blueprint.route("/r/<token>/more", methods=["GET", "POST"])
def more(token: str) -> Any:
    """What may be added after the face, page by page; the same pages for every score."""
    try:
        with phone_layout.database().read() as session:
            seen, standing = _standing(session, token, request.values.get("id", ""))
    except SlipRefused as refused:
        return _refused(refused, token)
    return answer_flow.more(standing) if standing else redirect(seen.way.to("faces"), 303)


@blueprint.get("/r/<token>/sent")
def sent(token: str) -> Any:
    """Q3: thanks, the same for every answer; only for whoever gave it, and the code only for the browser that did."""
    id = request.args.get("id", "")
    browser = request.cookies.get(phone_layout.COOKIE, "")
    try:
        with phone_layout.database().read() as session:
            seen, standing = _standing(session, token, id)
            if standing is None:
                return redirect(seen.way.to("faces"), 303)
            mine = spending.known_to(session, seen.proved, browser=f"{browser}\n{seen.proved.tie}")
            known = phone_layout.passes(seen.way.key, id) or bool(browser and mine and mine.response_id == id)
            long = long_form.offer(session, seen.way, id) if known and not standing.open else None
    except SlipRefused as refused:
        return _refused(refused, token)
    return answer_flow.sent(standing, known=known, long=long)


@blueprint.route("/r/<token>/long", methods=["GET", "POST"])
def long(token: str) -> Any:
    """SIPAS23's questions on the same slip, factor by factor: an answer of its own, which never counts in `short`."""
    id = request.args.get("id", "")
    try:
        with phone_layout.database().read() as session:
            seen, standing = _standing(session, token, id)
            found = long_form.standing(session, seen.way, id) if standing and not standing.open else None
    except SlipRefused as refused:
        return _refused(refused, token)
    if standing is None:
        return redirect(seen.way.to("faces"), 303)
    if found is None:
        return redirect(seen.way.to("more", id=id), 303)
    return long_form.pages(found)
