"""The guard before every door: nothing is taken, kept or signed while the centre's clock may lie.

Whatever changes something is behind it, and the citizens' pages, which would else invite an answer that cannot be
taken. Staff go on reading, and may sign in and out.
"""

from __future__ import annotations

from flask import Flask, current_app, g, request

from admin.ledgers import centre_clock
from admin.ledgers.centre_clock import ClockReading
from models.storage.database import Database

_READING = ("GET", "HEAD", "OPTIONS")
#: Signing in and out changes nothing that the clock decides for ever.
_OPEN = ("staff",)
#: Here reading is as good as beginning to write.
_CLOSED = ("survey",)


def read_request_clock() -> ClockReading:
    """The centre's clock for this request: the same from its beginning to its end. Raises `ClockDoubted`."""
    if "clock_reading" not in g:
        database: Database = current_app.extensions["database"]
        with database.read() as session:
            g.clock_reading = centre_clock.require_trusted_clock(session, current_app.extensions["clock"]().t)
    reading: ClockReading = g.clock_reading
    return reading


def install_clock_guard(app: Flask) -> None:
    """Let no request of `app` pass that would write by a clock that may lie (`ClockDoubted`)."""

    @app.before_request
    def guard() -> None:
        part = (request.endpoint or "").partition(".")[0]
        writes = request.method not in _READING and part not in _OPEN
        if request.endpoint is not None and (writes or part in _CLOSED):
            read_request_clock()
