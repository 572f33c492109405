"""Refusals (Q2): kind words for a slip, a private page, a poster or a code that cannot be used.

They are counted by kind, never say who used it, when or how, and tell a guesser nothing: what is not genuine is
unknown, whatever else it may be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Response, make_response, url_for

from admin.error_catalogue.phone_errors import PHONE
from admin.slips.slip_proof import PosterDesk, ProvedSlip
from admin.survey import phone_page_layout, phone_request
from models.protocol import vietnamese_typing
from translations import lazy


@dataclass(frozen=True)
class RefusalWords:
    """A refusal: HTTP status, drawing (`tick` or `clock`), title, text, and what to do instead."""

    status: int
    sign: str
    title: Any
    text: Any
    advice: Any = ""
    #: ways on that are offered where they exist: `poster` and `phone`
    ways: bool = False


#: Refusals that say that something was done already; the others wait for something, or for somebody.
_TICKED = {"slip_used", "note_written"}
#: Refusals where the other ways to rate are offered.
_WITH_WAYS = {"slip_expired", "slip_revoked", "note_expired"}

#: To one whose text looks as if Vietnamese letters were made of a code.
_KEYBOARD = lazy("The keyboard may be making Vietnamese letters of what is typed (such as Unikey). Please switch that "
                 "off and type the code again.")  # fmt: skip
#: Where what can be typed again is typed.
_TYPED_AT = {"follow": "survey.code_form", "slip": "survey.typed"}
#: To one whose slip names no day on which the result is due.
_NO_DUE_DAY = lazy("A code without a due day works for at least 30 days.")


def draw_refusal_page(
    code: str,
    proved: ProvedSlip | PosterDesk | None = None,
    *,
    again: str | None = None,
    rate: str | None = None,
    page_url: str | None = None,
    form: str = "",
    text: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    """The page for a refusal. `proved` where what was shown is genuine; `again` where one who has not rated yet may, on
    a slip that was used, `rate` at a poster; `form`: what can be typed there again, a `follow` up code or the code of a
    `slip`, with `text` in it."""
    kind = PHONE[code]
    sign = "tick" if code in _TICKED else "clock"
    words = RefusalWords(kind.status or 404, sign, kind.title, kind.text, kind.advice, ways=code in _WITH_WAYS)
    if text and vietnamese_typing.may_be_input_method(text):
        words = replace(words, advice=_KEYBOARD)
    if code == "slip_expired" and isinstance(proved, ProvedSlip) and proved.validity.due_ms is None:
        words = replace(words, text=_NO_DUE_DAY)
    if words.status != 429:  # those are many, and nobody's but their sender's
        phone_request.count_refusal(code)
    left = phone_request.find_returned_words()
    line = phone_request.settings().phone if words.ways or left else ""
    page = phone_page_layout.draw_phone_page(
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
        page_url=url_for(_TYPED_AT[form]) if form else page_url,
        look_up=url_for("survey.code_form") if code == "slip_used" else None,
        poster=url_for("survey.poster_faces", token=proved.desk.code)
        if words.ways and proved and proved.desk
        else None,
        line=line,
        telephone=phone_page_layout.telephone_link(line),
        advice=words.advice if (words.ways and (proved or line)) or not words.ways else "",
    )
    response = make_response(page, words.status)
    response.headers.extend(headers or {})
    return response


