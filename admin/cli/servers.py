"""Servers of the centre: `hailong admin serve`, or another one that asks for the WSGI application.

The address is taken first and printed when it is ours. A store that is away at the start is told: the command ends,
for whoever started it looks or starts it again; another server's worker waits for it and is then begun anew.
"""

from __future__ import annotations

import errno
import itertools
import logging
import os
import re
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from admin.cli import failures
from admin.cli.base import fail
from admin.settings import Settings
from models import clock
from models.migrations import migrate
from models.migrations.migrate import SchemaState
from models.storage.store_faults import FAILURES, StoreFault, classify_fault
from models.tables.declarative_base import CENTRAL
from translations import gettext
from translations.terminal.system_errors import system_reason

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)
BACKLOG = 1024
#: The exit code by which a worker of gunicorn says that starting it again is no use.
CANNOT_LOAD = 4
#: How long a worker waits for a store that is away, deaf to being ended meanwhile; how often it looks.
WAIT_MS = 4_000
AGAIN_SECONDS = 2.0


def serve_centre(host: str, port: int, threads: int) -> None:
    """Serve the centre at an address until it is ended; exits 1 with one sentence when the address cannot be taken."""
    import waitress

    from admin import create_app, jobs

    clock.log_to_stderr()
    sockets = bind_sockets(host, port)
    app = create_app(Settings.load())
    server = waitress.create_server(
        app, sockets=sockets, threads=threads, ident=None,
        clear_untrusted_proxy_headers=False,  # `admin.web.client_network` reads one, of listed proxies alone
        max_request_body_size=app.config["MAX_CONTENT_LENGTH"],
    )  # fmt: skip
    jobs.start_jobs_thread(app)
    url_host = f"[{host}]" if ":" in host else host
    click.echo(f"http://{url_host}:{sockets[0].getsockname()[1]}", err=True)
    server.run()


def bind_sockets(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen at every address of `host`; port 0 is any that is free. Exits 1 with `port_in_use`,
    `bad_host` or `port_refused`."""
    try:
        if not host.strip():
            raise OSError
        address_infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        _bad_host(host)
    listening: list[socket.socket] = []
    for family, form, protocol, _, address in dict.fromkeys(address_infos):
        try:
            listening.append(_bind_socket(family, form, protocol, (address[0], port, *address[2:])))
        except OSError as error:
            for one in listening:
                one.close()
            _refused(error, host, port)
        port = port or listening[0].getsockname()[1]
    return listening


def _bind_socket(family: int, form: int, protocol: int, address: tuple[object, ...]) -> socket.socket:
    listener = socket.socket(family, form, protocol)
    try:
        if os.name != "nt":  # there it would share the port with whoever has it
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _refused(error: OSError, host: str, port: int) -> NoReturn:
    match error.errno:
        case errno.EADDRINUSE:
            fail("port_in_use", gettext(
                "Port %(port)s is taken, nothing is running. Stop the other program or choose another --port.",
                port=port,
            ))
        case errno.EADDRNOTAVAIL | errno.EAFNOSUPPORT:
            _bad_host(host)
    fail("port_refused", gettext(
        "This machine does not let port %(port)s be used (%(why)s). Nothing is running. Choose --port from 1024 on.",
        port=port, why=system_reason(error),
    ))  # fmt: skip


def _bad_host(host: str) -> NoReturn:
    fail("bad_host", gettext(
        "«%(host)s» is no address of this machine. Nothing is running. Use 127.0.0.1 or 0.0.0.0.", host=host
    ))


def build_application() -> Flask:
    """The centre's WSGI application with its jobs, for another server. A store that is away is waited for; in the end,
    or with what it cannot run with, one line on stderr and an exit: 1 is to be started again, 4 is not."""
    from admin import jobs

    clock.log_to_stderr()
    until = clock.now().mono + WAIT_MS
    while True:
        try:
            app = _create_app()
            app.extensions["processes"] = count_processes(sys.argv, os.environ)
            return jobs.start_jobs_thread(app)
        except Exception as error:
            if (description := failures.describe_failure(error)) is None:
                raise
            if not (isinstance(error, FAILURES) and classify_fault(error) in (StoreFault.UNREACHABLE, StoreFault.BUSY)):
                _stop(*description, CANNOT_LOAD)
            if clock.now().mono > until:
                _stop(*description, 1)
            log.error("%s: %s", *description)
        time.sleep(AGAIN_SECONDS)


def count_processes(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """How many processes serve beside each other, as gunicorn is told: by `--workers`, its `GUNICORN_CMD_ARGS` or
    `WEB_CONCURRENCY`; one where it is told nothing."""
    number = environment.get("WEB_CONCURRENCY", "")
    arguments = [*environment.get("GUNICORN_CMD_ARGS", "").split(), *words]
    for word, after in itertools.pairwise([*arguments, ""]):
        if word in ("-w", "--workers"):
            number = after
        elif match := re.fullmatch(r"(?:-w|--workers=)([0-9]+)", word):
            number = match[1]
    return max(1, int(number)) if number.isdecimal() else 1


def _create_app() -> Flask:
    from admin import create_app

    settings = Settings.load()
    if absent := failures.describe_missing_store(settings.database_url):
        _stop(*absent, CANNOT_LOAD)
    at = migrate.read_schema_state(settings.database(), CENTRAL)
    if at is not SchemaState.PRESENT:
        _stop(*failures.describe_schema_state(at), CANNOT_LOAD)
    return create_app(settings)


def _stop(code: str, sentence: str, status: int) -> NoReturn:
    click.echo(f"{code}: {sentence}", err=True)
    sys.exit(status)
