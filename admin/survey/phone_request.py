"""The parts of a request from a citizen's phone: store, time, one transaction, the cookie.

GET never spends or keeps anything; every page works without script and without cookies (a cookie only lets the same
browser find its own answer again).
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, current_app, make_response, request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from admin.auth import permissions
from admin.ledgers import centre_clock
from admin.ledgers.signing_keys import CentreKeys
from admin.settings import Settings
from admin.statistics.tallies import recount
from admin.web import clock_guard
from models.clock import local_day
from models.reference.localized_text import clean_typed_text
from models.storage import store_faults
from models.storage.database import Database

log = logging.getLogger(__name__)


COOKIE = "hailong_slip"


COOKIE_DAYS = 60


Result = TypeVar("Result")


def database() -> Database:
    centre_database: Database = current_app.extensions["database"]
    return centre_database


def centre() -> CentreKeys:
    centre_keys: CentreKeys = current_app.extensions["centre"]
    return centre_keys


def settings() -> Settings:
    centre_settings: Settings = current_app.extensions["settings"]
    return centre_settings


def now_ms() -> int:
    """The time by which this request's answer is kept (ms since 1970, UTC)."""
    return clock_guard.read_request_clock().ms


def run_in_transaction(work: Callable[[Session], Result]) -> Result:
    """Do `work` in one transaction, and again when another request wrote the same row between its look and its write
    (the slip, or the recorder at its very first answer)."""
    for _round in range(3):
        try:
            with database().write() as session:
                done = work(session)
                centre_clock.record_signed_time(session, now_ms())
                return done
        except IntegrityError as error:
            clash = error
    raise clash


def recount_touched() -> None:
    """Recount what the answer touched if that is soon done, right after its commit. The answer is safe whatever
    happens here: what was not recounted stays marked and is recounted by `admin.jobs`."""
    try:
        recount.recount_small_stale_months(database())
    except store_faults.FAILURES as error:
        log.warning("recount left to `admin.jobs`: %s", error)


def count_refusal(code: str) -> None:
    """Note that somebody was refused, and nothing else of it (`admin.survey.refusal_counts`)."""
    current_app.extensions["refused_pages"].count(local_day(now_ms()), code)


def browser_secret() -> str:
    """This browser's own random word, or a new one."""
    return request.cookies.get(COOKIE) or secrets.token_urlsafe(24)


def set_browser_cookie(answer: Any, secret: str) -> Response:
    """Let this browser find its own answer again. The cookie holds a random word and nothing else."""
    response = make_response(answer)
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        COOKIE, secret, max_age=COOKIE_DAYS * 86_400, httponly=True, samesite="Lax", secure=permissions.uses_https()
    )
    return response


def find_returned_words() -> str:
    """The words that this request brought and that are not taken, to be given back; empty when it brought none."""
    return clean_typed_text(request.form.get("comment", "")) if request.method == "POST" else ""


def find_other_fields() -> list[tuple[str, str]]:
    """Every other control that this request brought: name, value."""
    pairs = request.form.items(multi=True) if request.method == "POST" else ()
    return [(name, value) for name, value in pairs if name != "comment"]
