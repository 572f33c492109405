"""Security headers of every answer the centre gives, error pages and static files included.

Nothing may be framed, loaded from elsewhere, sent elsewhere or sniffed; what staff see is never kept by a cache. A part
of the centre that is stricter with itself keeps its own value.
"""

from __future__ import annotations

from flask import Flask, Response, request

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "connect-src 'self'",
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

#: A year, as ASVS 3.4.1 asks; sent only by a centre that is reached by https.
TRANSPORT = "max-age=31536000; includeSubDomains"

#: Endpoints that are the same for everybody and may be kept, with a check each time.
KEPT = frozenset({"static", "shell.tokens_css"})


def install_security_headers(app: Flask, *, https: bool) -> None:
    """Set the headers on every answer of `app`."""

    @app.after_request
    def set_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if https:
            response.headers.setdefault("Strict-Transport-Security", TRANSPORT)
        if request.endpoint not in KEPT:
            response.headers.setdefault("Cache-Control", "no-store")
        return response
