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
from werkzeug.wrappers import Response

from kiosk.auth import pin, sessions
from kiosk.desk import promise
from kiosk.tablet.navigation import current_desk
from kiosk.web.layout import database, draw, moment, settings, to
from models.protocol import form_seal

#: How long digits wait for the next one, and for how many keypads at once.
KEPT_MS, KEYPADS = 60_000, 8
KEYS = tuple("123456789")


class Keypad:
    """Digits typed key by key without script, under a random name that the page carries instead of them."""

    def __init__(self) -> None:
        self._typed: OrderedDict[str, tuple[str, int]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, digits: str, mono: int) -> str:
        """Keep `digits` for a minute; returns their name."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._typed[name] = digits, mono
            while len(self._typed) > KEYPADS:
                self._typed.popitem(last=False)
        return name

    def length(self, name: str, mono: int) -> int:
        """How many digits wait under a name."""
        with self._lock:
            digits, kept = self._typed.get(name, ("", mono))
        return len(digits) if mono - kept < KEPT_MS else 0

    def take(self, name: str, mono: int) -> str:
        """The digits under a name, once."""
        with self._lock:
            digits, kept = self._typed.pop(name, ("", mono))
        return digits if mono - kept < KEPT_MS else ""


def cookie() -> str | None:
    """The cookie of this request, as it came."""
    return request.cookies.get(sessions.COOKIE)


def on_duty(kind: str) -> int:
    """Milliseconds that this request's session of `kind` has left; 0 when the door is closed."""
    with database().read() as session:
        return sessions.left_ms(session, kind, cookie(), moment())


def door(kind: str) -> str:
    """The PIN's page before the page of `kind`. Shows how many digits wait, never which."""
    now = moment()
    with database().read() as session:
        wait, known = pin.wait_seconds(session, now), pin.known(session)
    name = request.args.get("e", "")
    return draw(
        "staff/door.html",
        current_desk(),
        kind=kind,
        wait=wait,
        known=known,
        taking=promise.room(settings()),
        wrong="wrong" in request.args,
        entry=name,
        typed=keypad().length(name, now.mono),
        keys=KEYS,
        seal=form_seal.make(_key(), f"door:{kind}"),
    )


def try_pin(kind: str, home: str) -> Response:
    """One key of the keypad, or the whole PIN. `home` is the endpoint behind the door; the answer is a redirect."""
    now = moment()
    form = request.form
    if not same_origin() or not form_seal.holds(_key(), f"door:{kind}", form.get("seal", "")):
        return redirect(to(home), 303)
    typed = (keypad().take(form.get("entry", ""), now.mono) + form.get("pin", ""))[: pin.LONGEST + 1]
    key = form.get("key", "open")
    if key != "open":
        typed = typed[:-1] if key == "back" else (typed + key if key.isascii() and key.isdecimal() else typed)
        return redirect(to(home, e=keypad().keep(typed[: pin.LONGEST], now.mono)), 303)
    try:
        with database().write() as session:
            if not pin.known(session):
                return redirect(to(home), 303)
            hash = pin.begin(session, now)
    except pin.Waiting:
        return redirect(to(home), 303)
    if not pin.fits(hash, typed):
        with database().write() as session:
            if pin.wait_seconds(session, now):
                pin.note(session, "locked", now, at=kind)
        return redirect(to(home, wrong=1), 303)
    with database().write() as session:
        pin.right(session)
        token = sessions.sign_in(session, kind, moment())
        pin.note(session, "sign_in", now, at=kind)
    return let_in(redirect(to(home), 303), token)


def let_in(answer: Response, token: str) -> Response:
    """`answer` with the session's cookie; it ends with the browser and no script can read it."""
    answer.set_cookie(sessions.COOKIE, token, httponly=True, samesite="Strict", secure=request.is_secure, path="/")
    return answer


def leave(address: str) -> Response:
    """End this request's session and go to `address`."""
    with database().write() as session:
        sessions.sign_out(session, cookie())
    answer = redirect(address, 303)
    answer.delete_cookie(sessions.COOKIE, path="/", httponly=True, samesite="Strict")
    return answer


def seal() -> str:
    """What the forms behind the door carry: the seal of this request's session."""
    return form_seal.make(_key(), f"duty:{cookie()}")


def behind(kind: str, home: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """For a view that does something: only with an open session of `kind`, its seal and from our own page; else back
    to `home`, where nothing was done. A touch: the session lasts on."""

    def guarded(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def check(**values: Any) -> Response:
            if not same_origin() or not form_seal.holds(_key(), f"duty:{cookie()}", request.form.get("seal", "")):
                return redirect(to(home), 303)
            with database().write() as session:
                if not sessions.touch(session, kind, cookie(), moment()):
                    return redirect(to(home), 303)
            return view(**values)

        return check

    return guarded


def same_origin() -> bool:
    """Whether the browser says, where it says anything, that our own page sent this."""
    origin = request.headers.get("Origin", "null")
    try:
        own = origin == "null" or urlsplit(origin).netloc == request.host  # "null": our pages send no referrer
    except ValueError:
        return False
    return own and request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")


def keypad() -> Keypad:
    """The digits that wait in this process."""
    found: Keypad = current_app.extensions.setdefault("keypad", Keypad())
    return found


def _key() -> str:
    return str(current_app.config["SECRET_KEY"])
