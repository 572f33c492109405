"""Errors of the tablet's pages: what happened, what is kept, what to do."""

from __future__ import annotations

from typing import Any

from models.errors import CodedError, ErrorKind, ErrorTable
from translations import lazy

#: What is written here is shown to citizens too (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = True

#: Where nobody can say what became of the answers given before, nothing is promised about them.
_UNKNOWN = lazy("The last touch was not recorded. Please tell the staff, or use the QR code on your slip.")


def _page(code: str, status: int, title: Any, text: Any) -> ErrorKind:
    return ErrorKind(code, text, status, title)


PAGES = ErrorTable(
    "pages of the tablet, of the staff and of the officer, and their answers to programs",
    _page(
        "bad_score",
        400,
        lazy("Please touch one face again"),
        lazy("The device did not understand the last touch. Nothing was recorded from it."),
    ),
    _page(
        "page_too_old",
        400,
        lazy("Please touch one face again"),
        lazy("The last page was out of date, so that touch was not recorded. Nothing recorded before was changed."),
    ),
    _page(
        "bad_request",
        400,
        lazy("The device did not understand"),
        lazy("Nothing was recorded from the last touch. Please go back and start again."),
    ),
    _page(
        "staff_cannot_rate",
        403,
        lazy("Ratings are for citizens"),
        lazy("You are signed in as staff here, so nothing was recorded. Please sign out first."),
    ),
    _page(
        "not_found",
        404,
        lazy("There is no such page"),
        lazy("Nothing was recorded or changed. Please go back to the first page."),
    ),
    _page(
        "wrong_method",
        405,
        lazy("This page cannot be opened like this"),
        lazy("Nothing was recorded or changed. Please go back to the first page."),
    ),
    _page(
        "too_large",
        413,
        lazy("That was too much at once"),
        lazy("Nothing was recorded from the last touch. Please go back and start again."),
    ),
    _page(
        "address_too_long",
        414,
        lazy("The address is too long"),
        lazy("Nothing was recorded or changed. Please go back to the first page."),
    ),
    _page(
        "not_installed",
        503,
        lazy("This device is not set up yet"),
        lazy("It cannot take ratings yet. Staff: please pair it with the centre first."),
    ),
    _page(
        "store_set_aside",
        503,
        lazy("This device must be paired again"),
        lazy(
            "Its memory was damaged, and the questions with it, so it cannot take ratings now. Staff: hailong kiosk "
            "enrol. Citizens: please use the QR code on your slip."
        ),
    ),
    _page(
        "wrong_host",
        421,
        lazy("This is not the desk's address"),
        lazy("Nothing was recorded. Staff: use its address in figures, or list the name in kiosk.cfg ([kiosk] hosts)."),
    ),
    _page("out_of_order", 500, lazy("The device is pausing"), _UNKNOWN),
    _page(
        "read_only",
        507,
        lazy("The device is pausing"),
        lazy(
            "Its memory can only be read now. The last touch was not recorded; nothing given before was erased. "
            "Please tell the staff, or use the QR code on your slip."
        ),
    ),
    _page(
        "disk_full",
        507,
        lazy("The device is pausing"),
        lazy(
            "Its memory is full. The last touch was not recorded; nothing given before was erased. "
            "Please tell the staff, or use the QR code on your slip."
        ),
    ),
    _page(
        "store_busy",
        503,
        lazy("The device is busy"),
        lazy("The last touch was not recorded; nothing given before was changed. Please touch again in a moment."),
    ),
    _page("store_damaged", 503, lazy("The device is pausing"), _UNKNOWN),
    _page("no_store", 503, lazy("The device is pausing"), _UNKNOWN),
    _page("store_failed", 503, lazy("The device is pausing"), _UNKNOWN),
)

#: What the pages say while the start is not done (`kiosk.web.start_gate`), by the code of the failure.
PAUSES = ErrorTable(
    "pages of the tablet while the start of the desk is not done",
    _page(
        "disk_full",
        507,
        lazy("The device is pausing"),
        lazy(
            "Its memory is full, so nothing can be recorded now; nothing given before was erased. Staff: please make "
            "room on the machine's disk, it then goes on by itself. Citizens: please use the QR code on your slip."
        ),
    ),
    _page(
        "read_only",
        507,
        lazy("The device is pausing"),
        lazy(
            "Its memory can only be read, so nothing can be recorded now; nothing given before was erased. Staff: "
            "please let the machine write to its disk, it then goes on by itself. Citizens: please use the QR code on "
            "your slip."
        ),
    ),
    _page(
        "store_newer",
        503,
        lazy("The device is pausing"),
        lazy(
            "Its data belong to a newer version of the program, so nothing can be recorded now; nothing was changed. "
            "Staff: please install that version. Citizens: please use the QR code on your slip."
        ),
    ),
    _page(
        "out_of_order",
        503,
        lazy("The device is pausing"),
        lazy(
            "It cannot open its memory, so nothing can be recorded now. It tries again by itself. Please tell the "
            "staff, or use the QR code on your slip."
        ),
    ),
)


class PageError(CodedError):
    """A page that cannot go on."""

    table = PAGES
