"""The desk's port: taken before anything is said or counted, so that no address of others is named."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from kiosk.cli.base import fail

if TYPE_CHECKING:
    from waitress.server import BaseWSGIServer, MultiSocketServer

#: Codes of `kiosk.error_catalogue.command_errors.SERVE` by what the system says; the numbers are Windows'.
_CODES = {errno.EADDRINUSE: "port_in_use", 10048: "port_in_use", errno.EACCES: "port_refused", 10013: "port_refused"}


def bind_server(app: Any, host: str, port: int, most: int) -> BaseWSGIServer | MultiSocketServer:
    """A server of `app` that has its port and answers once it is run; a body may have `most` bytes. Ends the command
    with one sentence when the port cannot be had."""
    import waitress

    from kiosk.error_catalogue.command_errors import SERVE

    try:
        return waitress.create_server(
            app, host=host, port=port, threads=4, ident=None, clear_untrusted_proxy_headers=True,
            max_request_body_size=most,
        )  # fmt: skip
    except (OSError, ValueError, OverflowError) as error:  # ValueError: a host that cannot be looked up
        code = _CODES.get(getattr(error, "errno", None) or 0, "bad_host")
        fail(SERVE, code, host=ascii(host)[1:81].rstrip("'"), port=port)


def server_address(server: Any, host: str) -> str:
    """Where a server listens, as a browser on this machine would ask: one address, the first of several."""
    port = server.effective_listen[0][1] if hasattr(server, "effective_listen") else server.effective_port
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
