"""Views of the code on a slip, typed at `/m`.

A right one opens the page of its QR; a wrong one tells nothing but that it is none. Whoever types a follow-up code
here, or pastes a whole address, is sent where that belongs.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for

from admin.slips import typed_codes
from admin.slips.anonymous_request_limits import PAGE_AGE_MS
from admin.survey import display_preferences, fair_use, phone_page_layout, phone_request
from admin.survey.phone_page_layout import blueprint
from admin.survey.refusal_page import draw_refusal_page
from models.protocol import crockford, follow_up_code, mangled_address, slip_typed_code


@blueprint.app_template_global("code_page")
def code_page() -> str:
    """What a form for a code carries of the page it stands on."""
    return fair_use.make_form_stamp()


@blueprint.route("/M", methods=["GET", "POST"], endpoint="typed")
@blueprint.route("/m", methods=["GET", "POST"], endpoint="typed")
def type_in() -> Any:
    """Where a code is typed; POST opens its slip."""
    text = request.form.get("code", "")
    if request.method != "POST" or display_preferences.is_redraw_only():
        return phone_page_layout.draw_phone_page("typed", None, text=text)
    address = mangled_address.find_path(text)
    if address is not None:
        return redirect(phone_page_layout.localize_path(address), 303)
    readings = slip_typed_code.list_possible_readings(text)
    if not readings and follow_up_code.list_possible_codes(text):
        return redirect(url_for("survey.code_form", code=text[: crockford.LONGEST]), 303)
    counts, network, mono = fair_use.process_counts(), fair_use.request_network(), fair_use.running_clock_ms()
    page = fair_use.read_form_stamp()
    if readings and counts.crowded(network, {one.device for one in readings}, mono):
        if not counts.is_fresh(page, mono):
            wait = {"Retry-After": str(PAGE_AGE_MS // 1000)}
            return draw_refusal_page("typed_busy", form="slip", text=text, headers=wait)
        readings = readings[:1]
    with phone_request.database().read() as session:
        token = typed_codes.seal_typed_code(session, phone_request.centre(), readings)
    if token is None:
        if readings:
            counts.mistyped(network, [one.device for one in readings], page, mono)
        return draw_refusal_page("typed_unknown", form="slip", text=text)
    return redirect(url_for("survey.faces", token=token), 303)
