"""Refusals (Q2): kind words for a slip, a private page, a poster or a code that cannot be used.

They are counted by kind, never say who used it, when or how, and tell a guesser nothing: what is not genuine is
unknown, whatever else it may be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Response, make_response, url_for

from admin.slips.proof import Posted, Proved
from admin.survey import phone_layout
from models.protocol import input_methods
from translations import lazy


@dataclass(frozen=True)
class Words:
    """A refusal: HTTP status, drawing (`tick` or `clock`), title, text, and what to do instead."""

    status: int
    sign: str
    title: Any
    text: Any
    advice: Any = ""
    #: ways on that are offered where they exist: `poster` and `phone`
    ways: bool = False


_OTHER_NETWORK = lazy("Please switch Wi-Fi off and send it once more over the mobile network, or rate on the device at "
                      "the desk.")  # fmt: skip
WORDS = {
    "slip_used": Words(
        409, "tick", lazy("The code on this slip has been used"),
        lazy("Each slip is rated once, so that the results are fair."),
    ),
    "slip_expired": Words(
        410, "clock", lazy("This code has expired"), lazy("A code works until 30 days after the result is due."),
        lazy("Or rate on the device at the desk when you come for your result."), ways=True,
    ),
    "slip_revoked": Words(
        410, "clock", lazy("This code is no longer valid"),
        lazy("The device that printed it has been taken out of service. Nothing was sent."),
        lazy("Or rate on the device at the desk when you come for your result."), ways=True,
    ),
    "slip_unknown": Words(
        404, "clock", lazy("This code cannot be read"), lazy("It may be damaged or incomplete. Nothing was sent."),
        lazy("Please scan the QR on the slip again, or rate on the device at the desk."),
    ),
    "slip_cut": Words(
        404, "clock", lazy("The end of this address is missing"),
        lazy("It was cut off on its way, for instance in a message. Nothing was sent. Please scan the QR on the slip "
             "again, or type its code:"),
    ),
    "slip_crowded": Words(
        429, "clock", lazy("Very many answers with this slip came over this network"),
        lazy("Your answer was not taken; nothing that was sent before was changed."), _OTHER_NETWORK,
    ),
    "answer_elsewhere": Words(
        403, "clock", lazy("This rating was begun in another browser"),
        lazy("It can be seen and changed there alone. Nothing was shown or changed here."),
    ),
    "note_written": Words(
        409, "tick", lazy("Something has been written for this rating"),
        lazy("Each page can be sent once, from one phone. What was written first stays."),
    ),
    "note_full": Words(
        409, "clock", lazy("There is no room for more words."),
        lazy("What was written before is kept. What stands below was not taken."),
    ),
    "note_expired": Words(
        410, "clock", lazy("This page has expired"), lazy("It can be opened for 7 days after the rating."),
        lazy("The rating itself does not depend on it."), ways=True,
    ),
    "note_unknown": Words(
        404, "clock", lazy("This code cannot be read"), lazy("It may be damaged or incomplete. Nothing was sent."),
        lazy("The rating on the device does not depend on it."),
    ),
    "note_cut": Words(
        404, "clock", lazy("The end of this address is missing"),
        lazy("It was cut off on its way, for instance in a message. Nothing was sent; the rating on the device stays "
             "as it is."), lazy("Please ask whoever sent it for the whole address."),
    ),
    "poster_unknown": Words(
        404, "clock", lazy("There is no such desk"), lazy("The address may be mistyped. Nothing was sent."),
        lazy("Please scan the QR at the desk again."),
    ),
    "poster_busy": Words(
        429, "clock", lazy("Very many answers at this poster came over this network"),
        lazy("Your answer was not taken; nothing that was sent before was changed."), _OTHER_NETWORK,
    ),
    "typed_unknown": Words(
        404, "clock", lazy("There is no slip with this code"),
        lazy("Please check the 16 characters under the QR. Nothing was sent."),
    ),
    "typed_busy": Words(
        429, "clock", lazy("Please wait a moment"),
        lazy("Very many codes are being typed just now, so yours was not looked at yet. Please wait 10 seconds, then "
             "touch Continue; or scan the QR on the slip."),
    ),
    "code_unknown": Words(
        404, "clock", lazy("There is nothing under this code yet"),
        lazy("Please check the 12 characters. A code from a device at a desk can take a day to arrive here."),
    ),
    "code_busy": Words(
        429, "clock", lazy("Please wait a moment"),
        lazy("Very many codes that are none were looked up over this network. A right one opens at any time; please "
             "check the 12 characters."),
    ),
}  # fmt: skip

#: To one whose text looks as if Vietnamese letters were made of a code.
_KEYBOARD = lazy("The keyboard may be making Vietnamese letters of what is typed (such as Unikey). Please switch that "
                 "off and type the code again.")  # fmt: skip
#: Where what can be typed again is typed.
_TYPED_AT = {"follow": "survey.code_form", "slip": "survey.typed"}
#: To one whose slip names no day on which the result is due.
_NO_DUE_DAY = lazy("A code without a due day works for at least 30 days.")


def closed(
    code: str,
    proved: Proved | Posted | None = None,
    *,
    again: str | None = None,
    rate: str | None = None,
    here: str | None = None,
    form: str = "",
    text: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    """The page for a refusal. `proved` where what was shown is genuine; `again` where one who has not rated yet may, on
    a slip that was used, `rate` at a poster; `form`: what can be typed there again, a `follow` up code or the code of a
    `slip`, with `text` in it."""
    words = WORDS[code]
    if text and input_methods.may_be_on(text):
        words = replace(words, advice=_KEYBOARD)
    if code == "slip_expired" and isinstance(proved, Proved) and proved.validity.due_ms is None:
        words = replace(words, text=_NO_DUE_DAY)
    if words.status != 429:  # those are many, and nobody's but their sender's
        phone_layout.count_refusal(code)
    left = phone_layout.left_words()
    line = phone_layout.settings().phone if words.ways or left else ""
    drawn = phone_layout.draw(
        "closed",
        proved,
        words=words,
        code=f"HL-{words.status}",
        again=again,
        rate=rate,
        left=left,
        choosable=not left,  # another language would lose them
        form=form,
        text=text,
        here=url_for(_TYPED_AT[form]) if form else here,
        look_up=url_for("survey.code_form") if code == "slip_used" else None,
        poster=url_for("survey.poster_faces", token=proved.desk.code)
        if words.ways and proved and proved.desk
        else None,
        line=line,
        telephone=phone_layout.telephone(line),
        advice=words.advice if (words.ways and (proved or line)) or not words.ways else "",
    )
    response = make_response(drawn, words.status)
    response.headers.extend(headers or {})
    return response


