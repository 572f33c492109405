"""Views of the private page behind "Viết trên điện thoại": `/n/<token>`.

It takes words for one answer of a tablet, from one phone.
"""

from __future__ import annotations

from typing import Any

from flask import make_response, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from admin.pdf import follow_up_qr
from admin.slips.spending import browser_hash
from admin.survey import answer_proof, notes, phone_layout, phone_reading
from admin.survey.forms import NoteForm, plain
from admin.survey.notes import NoteRefused, Opened
from admin.survey.phone_layout import blueprint
from admin.survey.refusals import closed
from models.ids import is_id, new_id
from models.protocol import follow_up_code, passed_on
from translations import current_locale
from translations import gettext as _

_THANKS = "written"


def _secret(opened: Opened, id: str) -> str:
    """By what this browser is known on this page: its cookie, or the page's own id where it refuses cookies."""
    return f"{request.cookies.get(phone_layout.COOKIE) or id}\n{opened.token}"


@blueprint.route("/N/<token>", methods=["GET", "POST"])
@blueprint.route("/n/<token>", methods=["GET", "POST"])
def note(token: str) -> Any:
    """The page to write on; after that, for the same browser, its thanks."""
    try:
        with phone_layout.database().read() as session:
            opened = notes.opened(session, token, phone_layout.centre(), phone_layout.now_ms())
        cookie = request.cookies.get(phone_layout.COOKIE, "")
        own = bool(cookie) and opened.written == browser_hash(_secret(opened, ""))
        if request.method == "POST":
            return _write(opened)
        if opened.written is not None and (own or answer_proof.read(opened.token, _THANKS)):
            return _thanks(opened)
        if opened.written is not None:
            raise NoteRefused("note_written", opened.place)
    except NoteRefused as refused:
        cut = refused.code == "note_unknown" and passed_on.is_cut("n", token)
        code = "note_cut" if cut else refused.code
        return closed(code, refused.place)
    form = NoteForm(opened.token, new_id(phone_layout.now_ms()), formdata=None)
    return phone_layout.keep(_draw(opened, form), phone_layout.browser_secret())


def _write(opened: Opened) -> Any:
    id = request.form.get("id", "")
    form = NoteForm(opened.token, id)
    if phone_reading.looks():
        return _draw(opened, form)  # the words stand in no store before they are sent
    if not form.validate() or not is_id(id):
        error = "" if form.genuine else _("That was not understood; nothing was added. Please do it once more.")
        if not form.genuine:
            data = {"id": new_id(phone_layout.now_ms()), "comment": request.form.get("comment", "")}
            form = NoteForm(opened.token, data["id"], formdata=None, data=data)
        return make_response(_draw(opened, form, error), 400)
    words = notes.Words(plain(form.comment.data) or "", _secret(opened, id), current_locale(), phone_layout.now_ms())
    phone_layout.write(lambda session: notes.write(session, phone_layout.centre(), opened, words))
    return _to(opened, k=answer_proof.make(opened.token, _THANKS).text)


def _to(opened: Opened, **values: Any) -> Redirect:
    return redirect(url_for("survey.note", token=opened.token, **values), 303)


def _draw(opened: Opened, form: NoteForm, error: str = "") -> str:
    return phone_layout.draw(
        "note",
        opened.place,
        form=form,
        error=error,
        until=phone_layout.until(opened.until_ms),
        action=url_for("survey.note", token=opened.token),
    )


def _thanks(opened: Opened) -> str:
    code = notes.code(phone_layout.centre(), opened) if opened.follow else ""
    url = follow_up_code.url(phone_layout.settings().public_url, code)
    modules = follow_up_qr.modules(url) if code else []
    return phone_layout.draw(
        "sent",
        opened.place,
        note=True,
        code=follow_up_code.grouped(code),
        side=len(modules),
        modules=follow_up_qr.path(modules),
        picture=follow_up_qr.picture(modules, _("Follow-up code"), follow_up_code.grouped(code)) if code else "",
        look_up=url,
    )
