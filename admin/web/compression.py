"""Compression of style sheets and scripts, for phones with a weak network.

Pages are sent as they are: beside what somebody wrote, the length of a compressed page would tell of its seals.
"""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

COMPRESSED = frozenset({"text/css", "text/javascript"})
#: Below this many bytes nothing is gained.
LEAST = 500


def install_compression(app: Flask) -> None:
    """Compress what is the same for everybody, where the browser takes it."""

    @app.after_request
    def compress(response: Response) -> Response:
        if response.mimetype not in COMPRESSED:
            return response
        response.vary.add("Accept-Encoding")
        if response.status_code != 200 or request.method == "HEAD" or not request.accept_encodings["gzip"]:
            return response
        response.direct_passthrough = False
        data = response.get_data()
        if len(data) < LEAST or "Content-Encoding" in response.headers or "Range" in request.headers:
            return response
        response.set_data(gzip.compress(data, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        tag, _weak = response.get_etag()
        if tag:
            response.set_etag(tag, weak=True)  # other bytes, the same content
        return response
