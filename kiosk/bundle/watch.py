"""The watchdog's check, with the standard library alone: `watch.py ADDRESS [SECONDS]`.

Exit 0 when the desk's server answers, 1 when a restart may help: no answer within 15 seconds (or SECONDS), an answer
that is not the desk's, or a store that cannot be read. A full disk is no reason: a restart would not empty it. Exit 2
with the usage for anything else than these arguments.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

#: The longest answer that is read (bytes).
MOST = 64 * 1024


def find_trouble(address: str) -> str | None:
    """What is wrong at `address`, or None."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        try:
            answer = opener.open(address, timeout=5)
        except urllib.error.HTTPError as error:
            answer = error
        health = json.loads(answer.read(MOST))
    except (ValueError, RecursionError):
        health = None
    except (OSError, http.client.HTTPException) as error:
        return f"no answer ({error!r})"
    if not isinstance(health, dict) or "ok" not in health:
        return f"another program answers at this address (HTTP {answer.status})"
    return f"the store: {health['error']}" if "error" in health else None


def main(address: str, seconds: float = 15) -> int:
    """Ask until all is well or the time is over; returns the exit code."""
    deadline = time.monotonic() + seconds
    while (wrong := find_trouble(address)) is not None:
        if time.monotonic() > deadline:
            print(wrong, file=sys.stderr)
            return 1
        time.sleep(1)
    return 0


def _arguments(arguments: list[str]) -> tuple[str, float] | None:
    try:
        address, seconds = arguments[0], float(arguments[1]) if len(arguments) == 2 else 15.0
        good = urllib.parse.urlsplit(address).scheme == "http" and urllib.parse.urlsplit(address).port != 0
    except (ValueError, IndexError):
        return None
    return (address, seconds) if good and len(arguments) <= 2 and 0 <= seconds <= 3600 else None


if __name__ == "__main__":
    asked = _arguments(sys.argv[1:])
    if asked is None:
        print("watch.py http://ADDRESS:PORT/healthz [SECONDS]", file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*asked))
