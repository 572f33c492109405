"""The watchdog's check: what restarts the desk's server, and what does not."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from kiosk.bundle import watch
from tests.clock_seam import environment


@contextmanager
def answering(status: int, body: bytes, raw: bytes | None = None) -> Iterator[str]:
    """A program that gives this answer; `raw`: these very bytes, HTTP or not."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if raw is not None:
                self.wfile.write(raw)
                return
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *said: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/healthz"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (200, {"ok": True}, None), (503, {"ok": False, "code": "disk_full"}, None),
        (503, {"ok": False, "code": "no_store", "error": "no_store"}, "the store: no_store"),
        (200, {"status": "up"}, "another program"), (200, [], "another program"), (404, "x", "another program"),
    ],
    ids=["well", "full", "gone", "another-json", "a-list", "a-text"],
)  # fmt: skip
def test_what_a_restart_may_help(status: int, said: object, words: str | None) -> None:
    with answering(status, json.dumps(said).encode()) as address:
        found = watch.find_trouble(address)
    assert found is None if words is None else words in str(found)


@pytest.mark.parametrize(
    "body", [b"<html>", b"\xff", b"[" * 60_000, b""], ids=["page", "bytes", "deep", "nothing"]
)
def test_another_program_at_the_port_is_no_desk(body: bytes) -> None:
    with answering(200, body) as address:
        assert "another program" in str(watch.find_trouble(address))


def test_what_is_no_http_is_no_answer() -> None:
    with answering(200, b"", raw=b"SSH-2.0-OpenSSH\r\n") as address:
        assert "no answer" in str(watch.find_trouble(address))


@pytest.mark.parametrize(
    "arguments",
    [[], ["127.0.0.1"], ["http://[::1"], ["http://127.0.0.1:99999/"], ["http://127.0.0.1:1/", "soon"],
     ["http://127.0.0.1:1/", "nan"], ["http://127.0.0.1:1/", "1", "2"]],
    ids=["none", "no-scheme", "bracket", "port", "word", "nan", "many"],
)  # fmt: skip
def test_wrong_usage_is_two(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(Path(watch.__file__)), *arguments], capture_output=True, text=True, env=environment()
    )
    assert done.returncode == 2 and done.stderr.startswith("watch.py ") and len(done.stderr.splitlines()) == 1
