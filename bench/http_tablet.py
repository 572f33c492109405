"""A tablet without a screen: asks a real server as the pages would, and notes what was acknowledged.

The server is reached over loopback. Shared by the measuring of taps and by the power cuts; it knows the pages alone,
nothing of the store.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Sequence
from pathlib import Path

from bench.bench_desk import ROOT

_INPUT = re.compile(r"<input[^>]*>")
SERVE = (sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main(sys.argv[1:]))", "kiosk", "serve")


class RequestRefused(Exception):
    """The server did not acknowledge; carries the HTTP status."""


class Tablet:
    """One browser with one connection that stays open."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes, str | None]:
        """Status, body and ETag of an address."""
        self._connection.request("GET", path, headers=headers or {})
        answer = self._connection.getresponse()
        return answer.status, answer.read(), answer.getheader("ETag")

    def post(self, path: str, fields: dict[str, str]) -> str:
        """Send a form; returns where the 303 leads. Raises `RequestRefused`."""
        self._connection.request(
            "POST", path, urllib.parse.urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"}
        )
        answer = self._connection.getresponse()
        answer.read()
        if answer.status != 303:
            raise RequestRefused(answer.status)
        return answer.getheader("Location") or ""

    def page(self) -> dict[str, str]:
        """The hidden fields of a fresh page with faces, the response id among them."""
        status, body, _ = self.get("/")
        if status != 200:
            raise RequestRefused(status)
        return _fields(body.decode(), "/rate")

    def tap(self, fields: dict[str, str], score: int) -> None:
        """Tap a face on a page; returns when it is acknowledged. Raises `RequestRefused`."""
        self.post("/rate", {**fields, "score": str(score)})

    def form(self, address: str, action: str = "") -> dict[str, str]:
        """The hidden fields of the page at `address`, of the form that leads to `action` (else to the page itself).
        Raises `RequestRefused`."""
        status, body, _ = self.get(address)
        if status != 200:
            raise RequestRefused(status)
        return _fields(body.decode(), action or address.partition("?")[0])

    def topics(self, id: str) -> tuple[dict[str, str], str]:
        """The hidden fields of the topics page and its first topic. Raises `RequestRefused`."""
        status, body, _ = self.get(f"/rate/{id}/topics")
        if status != 200:
            raise RequestRefused(status)
        text = body.decode()
        topic_tags = (tag for tag in _INPUT.findall(text) if 'name="topic"' in tag)
        topic = next(value[1] for tag in topic_tags if (value := re.search(r'value="([^"]*)"', tag)))
        return _fields(text, f"/rate/{id}/topics"), topic

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _fields(text: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that leads to `action`."""
    start = text.index("<form", max(0, text.index(f'action="{action}') - 400))
    form = text[start : text.index("</form>", start)]
    fields = {}
    for tag in _INPUT.findall(form):
        name, value = re.search(r'name="(\w+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="hidden"' in tag:
            fields[name[1]] = value[1] if value else ""
    return fields


class Server:
    """`hailong kiosk serve` as a process of its own over an instance folder; `command` may be another program that
    takes the same arguments."""

    def __init__(self, instance: Path, command: Sequence[str] = SERVE, before: Sequence[str] = (), **environment: str):
        self.port = _free_port()
        paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        self.log = instance.parent / f"{instance.name}-{self.port}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*before, *command, "--port", str(self.port)],
                cwd=ROOT,
                env={**os.environ, "HAILONG_INSTANCE": str(instance), "PYTHONPATH": paths, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait(self, seconds: float = 60) -> None:
        """Return when it answers. RuntimeError with its last words if it does not."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                tablet = Tablet(self.port)
                status, _, _ = tablet.get("/healthz")
                tablet.close()
                if status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"the desk's server did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def cpu_ms(self) -> float | None:
        """Processor time it used so far, in milliseconds; None where there is no /proc."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Let it end."""
        self.process.terminate()
        self.process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
