"""The sleep screen (K5): the time, and when the desk is open, shown outside opening hours.

It shows nothing else. It stands before the journey begins: a touch opens the faces, and a rating given then is taken
like any other. The faces go to sleep by themselves when they rest and the desk is closed; sleep ends by itself when the
desk opens.
"""

from __future__ import annotations

from flask import Blueprint, redirect
from werkzeug.wrappers import Response as Redirect

from kiosk.desk import rating_context, reference
from kiosk.tablet.page_guards import require_installed
from kiosk.web.page_layout import page_url, render_page
from kiosk.web.request_context import current_database, current_moment
from translations import current_locale, formats, use_locale
from translations import gettext as _

blueprint = Blueprint("sleep", __name__)


@blueprint.app_template_global("closed_now")
def closed_now(desk: reference.Reference) -> bool:
    """Whether the desk's opening hours are over or have not begun; never where there are none."""
    return not desk.hours.open_at(rating_context.local_time(current_moment()))


@blueprint.get("/sleep")
def sleep() -> str | Redirect:
    """The sleep screen while the desk is closed; else on to the faces."""
    with current_database().read() as session:
        desk = reference.read_reference(session, current_moment())
    desk = require_installed(desk)
    if not closed_now(desk):
        return redirect(page_url("rate.start"), 303)
    now = rating_context.local_time(current_moment())
    names = day_names(current_locale())
    hours = [
        (names[first] if first == last else f"{names[first]} – {names[last]}", [f"{a} – {b}" for a, b in spans])
        for first, last, spans in desk.hours.rows()
    ]
    seconds = now.hour * 3600 + now.minute * 60 + now.second
    today = f"{names[now.isoweekday()]}, {formats.day(now.date())}"
    return render_page("sleep.html", desk, now=now, seconds=seconds, today=today, hours=hours)


def day_names(lang: str) -> dict[int, str]:
    """The days of the week in a language, 1 (Monday) … 7, from the catalogue: CLDR does not know every language."""
    with use_locale(lang):
        names = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
    return dict(enumerate(names, 1))
