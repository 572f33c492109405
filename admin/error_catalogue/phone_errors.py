"""Errors on citizens' phones: a slip, a private page, a poster, a code that cannot be used."""

from __future__ import annotations

from typing import Any

from models.errors import ErrorKind, ErrorTable
from translations import lazy

#: What is written here is shown to citizens (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = True


def _phone(code: str, status: int, title: Any, text: Any, advice: Any = "") -> ErrorKind:
    return ErrorKind(code, text, status, title, advice=advice)


_OTHER_NETWORK = lazy("Please switch Wi-Fi off and send it once more over the mobile network, or rate on the device at "
                      "the desk.")  # fmt: skip
PHONE = ErrorTable(
    "pages of the phone: a slip, a private page, a poster, a code that cannot be used",
    _phone(
        "slip_used", 409, lazy("The code on this slip has been used"),
        lazy("Each slip is rated once, so that the results are fair."),
    ),
    _phone(
        "slip_expired", 410, lazy("This code has expired"), lazy("A code works until 30 days after the result is due."),
        lazy("Or rate on the device at the desk when you come for your result."),
    ),
    _phone(
        "slip_revoked", 410, lazy("This code is no longer valid"),
        lazy("The device that printed it has been taken out of service. Nothing was sent."),
        lazy("Or rate on the device at the desk when you come for your result."),
    ),
    _phone(
        "slip_unknown", 404, lazy("This code cannot be read"),
        lazy("It may be damaged or incomplete. Nothing was sent."),
        lazy("Please scan the QR on the slip again, or rate on the device at the desk."),
    ),
    _phone(
        "slip_cut", 404, lazy("The end of this address is missing"),
        lazy("It was cut off on its way, for instance in a message. Nothing was sent. Please scan the QR on the slip "
             "again, or type its code:"),
    ),
    _phone(
        "slip_crowded", 429, lazy("Very many answers with this slip came over this network"),
        lazy("Your answer was not taken; nothing that was sent before was changed."), _OTHER_NETWORK,
    ),
    _phone(
        "answer_elsewhere", 403, lazy("This rating was begun in another browser"),
        lazy("It can be seen and changed there alone. Nothing was shown or changed here."),
    ),
    _phone(
        "note_written", 409, lazy("Something has been written for this rating"),
        lazy("Each page can be sent once, from one phone. What was written first stays."),
    ),
    _phone(
        "note_full", 409, lazy("There is no room for more words."),
        lazy("What was written before is kept. What stands below was not taken."),
    ),
    _phone(
        "note_expired", 410, lazy("This page has expired"), lazy("It can be opened for 7 days after the rating."),
        lazy("The rating itself does not depend on it."),
    ),
    _phone(
        "note_unknown", 404, lazy("This code cannot be read"),
        lazy("It may be damaged or incomplete. Nothing was sent."),
        lazy("The rating on the device does not depend on it."),
    ),
    _phone(
        "note_cut", 404, lazy("The end of this address is missing"),
        lazy("It was cut off on its way, for instance in a message. Nothing was sent; the rating on the device stays "
             "as it is."), lazy("Please ask whoever sent it for the whole address."),
    ),
    _phone(
        "poster_unknown", 404, lazy("There is no such desk"), lazy("The address may be mistyped. Nothing was sent."),
        lazy("Please scan the QR at the desk again."),
    ),
    _phone(
        "poster_busy", 429, lazy("Very many answers at this poster came over this network"),
        lazy("Your answer was not taken; nothing that was sent before was changed."), _OTHER_NETWORK,
    ),
    _phone(
        "typed_unknown", 404, lazy("There is no slip with this code"),
        lazy("Please check the 16 characters under the QR. Nothing was sent."),
    ),
    _phone(
        "typed_busy", 429, lazy("Please wait a moment"),
        lazy("Very many codes are being typed just now, so yours was not looked at yet. Please wait 10 seconds, then "
             "touch Continue; or scan the QR on the slip."),
    ),
    _phone(
        "code_unknown", 404, lazy("There is nothing under this code yet"),
        lazy("Please check the 12 characters. A code from a device at a desk can take a day to arrive here."),
    ),
    _phone(
        "code_busy", 429, lazy("Please wait a moment"),
        lazy("Very many codes that are none were looked up over this network. A right one opens at any time; please "
             "check the 12 characters."),
    ),
)  # fmt: skip
