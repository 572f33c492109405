"""The watchdog's check, with the standard library alone: `watch.py ADDRESS [SECONDS]`.

Exit 0 when the desk's server answers, 1 when a restart may help: no answer within 15 seconds (or SECONDS), or a store
that cannot be read. A full disk is no reason: a restart would not empty it.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request


def look(address: str) -> str | None:
    """What is wrong at `address`, or None."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(address, timeout=5).read()
        return None
    except urllib.error.HTTPError as answer:
        try:
            said = json.loads(answer.read())
        except ValueError:
            return f"answer {answer.code}"
        return f"the store: {said['error']}" if "error" in said else None
    except OSError as error:
        return f"no answer ({error})"


def main(address: str, seconds: float = 15) -> int:
    """Ask until all is well or the time is over; returns the exit code."""
    deadline = time.monotonic() + seconds
    while (wrong := look(address)) is not None:
        if time.monotonic() > deadline:
            print(wrong, file=sys.stderr)
            return 1
        time.sleep(1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(float, sys.argv[2:3])))
