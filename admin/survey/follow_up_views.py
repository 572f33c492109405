"""Views of the look-up of a follow-up code: `/c/<code>`, or typed at `/c/`.

It tells whether the answer has arrived and in which week; never what was answered.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for

from admin.desks import follow_up_promise
from admin.survey import display_preferences, fair_use, follow_up_lookup, phone_page_layout, phone_request
from admin.survey.phone_page_layout import blueprint
from admin.survey.refusal_page import draw_refusal_page
from models.protocol import crockford, follow_up_code, mangled_address, slip_typed_code


@blueprint.route("/c/", methods=["GET", "POST"])
def code_form() -> Any:
    """Where a code is typed. The code of a slip, or a whole address, is sent where it belongs.
    POST draws the page again for another reader, so that what is typed stands in no address."""
    if display_preferences.is_redraw_only():
        return phone_page_layout.draw_phone_page("code", None, found=[], text=request.form.get("code", ""))
    typed = request.values.get("code", "")
    if not typed:
        return phone_page_layout.draw_phone_page("code", None, found=[])
    address = mangled_address.find_path(typed)
    if address is not None:
        return redirect(phone_page_layout.localize_path(address), 303)
    if not follow_up_code.list_possible_codes(typed) and slip_typed_code.list_possible_readings(typed):
        text = typed[: crockford.LONGEST]
        return phone_page_layout.draw_phone_page("typed", None, text=text, page_url=url_for("survey.typed"))
    return _looked_up(typed, show=False)


@blueprint.get("/C/<code>")
@blueprint.get("/c/<code>")
def code(code: str) -> Any:
    """What is known of the answer behind a code."""
    return _looked_up(code, show=True)


def _looked_up(typed: str, *, show: bool) -> Any:
    """The page of the code that was typed, or (without `show`) the way there. What cannot be a code is no guess."""
    readings = follow_up_code.list_possible_codes(typed)
    with phone_request.database().read() as session:
        plain, states = follow_up_lookup.find_follow_up(session, readings)
        replies = follow_up_promise.is_follow_up_promised(session)
    if not states:
        wait = (
            fair_use.process_counts().misfollowed(fair_use.request_network(), fair_use.running_clock_ms())
            if readings
            else 0
        )
        if wait:
            return draw_refusal_page("code_busy", headers={"Retry-After": str(-(-wait // 1000))})
        return draw_refusal_page("code_unknown", form="follow", text=typed)
    if not show:
        return redirect(url_for("survey.code", code=plain), 303)
    address = url_for("survey.code", code=plain)
    return phone_page_layout.draw_phone_page(
        "code", None, found=states, code=follow_up_code.group_code(plain), replies=replies, page_url=address
    )
