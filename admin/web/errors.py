"""Error answers of the centre: one stable code, what happened, what is safe, what to do.

Staff get a page in their language, citizens one of theirs (`admin.survey.citizen_error_page`); scripts and everything
under `/api/` get `{"error": {"code", "message"}}`. Screens add the HTTP number (HL-404). No page here asks the store
for anything: the store may be what is broken.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError
from werkzeug.exceptions import HTTPException

from admin.error_catalogue.page_errors import PAGES
from admin.ledgers import centre_clock
from admin.ledgers.centre_clock import ClockDoubted
from admin.ledgers.centre_key_register import KeyRefused
from admin.statistics.queries import BadPeriod
from models.errors import CodedError, ErrorKind
from models.storage import store_faults
from models.storage.store_faults import StoreFault

log = logging.getLogger(__name__)


#: After how many seconds a program may ask again; the others take people.
_RETRY_SECONDS = {StoreFault.BUSY: 5, StoreFault.UNREACHABLE: 30}
_PEOPLE_SECONDS = 300

_BY_STATUS = {
    403: "not_allowed", 404: "not_found", 405: "wrong_method", 413: "too_large", 414: "address_too_long",
    429: "too_many", 503: "store_busy",
}


#: The longest address that is read, bytes of path and query together; no page of the centre links to a longer one.
LONGEST_ADDRESS = 8_000


class PageError(CodedError):
    """Raised by a view that cannot go on."""

    table = PAGES


def wants_json() -> bool:
    """Whether the sender is a program rather than a person."""
    offered = ["text/html", "application/json"]
    return request.path.startswith("/api/") or request.accept_mimetypes.best_match(offered) == "application/json"


def error_response(kind: ErrorKind) -> Response:
    """The answer to a request that failed with an error of this kind."""
    response: Response | None
    if wants_json():
        response = jsonify({"error": {"code": kind.code, "message": kind.message}})
    else:
        of_citizens: Callable[[ErrorKind], Response | None] | None = current_app.extensions.get("page_of_citizens")
        response = of_citizens(kind) if of_citizens else None
        response = response or make_response(render_template("error.html", kind=kind))
    response.status_code = kind.status or 500
    if kind.status == 503:
        response.headers["Retry-After"] = str(_PEOPLE_SECONDS)
    return response


@dataclass(frozen=True)
class StoreFailure:
    """A failure of the store, told to whoever asked: what it is, and after how many seconds to ask again."""

    store_fault: StoreFault
    kind: ErrorKind
    retry_seconds: int

    def tell(self, response: Response) -> Response:
        """The answer with its `Retry-After`."""
        response.headers["Retry-After"] = str(self.retry_seconds)
        return response


def find_store_failure(error: BaseException) -> StoreFailure:
    """What failed behind one of `store_faults.FAILURES`; it is written into the log. Raises `error` again where the
    store is well and the program was wrong: it asked for what no column takes."""
    if isinstance(error, DataError | IntegrityError):
        raise error
    fault = store_faults.classify_fault(error)
    log.error("%s: %s", fault.value, getattr(error, "orig", None) or error)
    code = "no_store" if fault is StoreFault.BAD_URL else fault.value
    return StoreFailure(fault, PAGES.get(code, PAGES["store_failed"]), _RETRY_SECONDS.get(fault, _PEOPLE_SECONDS))


def install_error_pages(app: Flask) -> None:
    """Answer every error of `app` in this way, unless a part of it has words of its own. To be called before whoever
    looks at an address and may repeat it."""

    @app.before_request
    def readable() -> None:
        if len(request.environ["PATH_INFO"]) + len(request.environ.get("QUERY_STRING", "")) > LONGEST_ADDRESS:
            raise PageError("address_too_long")

    @app.errorhandler(PageError)
    def refused_view(error: PageError) -> Response:
        return error_response(error.kind)

    @app.errorhandler(BadPeriod)
    def no_such_period(error: BadPeriod) -> Response:
        return error_response(PAGES["bad_period"])

    @app.errorhandler(CSRFError)
    def stale_form(error: CSRFError) -> Response:
        return error_response(PAGES["page_too_old"])

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:
            return make_response(error.get_response())
        usual = "out_of_order" if status >= 500 else "bad_request"
        response = error_response(PAGES[_BY_STATUS.get(status, usual)])
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers.add(name, value)
        return response

    @app.errorhandler(ClockDoubted)
    def clock_doubted(error: ClockDoubted) -> Response:
        log.error("%s: the clock shows %d, signed was %s", error.code, error.now_ms, error.newest_ms)
        response = error_response(PAGES[error.code])
        response.headers["Retry-After"] = str(centre_clock.RETRY_SECONDS)
        return response

    @app.errorhandler(KeyRefused)
    def key_replaced(error: KeyRefused) -> Response:
        log.error("a key was replaced while this process ran: %s", error)
        return error_response(PAGES["not_ready"])

    @app.errorhandler(DataError)
    @app.errorhandler(IntegrityError)
    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        log.exception("unexpected error")
        return error_response(PAGES["out_of_order"])

    def store_failed(error: Exception) -> Response:
        failed_store = find_store_failure(error)
        return failed_store.tell(error_response(failed_store.kind))

    for kind in store_faults.FAILURES:
        app.register_error_handler(kind, store_failed)
