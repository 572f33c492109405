"""The private page behind "Viết trên điện thoại": `/n/<token>`. Words for one answer of a tablet, from one phone."""

from __future__ import annotations

from typing import Any

from flask import make_response, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from admin.pdf import qr_code
from admin.slips.spending import browser_hash
from admin.survey import layout, notes
from admin.survey.forms import NoteForm, plain
from admin.survey.layout import blueprint
from admin.survey.notes import NoteRefused, Opened
from admin.survey.refusals import closed
from models.ids import is_id, new_id
from models.protocol import follow_up_code
from translations import current_locale
from translations import gettext as _

_THANKS = "written"


def _secret(opened: Opened, id: str) -> str:
    """By what this browser is known on this page: its cookie, or the page's own id where it refuses cookies."""
    return f"{request.cookies.get(layout.COOKIE) or id}\n{opened.token}"


@blueprint.route("/N/<token>", methods=["GET", "POST"])
@blueprint.route("/n/<token>", methods=["GET", "POST"])
def note(token: str) -> Any:
    """The page to write on; after that, for the same browser, its thanks."""
    try:
        with layout.database().read() as session:
            opened = notes.opened(session, token, layout.centre(), layout.now_ms())
        cookie = request.cookies.get(layout.COOKIE, "")
        own = bool(cookie) and opened.written == browser_hash(_secret(opened, ""))
        if opened.written is not None and (own or layout.passes(opened.token, _THANKS)):
            return _thanks(opened)
        if request.method == "POST":
            return _write(opened)
        if opened.written is not None:
            raise NoteRefused("note_written", opened.place)
    except NoteRefused as refused:
        return closed(refused.code, refused.place, languages=layout.languages("survey.note", token=token[:200]))
    return layout.keep(
        _draw(opened, NoteForm(opened.token, new_id(layout.now_ms()), formdata=None)), layout.browser_secret()
    )


def _write(opened: Opened) -> Any:
    id = request.form.get("id", "")
    form = NoteForm(opened.token, id)
    if not form.validate() or not is_id(id):
        error = "" if form.genuine else _("That was not understood; nothing was added. Please do it once more.")
        fresh = NoteForm(opened.token, new_id(layout.now_ms()), formdata=None)
        return make_response(_draw(opened, form if form.genuine else fresh, error), 400)
    words = notes.Words(plain(form.comment.data) or "", _secret(opened, id), current_locale(), layout.now_ms())
    layout.write(lambda session: notes.write(session, layout.centre(), opened, words))
    return _to(opened, k=layout.pass_to(opened.token, _THANKS))


def _to(opened: Opened, **values: Any) -> Redirect:
    return redirect(url_for("survey.note", token=opened.token, lang=layout.chosen(), **values), 303)


def _draw(opened: Opened, form: NoteForm, error: str = "") -> str:
    return layout.draw(
        "note",
        opened.place,
        form=form,
        error=error,
        action=url_for("survey.note", token=opened.token, lang=layout.chosen()),
        languages=layout.languages("survey.note", token=opened.token),
    )


def _thanks(opened: Opened) -> str:
    code = notes.code(layout.centre(), opened)
    url = follow_up_code.url(layout.settings().public_url, code)
    modules = qr_code.modules(url)
    return layout.draw(
        "sent",
        opened.place,
        note=True,
        code=follow_up_code.grouped(code),
        side=len(modules),
        modules=qr_code.path(modules),
        picture=qr_code.picture(modules, _("Follow-up code"), follow_up_code.grouped(code)),
        look_up=url,
        languages=layout.languages("survey.note", token=opened.token, k=request.args.get("k")),
    )
