"""Error answers of the centre: one stable code, what happened, what is safe, what to do.

Staff get a page in their language, citizens one of theirs (`admin.survey.lost_pages`); scripts and everything under
`/api/` get `{"error": {"code", "message"}}`. Screens add the HTTP number (HL-404). No page here asks the store for
anything: the store may be what is broken.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError
from werkzeug.exceptions import HTTPException

from admin.ledgers import centre_clock
from admin.ledgers.centre_clock import ClockDoubted
from admin.ledgers.key_register import KeyRefused
from admin.statistics.queries import BadPeriod
from models.storage import store_faults
from models.storage.store_faults import StoreFault
from translations import lazy

#: What is written here is shown to citizens too (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = True

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fault:
    """A kind of error: stable code, HTTP status, two texts in the reader's language, and what to type, if anything."""

    code: str
    status: int
    title: Any
    text: Any
    command: str = ""

    @property
    def label(self) -> str:
        """What a person reads out on the telephone: HL-404."""
        return f"HL-{self.status}"

    @property
    def message(self) -> str:
        """All of it in one paragraph, for programs."""
        return f"{self.title}. {self.text} {self.command}".rstrip()


def _faults(*faults: Fault) -> dict[str, Fault]:
    return {fault.code: fault for fault in faults}


_CONFIRM = "hailong admin clock confirm"

FAULTS = _faults(
    Fault(
        "bad_request", 400, lazy("The centre did not understand"),
        lazy("Nothing was changed. Please go back and try again."),
    ),
    Fault(
        "page_too_old", 400, lazy("This page is too old"),
        lazy("It stood open for too long, so nothing was changed. Please open it again and repeat the last step."),
    ),
    Fault(
        "not_allowed", 403, lazy("This page is not for your account"),
        lazy("Nothing was changed. Please ask the province's administrator if you need it for your work."),
    ),
    Fault(
        "not_found", 404, lazy("There is no such page"),
        lazy("Perhaps the address was mistyped, or the page belongs to another agency. Nothing was changed."),
    ),
    Fault(
        "bad_period", 404, lazy("There are no figures for this period"),
        lazy("Only periods that are over can be shown, such as a month, a quarter or a year. Please choose another."),
    ),
    Fault(
        "month_open", 409, lazy("This period is not over yet"),
        lazy("Its figures still change, so nothing was issued. Please wait until the first day after it, 06:00."),
    ),
    Fault(
        "period_incomplete", 409, lazy("The data do not hold all of this period"),
        lazy("They begin within it, so nothing was issued. Please choose a period that begins later."),
    ),
    Fault(
        "report_not_drawn", 409, lazy("The report cannot be drawn as a paper"),
        lazy("Nothing was issued or changed, nor any figure that was frozen before. Please have the agency's name "
             "and letterhead mended in the file of agencies, and issue a new revision."),
    ),
    Fault(
        "wrong_method", 405, lazy("This page cannot be opened like this"),
        lazy("Nothing was changed. Please start again from the first page."),
    ),
    Fault(
        "too_large", 413, lazy("That was too much at once"),
        lazy("Nothing was changed. Please send it in smaller parts."),
    ),
    Fault(
        "address_too_long", 414, lazy("The address is too long"),
        lazy("It was not read, and nothing was changed. Please start again from the first page."),
    ),
    Fault(
        "too_many", 429, lazy("Too many requests"),
        lazy("Nothing was changed. Please wait a few minutes and try again."),
    ),
    Fault(
        "out_of_order", 500, lazy("The page could not be opened"),
        lazy("The fault is the centre's, not yours; it may be that nothing was kept of the last step. Please try "
             "again in 5 minutes."),
    ),
    Fault(
        "not_ready", 503, lazy("The page could not be opened"),
        lazy("The centre has to be started again; nothing was changed. Please try again in 5 minutes."),
    ),
    Fault(
        "store_busy", 503, lazy("The page could not be opened"),
        lazy("The store does not answer at the moment, so nothing was changed. Please try again in 5 minutes."),
    ),
    Fault(
        "disk_full", 503, lazy("The centre's disk is full"),
        lazy("Nothing new can be kept; nothing that came before was erased. Whoever runs the centre must free space "
             "on the disk; after that it goes on by itself."),
    ),
    Fault(
        "read_only", 503, lazy("The centre cannot write at the moment"),
        lazy("Its store can only be read; nothing was changed or erased. Whoever runs the "
             "centre must look at the disk and at who may write there."),
    ),
    Fault(
        "no_store", 503, lazy("The centre does not reach its store"),
        lazy("Nothing was changed. It goes on by itself once the store is back; please try again in 1 minute."),
    ),
    Fault(
        "store_damaged", 503, lazy("The centre's store is damaged"),
        lazy("Nothing was changed. Whoever runs the centre must leave the file as it is, and restore the last backup "
             "into an empty folder."),
    ),
    Fault(
        "clock_behind", 503, lazy("The centre's clock runs behind"),
        lazy("Until it is put right nothing is taken, changed or erased; a device at a desk needs no centre to take "
             "ratings. Whoever runs the centre must set the machine's date and time; if they are right, run:"),
        _CONFIRM,
    ),
    Fault(
        "clock_ahead", 503, lazy("The centre's clock may run ahead"),
        lazy("It shows more than 31 days after whatever was signed last. Until it is put right nothing is taken, "
             "changed or erased; a device at a desk needs no centre to take ratings. Whoever runs the centre must set "
             "the machine's date and time; if they are right, run:"),
        _CONFIRM,
    ),
    Fault(
        "store_failed", 503, lazy("The centre's store reports a fault"),
        lazy("Nothing was changed. Please try again in 5 minutes; if it stays so, tell whoever runs the centre."),
    ),
)

#: After how many seconds a program may ask again; the others take people.
_RETRY_SECONDS = {StoreFault.BUSY: 5, StoreFault.UNREACHABLE: 30}
_PEOPLE_SECONDS = 300

_BY_STATUS = {
    403: "not_allowed", 404: "not_found", 405: "wrong_method", 413: "too_large", 414: "address_too_long",
    429: "too_many", 503: "store_busy",
}


#: The longest address that is read, bytes of path and query together; no page of the centre links to a longer one.
LONGEST_ADDRESS = 8_000


class Problem(Exception):
    """Raised by a view that cannot go on; `code` is one of `FAULTS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.fault = FAULTS[code]


def wants_json() -> bool:
    """Whether the sender is a program rather than a person."""
    offered = ["text/html", "application/json"]
    return request.path.startswith("/api/") or request.accept_mimetypes.best_match(offered) == "application/json"


def answer(fault: Fault) -> Response:
    """The answer to a request that failed with `fault`."""
    response: Response | None
    if wants_json():
        response = jsonify({"error": {"code": fault.code, "message": fault.message}})
    else:
        of_citizens: Callable[[Fault], Response | None] | None = current_app.extensions.get("page_of_citizens")
        response = of_citizens(fault) if of_citizens else None
        response = response or make_response(render_template("error.html", fault=fault))
    response.status_code = fault.status
    if fault.status == 503:
        response.headers["Retry-After"] = str(_PEOPLE_SECONDS)
    return response


@dataclass(frozen=True)
class Failed:
    """A failure of the store, told to whoever asked: what it is, and after how many seconds to ask again."""

    kind: StoreFault
    fault: Fault
    retry_seconds: int

    def tell(self, response: Response) -> Response:
        """The answer with its `Retry-After`."""
        response.headers["Retry-After"] = str(self.retry_seconds)
        return response


def failure(error: BaseException) -> Failed:
    """What failed behind one of `store_faults.FAILURES`; it is written into the log. Raises `error` again where the
    store is well and the program was wrong: it asked for what no column takes."""
    if isinstance(error, DataError | IntegrityError):
        raise error
    kind = store_faults.kind(error)
    log.error("%s: %s", kind.value, getattr(error, "orig", None) or error)
    code = "no_store" if kind is StoreFault.BAD_URL else kind.value
    return Failed(kind, FAULTS.get(code, FAULTS["store_failed"]), _RETRY_SECONDS.get(kind, _PEOPLE_SECONDS))


def install(app: Flask) -> None:
    """Answer every error of `app` in this way, unless a part of it has words of its own. To be called before whoever
    looks at an address and may repeat it."""

    @app.before_request
    def readable() -> None:
        if len(request.environ["PATH_INFO"]) + len(request.environ.get("QUERY_STRING", "")) > LONGEST_ADDRESS:
            raise Problem("address_too_long")

    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return answer(error.fault)

    @app.errorhandler(BadPeriod)
    def no_such_period(error: BadPeriod) -> Response:
        return answer(FAULTS["bad_period"])

    @app.errorhandler(CSRFError)
    def stale_form(error: CSRFError) -> Response:
        return answer(FAULTS["page_too_old"])

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:
            return make_response(error.get_response())
        usual = "out_of_order" if status >= 500 else "bad_request"
        response = answer(FAULTS[_BY_STATUS.get(status, usual)])
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers.add(name, value)
        return response

    @app.errorhandler(ClockDoubted)
    def clock_doubted(error: ClockDoubted) -> Response:
        log.error("%s: the clock shows %d, signed was %s", error.code, error.now_ms, error.newest_ms)
        response = answer(FAULTS[error.code])
        response.headers["Retry-After"] = str(centre_clock.RETRY_SECONDS)
        return response

    @app.errorhandler(KeyRefused)
    def key_replaced(error: KeyRefused) -> Response:
        log.error("a key was replaced while this process ran: %s", error)
        return answer(FAULTS["not_ready"])

    @app.errorhandler(DataError)
    @app.errorhandler(IntegrityError)
    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        log.exception("unexpected error")
        return answer(FAULTS["out_of_order"])

    def store_failed(error: Exception) -> Response:
        told = failure(error)
        return told.tell(answer(told.fault))

    for kind in store_faults.FAILURES:
        app.register_error_handler(kind, store_failed)
