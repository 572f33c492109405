"""The sign-in before the staff page and the officer's page: a PIN opens a short session.

The PIN is checked on this machine. The keypad works without script: each key is a button, the digits wait in this
process (never in a page, an address or the history) and every answer is a redirect. What is typed is not logged. A form
behind the door carries the seal of its session (`models.protocol.form_seal`), so that no other page, tab or site can
press its buttons; GET changes nothing.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kiosk.auth import known_browser, pin, pin_tries, sessions
from kiosk.auth.pin_tries import Caller, PinTries
from kiosk.desk import kept_ratings, state
from kiosk.tablet.page_guards import require_current_desk
from kiosk.web.page_layout import page_url, render_page
from kiosk.web.request_context import current_database, current_moment, current_settings
from models.clock import MINUTE_MS
from models.protocol import form_seal

#: How long digits wait for the next one.
KEPT_MS = MINUTE_MS
#: For how many keypads at once: of one client, and altogether.
KEYPADS, KEYPADS_TOGETHER = 4, 1_000
KEYS = tuple("123456789")


class Keypad:
    """Digits typed key by key without script, under a random name that the page carries instead of them. Each client
    has a few; where there are very many, the client with the most loses its oldest first."""

    def __init__(self) -> None:
        self._clients: OrderedDict[str, OrderedDict[str, tuple[str, int]]] = OrderedDict()
        self._owners: dict[str, str] = {}
        self._lock = threading.Lock()

    def keep(self, client: str, digits: str, mono: int) -> str:
        """Keep `digits` for a minute; returns their name."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            own = self._clients.setdefault(client, OrderedDict())
            self._clients.move_to_end(client)
            own[name], self._owners[name] = (digits, mono), client
            if len(own) > KEYPADS:
                self._drop(next(iter(own)))
            if len(self._owners) > KEYPADS_TOGETHER:
                for old in [name for own in self._clients.values() for name in own if not self._fresh(own[name], mono)]:
                    self._drop(old)
            if len(self._owners) > KEYPADS_TOGETHER:
                fullest = max(self._clients.values(), key=len)  # of several the one that was quiet longest
                self._drop(next(iter(fullest)))
        return name

    def length(self, name: str, mono: int) -> int:
        """How many digits wait under a name."""
        with self._lock:
            client = self._owners.get(name)
            timed_digits = ("", mono) if client is None else self._clients[client][name]
        return len(timed_digits[0]) if self._fresh(timed_digits, mono) else 0

    def take(self, name: str, mono: int) -> str:
        """The digits under a name, once."""
        with self._lock:
            timed_digits = self._drop(name)
        return timed_digits[0] if self._fresh(timed_digits, mono) else ""

    def __len__(self) -> int:
        """For how many keypads digits are kept."""
        return len(self._owners)

    def _drop(self, name: str) -> tuple[str, int]:
        client = self._owners.pop(name, None)
        if client is None:
            return "", 0
        own = self._clients[client]
        timed_digits = own.pop(name)
        if not own:
            del self._clients[client]
        return timed_digits

    @staticmethod
    def _fresh(timed_digits: tuple[str, int], mono: int) -> bool:
        return mono - timed_digits[1] < KEPT_MS


def request_cookie() -> str | None:
    """The cookie of this request, as it came."""
    return request.cookies.get(sessions.COOKIE)


def request_session_left_ms(kind: str) -> int:
    """Milliseconds that this request's session of `kind` has left; 0 when the door is closed."""
    with current_database().read() as session:
        return sessions.session_left_ms(session, kind, request_cookie(), current_moment())


def render_pin_page(kind: str) -> str:
    """The PIN's page before the page of `kind`. Shows how many digits wait, never which."""
    now = current_moment()
    with current_database().read() as session:
        wait, has_pin = get_pin_tries().wait(session, _caller(session), now), pin.has_pin(session)
    name = request.args.get("e", "")
    return render_page(
        "staff/door.html",
        require_current_desk(),
        kind=kind,
        wait=wait.seconds,
        of_others=wait.of_others,
        known=has_pin,
        taking=kept_ratings.has_disk_room(current_settings()),
        wrong="wrong" in request.args,
        entry=name,
        typed=get_keypad().length(name, now.mono),
        keys=KEYS,
        seal=form_seal.make_seal(_key(), f"door:{kind}"),
    )


def try_pin(kind: str, home: str) -> Response:
    """One key of the keypad, or the whole PIN. `home` is the endpoint behind the door; the answer is a redirect."""
    now = current_moment()
    form = request.form
    if not is_same_origin() or not form_seal.is_valid_seal(_key(), f"door:{kind}", form.get("seal", "")):
        return redirect(page_url(home), 303)
    with current_database().read() as session:
        caller = _caller(session)
    typed = (get_keypad().take(form.get("entry", ""), now.mono) + form.get("pin", ""))[: pin.LONGEST + 1]
    key = form.get("key", "open")
    if key != "open":
        typed = typed[:-1] if key == "back" else (typed + key if key.isascii() and key.isdecimal() else typed)
        client = caller.browser or caller.address
        return redirect(page_url(home, e=get_keypad().keep(client, typed[: pin.LONGEST], now.mono)), 303)
    try:
        with current_database().write() as session:
            if not pin.has_pin(session):
                return redirect(page_url(home), 303)
            hash = get_pin_tries().begin(session, caller, now)
    except pin_tries.TooManyTries:
        return redirect(page_url(home), 303)
    if not pin.verify_pin(hash, typed):
        with current_database().write() as session:
            if get_pin_tries().wait(session, caller, now).seconds:
                pin.log_maintenance(session, "locked", now, at=kind)
        return redirect(page_url(home, wrong=1), 303)
    with current_database().write() as session:
        get_pin_tries().right(session, caller)
        token = sessions.sign_in(session, kind, current_moment())
        pin.log_maintenance(session, "sign_in", now, at=kind)
    answer = set_session_cookie(redirect(page_url(home), 303), token)
    answer.set_cookie(
        known_browser.COOKIE,
        known_browser.make_cookie_value(_key(), hash, caller.browser),
        max_age=known_browser.KEPT_SECONDS,
        httponly=True,
        samesite="Strict",
        secure=request.is_secure,
        path="/",
    )
    return answer


def set_session_cookie(answer: Response, token: str) -> Response:
    """`answer` with the session's cookie; it ends with the browser and no script can read it."""
    answer.set_cookie(sessions.COOKIE, token, httponly=True, samesite="Strict", secure=request.is_secure, path="/")
    return answer


def sign_out_to(address: str) -> Response:
    """End this request's session and go to `address`."""
    with current_database().write() as session:
        sessions.sign_out(session, request_cookie())
    answer = redirect(address, 303)
    answer.delete_cookie(sessions.COOKIE, path="/", httponly=True, samesite="Strict")
    return answer


def session_seal() -> str:
    """What the forms behind the door carry: the seal of this request's session."""
    return form_seal.make_seal(_key(), f"duty:{request_cookie()}")


def require_session(kind: str, home: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """For a view that does something: only with an open session of `kind`, its seal and from our own page; else back
    to `home`, where nothing was done. A touch: the session lasts on."""

    def guarded(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def check(**values: Any) -> Response:
            if not is_same_origin() or not form_seal.is_valid_seal(
                _key(), f"duty:{request_cookie()}", request.form.get("seal", "")
            ):
                return redirect(page_url(home), 303)
            with current_database().write() as session:
                if not sessions.prolong_session(session, kind, request_cookie(), current_moment()):
                    return redirect(page_url(home), 303)
            return view(**values)

        return check

    return guarded


def is_same_origin() -> bool:
    """Whether the browser says, where it says anything, that our own page sent this."""
    origin = request.headers.get("Origin", "null")
    try:
        own = origin == "null" or urlsplit(origin).netloc == request.host  # "null": our pages send no referrer
    except ValueError:
        return False
    return own and request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")


def get_keypad() -> Keypad:
    """The digits that wait in this process."""
    keypad: Keypad = current_app.extensions.setdefault("keypad", Keypad())
    return keypad


def get_pin_tries() -> PinTries:
    """The counts of wrong PINs."""
    tries: PinTries = current_app.extensions.setdefault("pin_tries", PinTries())
    return tries


def _caller(session: Session) -> Caller:
    """Who asks: a browser that was let in with the present PIN, or a client of the network."""
    hash = state.read_state(session).pin_hash
    word = known_browser.read_browser_word(_key(), hash, request.cookies.get(known_browser.COOKIE, ""))
    return Caller(request.remote_addr or "", word)


def _key() -> str:
    return str(current_app.config["SECRET_KEY"])
