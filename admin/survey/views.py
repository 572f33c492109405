"""Views of the phone page behind a slip: `/r/<token>`, in small letters or capitals.

The face is durable at once; what may follow comes in short pages, each durable when it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from admin.instruments import companion_questions, store
from admin.slips import spending
from admin.slips.proof import RECEIVED, Proved, SlipRefused, prove
from admin.survey import (
    answer_flow,
    answer_proof,
    fair_use,
    follow_up_views,
    late_pages,
    late_words,
    long_form,
    lost_pages,
    note_views,
    passed_on_addresses,
    phone_drafts,
    phone_layout,
    poster_views,
    standing,
    store_failures,
    typed_code_views,
)
from admin.survey.forms import FaceForm, SealedForm
from admin.survey.phone_layout import Way
from admin.survey.phone_layout import blueprint as blueprint
from admin.survey.refusals import closed
from admin.survey.standing import Standing
from models.ids import is_id, new_id
from models.protocol import passed_on
from models.reference.instrument import Instrument
from models.tables.response import LaterAnswer, PhoneDraft, SpentSlip
from translations import current_locale

#: The modules that add pages and refusals of their own to the part's blueprint, which they do when they are imported.
PAGES = (
    follow_up_views, lost_pages, note_views, passed_on_addresses, poster_views, store_failures, typed_code_views,
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """A genuine slip as this browser finds it. `named`: the answer on it that has the id which was asked for; `mine`:
    the answers that were given in this browser, `unsent` those of them that may still be added to; `refused`: why it
    takes no new answer."""

    way: Way
    questionnaire: Instrument
    used: bool
    named: SpentSlip | LaterAnswer | None
    mine: tuple[SpentSlip | LaterAnswer, ...]
    unsent: tuple[str, ...]
    refused: SlipRefused | None

    @property
    def proved(self) -> Proved:
        """The slip."""
        assert isinstance(self.way.proved, Proved)
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


def _look(session: Session, token: str, *, id: str = "") -> Seen:
    """Prove a token and find this browser's answers and the one with this id, which a slip that is expired or revoked
    since still shows. Raises `SlipRefused`."""
    try:
        proved, refused = prove(session, token, phone_layout.centre(), phone_layout.now_ms()), None
    except SlipRefused as error:
        if error.proved is None:
            raise
        proved, refused = error.proved, error
    cookie = request.cookies.get(phone_layout.COOKIE, "")
    mine = spending.of_browser(session, proved, _secret(cookie, proved)) if cookie else []
    named = spending.known_to(session, proved, id=id) if is_id(id) else None
    if refused is not None and named is None and not mine:
        raise refused
    used = spending.spent(session, proved) is not None
    unsent = tuple(row.response_id for row in mine if session.get(PhoneDraft, row.response_id) is not None)
    return Seen(Way(proved), store.current(session, "short"), used, named, tuple(mine), unsent, refused)


def _secret(cookie: str, proved: Proved) -> str:
    """A browser's secret for a slip: what is kept of it differs from slip to slip."""
    return f"{cookie}\n{proved.tie}"


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
    too, for the province to check. A browser in which it was used is asked who is there."""
    secret = phone_layout.browser_secret()
    post = request.method == "POST"
    try:
        with phone_layout.database().read() as session:
            seen = _look(session, token, id=request.form.get("id", "") if post else "")
        if post:
            return phone_layout.keep(_take(seen, secret), secret)
        if seen.mine:
            return phone_layout.keep(_who(seen), secret)
        if seen.used:
            raise SlipRefused("slip_used", seen.proved)
    except SlipRefused as refused:
        return _refused(refused, token)
    if not seen.proved.received and seen.proved.past_due(phone_layout.now_ms()) and request.args.get("got") != "no":
        return phone_layout.keep(_whether_received(seen.way), secret)
    return phone_layout.keep(answer_flow.faces(seen.way, seen.questionnaire, new_id(phone_layout.now_ms())), secret)


def _who(seen: Seen, *, untaken: bool = False, stood: bool = False) -> Any:
    """Whoever comes back to a slip that was answered in this browser is asked whether it was them; nothing of it is
    shown. `untaken`: a face was touched, and not taken; `stood`: on faces that somebody had touched before, which a
    browser's Back shows as they stood."""
    drawn = phone_layout.draw(
        "who",
        seen.way.proved,
        form=SealedForm(seen.way.key, seen.own, formdata=None),
        unsent=bool(seen.unsent),
        untaken=untaken,
        stood=stood,
        mine=seen.way.to("mine"),
        other=seen.way.to("again") if seen.refused is None else None,
        here=seen.way.to("faces"),
    )
    return make_response(drawn, 409 if untaken or stood else 200)


@blueprint.post("/r/<token>/mine")
def mine(token: str) -> Any:
    """"It was me": goes on with an answer of this browser at the first page that was not sent, or to its thanks."""
    id = request.form.get("id", "")
    try:
        with phone_layout.database().read() as session:
            seen, found = _standing(session, token, id)
    except SlipRefused as refused:
        return _refused(refused, token)
    if found is None or not seen.is_mine(id) or not found.genuine():
        return redirect(seen.way.to("faces"), 303)
    claimed = found.claimed()
    if not found.open:
        return redirect(claimed.thanks(), 303)
    now_ms = phone_layout.now_ms()
    phone_layout.write(lambda session: phone_drafts.touch(session, id, now_ms))
    return redirect(claimed.to(), 303)


def _whether_received(way: Way) -> str:
    """After the day the result was due: whether it has come. A yes makes it an answer about the result."""
    yes = url_for("survey.faces", token=way.key + RECEIVED)
    no = way.to("faces", got="no")
    return phone_layout.draw("received", way.proved, yes=yes, no=no)


@blueprint.route("/r/<token>/again", methods=["GET", "POST"])
def again(token: str) -> Any:
    """The faces on a slip that was used: what is sent goes to the province to be checked. POST takes one of another
    person in a browser in which the slip was used."""
    secret = phone_layout.browser_secret()
    post = request.method == "POST"
    try:
        with phone_layout.database().read() as session:
            seen = _look(session, token, id=request.form.get("id", "") if post else "")
        if post:
            return phone_layout.keep(_take(seen, secret, other=True), secret)
        if seen.refused is not None:
            raise seen.refused
    except SlipRefused as refused:
        return _refused(refused, token)
    if not seen.used:
        return redirect(seen.way.to("faces"), 303)
    id, other = new_id(phone_layout.now_ms()), bool(seen.mine)
    drawn = answer_flow.faces(seen.way, seen.questionnaire, id, again=True, other=other)
    return phone_layout.keep(drawn, secret)


def _take(seen: Seen, secret: str, *, other: bool = False) -> Any:
    """Take a touch. The same page again finds its answer, until more was sent for it; from then on, and on another page
    of a browser that has one already, it is asked who is there."""
    id = request.form.get("id", "")
    form = FaceForm(seen.way.key, id, other=other)
    if not form.validate() or not is_id(id):
        if seen.mine and not form.genuine:
            return _who(seen, untaken=True)
        if seen.used and not form.genuine:
            raise SlipRefused("slip_used", seen.proved)
        error = phone_layout.score_not_understood()
        fresh = new_id(phone_layout.now_ms())
        drawn = answer_flow.faces(seen.way, seen.questionnaire, fresh, error=error, again=seen.used, other=other)
        return make_response(drawn, 400)
    cookie = request.cookies.get(phone_layout.COOKIE, "")
    if seen.named is not None:
        if seen.is_mine(id) and not _is_at_the_face(id):
            return _who(seen, stood=True)
        return _begun(seen, id) if seen.is_mine(id) or not cookie else _elsewhere(seen)
    if seen.mine and not other:
        return _who(seen, untaken=True)
    if seen.refused is not None:
        raise seen.refused
    browser = _secret(secret, seen.proved)
    own = spending.apart(browser, id) if other else browser
    tap = phone_drafts.Tap(id, int(form.score.data), own, current_locale(), phone_layout.now_ms())
    if seen.used:
        with phone_layout.database().read() as session:
            fair_use.beside(session, seen.proved)
    taken = phone_layout.write(lambda session: phone_drafts.tap(session, phone_layout.centre(), seen.proved, tap))
    if taken != id:  # another page of this browser was quicker by a moment
        with phone_layout.database().read() as session:
            return _who(_look(session, seen.way.key), untaken=True)
    if seen.used:
        fair_use.counts().answered_beside(fair_use.network(), seen.proved.tie, fair_use.mono())
    return _begun(seen, id)


def _is_at_the_face(id: str) -> bool:
    """Whether nothing was sent for an answer but its face."""
    with phone_layout.database().read() as session:
        return phone_drafts.at_the_face(session, id)


def _begun(seen: Seen, id: str) -> Any:
    """On to what may be added, with the proof that this browser began it."""
    return redirect(seen.way.to("more", id=id, k=answer_proof.make(seen.way.key, id).text), 303)


def _elsewhere(seen: Seen) -> Any:
    """The address of an answer that was begun in another browser: nothing of it is shown or changed."""
    again = seen.way.to("again") if seen.refused is None else None
    return closed("answer_elsewhere", seen.way.proved, again=again, here=seen.way.to("faces"))


def _standing(session: Session, token: str, id: str) -> tuple[Seen, Standing | None]:
    """The slip and how far the answer with this id is on it; None when the id is none of its answers."""
    seen = _look(session, token, id=id)
    if seen.named is None:
        return seen, None
    later, alive = isinstance(seen.named, LaterAnswer), seen.refused is None
    asked = companion_questions.for_province()
    return seen, standing.standing(session, seen.way, seen.questionnaire, asked, id, later=later, alive=alive)


def _believed(seen: Seen, found: Standing, at: Standing) -> Standing | None:
    """The answer `at` (`found`, or its long form) for a browser that proves that it is its own: by its address, or by
    a form that was drawn for it and the browser's cookie."""
    if at.proof is None and request.method == "POST" and seen.is_mine(found.id) and at.genuine():
        return replace(at, proof=answer_proof.make(at.way.key, at.proved_as))
    return at if at.proof is not None else None


def _unknown(seen: Seen) -> Any:
    """Where a browser is sent that asks for no answer of this slip; words that it brought are given back."""
    return _elsewhere(seen) if phone_layout.left_words() else redirect(seen.way.to("faces"), 303)


def _unproved(seen: Seen) -> Any:
    """Where a browser is sent that does not prove that an answer is its own."""
    return redirect(seen.way.to("faces"), 303) if seen.mine and request.method == "GET" else _elsewhere(seen)


@blueprint.route("/r/<token>/more", methods=["GET", "POST"])
def more(token: str) -> Any:
    """What may be added after the face, page by page; the same pages for every score."""
    id = request.values.get("id", "")
    try:
        with phone_layout.database().read() as session:
            seen, found = _standing(session, token, id)
    except SlipRefused as refused:
        return _refused(refused, token)
    if found is None:
        return _unknown(seen)
    at = _believed(seen, found, found)
    return late_pages.pages(at, lambda: _again(token, at)) if at is not None else _unproved(seen)


def _again(token: str, at: Standing) -> Standing | None:
    """The same answer as it stands now."""
    with phone_layout.database().read() as session:
        _seen, found = _standing(session, token, at.short)
        found = long_form.standing(session, found) if found is not None and at.parent else found
    return replace(found, proof=at.proof) if found is not None else None


@blueprint.route("/r/<token>/words", methods=["GET", "POST"])
def words(token: str) -> Any:
    """Words for an answer that is sealed."""
    try:
        with phone_layout.database().read() as session:
            seen, found = _standing(session, token, request.args.get("id", ""))
            of_long = found is not None and request.args.get("of") == late_pages.LONG
            shown = long_form.standing(session, found) if of_long and found is not None else found
    except SlipRefused as refused:
        return _refused(refused, token)
    if found is None or shown is None:
        return _unknown(seen)
    at = _believed(seen, found, found)
    return late_pages.words(at, replace(shown, proof=at.proof_for(shown))) if at is not None else _unproved(seen)


@blueprint.get("/r/<token>/sent")
def sent(token: str) -> Any:
    """Q3: thanks, the same for every answer; only for whoever gave it."""
    try:
        with phone_layout.database().read() as session:
            seen, found = _standing(session, token, request.args.get("id", ""))
            long = long_form.standing(session, found) if found and found.proof and not found.open else None
            kept = late_words.kept(session, found.response if found is not None else None)
    except SlipRefused as refused:
        return _refused(refused, token)
    if found is None:
        return _unknown(seen)
    if found.proof is None:
        return _unproved(seen)
    return redirect(found.to(), 303) if found.open else answer_flow.sent(found, kept, long=long)


@blueprint.route("/r/<token>/long", methods=["GET", "POST"])
def long(token: str) -> Any:
    """SIPAS23's questions on the same slip, factor by factor: an answer of its own, which never counts in `short`."""
    try:
        with phone_layout.database().read() as session:
            seen, short = _standing(session, token, request.args.get("id", ""))
            found = long_form.standing(session, short) if short and not short.open else None
    except SlipRefused as refused:
        return _refused(refused, token)
    if short is None:
        return _unknown(seen)
    if found is None:
        return redirect(short.to(), 303) if short.proof is not None else _unproved(seen)
    at = _believed(seen, short, found)
    return late_pages.pages(at, lambda: _again(token, at)) if at is not None else _unproved(seen)
