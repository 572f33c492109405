"""Views of the look-up of a follow-up code: `/c/<code>`, or typed at `/c/`.

It tells whether the answer has arrived and in which week; never what was answered.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for

from admin.desks import province_replies
from admin.slips import guess_limits
from admin.survey import follow_up_codes, phone_layout
from admin.survey.phone_layout import blueprint
from admin.survey.refusals import closed
from models.protocol import follow_up_code


@blueprint.get("/c/")
def code_form() -> Any:
    """Where a code is typed."""
    typed = request.args.get("code", "")
    if typed:
        plain = follow_up_code.plain(typed)
        if plain is None:
            return _unknown()
        return redirect(url_for("survey.code", code=plain, lang=phone_layout.chosen()), 303)
    return phone_layout.draw("code", None, found=[], languages=phone_layout.languages("survey.code_form"))


@blueprint.get("/C/<code>")
@blueprint.get("/c/<code>")
def code(code: str) -> Any:
    """What is known of the answer behind a code."""
    now_ms = phone_layout.now_ms()
    with phone_layout.database().read() as session:
        wait = guess_limits.wait_ms(session, {guess_limits.FOLLOW_UP: phone_layout.limits().follow_up}, now_ms)
        found = [] if wait else follow_up_codes.find(session, code)
        replies = province_replies.promised(session)
    if wait:
        headers = {"Retry-After": str(-(-wait // 1000))}
        return closed("code_busy", languages=phone_layout.languages("survey.code_form"), headers=headers)
    if not found:
        if follow_up_code.plain(code) is not None:  # what cannot be a code is no guess
            phone_layout.count_wrong([guess_limits.FOLLOW_UP], now_ms)
        return _unknown()
    plain = follow_up_code.plain(code) or ""
    languages = phone_layout.languages("survey.code", code=plain)
    return phone_layout.draw(
        "code", None, found=found, code=follow_up_code.grouped(plain), replies=replies, languages=languages
    )


def _unknown() -> Any:
    return closed("code_unknown", languages=phone_layout.languages("survey.code_form"), form="follow")
