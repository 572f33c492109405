"""`/m`: the code on a slip, typed. A right one opens the page of its QR; a wrong one tells nothing but that it is none,
and many wrong ones make everybody wait."""

from __future__ import annotations

from typing import Any

from flask import current_app, redirect, request, url_for

from admin.survey import page, typed
from admin.survey.page import blueprint
from admin.survey.refusals import closed
from admin.survey.typed import Tries


def _tries() -> Tries:
    found: Tries = current_app.extensions.setdefault("tries", Tries())
    return found


@blueprint.route("/M", methods=["GET", "POST"], endpoint="typed")
@blueprint.route("/m", methods=["GET", "POST"], endpoint="typed")
def type_in() -> Any:
    """Where a code is typed; POST opens its slip."""
    languages = page.languages("survey.typed")
    if request.method != "POST":
        return page.draw("typed", None, languages=languages)
    text, now_ms, tries = request.form.get("code", ""), page.now_ms(), _tries()
    wait = tries.wait_ms(text, now_ms)
    if wait:
        return closed("typed_busy", languages=languages, headers={"Retry-After": str(-(-wait // 1000))})
    with page.database().read() as session:
        found = typed.check(session, page.centre(), text)
    if found is None:
        tries.wrong(text, now_ms)
        return closed("typed_unknown", languages=languages, form="slip")
    return redirect(url_for("survey.faces", token=found, lang=page.chosen()), 303)
