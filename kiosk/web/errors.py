"""Error answers of the tablet: one stable code, what happened, what is safe, what to do.

Persons get a page in their language that finds its own way back to the faces; scripts that ask for JSON get
`{"error": {"code", "message"}}`. Screens add the HTTP number (HL-400). No page here asks the store for anything:
the store may be what is broken.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, jsonify, make_response, request
from werkzeug.exceptions import HTTPException

from kiosk.web.layout import draw
from models.storage import store_faults
from models.storage.store_faults import StoreFault
from translations import lazy

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fault:
    """A kind of error: stable code, HTTP status, and two texts in the reader's language."""

    code: str
    status: int
    title: Any
    text: Any

    @property
    def label(self) -> str:
        """What a person reads out on the telephone: HL-400."""
        return f"HL-{self.status}"


#: Where nobody can say what became of the answers given before, nothing is promised about them.
_UNKNOWN = lazy("The last touch was not recorded. Please tell the staff, or use the QR code on your slip.")


def _faults(*faults: Fault) -> dict[str, Fault]:
    return {fault.code: fault for fault in faults}


FAULTS = _faults(
    Fault(
        "bad_score",
        400,
        lazy("Please touch one face again"),
        lazy("The device did not understand the last touch. Nothing was recorded from it."),
    ),
    Fault(
        "page_too_old",
        400,
        lazy("Please touch one face again"),
        lazy("The last page was out of date, so that touch was not recorded. Nothing recorded before was changed."),
    ),
    Fault(
        "bad_request",
        400,
        lazy("The device did not understand"),
        lazy("Nothing was recorded from the last touch. Please go back and start again."),
    ),
    Fault(
        "staff_cannot_rate",
        403,
        lazy("Ratings are for citizens"),
        lazy("You are signed in as staff here, so nothing was recorded. Please sign out first."),
    ),
    Fault(
        "not_found",
        404,
        lazy("There is no such page"),
        lazy("Nothing was recorded or changed. Please go back to the first page."),
    ),
    Fault(
        "wrong_method",
        405,
        lazy("This page cannot be opened like this"),
        lazy("Nothing was recorded or changed. Please go back to the first page."),
    ),
    Fault(
        "too_large",
        413,
        lazy("That was too much at once"),
        lazy("Nothing was recorded from the last touch. Please go back and start again."),
    ),
    Fault(
        "address_too_long",
        414,
        lazy("The address is too long"),
        lazy("Nothing was recorded or changed. Please go back to the first page."),
    ),
    Fault(
        "not_installed",
        503,
        lazy("This device is not set up yet"),
        lazy("It cannot take ratings yet. Staff: please pair it with the centre first."),
    ),
    Fault(
        "store_set_aside",
        503,
        lazy("This device must be paired again"),
        lazy(
            "Its memory was damaged, and the questions with it, so it cannot take ratings now. Staff: hailong kiosk "
            "enrol. Citizens: please use the QR code on your slip."
        ),
    ),
    Fault(
        "wrong_host",
        421,
        lazy("This is not the desk's address"),
        lazy("Nothing was recorded. Staff: use its address in figures, or list the name in kiosk.cfg ([kiosk] hosts)."),
    ),
    Fault("out_of_order", 500, lazy("The device is pausing"), _UNKNOWN),
    Fault(
        "read_only",
        507,
        lazy("The device is pausing"),
        lazy(
            "Its memory can only be read now. The last touch was not recorded; nothing given before was erased. "
            "Please tell the staff, or use the QR code on your slip."
        ),
    ),
    Fault(
        "disk_full",
        507,
        lazy("The device is pausing"),
        lazy(
            "Its memory is full. The last touch was not recorded; nothing given before was erased. "
            "Please tell the staff, or use the QR code on your slip."
        ),
    ),
    Fault(
        "store_busy",
        503,
        lazy("The device is busy"),
        lazy("The last touch was not recorded; nothing given before was changed. Please touch again in a moment."),
    ),
    Fault("store_damaged", 503, lazy("The device is pausing"), _UNKNOWN),
    Fault("no_store", 503, lazy("The device is pausing"), _UNKNOWN),
    Fault("store_failed", 503, lazy("The device is pausing"), _UNKNOWN),
)

#: What the pages say while the start is not done (`kiosk.web.start_gate`), by the code of the failure.
PAUSES = _faults(
    Fault(
        "disk_full",
        507,
        lazy("The device is pausing"),
        lazy(
            "Its memory is full, so nothing can be recorded now; nothing given before was erased. Staff: please make "
            "room on the machine's disk, it then goes on by itself. Citizens: please use the QR code on your slip."
        ),
    ),
    Fault(
        "read_only",
        507,
        lazy("The device is pausing"),
        lazy(
            "Its memory can only be read, so nothing can be recorded now; nothing given before was erased. Staff: "
            "please let the machine write to its disk, it then goes on by itself. Citizens: please use the QR code on "
            "your slip."
        ),
    ),
    Fault(
        "store_newer",
        503,
        lazy("The device is pausing"),
        lazy(
            "Its data belong to a newer version of the program, so nothing can be recorded now; nothing was changed. "
            "Staff: please install that version. Citizens: please use the QR code on your slip."
        ),
    ),
    Fault(
        "out_of_order",
        503,
        lazy("The device is pausing"),
        lazy(
            "It cannot open its memory, so nothing can be recorded now. It tries again by itself. Please tell the "
            "staff, or use the QR code on your slip."
        ),
    ),
)

_BY_STATUS = {404: "not_found", 405: "wrong_method", 413: "too_large", 414: "address_too_long", 507: "disk_full"}


#: The longest address that is read, bytes of path and query together; no page of the desk links to a longer one.
LONGEST_ADDRESS = 8_000


class Problem(Exception):
    """Raised by a view that cannot go on; `code` is one of `FAULTS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.fault = FAULTS[code]


def wants_json() -> bool:
    """Whether the sender asked for JSON rather than for a page."""
    offered = ["text/html", "application/json"]
    return request.accept_mimetypes.best_match(offered) == "application/json"


def answer(fault: Fault, page: Callable[[Fault], str] | None = None, *, as_json: bool = False) -> Response:
    """The answer to a request that failed with `fault`: JSON, or `page` (the error page if there is no better one)."""
    if as_json or wants_json():
        message = f"{fault.title}. {fault.text}"
        response = jsonify({"error": {"code": fault.code, "message": message}})
    else:
        response = make_response(page(fault) if page else draw("error.html", None, fault=fault))
    response.status_code = fault.status
    return response


def store_failure(error: BaseException) -> str:
    """The code in `FAULTS` of what the store or its disk threw (`store_faults.FAILURES`); it is logged here."""
    kind: StoreFault = current_app.extensions["kind_of_failure"](error)
    log.error("the store failed (%s): %s", kind.value, getattr(error, "orig", None) or error)
    return kind.value if kind.value in FAULTS else StoreFault.OTHER.value


def install(app: Flask, kind_of: Callable[[BaseException], StoreFault]) -> None:
    """Answer every error of `app` in this way. `kind_of` says of which kind a failure of the store is."""
    app.extensions["kind_of_failure"] = kind_of

    @app.before_request
    def readable() -> None:
        if len(request.environ["PATH_INFO"]) + len(request.environ.get("QUERY_STRING", "")) > LONGEST_ADDRESS:
            raise Problem("address_too_long")

    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return answer(error.fault)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:
            return make_response(error.get_response())
        usual = "out_of_order" if status >= 500 else "bad_request"
        response = answer(FAULTS[_BY_STATUS.get(status, usual)])
        for name in ("Allow", "Retry-After"):
            for value in dict(error.get_headers()).get(name, "").split("\n"):
                if value:
                    response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        if isinstance(error, store_faults.FAILURES):
            return answer(FAULTS[store_failure(error)])
        log.exception("unexpected error")
        return answer(FAULTS["out_of_order"])
