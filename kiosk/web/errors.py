"""Error answers of the tablet: one stable code, what happened, what is safe, what to do.

Persons get a page in their language that finds its own way back to the faces; scripts that ask for JSON get
`{"error": {"code", "message"}}`. Screens add the HTTP number (HL-400). No page here asks the store for anything:
the store may be what is broken.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Flask, Response, current_app, jsonify, make_response, request
from werkzeug.exceptions import HTTPException

from kiosk.error_catalogue.page_errors import PAGES, PageError
from kiosk.web.page_layout import render_page
from models.errors import ErrorKind
from models.storage import store_faults
from models.storage.store_faults import StoreFault

log = logging.getLogger(__name__)


_BY_STATUS = {404: "not_found", 405: "wrong_method", 413: "too_large", 414: "address_too_long", 507: "disk_full"}


#: The longest address that is read, bytes of path and query together; no page of the desk links to a longer one.
LONGEST_ADDRESS = 8_000


def wants_json() -> bool:
    """Whether the sender asked for JSON rather than for a page."""
    offered = ["text/html", "application/json"]
    return request.accept_mimetypes.best_match(offered) == "application/json"


def error_response(
    kind: ErrorKind, page: Callable[[ErrorKind], str] | None = None, *, as_json: bool = False
) -> Response:
    """The answer to a request that failed with an error of `kind`: JSON, or `page` (the error page if there is no
    better one)."""
    if as_json or wants_json():
        response = jsonify({"error": {"code": kind.code, "message": kind.message}})
    else:
        response = make_response(page(kind) if page else render_page("error.html", None, fault=kind))
    response.status_code = kind.status or 500
    return response


def find_store_failure_code(error: BaseException) -> str:
    """The code in `PAGES` of what the store or its disk threw (`store_faults.FAILURES`); it is logged here."""
    kind: StoreFault = current_app.extensions["kind_of_failure"](error)
    log.error("the store failed (%s): %s", kind.value, getattr(error, "orig", None) or error)
    return kind.value if kind.value in PAGES else StoreFault.OTHER.value


def install_error_answers(app: Flask, kind_of: Callable[[BaseException], StoreFault]) -> None:
    """Answer every error of `app` in this way. `kind_of` says of which kind a failure of the store is."""
    app.extensions["kind_of_failure"] = kind_of

    @app.before_request
    def readable() -> None:
        if len(request.environ["PATH_INFO"]) + len(request.environ.get("QUERY_STRING", "")) > LONGEST_ADDRESS:
            raise PageError("address_too_long")

    @app.errorhandler(PageError)
    def failed_page(error: PageError) -> Response:
        return error_response(error.kind)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:
            return make_response(error.get_response())
        usual = "out_of_order" if status >= 500 else "bad_request"
        response = error_response(PAGES[_BY_STATUS.get(status, usual)])
        for name in ("Allow", "Retry-After"):
            for value in dict(error.get_headers()).get(name, "").split("\n"):
                if value:
                    response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        if isinstance(error, store_faults.FAILURES):
            return error_response(PAGES[find_store_failure_code(error)])
        log.exception("unexpected error")
        return error_response(PAGES["out_of_order"])
