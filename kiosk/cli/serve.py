"""`hailong kiosk serve`: the tablet's pages, and the sender where one process alone may write."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from kiosk.cli.base import fail

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask import Flask

    from kiosk.settings import Settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="0: any that is free.")
def serve(host: str, port: int) -> None:
    """Serve the tablet's pages."""
    serve_pages(host, port)


def serve_pages(host: str, port: int) -> None:
    """Serve until the process is ended. Ends the command with one sentence when another one serves this desk, or when
    the port cannot be had."""
    from kiosk import MAX_REQUEST, add_idle_sweep, boot, create_app
    from kiosk.cli.server_port import bind_server, server_address
    from kiosk.desk import state
    from kiosk.error_catalogue.command_errors import SERVE
    from kiosk.settings import Settings
    from kiosk.slips import api
    from kiosk.sync.loop import run_for_ever
    from kiosk.web import allowed_hosts
    from models import clock

    clock.log_to_stderr()
    settings = Settings.load()
    app: Flask | None = None

    def pages(environ: WSGIEnvironment, respond: StartResponse) -> Iterable[bytes]:
        assert app is not None
        return app(environ, respond)

    if _served_elsewhere(settings):
        fail(SERVE, "already_serving")
    server = bind_server(pages, host, port, MAX_REQUEST)  # before the start is counted, and before anything is said
    database = settings.database()
    shape = "process" if database.two_writers_safe else "thread"
    sender = threading.Thread(
        target=run_for_ever, args=(database, settings, 30.0, lambda outcome: None, threading.Event()), daemon=True
    )

    def begun() -> None:
        """What else this process does once the start is done, now or when the disk lets it."""
        with database.write() as session:
            state.write_state(session, sync_shape=shape)
        if shape == "thread" and sender.ident is None:
            sender.start()

    start = boot.DeskStart(
        database,
        settings,
        counted=True,
        after_start=begun,
        secrets=(
            (settings.instance / "kiosk.slips", api.read_or_make_api_secret),
        ),  # for the one-stop software, before it asks
    )
    app = create_app(settings, start)
    if start.served_elsewhere:
        fail(SERVE, "already_serving")
    add_idle_sweep(app)
    click.echo(f"{database.engine_name}; sync: {shape}; {server_address(server, host)}", err=True)
    if (warning := allowed_hosts.describe_exposure(host, port)) is not None:
        click.echo(warning, err=True)
    server.run()


def _served_elsewhere(settings: Settings) -> bool:
    """Whether another process serves this desk: then its port is taken for that reason, and this is what is said."""
    from models.storage.process_lock import WriterLock

    try:
        lock = WriterLock(settings.serving_file)
    except OSError:
        return False
    lock.release()
    return not lock.taken
