"""The phone page behind a slip: `/r/<token>`, in small letters or capitals. GET never spends anything; every page works
without script and without cookies (a cookie only lets the same browser find its own answer again)."""

from __future__ import annotations

import datetime
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from admin import access
from admin.centre import Centre
from admin.figures import tally
from admin.instruments import store
from admin.survey import answers
from admin.survey.answers import Proved, SlipRefused
from admin.survey.forms import FaceForm, MoreForm, more_form
from models.clock import Moment, local_day
from models.database import Database
from models.ids import is_id, new_id
from models.instrument import Instrument
from models.localtext import LocalText
from models.responses import PhoneDraft, SpentSlip
from models.responses import Response as Recorded
from models.vocabulary import State
from translations import DEFAULT, LOCALES, OWN_NAMES, current_locale, formats, set_locale
from translations import gettext as _

blueprint = Blueprint("survey", __name__)
log = logging.getLogger(__name__)
COOKIE = "hailong_slip"
COOKIE_DAYS = 60


def _database() -> Database:
    found: Database = current_app.extensions["database"]
    return found


def _centre() -> Centre:
    found: Centre = current_app.extensions["centre"]
    return found


def _now_ms() -> int:
    moment: Moment = current_app.extensions["clock"]()
    return moment.t


@blueprint.app_template_filter("local")
def local(text: LocalText) -> str:
    """A text of the questionnaire in the current language."""
    return text.text(current_locale())


@blueprint.before_request
def settle() -> None:
    """The language of the address, else Vietnamese."""
    set_locale(request.args.get("lang"))


@blueprint.route("/R/<token>", methods=["GET", "POST"])
@blueprint.route("/r/<token>", methods=["GET", "POST"])
def faces(token: str) -> Any:
    """Q1: the five faces; POST takes one and spends the slip."""
    now_ms = _now_ms()
    secret = request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    try:
        seen = _look(token, now_ms)
    except SlipRefused as refused:
        return closed(refused.code, token)
    browser = f"{secret}\n{seen.proved.token}"  # what is kept of a browser differs from slip to slip
    if seen.used is not None and seen.used.browser == answers.browser_hash(browser):
        return _see("survey.more", seen.proved, id=seen.used.response_id)
    try:
        if request.method == "POST":
            return _keep(_take(seen, browser, now_ms), secret)
    except SlipRefused as refused:
        return closed(refused.code, token, seen.proved)
    if seen.used is not None:
        return closed("slip_used", token, seen.proved)
    return _keep(_faces(seen, new_id(now_ms)), secret)


def _take(seen: Seen, browser: str, now_ms: int) -> Any:
    id, proved = request.form.get("id", ""), seen.proved
    form = FaceForm(proved.token, id)
    if not form.validate() or not is_id(id):
        if seen.used is not None:
            raise SlipRefused("slip_used")
        error = _("That touch was not understood; nothing was sent. Please touch one face again.")
        return make_response(_faces(seen, new_id(now_ms), error), 400)
    score, lang = int(form.score.data), current_locale()
    _write(lambda session: answers.take(session, _centre(), proved, id, score, browser, lang, now_ms))
    return _see("survey.more", proved, id=id)


@blueprint.route("/r/<token>/more", methods=["GET", "POST"])
def more(token: str) -> Any:
    """What may be added after the face; the same page for every score."""
    now_ms, id = _now_ms(), request.values.get("id", "")
    try:
        seen = _look(token, now_ms)
    except SlipRefused as refused:
        return closed(refused.code, token)
    proved = seen.proved
    if not seen.by(id):
        return _see("survey.faces", proved)
    if not seen.open:
        return _see("survey.sent", proved, id=id)
    empty = more_form(seen.instrument, proved.token, id, formdata=None)
    if request.method != "POST":
        return _more(seen, empty)
    form = more_form(seen.instrument, proved.token, id)
    if not form.validate():
        _touch(id, now_ms)
        error = _("That was not understood; nothing was added. Please do it once more.")
        error = "" if form.genuine and form.comment.errors else error
        return make_response(_more(seen, form if form.genuine else empty, error), 400)
    given, topics, comment = form.answers, form.topics, form.text
    _write(lambda session: answers.finish(session, _centre(), id, given, topics, comment, now_ms))
    freshen()
    return _see("survey.sent", proved, id=id)


@blueprint.get("/r/<token>/sent")
def sent(token: str) -> Any:
    """Q3: thanks, the same for every answer; only for whoever gave it."""
    id = request.args.get("id", "")
    try:
        seen = _look(token, _now_ms())
    except SlipRefused as refused:
        return closed(refused.code, token)
    if not seen.by(id):
        return _see("survey.faces", seen.proved)
    if seen.open:
        return _see("survey.more", seen.proved, id=id)
    return render_template(
        "survey/sent.html",
        context=_context(seen.proved),
        left=seen.left,
        languages=_languages("survey.sent", seen.proved.token, id=id),
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """A genuine slip as the store knows it. `open`: the face is touched and the rest may follow; `left`: the page was
    left alone for a quarter of an hour, and the answer is recorded without additions."""

    proved: Proved
    instrument: Instrument
    used: SpentSlip | None
    open: bool
    left: bool

    def by(self, id: str) -> bool:
        """Whether the response `id` spent the slip."""
        return self.used is not None and self.used.response_id == id


def _look(token: str, now_ms: int) -> Seen:
    """Prove a token and see how far its answer is. Raises `SlipRefused`."""
    with _database().read() as session:
        proved = answers.prove(session, token, _centre(), now_ms)
        used = answers.spent(session, proved.slip)
        draft = session.get(PhoneDraft, used.response_id) if used else None
        response = session.get(Recorded, used.response_id) if used else None
        left = response is not None and response.state == State.PARTIAL
        return Seen(proved, store.current(session, "short"), used, draft is not None, left)


def _touch(id: str, now_ms: int) -> None:
    """Somebody is still at the page: the quarter of an hour begins again."""
    with _database().write() as session:
        draft = session.get(PhoneDraft, id)
        if draft is not None:
            draft.touched_ms = now_ms


def _write(work: Callable[[Session], None]) -> None:
    """Do `work` in one transaction, and again when another request wrote the same row between its look and its write
    (the slip, or the recorder at its very first answer)."""
    for _round in range(3):
        try:
            with _database().write() as session:
                return work(session)
        except IntegrityError as error:
            clash = error
    raise clash


def freshen() -> None:
    """Recount what the answer touched, right after its commit. The answer is safe whatever happens here: what could
    not be recounted stays marked and is recounted by the centre's upkeep."""
    try:
        with _database().write() as session:
            tally.freshen(session)
    except DBAPIError as error:
        log.warning("recount left to upkeep: %s", error.orig)


def closed(code: str, token: str, proved: Proved | None = None) -> Response:
    """Q2: kind words for a slip that cannot be used."""
    texts = {
        "slip_used": (
            409,
            "used",
            _("The code on this slip has been used"),
            _("Each slip is rated once, so that the results are fair."),
            "",
        ),
        "slip_expired": (
            410,
            "expired",
            _("This code has expired"),
            _("A code works until 30 days after the result is due."),
            _("You can still rate on the device at the desk when you come for your result."),
        ),
        "slip_unknown": (
            404,
            "unknown",
            _("This code cannot be read"),
            _("It may be damaged or incomplete. Nothing was sent."),
            _("Please scan the QR on the slip again, or rate on the device at the desk."),
        ),
    }
    status, kind, title, text, advice = texts[code]
    page = render_template(
        "survey/closed.html",
        kind=kind,
        title=title,
        text=text,
        advice=advice,
        code=f"HL-{status}",
        context=_context(proved) if proved else None,
        languages=_languages("survey.faces", token),
        address=None,
    )
    return make_response(page, status)


def _faces(seen: Seen, id: str, error: str | None = None) -> str:
    return render_template(
        "survey/faces.html",
        form=FaceForm(seen.proved.token, id, formdata=None),
        instrument=seen.instrument,
        context=_context(seen.proved),
        error=error,
        action=_to("survey.faces", seen.proved),
        languages=_languages("survey.faces", seen.proved.token),
    )


def _more(seen: Seen, form: MoreForm, error: str = "") -> str:
    return render_template(
        "survey/more.html",
        form=form,
        instrument=seen.instrument,
        context=_context(seen.proved),
        error=error,
        action=_to("survey.more", seen.proved),
        languages=_languages("survey.more", seen.proved.token, id=form.id.data),
    )


def _context(proved: Proved) -> dict[str, str]:
    """What the citizen holds in the hand, in words. No dossier code."""
    english = current_locale() == "en"

    def name(row: Any) -> str:
        return (english and row.name_en) or row.name_vi if row else ""

    day = datetime.date.fromisoformat(local_day(proved.slip.minted_ms))
    return {
        "agency_name": name(proved.agency),
        "procedure_name": name(proved.procedure),
        "desk_name": name(proved.desk),
        "day": formats.day(day),
    }


def _languages(endpoint: str, token: str, **values: Any) -> list[tuple[str, str, str]]:
    return [(code, OWN_NAMES[code], url_for(endpoint, token=token, lang=code, **values)) for code in LOCALES]


def _to(endpoint: str, proved: Proved, **values: Any) -> str:
    chosen = current_locale() if current_locale() != DEFAULT else None
    return url_for(endpoint, token=proved.token, lang=chosen, **values)


def _see(endpoint: str, proved: Proved, **values: Any) -> Redirect:
    return redirect(_to(endpoint, proved, **values), 303)


def _keep(answer: Any, secret: str) -> Response:
    """Let this browser find its own answer again. The cookie holds a random word and nothing else."""
    response = make_response(answer)
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        COOKIE, secret, max_age=COOKIE_DAYS * 86_400, httponly=True, samesite="Lax", secure=access.https()
    )
    return response
