"""The client of a request, as far as its connection tells: a name for the network it came from.

A whole office shares one address, so this is a weak sign: limits by it are high, and never the only way in. No address
is kept or written anywhere. What is counted is an HMAC under a key that is drawn when the process starts and dies with
it; an IPv6 client is its /64, for it has all of that.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Collection

from flask import Request, current_app

_KEY = secrets.token_bytes(32)
#: Where nothing can be read of it, all such clients are one.
_UNKNOWN = "unknown"
#: Who asks through a socket of this machine's file system is on this machine.
_SOCKET = "127.0.0.1"


def network_name(request: Request) -> str:
    """Under what name the network of a request is counted: 24 hex characters, others after a restart."""
    address = _client_address(request, current_app.extensions["settings"].proxies)
    return hmac.digest(_KEY, address.encode(), hashlib.sha256).hex()[:24]


def _client_address(request: Request, proxies: Collection[str]) -> str:
    """The network of whoever asks. A listed proxy is believed about whom it asks for, and nobody else is: the last
    address of `X-Forwarded-For` that is not a listed proxy's."""
    address = _normalise_address(request.environ.get("REMOTE_ADDR", "") or _SOCKET)
    if address not in proxies:
        return _of(address)
    hops = [
        _normalise_address(hop)
        for hop in ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
        if hop.strip()
    ]
    return _of(next((hop for hop in reversed(hops) if hop not in proxies), address))


def _normalise_address(text: str) -> str:
    """An address in its one spelling; empty for what is none. Some proxies write a port behind it."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return str(mapped or ip)


def _of(address: str) -> str:
    if not address:
        return _UNKNOWN
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return address
