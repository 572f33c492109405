"""Security headers of every answer of the tablet's server, error pages and static files included.

Nothing may be framed, loaded from elsewhere, sent elsewhere or sniffed; a page with faces is never kept by a cache. The
mark tells the tablet's script that this server spoke, and in which version, not a gateway on the way to it.
"""

from __future__ import annotations

from flask import Flask, Response, request

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
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

#: The header that says whose answer this is; its value is the version of the pages.
MARK = "X-Hailong"

#: Endpoints that are the same for everybody and may be kept: with a check each time, recordings for good.
KEPT = frozenset({"static", "rate.tokens_css", "prompts.media"})


def install_security_headers(app: Flask) -> None:
    """Set the headers on every answer of `app`."""
    version = app.extensions["settings"].version

    @app.after_request
    def set_headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        if not request.is_secure and request.host.partition(":")[0] not in ("127.0.0.1", "localhost"):
            del response.headers["Cross-Origin-Opener-Policy"]  # over plain http browsers ignore it, and complain
        response.headers[MARK] = version
        if request.endpoint == "health.healthz":  # what a tablet's own first page waits for
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.endpoint not in KEPT:
            response.headers["Cache-Control"] = "no-store"
        return response
