"""The citizen of a rehearsal: fresh faces, one tap, the next screen, by the tablet's pages alone.

Over HTTP to a running server, or straight into the application in this process; both see the same pages.
"""

from __future__ import annotations

import http.client
import json
from contextvars import copy_context
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from flask import Flask

SECONDS = 20


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP status and a body; status 0 when no answer came."""

    status: int
    text: str = ""


class PageClient(Protocol):
    """A way to the tablet's pages."""

    def ask(self, path: str, form: dict[str, str] | None = None) -> Reply:
        """GET `path`, or POST `form` to it; never follows a redirection."""


class HttpPageClient:
    """A server at an address as http://127.0.0.1:8001."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc

    def ask(self, path: str, form: dict[str, str] | None = None) -> Reply:
        """GET or POST; no answer is status 0."""
        try:
            connection = self.send(path, form)
            try:
                answer = connection.getresponse()
                return Reply(answer.status, answer.read().decode("utf-8", "replace"))
            finally:
                connection.close()
        except (OSError, http.client.HTTPException):
            return Reply(0)

    def send(self, path: str, form: dict[str, str] | None = None) -> http.client.HTTPConnection:
        """Send without waiting for the answer. Raises OSError."""
        connection = http.client.HTTPConnection(self._host, timeout=SECONDS)
        if form is None:
            connection.request("GET", path)
        else:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", path, urlencode(form), headers)
        return connection


class AppPageClient:
    """The application in this process."""

    def __init__(self, app: Flask) -> None:
        self._client = app.test_client()

    def ask(self, path: str, form: dict[str, str] | None = None) -> Reply:
        """GET or POST. The page chooses its own language; the one in force here stays."""
        return copy_context().run(self._ask, path, form)

    def _ask(self, path: str, form: dict[str, str] | None) -> Reply:
        answer = self._client.get(path) if form is None else self._client.post(path, data=form)
        return Reply(answer.status_code, answer.get_data(as_text=True))


class _Page(HTMLParser):
    """What a page says: the hidden fields of its first form, and the classes of its elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.classes: list[set[str]] = []
        self._forms = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self._forms += tag == "form"
        self.classes.append(set(attributes.get("class", "").split()))
        if tag == "input" and self._forms == 1 and attributes.get("type") == "hidden":
            self.fields[attributes.get("name", "")] = attributes.get("value", "")


@dataclass(frozen=True, slots=True)
class FacesPage:
    """The first page: its status, the response it was drawn for, whether it says practice and shows the hollow dot."""

    status: int
    fields: dict[str, str]
    practice: bool
    offline: bool

    @property
    def id(self) -> str:
        """The response's id."""
        return self.fields["id"]


class Citizen:
    """One who taps. `score` goes round the five faces, so that every one of them is pressed."""

    def __init__(self, wire: PageClient) -> None:
        self.wire = wire
        self._taps = 0

    def healthy(self) -> bool:
        """Whether the server answers, is well and paired."""
        reply = self.wire.ask("/healthz")
        try:
            return reply.status == 200 and json.loads(reply.text).get("paired") is True
        except ValueError:
            return False

    def faces(self) -> FacesPage:
        """The first page, drawn afresh."""
        reply = self.wire.ask("/")
        page = _Page(reply.text)
        usable = reply.status == 200 and "id" in page.fields
        practice = any("practice" in classes for classes in page.classes)
        offline = any({"dot", "offline"} <= classes for classes in page.classes)
        return FacesPage(reply.status if usable or reply.status != 200 else 0, page.fields, practice, offline)

    def tap(self, faces: FacesPage) -> Reply:
        """Press one face; 303 means that the tap is kept."""
        return self.wire.ask("/rate", self.pressed(faces))

    def send(self, faces: FacesPage) -> Reply:
        """Say nothing more about what was tapped there: that seals it."""
        return self.wire.ask(f"/rate/{faces.id}/topics", {"seal": faces.fields.get("seal", ""), "act": "skip"})

    def pressed(self, faces: FacesPage) -> dict[str, str]:
        """What pressing the next face sends."""
        self._taps += 1
        return {**faces.fields, "score": str(self._taps % 5 + 1)}
