"""Looking up a follow-up code: `/c/<code>`, or typed at `/c/`. It tells whether the answer has arrived and in which
week; never what was answered."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for

from admin.survey import followups, page, tries
from admin.survey.page import blueprint
from admin.survey.refusals import closed
from models import followup


@blueprint.get("/c/")
def code_form() -> Any:
    """Where a code is typed."""
    typed = request.args.get("code", "")
    if typed:
        plain = followup.plain(typed)
        return _unknown() if plain is None else redirect(url_for("survey.code", code=plain, lang=page.chosen()), 303)
    return page.draw("code", None, found=None, languages=page.languages("survey.code_form"))


@blueprint.get("/C/<code>")
@blueprint.get("/c/<code>")
def code(code: str) -> Any:
    """What is known of the answer behind a code."""
    now_ms = page.now_ms()
    with page.database().read() as session:
        wait = tries.wait_ms(session, {tries.FOLLOW_UP: page.limits().follow_up}, now_ms)
        found = None if wait else followups.find(session, code)
    if wait:
        headers = {"Retry-After": str(-(-wait // 1000))}
        return closed("code_busy", languages=page.languages("survey.code_form"), headers=headers)
    if found is None:
        if followup.plain(code) is not None:  # what cannot be a code is no guess
            page.count_wrong([tries.FOLLOW_UP], now_ms)
        return _unknown()
    plain = followup.plain(code) or ""
    languages = page.languages("survey.code", code=plain)
    return page.draw("code", None, found=found, code=followup.grouped(plain), languages=languages)


def _unknown() -> Any:
    return closed("code_unknown", languages=page.languages("survey.code_form"), form="follow")
