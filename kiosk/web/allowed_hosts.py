"""Allowed hosts: the names by which the desk may be called.

A page of another web site must not reach it under a name of its own.

A hostile name can be made to point at a desk's address (DNS rebinding); the browser then takes the desk for that site
and lets its scripts read and send. What the browser cannot be made to say is a wrong `Host`: an address in figures is
the one it really talks to. So figures are taken, this machine's own name, `localhost`, and what `kiosk.cfg` lists
([kiosk] hosts); every other name is refused before anything is looked at.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

from flask import Flask, request

from kiosk.error_catalogue.page_errors import PageError
from translations import gettext as _


def parse_host_name(host: str) -> str:
    """The name or address in a `Host` header, without port and brackets, in small letters."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0].rstrip(".") if host.count(":") == 1 else host.rstrip(".")


def is_allowed_host(host: str, names: Iterable[str]) -> bool:
    """Whether a request that names `host` may be answered, `names` being the desk's own."""
    name = parse_host_name(host)
    try:
        ipaddress.ip_address(name.partition("%")[0])
        return True
    except ValueError:
        return name == "localhost" or name.endswith(".localhost") or name in names


def list_own_names(config_names: Iterable[str]) -> frozenset[str]:
    """This machine's name, alone and as `.local`, and those that `kiosk.cfg` lists."""
    machine = socket.gethostname().lower()
    return frozenset(
        {machine, f"{machine.partition('.')[0]}.local", *(parse_host_name(name) for name in config_names)} - {""}
    )


def describe_exposure(host: str, port: int) -> str | None:
    """One line about serving at `host`, or None when only this machine can reach it."""
    if parse_host_name(host) == "localhost" or host == "::1" or host.startswith("127."):
        return None
    return _("Port %(port)s is open to the network: let only the desk's own LAN reach it (firewall).", port=port)


def install_host_check(app: Flask, config_names: Iterable[str]) -> None:
    """Refuse requests to `app` that name another host."""
    names = list_own_names(config_names)

    @app.before_request
    def named() -> None:
        if not is_allowed_host(request.headers.get("Host", "localhost"), names):
            raise PageError("wrong_host")
