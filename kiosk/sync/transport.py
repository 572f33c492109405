"""The transport of requests to the centre and back; only a signed reply proves anything.

The seam where tests lose replies, delay, cut and lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

CONNECT_SECONDS = 5
READ_SECONDS = 20
MAX_REPLY = 4 << 20


class NoAnswer(Exception):
    """Nothing usable came back: no network, a time-out, a closed connection."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An HTTP status and a body."""

    status: int
    body: bytes
    retry_after: int | None = None


class Transport(Protocol):
    """What sync needs of a network."""

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> HttpAnswer:
        """Send `body` to `path` at the centre. Raises `NoAnswer`."""


class HttpTransport:
    """The real one: no redirects, no retries of its own, proxies as the machine is set up."""

    def __init__(self, base_url: str) -> None:
        import urllib3

        self._base = base_url.rstrip("/")
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS), retries=False, maxsize=1
        )

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> HttpAnswer:
        """Send `body` to `path` at the centre. Raises `NoAnswer`."""
        import urllib3

        try:
            response = self._pool.request(
                "POST", self._base + path, body=body, headers=headers, redirect=False, preload_content=False
            )
            try:
                data = response.read(MAX_REPLY + 1)
            finally:
                response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NoAnswer(type(error).__name__) from error
        if len(data) > MAX_REPLY:
            raise NoAnswer("reply too large")
        after = response.headers.get("Retry-After", "")
        return HttpAnswer(response.status, data, int(after) if after.isdecimal() else None)
