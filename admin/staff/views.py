"""Views of signing in and out, and of choosing a password behind a one-time link."""

from __future__ import annotations

import math

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue

from admin.auth import accounts, passwords, permissions, sessions
from admin.auth.permissions import EVERY_ROLE, guarded
from admin.web import layout
from admin.web.forms import NewPasswordForm, SignInForm
from translations import gettext as _
from translations import ngettext

blueprint = Blueprint("staff", __name__)


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """The form, and what came of it. Whoever is signed in already goes on."""
    target = permissions.here_only(request.args.get("next"))
    if request.method == "GET" and permissions.person() is not None:
        return redirect(target)
    form = SignInForm()
    if not form.validate_on_submit():
        return _sign_in_page(form, None, 400 if form.errors else 200)
    now_ms = layout.now_ms()
    with layout.database().write() as session:
        tried = sessions.begin_try(session, form.email.data, now_ms)
    if tried.locked_ms:
        return _sign_in_page(form, _locked(tried.locked_ms), 429)
    if not passwords.matches(tried.password, form.password.data):
        with layout.database().write() as session:
            sessions.failed(session, tried.email, now_ms)
        return _sign_in_page(form, _wrong(tried.left), 429 if not tried.left else 403)
    try:
        with layout.database().write() as session:
            old = request.cookies.get(permissions.cookie_name())
            if old:
                sessions.end(session, old, now_ms)
            secret = sessions.start(session, tried.email, now_ms)
    except accounts.AccountError:  # disabled since the try was counted
        return _sign_in_page(form, _wrong(tried.left), 403)
    _forget_form_tokens()
    return _with_cookie(redirect(target), secret)


@blueprint.post("/sign-out")
@guarded(*EVERY_ROLE)
def sign_out() -> ResponseReturnValue:
    """End the session here, whatever the browser keeps."""
    with layout.database().write() as session:
        sessions.end(session, request.cookies.get(permissions.cookie_name(), ""), layout.now_ms())
    _forget_form_tokens()
    response = make_response(redirect(url_for("staff.sign_in", notice="out")))
    response.delete_cookie(permissions.cookie_name(), secure=permissions.https(), httponly=True, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@blueprint.route("/staff/link/<token>", methods=["GET", "POST"])
def link(token: str) -> ResponseReturnValue:
    """Choose a password behind a one-time link."""
    now_ms = layout.now_ms()
    with layout.database().read() as session:
        email = accounts.link_owner(session, token, now_ms)
        if email is None:
            if (doubt := layout.standing(session).doubt) is not None:  # it may be as fresh as can be
                raise doubt
            return layout.draw(session, "staff/link_used.html"), 404
    form = NewPasswordForm()
    status = 200
    if form.validate_on_submit():
        try:
            passwords.check(form.password.data, email)
        except passwords.WeakPassword as weak:
            form.password.errors = [_weak(weak.code)]
        else:
            return _password_chosen(token, passwords.hash_of(form.password.data), now_ms)
    if form.errors:
        status = 400
    with layout.database().read() as session:
        return layout.draw(session, "staff/link.html", form=form, email=email, shortest=passwords.SHORTEST), status


def _password_chosen(token: str, hashed: str, now_ms: int) -> ResponseReturnValue:
    with layout.database().write() as session:
        try:
            accounts.use_link(session, token, hashed, now_ms)
        except accounts.AccountError:
            return layout.draw(session, "staff/link_used.html"), 404
    return redirect(url_for("staff.sign_in", notice="password"))


def _sign_in_page(form: SignInForm, refused: str | None, status: int) -> tuple[str, int]:
    notices = {
        "out": _("You are signed out."),
        "password": _("The password is set. Please sign in with it."),
    }
    notice = notices.get(request.args.get("notice", "")) if request.method == "GET" else None
    with layout.database().read() as session:
        return layout.draw(session, "staff/sign_in.html", form=form, refused=refused, notice=notice), status


def _with_cookie(response: ResponseReturnValue, secret: str) -> Response:
    answer = make_response(response)
    answer.set_cookie(
        permissions.cookie_name(), secret, max_age=sessions.LONGEST_MS // 1000, secure=permissions.https(),
        httponly=True, samesite="Lax", path="/",
    )
    return answer


def _forget_form_tokens() -> None:
    """Forms drawn before signing in or out are worth nothing afterwards; the language stays."""
    lang = browser.get("lang")
    browser.clear()
    if lang:
        browser["lang"] = lang


def _locked(ms: int) -> str:
    return ngettext(
        "Too many wrong tries. Please wait %(n)s minute, then try again.",
        "Too many wrong tries. Please wait %(n)s minutes, then try again.", math.ceil(ms / 60_000),
    )


def _wrong(left: int) -> str:
    wrong = _("The address or the password is not right.")
    rest = ngettext("%(n)s try left.", "%(n)s tries left.", left) if left else _locked(sessions.LOCK_MS)
    return f"{wrong} {rest}"


def _weak(code: str) -> str:
    return {
        "password_short": _("Please use at least %(n)s characters.", n=passwords.SHORTEST),
        "password_long": _("Please use at most %(n)s characters.", n=passwords.LONGEST),
        "password_common": _("That is easily guessed. Please choose other words."),
    }[code]
