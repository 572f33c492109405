"""The centre's address as a person types it when a machine is paired.

From the answer at this address the machine takes the key that it believes from then on, so nobody on the way may answer
in the centre's place: TLS to every other machine. Plain http only to this very machine, or where somebody says that the
network is closed.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from kiosk.error_catalogue.pairing_errors import BadAddress as BadAddress
from translations import gettext as _

_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?")
LONGEST = 253


def check_address(typed: str, *, plain_http: bool = False) -> str:
    """The address without a slash at its end: scheme, name or figures, and port. Raises `BadAddress`."""
    text = typed.strip()
    address_text = ascii(text)[1:-1][:80]
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _bad(_("The centre's address cannot be read: %(shown)s", shown=address_text)) from None
    if "://" not in text:
        raise _bad(_("The centre's address lacks https:// at its beginning: %(shown)s", shown=address_text))
    if parts.scheme not in ("https", "http"):
        raise _bad(_("The centre's address must begin with https://: %(shown)s", shown=address_text))
    if parts.username is not None or parts.password is not None:
        raise _bad(_("The centre's address must hold no user name or password"))
    if parts.path not in ("", "/") or parts.query or parts.fragment or text.endswith(("?", "#")):
        raise _bad(_("Write only the name and port of the centre, no page: %(shown)s", shown=address_text))
    if not _is_host(host) or port == 0:
        raise _bad(_("The centre's name or port is wrong: %(shown)s", shown=address_text))
    if parts.scheme == "http" and not (plain_http or _is_here(host)):
        raise BadAddress("plain_http", shown=address_text)
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{'' if port is None else f':{port}'}"


def _bad(reason: str) -> BadAddress:
    return BadAddress("bad_address", what=reason)


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
