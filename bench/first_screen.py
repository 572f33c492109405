"""The first screen of a cold browser: what it fetches, how long it waits, beside a bare page.

The bare page is of the same server's making. A cold visit is a fresh browser profile in real Chromium over loopback.
"Visible" is the later of the first paint with content and the end of loading, since the faces are drawings of their own
that loading waits for.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bench.http_tablet import Server
from bench.result_table import Rounds, Table

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: The promise: milliseconds until the faces are seen, bytes on the wire for all that the page needs.
MOST_MS, MOST_BYTES = 300, 60 * 1024
INSTALL = "python3 wsgi.py test --collect-only"
_VISIBLE = """() => Math.max(performance.getEntriesByType("navigation")[0].loadEventEnd,
                  ...performance.getEntriesByName("first-contentful-paint").map((paint) => paint.startTime))"""


@dataclass(frozen=True)
class Visit:
    """A cold visit: milliseconds until it was seen, bytes received (headers and bodies), and the hosts asked."""

    ms: float
    bytes: int
    hosts: frozenset[str]


def visit_cold(browser: Browser, address: str) -> Visit:
    """Open `address` in a browser profile that has never seen it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        cdp = context.new_cdp_session(page)
        cdp.send("Network.enable")
        received: list[float] = []
        hosts: set[str] = set()
        cdp.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page.goto(address, wait_until="load")
        page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length > 0")
        page.wait_for_load_state("networkidle")
        return Visit(float(page.evaluate(_VISIBLE)), int(sum(received)), frozenset(hosts - {""}))
    finally:
        context.close()


def measure(desk: Path, rounds: int) -> None:
    """Print the table. `desk` is the instance folder of a paired desk."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print(f"The first faces: not measured, there is no browser to drive; run: {INSTALL}\n")
        return
    from tests import system_packages

    root = hasattr(os, "geteuid") and os.geteuid() == 0
    results = Rounds()
    server = Server(desk)
    try:
        server.wait()
        with serve_bare_page() as plain, sync_playwright() as play:
            browser = play.chromium.launch(executable_path=system_packages.chromium(), chromium_sandbox=not root)
            faces = f"http://127.0.0.1:{server.port}/"
            for number in range(rounds + 1):
                for name, address in (("the first faces", faces), ("a bare page", plain)):
                    visit = visit_cold(browser, address)
                    if number:  # the first one warms both servers up
                        results.add(f"{name}: seen after", visit.ms)
                        results.add(f"{name}: received", visit.bytes / 1024)
            browser.close()
    finally:
        server.stop()
    notes = [f"promised: {MOST_MS} ms and {MOST_BYTES // 1024} KiB, over loopback, in a browser new to the page"]
    table = Table("The first faces on a cold tablet", results, "ms", notes)
    table.row("the first faces: seen after", "a bare page: seen after")
    table.row("the first faces: received", "a bare page: received", unit="KiB")
    table.show()


@contextmanager
def serve_bare_page() -> Iterator[str]:
    """A page of one heading from a bare Flask app under the same server software; gives its address."""
    import waitress
    from flask import Flask

    app = Flask("bare")
    app.add_url_rule("/", view_func=_heading())
    server = waitress.create_server(app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}/"
    finally:
        server.close()


def _heading() -> Callable[[], str]:
    return lambda: "<!doctype html><meta charset=utf-8><title>bare</title><link rel=icon href='data:,'><h1>bare</h1>"
