"""Failures of the centre's store and clock as a citizen's phone shows them: kept or not, what to do.

Nobody is thanked for what was not kept.

Nothing here asks the store; so the page knows no slip, and speaks the languages that come with the product.
"""

from __future__ import annotations

from flask import Response, make_response, request

from admin.error_catalogue.page_errors import PAGES
from admin.ledgers import centre_clock
from admin.ledgers.centre_clock import ClockDoubted
from admin.survey import phone_page_layout, phone_request
from admin.survey.refusal_page import RefusalWords
from admin.web import errors
from models.storage import store_faults
from models.storage.store_faults import StoreFault
from translations import lazy

AGAIN = lazy("Please send it once more in a few minutes; it never counts twice. Or rate on the device at the desk.")
NOT_KEPT = RefusalWords(
    503, "clock", lazy("Your answer was not recorded"),
    lazy("The centre can keep nothing new at the moment. This page was not taken."), AGAIN,
)  # fmt: skip
#: The connection broke off: the store may have taken it all the same.
PERHAPS_KEPT = RefusalWords(
    503, "clock", lazy("Your answer may not have been recorded"),
    lazy("The centre lost its store in the middle of it."), AGAIN,
)  # fmt: skip
NOT_OPEN = RefusalWords(
    503, "clock", lazy("This page cannot be opened at the moment"), lazy("Nothing was sent just now."),
    lazy("Please try again in a few minutes, or rate on the device at the desk."),
)
_LATER = lazy("Please try again later today, or rate on the device at the desk.")
#: No answer is taken by a clock that may lie: it would belong to a wrong month for ever.
CLOCK_NOT_KEPT = RefusalWords(
    503, "clock", NOT_KEPT.title,
    lazy("The people who run the centre have to check its clock first. What stood on this page was not taken; what "
         "was sent before stays."), _LATER, ways=True,
)  # fmt: skip
CLOCK_NOT_OPEN = RefusalWords(
    503, "clock", lazy("No answer can be taken at the moment"),
    lazy("The people who run the centre have to check its clock first. Opening this page sends nothing and uses up no "
         "code."), _LATER, ways=True,
)  # fmt: skip
#: A form that only opens a page: whoever sends it leaves no answer.
_LOOK_UP = "survey.typed"


def draw_store_failure(error: Exception) -> Response:
    """The page for a request that one of `store_faults.FAILURES` ended."""
    failure = errors.find_store_failure(error)
    words = NOT_OPEN
    if _sent():
        words = PERHAPS_KEPT if failure.store_fault is StoreFault.UNREACHABLE else NOT_KEPT
    return failure.tell(_drawn(words, f"{failure.kind.label} · {failure.kind.code}"))


def draw_clock_failure(error: ClockDoubted) -> Response:
    """The page while nothing may be signed."""
    kind = PAGES[error.code]
    words = CLOCK_NOT_KEPT if _sent() else CLOCK_NOT_OPEN
    response = _drawn(words, f"{kind.label} · {kind.code}")
    response.headers["Retry-After"] = str(centre_clock.RETRY_SECONDS)
    return response


def _sent() -> bool:
    """Whether the request was to leave something."""
    return request.method == "POST" and request.endpoint != _LOOK_UP


def _drawn(words: RefusalWords, code: str) -> Response:
    phone_page_layout.apply_preferences_without_store()
    line = phone_request.settings().phone if words.ways else ""
    page = phone_page_layout.draw_phone_page(
        "closed",
        None,
        words=words,
        code=code,
        advice=words.advice,
        line=line,
        telephone=phone_page_layout.telephone_link(line),
        left=phone_request.find_returned_words() if _sent() else "",
        resend=_address() if _sent() else None,
        posted=phone_request.find_other_fields(),
        choosable=request.method != "POST",  # a page that was sent has no address
    )
    return make_response(page, words.status)


def _address() -> str:
    """Where the same page is sent once more."""
    return request.full_path.removesuffix("?")


for failing in store_faults.FAILURES:
    phone_page_layout.blueprint.register_error_handler(failing, draw_store_failure)
phone_page_layout.blueprint.register_error_handler(ClockDoubted, draw_clock_failure)
