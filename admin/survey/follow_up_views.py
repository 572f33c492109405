"""Views of the look-up of a follow-up code: `/c/<code>`, or typed at `/c/`.

It tells whether the answer has arrived and in which week; never what was answered.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for

from admin.desks import province_replies
from admin.survey import fair_use, follow_up_codes, phone_layout, phone_reading
from admin.survey.phone_layout import blueprint
from admin.survey.refusals import closed
from models.protocol import crockford, follow_up_code, passed_on, typed_code


@blueprint.route("/c/", methods=["GET", "POST"])
def code_form() -> Any:
    """Where a code is typed. The code of a slip, or a whole address, is sent where it belongs.
    POST draws the page again for another reader, so that what is typed stands in no address."""
    if phone_reading.looks():
        return phone_layout.draw("code", None, found=[], text=request.form.get("code", ""))
    typed = request.values.get("code", "")
    if not typed:
        return phone_layout.draw("code", None, found=[])
    address = passed_on.inside(typed)
    if address is not None:
        return redirect(phone_layout.in_language(address), 303)
    if not follow_up_code.readings(typed) and typed_code.readings(typed):
        text = typed[: crockford.LONGEST]
        return phone_layout.draw("typed", None, text=text, here=url_for("survey.typed"))
    return _looked_up(typed, show=False)


@blueprint.get("/C/<code>")
@blueprint.get("/c/<code>")
def code(code: str) -> Any:
    """What is known of the answer behind a code."""
    return _looked_up(code, show=True)


def _looked_up(typed: str, *, show: bool) -> Any:
    """The page of the code that was typed, or (without `show`) the way there. What cannot be a code is no guess."""
    readings = follow_up_code.readings(typed)
    with phone_layout.database().read() as session:
        plain, found = follow_up_codes.find(session, readings)
        replies = province_replies.promised(session)
    if not found:
        wait = fair_use.counts().misfollowed(fair_use.network(), fair_use.mono()) if readings else 0
        if wait:
            return closed("code_busy", headers={"Retry-After": str(-(-wait // 1000))})
        return closed("code_unknown", form="follow", text=typed)
    if not show:
        return redirect(url_for("survey.code", code=plain), 303)
    here = url_for("survey.code", code=plain)
    return phone_layout.draw("code", None, found=found, code=follow_up_code.grouped(plain), replies=replies, here=here)
