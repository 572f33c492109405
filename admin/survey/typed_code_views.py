"""Views of the code on a slip, typed at `/m`.

A right one opens the page of its QR; a wrong one tells nothing but that it is none, and many wrong ones make everybody
wait.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for

from admin.slips import guess_limits, typed_codes
from admin.survey import phone_layout
from admin.survey.phone_layout import blueprint
from admin.survey.refusals import closed


@blueprint.route("/M", methods=["GET", "POST"], endpoint="typed")
@blueprint.route("/m", methods=["GET", "POST"], endpoint="typed")
def type_in() -> Any:
    """Where a code is typed; POST opens its slip."""
    languages = phone_layout.languages("survey.typed")
    if request.method != "POST":
        return phone_layout.draw("typed", None, languages=languages)
    text, now_ms = request.form.get("code", ""), phone_layout.now_ms()
    limits = typed_codes.limits(text, phone_layout.limits())
    with phone_layout.database().read() as session:
        wait = guess_limits.wait_ms(session, limits, now_ms)
        found = None if wait else typed_codes.check(session, phone_layout.centre(), text)
    if wait:
        return closed("typed_busy", languages=languages, headers={"Retry-After": str(-(-wait // 1000))})
    if found is None:
        phone_layout.count_wrong(limits, now_ms)
        return closed("typed_unknown", languages=languages, form="slip")
    return redirect(url_for("survey.faces", token=found, lang=phone_layout.chosen()), 303)
