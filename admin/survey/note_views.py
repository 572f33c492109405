"""Views of the private page behind "Viết trên điện thoại": `/n/<token>`.

It takes words for one answer of a tablet, from one phone.
"""

from __future__ import annotations

from typing import Any

from flask import make_response, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from admin.pdf import code_drawing
from admin.slips.slip_spending import hash_browser_secret
from admin.survey import display_preferences, notes, own_answer_proof, phone_page_layout, phone_request
from admin.survey.forms import NoteForm, plain_text
from admin.survey.notes import NoteRefused, OpenedNote
from admin.survey.phone_page_layout import blueprint
from admin.survey.refusal_page import draw_refusal_page
from models.ids import is_id, new_id
from models.protocol import follow_up_code, mangled_address
from translations import current_locale
from translations import gettext as _

_THANKS = "written"


def _secret(page: OpenedNote, id: str) -> str:
    """By what this browser is known on this page: its cookie, or the page's own id where it refuses cookies."""
    return f"{request.cookies.get(phone_request.COOKIE) or id}\n{page.token}"


@blueprint.route("/N/<token>", methods=["GET", "POST"])
@blueprint.route("/n/<token>", methods=["GET", "POST"])
def note(token: str) -> Any:
    """The page to write on; after that, for the same browser, its thanks."""
    try:
        with phone_request.database().read() as session:
            page = notes.prove_note_token(session, token, phone_request.centre(), phone_request.now_ms())
        cookie = request.cookies.get(phone_request.COOKIE, "")
        own = bool(cookie) and page.written == hash_browser_secret(_secret(page, ""))
        if request.method == "POST":
            return _write(page)
        if page.written is not None and (own or own_answer_proof.read_answer_proof(page.token, _THANKS)):
            return _thanks(page)
        if page.written is not None:
            raise NoteRefused("note_written", page.place)
    except NoteRefused as refused:
        cut = refused.code == "note_unknown" and mangled_address.is_cut("n", token)
        code = "note_cut" if cut else refused.code
        return draw_refusal_page(code, refused.place)
    form = NoteForm(page.token, new_id(phone_request.now_ms()), formdata=None)
    return phone_request.set_browser_cookie(_draw(page, form), phone_request.browser_secret())


def _write(page: OpenedNote) -> Any:
    id = request.form.get("id", "")
    form = NoteForm(page.token, id)
    if display_preferences.is_redraw_only():
        return _draw(page, form)  # the words stand in no store before they are sent
    if not form.validate() or not is_id(id):
        error = "" if form.genuine else _("That was not understood; nothing was added. Please do it once more.")
        if not form.genuine:
            data = {"id": new_id(phone_request.now_ms()), "comment": request.form.get("comment", "")}
            form = NoteForm(page.token, data["id"], formdata=None, data=data)
        return make_response(_draw(page, form, error), 400)
    words = notes.NoteWords(
        plain_text(form.comment.data) or "", _secret(page, id), current_locale(), phone_request.now_ms()
    )
    phone_request.run_in_transaction(
        lambda session: notes.store_note(session, phone_request.centre(), page, words)
    )
    return _to(page, k=own_answer_proof.make_own_answer_proof(page.token, _THANKS).text)


def _to(page: OpenedNote, **values: Any) -> Redirect:
    return redirect(url_for("survey.note", token=page.token, **values), 303)


def _draw(page: OpenedNote, form: NoteForm, error: str = "") -> str:
    return phone_page_layout.draw_phone_page(
        "note",
        page.place,
        form=form,
        error=error,
        until=phone_page_layout.make_deadline(page.until_ms),
        action=url_for("survey.note", token=page.token),
    )


def _thanks(page: OpenedNote) -> str:
    code = notes.make_note_code(phone_request.centre(), page) if page.follow else ""
    url = follow_up_code.url(phone_request.settings().public_url, code)
    modules = code_drawing.make_qr_modules(url) if code else []
    return phone_page_layout.draw_phone_page(
        "sent",
        page.place,
        note=True,
        code=follow_up_code.group_code(code),
        side=len(modules),
        modules=code_drawing.make_svg_path(modules),
        picture=code_drawing.draw_code_picture(modules, _("Follow-up code"), follow_up_code.group_code(code))
        if code
        else "",
        look_up=url,
    )
