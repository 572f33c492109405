"""One citizen at a tablet without script: taps, follows where the server sends, keeps every reply."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from models.tables.kiosk import WaitingSidecar
from tests.kiosk.paired_desk import hidden


class Citizen:
    """Somebody before the tablet of `app`; `query` are the choices in the address (`?lang=en`)."""

    def __init__(self, app: Flask, query: str = "") -> None:
        self.client = app.test_client(use_cookies=False)
        self.query = query
        self.replies: list[TestResponse] = []
        self.id = self.seal = ""
        self.open("/" + query)

    @property
    def page(self) -> str:
        """The page shown now."""
        return self.replies[-1].text

    @property
    def path(self) -> str:
        """Its address, without the choices."""
        return self.replies[-1].request.path

    def open(self, address: str) -> TestResponse:
        """Open an address, and wherever it leads."""
        return self._follow(self.client.get(address))

    def send(self, address: str, **fields: Any) -> TestResponse:
        """Send the form of the page to `address` (without choices), and follow."""
        known = hidden(self.page)
        self.id, self.seal = known.get("id") or self.id, known.get("seal") or self.seal
        data = {"id": self.id, "seal": self.seal, **fields}
        return self._follow(self.client.post(address + self.query, data=data))

    def tap(self, score: int) -> TestResponse:
        """Tap a face: on the first page, or on a further question."""
        return self.send("/rate" if self.path in ("/", self._at("again")) else self.path, score=str(score))

    def topics(self, *topics: str, act: str = "send") -> TestResponse:
        """Send the topics page."""
        return self.send(self._at("topics"), topic=list(topics), act=act)

    def write(self, text: str, act: str = "keep") -> TestResponse:
        """Go and write here, and come back."""
        self.topics(act="write")
        return self.send(self._at("comment"), text=text, act=act)

    def _at(self, step: str) -> str:
        return f"/rate/{self.id}/{step}"

    def _follow(self, reply: TestResponse) -> TestResponse:
        self.replies.append(reply)
        while reply.status_code == 303:
            reply = self.client.get(reply.location)
            self.replies.append(reply)
        return reply

    def code(self) -> str | None:
        """The follow-up code on the page, without spaces."""
        found = re.search(r'class="number"[^>]*><span aria-hidden="true">([^<]+)<', self.page)
        return found[1].replace(" ", "") if found else None


def openings(app: Flask) -> dict[str, WaitingSidecar]:
    """What waits to travel beside the sealed entries, by kind."""
    with app.extensions["database"].read() as session:
        return {row.kind: row for row in session.query(WaitingSidecar)}
