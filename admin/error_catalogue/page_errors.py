"""Errors of the centre's pages, for staff and citizens, and of their answers to programs."""

from __future__ import annotations

from typing import Any

from models.errors import ErrorKind, ErrorTable
from translations import lazy

#: What is written here is shown to citizens too (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = True


def _page(code: str, status: int, title: Any, text: Any, command: str = "") -> ErrorKind:
    return ErrorKind(code, text, status, title, command)


_CONFIRM = "hailong admin clock confirm"

PAGES = ErrorTable(
    "pages of the centre and their answers to programs",
    _page(
        "bad_request", 400, lazy("The centre did not understand"),
        lazy("Nothing was changed. Please go back and try again."),
    ),
    _page(
        "page_too_old", 400, lazy("This page is too old"),
        lazy("It stood open for too long, so nothing was changed. Please open it again and repeat the last step."),
    ),
    _page(
        "not_allowed", 403, lazy("This page is not for your account"),
        lazy("Nothing was changed. Please ask the province's administrator if you need it for your work."),
    ),
    _page(
        "not_found", 404, lazy("There is no such page"),
        lazy("Perhaps the address was mistyped, or the page belongs to another agency. Nothing was changed."),
    ),
    _page(
        "bad_period", 404, lazy("There are no figures for this period"),
        lazy("Only periods that are over can be shown, such as a month, a quarter or a year. Please choose another."),
    ),
    _page(
        "month_open", 409, lazy("This period is not over yet"),
        lazy("Its figures still change, so nothing was issued. Please wait until the first day after it, 06:00."),
    ),
    _page(
        "period_incomplete", 409, lazy("The data do not hold all of this period"),
        lazy("They begin within it, so nothing was issued. Please choose a period that begins later."),
    ),
    _page(
        "report_not_drawn", 409, lazy("The report cannot be drawn as a paper"),
        lazy("Nothing was issued or changed, nor any figure that was frozen before. Please have the agency's name "
             "and letterhead mended in the file of agencies, and issue a new revision."),
    ),
    _page(
        "wrong_method", 405, lazy("This page cannot be opened like this"),
        lazy("Nothing was changed. Please start again from the first page."),
    ),
    _page(
        "too_large", 413, lazy("That was too much at once"),
        lazy("Nothing was changed. Please send it in smaller parts."),
    ),
    _page(
        "address_too_long", 414, lazy("The address is too long"),
        lazy("It was not read, and nothing was changed. Please start again from the first page."),
    ),
    _page(
        "too_many", 429, lazy("Too many requests"),
        lazy("Nothing was changed. Please wait a few minutes and try again."),
    ),
    _page(
        "out_of_order", 500, lazy("The page could not be opened"),
        lazy("The fault is the centre's, not yours; it may be that nothing was kept of the last step. Please try "
             "again in 5 minutes."),
    ),
    _page(
        "not_ready", 503, lazy("The page could not be opened"),
        lazy("The centre has to be started again; nothing was changed. Please try again in 5 minutes."),
    ),
    _page(
        "store_busy", 503, lazy("The page could not be opened"),
        lazy("The store does not answer at the moment, so nothing was changed. Please try again in 5 minutes."),
    ),
    _page(
        "disk_full", 503, lazy("The centre's disk is full"),
        lazy("Nothing new can be kept; nothing that came before was erased. Whoever runs the centre must free space "
             "on the disk; after that it goes on by itself."),
    ),
    _page(
        "read_only", 503, lazy("The centre cannot write at the moment"),
        lazy("Its store can only be read; nothing was changed or erased. Whoever runs the "
             "centre must look at the disk and at who may write there."),
    ),
    _page(
        "no_store", 503, lazy("The centre does not reach its store"),
        lazy("Nothing was changed. It goes on by itself once the store is back; please try again in 1 minute."),
    ),
    _page(
        "store_damaged", 503, lazy("The centre's store is damaged"),
        lazy("Nothing was changed. Whoever runs the centre must leave the file as it is, and restore the last backup "
             "into an empty folder."),
    ),
    _page(
        "clock_behind", 503, lazy("The centre's clock runs behind"),
        lazy("Until it is put right nothing is taken, changed or erased; a device at a desk needs no centre to take "
             "ratings. Whoever runs the centre must set the machine's date and time; if they are right, run:"),
        _CONFIRM,
    ),
    _page(
        "clock_ahead", 503, lazy("The centre's clock may run ahead"),
        lazy("It shows more than 31 days after whatever was signed last. Until it is put right nothing is taken, "
             "changed or erased; a device at a desk needs no centre to take ratings. Whoever runs the centre must set "
             "the machine's date and time; if they are right, run:"),
        _CONFIRM,
    ),
    _page(
        "store_failed", 503, lazy("The centre's store reports a fault"),
        lazy("Nothing was changed. Please try again in 5 minutes; if it stays so, tell whoever runs the centre."),
    ),
)
