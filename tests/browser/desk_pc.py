"""The machine at the desk, as a tablet meets it: switched off, silent, or behind something that answers in its place.

What arrived is counted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server


class DeskPc:
    """The server of `app` on one port that stays the same. `trouble`: "" (none), "gateway" (502 of something between),
    "portal" (200 and a page of something between), "deaf" (does what is asked, but the reply is lost), "slow" (does
    nothing before `patience` is set). Trouble hits POST and, unless `posts_only`, everything else."""

    def __init__(self, app: Flask) -> None:
        self._app = app.wsgi_app
        self._server: BaseWSGIServer | None = None
        self._port = 0
        self.trouble = ""
        self.patience = threading.Event()
        self.posts_only = True
        self.posts: list[str] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        """Its port."""
        return self._port

    def on(self) -> None:
        """Switch on."""
        self._server = make_server("127.0.0.1", self._port, self._answer, threaded=True)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def off(self) -> None:
        """Switch off: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        posted = environ["REQUEST_METHOD"] == "POST"
        if posted:
            self.posts.append(environ["PATH_INFO"])
        if not self.trouble or (self.posts_only and not posted):
            return self._app(environ, start)
        if self.trouble == "slow":
            self.patience.wait(120)
            return self._app(environ, start)
        if self.trouble == "deaf":
            list(self._app(environ, lambda *_: lambda _: None))
        status = "200 OK" if self.trouble == "portal" else "502 Bad Gateway"
        start(status, [("Content-Type", "text/html")])
        return [b"<!doctype html><title>somebody else</title><h1>somebody else</h1>"]
