"""Views of signing in and out, and of choosing a password behind a one-time link."""

from __future__ import annotations

import math

from flask import Blueprint, Response, current_app, make_response, redirect, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue

from admin.auth import accounts, known_browser, passwords, permissions, sessions
from admin.auth.permissions import EVERY_ROLE, guarded, public
from admin.auth.sign_in_limits import SignInAttempt, SignInAttempts, SignInBlock, SignInLimits
from admin.web import client_network, page_layout, request_context
from admin.web.sign_in_forms import NewPasswordForm, SignInForm
from models.clock import MINUTE_MS
from translations import gettext as _
from translations import ngettext

blueprint = Blueprint("staff", __name__)
#: After how long whoever came beside very many may come again.
BUSY_SECONDS = 10


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """The form, and what came of it. Whoever is signed in already goes on."""
    target = permissions.restrict_to_local_path(request.args.get("next"))
    if request.method == "GET" and permissions.current_person() is not None:
        return redirect(target)
    form = SignInForm()
    if not form.validate_on_submit():
        return _sign_in_page(form, None, 400 if form.errors else 200)
    now_ms, email = request_context.now_ms(), accounts.normalise_address(form.email.data)
    with request_context.database().read() as session:
        password = accounts.read_password_hash(session, email)
    browser = _known_as(email, password)
    with _tries().turn(browser) as free:
        if not free:
            return _busy_page(form)
        tried = _tries().begin(email, client_network.network_name(request), browser, request_context.mono_ms())
        right = tried.counted and passwords.password_matches(password, form.password.data)
    if not tried.counted:
        return _closed_page(form, tried)
    if not right:
        with request_context.database().write() as session:
            sessions.record_failed_sign_in(session, email, now_ms, last=not tried.left)
        return _wrong_page(form, tried)
    try:
        with request_context.database().write() as session:
            old = request.cookies.get(permissions.session_cookie_name())
            if old:
                sessions.end_session(session, old, now_ms)
            secret = sessions.start_session(session, email, now_ms)
            password = accounts.read_password_hash(session, email)
    except accounts.AccountError:  # disabled since the try was counted
        return _wrong_page(form, tried)
    _tries().right(tried)
    _forget_form_tokens()
    return _known(_with_cookie(redirect(target), secret), email, password, browser)


@blueprint.post("/sign-out")
@guarded(*EVERY_ROLE)
def sign_out() -> ResponseReturnValue:
    """End the session here, whatever the browser keeps."""
    with request_context.database().write() as session:
        sessions.end_session(
            session, request.cookies.get(permissions.session_cookie_name(), ""), request_context.now_ms()
        )
    _forget_form_tokens()
    response = make_response(redirect(url_for("staff.sign_in", notice="out")))
    response.delete_cookie(
        permissions.session_cookie_name(), secure=permissions.uses_https(), httponly=True, samesite="Lax"
    )
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@blueprint.route("/staff/link/<token>", methods=["GET", "POST"])
@public  # the link is the right to come in
def link(token: str) -> ResponseReturnValue:
    """Choose a password behind a one-time link."""
    now_ms = request_context.now_ms()
    with request_context.database().read() as session:
        email = accounts.find_link_owner(session, token, now_ms)
        if email is None:
            if (doubt := request_context.read_page_clock(session).doubt) is not None:  # it may be as fresh as can be
                raise doubt
            return page_layout.draw_page(session, "sign_in/link_used.html"), 404
    form = NewPasswordForm()
    status = 200
    if form.validate_on_submit():
        try:
            passwords.check_password(form.password.data, email)
        except passwords.WeakPassword as weak:
            form.password.errors = [str(weak)]
        else:
            return _password_chosen(token, passwords.hash_password(form.password.data), now_ms)
    if form.errors:
        status = 400
    with request_context.database().read() as session:
        return page_layout.draw_page(
            session, "sign_in/link.html", form=form, email=email, shortest=passwords.SHORTEST
        ), status


def _password_chosen(token: str, hashed: str, now_ms: int) -> ResponseReturnValue:
    with request_context.database().write() as session:
        try:
            email = accounts.use_link(session, token, hashed, now_ms)
        except accounts.AccountError:
            return page_layout.draw_page(session, "sign_in/link_used.html"), 404
    return _known(make_response(redirect(url_for("staff.sign_in", notice="password"))), email, hashed)


def _tries() -> SignInAttempts:
    """What this process counted; begun at the first call, with its share of what several processes take together."""
    attempts: SignInAttempts | None = current_app.extensions.get("sign_in_tries")
    if attempts is None:
        limits = SignInLimits().shared(current_app.extensions.get("processes", 1))
        attempts = current_app.extensions.setdefault("sign_in_tries", SignInAttempts(limits))
    return attempts


def _known_as(email: str, password: str | None) -> str:
    """The word by which this browser is known to the account; empty for one that is not."""
    name = known_browser.cookie_name(_key(), email, https=permissions.uses_https())
    return known_browser.read_browser_word(_key(), email, password, request.cookies.get(name, ""))


def _known(answer: Response, email: str, password: str | None, browser: str = "") -> Response:
    """`answer`, after which the browser is known to the account; `browser` is its word if it was so before."""
    if password:
        answer.set_cookie(
            known_browser.cookie_name(_key(), email, https=permissions.uses_https()),
            known_browser.make_cookie_value(_key(), email, password, browser), max_age=known_browser.KEPT_SECONDS,
            secure=permissions.uses_https(), httponly=True, samesite="Strict", path="/",
        )  # fmt: skip
    return answer


def _key() -> str:
    return str(current_app.config["SECRET_KEY"])


def _sign_in_page(form: SignInForm, refused: str | None, status: int) -> tuple[str, int]:
    notices = {
        "out": _("You are signed out."),
        "password": _("The password is set. Please sign in with it."),
    }
    notice = notices.get(request.args.get("notice", "")) if request.method == "GET" else None
    with request_context.database().read() as session:
        page = page_layout.draw_page(session, "sign_in/sign_in.html", form=form, refused=refused, notice=notice)
    return page, status


def _with_cookie(response: ResponseReturnValue, secret: str) -> Response:
    answer = make_response(response)
    answer.set_cookie(
        permissions.session_cookie_name(), secret, max_age=sessions.LONGEST_MS // 1000, secure=permissions.uses_https(),
        httponly=True, samesite="Lax", path="/",
    )
    return answer


def _forget_form_tokens() -> None:
    """Forms drawn before signing in or out are worth nothing afterwards; the language stays."""
    lang = browser.get("lang")
    browser.clear()
    if lang:
        browser["lang"] = lang


def _busy_page(form: SignInForm) -> Response:
    """So many are signing in that this one was not looked at."""
    message = _(
        "Very many people are signing in at this moment. Your password was not looked at, and nothing was changed. "
        "Please try again in %(n)s seconds.", n=BUSY_SECONDS,
    )  # fmt: skip
    answer = make_response(*_sign_in_page(form, message, 503))
    answer.headers["Retry-After"] = str(BUSY_SECONDS)
    return answer


def _closed_page(form: SignInForm, tried: SignInAttempt, before: str = "") -> Response:
    """What happened, what is safe, how long to wait, and how else to get in."""
    happened = {
        SignInBlock.BROWSER: _("This browser sent too many wrong passwords for this address."),
        SignInBlock.HERE: _("Your network sent too many wrong passwords for this address."),
        SignInBlock.NETWORK: _("Your network sent too many wrong passwords, for several addresses."),
        SignInBlock.ACCOUNT: _("Several networks sent too many wrong passwords for this address."),
    }[tried.why]
    wait = ngettext(
        "Please wait %(n)s minute, then try again.", "Please wait %(n)s minutes, then try again.",
        math.ceil(tried.wait_ms / MINUTE_MS),
    )  # fmt: skip
    sentences = [happened, _("They opened nothing and changed nothing."), wait]
    if tried.why is SignInBlock.ACCOUNT:
        sentences.append(_(
            "In a browser where you signed in with this password before, or with a new one-time link from your "
            "administrator, you need not wait."
        ))  # fmt: skip
    elif tried.why is not SignInBlock.BROWSER:
        sentences.append(_("A browser where you signed in with this password before need not wait."))
    answer = make_response(*_sign_in_page(form, " ".join([before, *sentences]).strip(), 429))
    answer.headers["Retry-After"] = str(math.ceil(tried.wait_ms / 1000))
    return answer


def _wrong_page(form: SignInForm, tried: SignInAttempt) -> ResponseReturnValue:
    wrong = _("The address or the password is not right.")
    if not tried.left:
        return _closed_page(form, tried, wrong)
    rest = ngettext("%(n)s try left.", "%(n)s tries left.", tried.left)
    return _sign_in_page(form, f"{wrong} {rest}", 403)
