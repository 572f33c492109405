"""The centre's address as a person types it when a machine is paired.

From the answer at this address the machine takes the key that it believes from then on, so nobody on the way may answer
in the centre's place: TLS to every other machine. Plain http only to this very machine, or where somebody says that the
network is closed.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?")
LONGEST = 253


class BadAddress(ValueError):
    """Not an address to pair with: `code` is stable, the text says what to type. Nothing was asked or changed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def checked(typed: str, *, plain_http: bool = False) -> str:
    """The address without a slash at its end: scheme, name or figures, and port. Raises `BadAddress`."""
    text = typed.strip()
    shown = ascii(text)[1:-1][:80]
    example = "Viết như: https://hailong.tinh.gov.vn"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadAddress("bad_address", f"Địa chỉ trung tâm không đọc được: {shown}. {example}") from None
    if "://" not in text:
        raise BadAddress("bad_address", f"Địa chỉ trung tâm thiếu https:// ở đầu: {shown}. {example}")
    if parts.scheme not in ("https", "http"):
        raise BadAddress("bad_address", f"Địa chỉ trung tâm phải bắt đầu bằng https://: {shown}. {example}")
    if parts.username is not None or parts.password is not None:
        raise BadAddress("bad_address", f"Địa chỉ trung tâm không được chứa tên đăng nhập hay mật khẩu. {example}")
    if parts.path not in ("", "/") or parts.query or parts.fragment or text.endswith(("?", "#")):
        raise BadAddress("bad_address", f"Chỉ viết tên máy và cổng của trung tâm, không viết trang: {shown}. {example}")
    if not _is_host(host) or port == 0:
        raise BadAddress("bad_address", f"Tên máy hoặc cổng của trung tâm không đúng: {shown}. {example}")
    if parts.scheme == "http" and not (plain_http or _is_here(host)):
        raise BadAddress(
            "plain_http",
            f"Địa chỉ {shown} không mã hóa: kẻ đứng giữa có thể giả làm trung tâm. Máy chưa được ghép; dùng https://. "
            "Chỉ trong mạng riêng đã khép kín mới thêm --plain-http.",
        )
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{'' if port is None else f':{port}'}"


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
        return True
    except ValueError:
        return len(host) <= LONGEST and _NAME.fullmatch(host) is not None and not host.replace(".", "").isdecimal()


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
