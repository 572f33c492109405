"""`hailong kiosk …`: the desk's commands.

Exit 0 on success, 2 on wrong usage, 1 with one sentence on stderr.
"""

from __future__ import annotations

import json
import math
import sys
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from kiosk import boot, health
from kiosk.auth import pin
from kiosk.cli import status_lines
from kiosk.cli.base import Commands, fail, not_paired, opened, say, store_failed
from kiosk.cli.bundle import bundle
from kiosk.cli.drill import drill
from kiosk.cli.listening import address, listen
from kiosk.cli.salvage import salvage_command
from kiosk.cli.slips import slip_command
from kiosk.cli.staff import export_command, pin_command, take_receipts_command
from kiosk.cli.starting import starting_command
from kiosk.desk import device_key, spare_copy, state
from kiosk.settings import Settings
from kiosk.slips import minting
from kiosk.sync import centre_address, client, enrolment
from kiosk.sync.loop import in_words, run_for_ever, run_once
from kiosk.sync.transport import HttpTransport
from kiosk.web import allowed_hosts
from models import clock
from models.storage import store_faults
from models.storage.process_lock import WriterLock
from models.vocabulary import Stage
from translations.formats import folded

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask import Flask

#: What is written here only staff see (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = False
ALREADY_SERVING = "already_serving", "Thiết bị này đang chạy ở một tiến trình khác. Dừng tiến trình đó trước."


class Seconds(click.FloatRange):
    """A time in seconds, above 0 and at most a day; neither NaN nor infinity."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        return number if math.isfinite(number) else self.fail(f"{value!r} is not a time in seconds.", param, ctx)


EVERY = Seconds(min=0, max=86_400, min_open=True)


@click.group(cls=Commands)
def cli() -> None:
    """The desk: ratings on a tablet, with or without a network."""


@cli.command()
@click.argument("centre_url")
@click.argument("code")
@click.option("--plain-http", is_flag=True, help="Pair over http with another machine: closed networks alone.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def enrol(centre_url: str, code: str, plain_http: bool, as_json: bool) -> None:
    """Pair this machine with the centre at CENTRE_URL (https://…) by a one-time CODE."""
    try:
        centre = centre_address.checked(centre_url, plain_http=plain_http)
    except centre_address.BadAddress as error:
        fail(error.code, str(error))
    database, settings = opened()
    try:
        identity = enrolment.enrol(database, HttpTransport(centre), centre, code, clock.now(), settings)
    except enrolment.PairingFailed as error:
        fail(error.code, str(error))
    staff_pin = pin.new()
    with database.write() as session:
        pin.set_pin(session, staff_pin, clock.now())
        spare_copy.write(session, settings.instance)
    result = {"device": identity.device, "epoch": identity.epoch, "centre": identity.centre_url, "pin": staff_pin}
    say(result, as_json)
    if not as_json:
        click.echo("Mã PIN trên chỉ hiện một lần này: ghi lại cho công chức trực quầy. Đổi: hailong kiosk pin")


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="0: any that is free.")
def serve(host: str, port: int) -> None:
    """Serve the tablet's pages."""
    _serve(host, port)


def _serve(host: str, port: int) -> None:
    from kiosk import MAX_REQUEST, beside, create_app
    from kiosk.slips import api

    clock.log_to_stderr()
    settings = Settings.load()
    app: Flask | None = None

    def pages(environ: WSGIEnvironment, respond: StartResponse) -> Iterable[bytes]:
        assert app is not None
        return app(environ, respond)

    if _served_elsewhere(settings):
        fail(*ALREADY_SERVING)
    server = listen(pages, host, port, MAX_REQUEST)  # before the start is counted, and before anything is said
    database = settings.database()
    shape = "process" if database.two_writers_safe else "thread"
    sender = threading.Thread(
        target=run_for_ever, args=(database, settings, 30.0, lambda outcome: None, threading.Event()), daemon=True
    )

    def begun() -> None:
        """What else this process does once the start is done, now or when the disk lets it."""
        with database.write() as session:
            state.write(session, sync_shape=shape)
        if shape == "thread" and sender.ident is None:
            sender.start()

    start = boot.Start(
        database, settings, counted=True, then=begun,
        secrets=((settings.instance / "kiosk.slips", api.secret),),  # for the one-stop software, before it asks
    )  # fmt: skip
    app = create_app(settings, start)
    if start.served_elsewhere:
        fail(*ALREADY_SERVING)
    beside(app)
    click.echo(f"{database.engine_name}; sync: {shape}; {address(server, host)}", err=True)
    if (warning := allowed_hosts.exposure(host, port)) is not None:
        click.echo(warning, err=True)
    server.run()


def _served_elsewhere(settings: Settings) -> bool:
    """Whether another process serves this desk: then its port is taken for that reason, and this is what is said."""
    try:
        lock = WriterLock(settings.serving_file)
    except OSError:
        return False
    lock.release()
    return not lock.taken


@cli.command(name="sync")
@click.option("--once", is_flag=True, help="Run once and end.")
@click.option("--every", type=EVERY, default=30.0, show_default=True, help="Seconds between two runs.")
@click.option("--json", "as_json", is_flag=True, help="Print what each run did as JSON.")
def sync_command(once: bool, every: float, as_json: bool) -> None:
    """Seal idle drafts, send what the centre has not signed for, fetch new reference data."""
    clock.log_to_stderr()
    database, settings = opened(strict=once)  # the service goes on with the usual settings
    if not database.two_writers_safe and not WriterLock(settings.serving_file).taken:
        fail(
            "serve_syncs", f"{database.engine_name} cho phép một tiến trình ghi; serve đang tự gửi. Không cần lệnh này."
        )
    with database.read() as session:
        if state.read(session).identity is None:
            not_paired(settings)

    def told(outcome: client.Outcome) -> None:
        if as_json:
            click.echo(json.dumps(outcome.as_json(), ensure_ascii=False))
        elif once:
            click.echo(in_words(outcome))

    if not once:
        run_for_ever(database, settings, every, told, threading.Event())
    try:
        outcome = run_once(database, settings)
    except Exception as error:  # a locked store, a full disk: one document and one sentence all the same
        told(client.Outcome("failed", detail=type(error).__name__))
        if isinstance(error, store_faults.FAILURES):
            store_failed(error)
        stays = status_lines.staying(database, settings)
        fail("failed", f"Lần gửi này dừng giữa chừng. {stays} ({type(error).__name__})")
    told(outcome)
    if outcome.state != "ok":
        why = "Chưa nối được với trung tâm." if outcome.state == "offline" else "Trung tâm chưa nhận phiếu của máy."
        what = ""
        if outcome.state == "forked" or outcome.closed:
            why = "Trung tâm không nhận thêm phiếu từ sổ này."
            what = " Không xóa gì trên máy này, gọi bộ phận hỗ trợ của tỉnh (HL-422)."
        stays = status_lines.staying(database, settings)
        fail(outcome.state, f"{why} {stays}{what} ({outcome.detail or outcome.state})")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(as_json: bool) -> None:
    """Say how the desk is, and what to do about it."""
    database, settings = opened()
    with database.read() as session:
        if as_json:
            say(health.status(session, settings), as_json)
        else:
            for line in status_lines.lines(session, settings, clock.now()):
                click.echo(folded(line, sys.stdout, status_lines.hang(line)))


for _command in (
    slip_command, pin_command, export_command, take_receipts_command, salvage_command, drill, bundle, starting_command
):
    cli.add_command(_command)


@cli.command(name="demo-serve", hidden=True)
@click.option("--centre", required=True)
@click.option("--code")
@click.option("--port", type=click.IntRange(1, 65535), default=8001)
def demo_serve(centre: str, code: str | None, port: int) -> None:
    """Pair the demo's desk if it is not yet, mint one slip to try, and serve."""
    try:
        centre = centre_address.checked(centre)
    except centre_address.BadAddress as error:
        fail(error.code, str(error))
    database, settings = opened()
    now = clock.now()
    with database.read() as session:
        identity = state.read(session).identity
    if identity is None and code:
        try:
            identity = enrolment.enrol(database, HttpTransport(centre), centre, code, now, settings)
        except enrolment.PairingFailed as error:
            fail(error.code, str(error))
    if identity is None:
        not_paired(settings)
    staff_pin = pin.new()  # another one each time: the demo has nobody to remember it
    with database.write() as session:
        pin.set_pin(session, staff_pin, now)
        state.write(session, centre_url=centre, public_url=centre)  # the demo's ports may change between two starts
        minted = minting.mint(
            session, device_key.load(settings.key_file), now, stage=Stage.SUBMISSION, procedure="1.001193", due_days=3
        )
    say({"device": identity.device, "slip_url": minted.url, "pin": staff_pin}, as_json=True)
    database.close()
    _serve("127.0.0.1", port)
