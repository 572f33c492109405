"""Static files: style sheets, scripts and drawings, compressed, and kept while their bytes stay.

A cold tablet is drawn sooner so, on a slow wireless network too, and a page in hand needs nothing more from a desk that
has just gone silent. The address of such a file carries a mark of its content (`?v=…`); each is packed once, always to
the same bytes. Pages are not packed: they differ each time.
"""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from models import design_tokens

#: Endpoints whose answers are the same for everybody.
SAME = frozenset({"static", "rate.tokens_css"})
KINDS = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})


def install_static_files(app: Flask) -> None:
    """Mark the addresses of such files, let them be kept, and compress them for browsers that can read it."""
    packed: dict[tuple[str, str], bytes] = {}
    marks: dict[str, str] = {}
    folder = Path(app.static_folder or "")

    @app.url_defaults
    def mark(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint in SAME:
            name = str(values.get("filename", ""))
            if name not in marks:
                content = (folder / name).read_bytes() if name else design_tokens.css().encode()
                marks[name] = hashlib.sha256(content).hexdigest()[:8]
            values["v"] = marks[name]

    @app.after_request
    def pack(response: Response) -> Response:
        if request.endpoint not in SAME or response.status_code not in (200, 304):
            return response
        named = request.args.get("v") == marks.get((request.view_args or {}).get("filename", ""), "")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if named else "no-cache"
        if response.mimetype not in KINDS:
            return response
        response.vary.add("Accept-Encoding")
        tag = response.get_etag()[0]
        if response.status_code != 200 or tag is None or request.accept_encodings["gzip"] <= 0:
            return response
        key = request.path, tag
        if key not in packed:
            response.direct_passthrough = False
            packed[key] = gzip.compress(response.get_data(), 9, mtime=0)
        response.set_data(packed[key])
        response.content_encoding = "gzip"
        response.set_etag(f"{tag}-gzip")
        response.make_conditional(request)
        return response
