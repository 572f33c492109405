"""The headers of every answer the tablet's server gives, error pages and static files included.

Nothing may be framed, loaded from elsewhere, sent elsewhere or sniffed; a page with faces is never kept by a cache.
"""

from __future__ import annotations

from flask import Flask, Response, request

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), payment=()",
}

#: Endpoints that are the same for everybody and may be kept, with a check each time.
KEPT = frozenset({"static", "rate.tokens_css"})


def install(app: Flask) -> None:
    """Set the headers on every answer of `app`."""

    @app.after_request
    def set_headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        if request.endpoint not in KEPT:
            response.headers["Cache-Control"] = "no-store"
        return response
