"""Views of the code on a slip, typed at `/m`.

A right one opens the page of its QR; a wrong one tells nothing but that it is none. Whoever types a follow-up code
here, or pastes a whole address, is sent where that belongs.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for

from admin.slips import typed_codes
from admin.slips.guess_limits import PAGE_AGE_MS
from admin.survey import fair_use, phone_layout, phone_reading
from admin.survey.phone_layout import blueprint
from admin.survey.refusals import closed
from models.protocol import crockford, follow_up_code, passed_on, typed_code


@blueprint.app_template_global("code_page")
def code_page() -> str:
    """What a form for a code carries of the page it stands on."""
    return fair_use.drawn()


@blueprint.route("/M", methods=["GET", "POST"], endpoint="typed")
@blueprint.route("/m", methods=["GET", "POST"], endpoint="typed")
def type_in() -> Any:
    """Where a code is typed; POST opens its slip."""
    text = request.form.get("code", "")
    if request.method != "POST" or phone_reading.looks():
        return phone_layout.draw("typed", None, text=text)
    address = passed_on.inside(text)
    if address is not None:
        return redirect(phone_layout.in_language(address), 303)
    readings = typed_code.readings(text)
    if not readings and follow_up_code.readings(text):
        return redirect(url_for("survey.code_form", code=text[: crockford.LONGEST]), 303)
    counts, network, mono = fair_use.counts(), fair_use.network(), fair_use.mono()
    page = fair_use.page()
    if readings and counts.crowded(network, {one.device for one in readings}, mono):
        if not counts.is_fresh(page, mono):
            wait = {"Retry-After": str(PAGE_AGE_MS // 1000)}
            return closed("typed_busy", form="slip", text=text, headers=wait)
        readings = readings[:1]
    with phone_layout.database().read() as session:
        found = typed_codes.check(session, phone_layout.centre(), readings)
    if found is None:
        if readings:
            counts.mistyped(network, [one.device for one in readings], page, mono)
        return closed("typed_unknown", form="slip", text=text)
    return redirect(url_for("survey.faces", token=found), 303)
