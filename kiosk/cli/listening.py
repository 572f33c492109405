"""The desk's port: taken before anything is said or counted, so that no address of others is named."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from kiosk.cli.base import fail

if TYPE_CHECKING:
    from waitress.server import BaseWSGIServer, MultiSocketServer

_PORT_IN_USE = (
    "port_in_use", "Cổng {port} tại {host} đang do một chương trình khác dùng. Chưa có gì thay đổi. "
    "Dừng chương trình đó, hoặc chọn cổng khác: --port N"
)  # fmt: skip
_NOT_ALLOWED = (
    "port_refused", "Tài khoản này không được mở cổng {port}. Chưa có gì thay đổi. Chọn cổng từ 1024 trở lên: --port N"
)  # fmt: skip
_BAD_HOST = (
    "bad_host", "Máy này không có địa chỉ {host}. Chưa có gì thay đổi. "
    "Dùng 127.0.0.1 (chỉ máy này), 0.0.0.0 (mạng LAN) hoặc một địa chỉ của máy: --host"
)  # fmt: skip


def listen(app: Any, host: str, port: int, most: int) -> BaseWSGIServer | MultiSocketServer:
    """A server of `app` that has its port and answers once it is run; a body may have `most` bytes. Ends the command
    with one sentence when the port cannot be had."""
    import waitress

    try:
        return waitress.create_server(
            app, host=host, port=port, threads=4, ident=None, clear_untrusted_proxy_headers=True,
            max_request_body_size=most,
        )  # fmt: skip
    except (OSError, ValueError, OverflowError) as error:  # ValueError: a host that cannot be looked up
        number = getattr(error, "errno", None)
        known = {errno.EADDRINUSE: _PORT_IN_USE, errno.EACCES: _NOT_ALLOWED, 10013: _NOT_ALLOWED, 10048: _PORT_IN_USE}
        code, sentence = known.get(number or 0, _BAD_HOST)
        fail(code, sentence.format(host=ascii(host)[1:81].rstrip("'"), port=port))


def address(server: Any, host: str) -> str:
    """Where a server listens, as a browser on this machine would ask: one address, the first of several."""
    port = server.effective_listen[0][1] if hasattr(server, "effective_listen") else server.effective_port
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
