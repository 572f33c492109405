"""Permissions: every page says above its function whom it is for; one that says nothing is refused.

`guarded` names its roles, `public` opens it to anybody; a `PublicBlueprint` is open as a whole. A person sees their
own agency and what lies under it; outside of that, pages do not exist (404). A form is taken only from this site's own
pages, with its token.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, Flask, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import Session

from admin.auth import sessions
from admin.auth.sessions import Person
from admin.statistics.tallies.agency_tree import read_scope_keys
from models.storage.database import Database
from models.vocabulary import Role

EVERY_ROLE = tuple(Role)
#: Who may see that figures exist for single agencies, devices and papers, and who may issue a paper.
READERS = (Role.PROVINCE, Role.AGENCY, Role.AUDITOR)
ISSUERS = (Role.PROVINCE, Role.AGENCY)

COOKIE = "hailong_admin"
#: Flask's own endpoint of style sheets, scripts and pictures: public, and the same for everybody.
STATIC = "static"
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
csrf = CSRFProtect()


class PublicBlueprint(Blueprint):
    """A part of the centre that is open to anybody as a whole and brings no staff page: the citizen's phone, devices
    (which sign what they send), open data. `own_refusals`: it has words of its own for addresses that are none."""

    def __init__(self, name: str, import_name: str, *, url_prefix: str | None = None, own_refusals: bool = False):
        super().__init__(name, import_name, url_prefix=url_prefix)
        self.own_refusals = own_refusals


def guarded(*roles: Role) -> Callable[[View], View]:
    """Mark a view as open to these roles only; put it directly above the function."""

    def mark(view: View) -> View:
        view.__dict__["roles"] = frozenset(roles)
        return view

    return mark


def public(view: View) -> View:
    """Mark a staff part's view as open to anybody; say beside it why."""
    view.__dict__["public"] = True
    return view


def same_for_all(view: View) -> View:
    """Mark a public view that says the same to everybody: nobody is recognised there, so it needs no store."""
    view.__dict__["same_for_all"] = True
    return public(view)


def unattended(view: View) -> View:
    """Mark a view that an open page asks for by itself, whether or not anybody sits there: that keeps no sign-in alive,
    and chooses no language for the pages that are opened next."""
    view.__dict__["unattended"] = True
    return view


def is_marked(endpoint: str | None, mark: str) -> bool:
    """Whether the view behind an endpoint of the present application bears a mark of this module."""
    view = current_app.view_functions.get(endpoint or "")
    return bool(view is not None and view.__dict__.get(mark))


def find_public_blueprint(app: Flask, endpoint: str | None) -> PublicBlueprint | None:
    """The public part that an endpoint belongs to; None for one of the staff's."""
    part = app.blueprints.get((endpoint or "").partition(".")[0])
    return part if isinstance(part, PublicBlueprint) else None


def endpoint_roles(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """The roles an endpoint is for; None for a public one. An unmarked endpoint is for nobody."""
    marks = app.view_functions[endpoint].__dict__
    if endpoint == STATIC or marks.get("public") or find_public_blueprint(app, endpoint):
        return None
    roles: frozenset[Role] = marks.get("roles", frozenset())
    return roles


def current_person() -> Person | None:
    """Who is signed in, if anybody."""
    person: Person | None = g.get("person")
    return person


def require_person() -> Person:
    """Who is signed in, on a page that is only for them."""
    person = current_person()
    if person is None:
        abort(403)
    return person


def visible_agency_keys(session: Session) -> frozenset[str]:
    """The agencies the signed-in person may see: their own and what lies under it."""
    return read_scope_keys(session, require_person().agency_key)


def session_cookie_name() -> str:
    """The name of the cookie with the session's secret; with https browsers hold it to this host alone."""
    return f"__Host-{COOKIE}" if uses_https() else COOKIE


def uses_https() -> bool:
    """Whether the centre is reached by https."""
    return bool(current_app.extensions["settings"].public_url.startswith("https://"))


def restrict_to_local_path(address: str | None) -> str:
    """`address` if it is a path of this site, else the first page: nobody is sent elsewhere after signing in."""
    plain = address or ""
    ours = plain.startswith("/") and not plain.startswith(("//", "/\\")) and plain.isprintable()
    return plain if ours else "/"


def install_permissions(app: Flask, *, https: bool) -> None:
    """Guard every request of `app`."""
    app.config.update(
        SESSION_COOKIE_NAME="hailong_admin_form", SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https, WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=sessions.LONGEST_MS // 1000,
        WTF_CSRF_SSL_STRICT=False,  # it asks for a Referer, which our own pages never send
    )
    app.extensions["used"] = sessions.SessionActivity()
    csrf.init_app(app)

    @app.before_request
    def nameable() -> None:
        """Nothing is called by a text with a NUL in it, and PostgreSQL cannot even be asked. (The citizen's pages have
        words of their own for addresses and fields that are none.)"""
        part = find_public_blueprint(app, request.endpoint)
        named = [] if part and part.own_refusals else [str(value) for value in (request.view_args or {}).values()]
        if any("\0" in text for text in (*named, *(text for texts in request.args.listvalues() for text in texts))):
            abort(404)
        if part is None and any("\0" in text for texts in request.form.listvalues() for text in texts):
            abort(400)

    @app.before_request
    def guard() -> ResponseReturnValue | None:
        endpoint = request.endpoint
        if endpoint in (None, STATIC) or find_public_blueprint(app, endpoint) or is_marked(endpoint, "same_for_all"):
            return None
        assert endpoint is not None
        g.person = _find_current_person()
        roles = endpoint_roles(current_app, endpoint)
        if roles is not None and g.person is None:
            wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
            return redirect(url_for("staff.sign_in", next=wanted if wanted != "/" else None))
        if roles is not None and g.person.role not in roles:
            abort(403)
        if request.method in _UNSAFE:
            if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
                abort(403)
            csrf.protect()
        return None


def _find_current_person() -> Person | None:
    """Who holds the cookie's secret; the sign-in counts as used now (`sessions.SessionActivity`) unless a page asked by
    itself."""
    secret = request.cookies.get(session_cookie_name())
    if not secret:
        return None
    database: Database = current_app.extensions["database"]
    now_ms: int = current_app.extensions["clock"]().t
    with database.read() as session:
        used, by_itself = current_app.extensions["used"], is_marked(request.endpoint, "unattended")
        return sessions.find_session_person(session, secret, now_ms, used, by_itself=by_itself)
