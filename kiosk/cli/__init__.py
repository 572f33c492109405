"""`hailong kiosk …`: the desk's commands.

Exit 0 on success, 2 on wrong usage, 1 with one sentence on stderr.
"""

from __future__ import annotations

import json
import threading

import click

from kiosk import boot, health
from kiosk.auth import pin
from kiosk.cli.base import Commands, fail, not_paired, opened, say
from kiosk.cli.bundle import bundle
from kiosk.cli.drill import drill
from kiosk.cli.salvage import salvage_command
from kiosk.cli.slips import slip_command
from kiosk.cli.staff import export_command, pin_command, take_receipts_command
from kiosk.cli.starting import starting_command
from kiosk.desk import device_key, spare_copy, state
from kiosk.desk.writer_lock import WriterLock
from kiosk.settings import Settings
from kiosk.slips import minting
from kiosk.sync import client, enrolment
from kiosk.sync.loop import run_for_ever, run_once
from kiosk.sync.transport import HttpTransport
from kiosk.web import allowed_hosts
from models import clock
from models.vocabulary import Stage

#: What is written here only staff see (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = False


@click.group(cls=Commands)
def cli() -> None:
    """The desk: ratings on a tablet, with or without a network."""


@cli.command()
@click.argument("centre_url")
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def enrol(centre_url: str, code: str, as_json: bool) -> None:
    """Pair this machine with the centre at CENTRE_URL by a one-time CODE."""
    database, settings = opened()
    try:
        identity = enrolment.enrol(database, HttpTransport(centre_url), centre_url, code, clock.now(), settings)
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
@click.option("--port", default=8001, show_default=True)
def serve(host: str, port: int) -> None:
    """Serve the tablet's pages."""
    _serve(host, port)


def _serve(host: str, port: int) -> None:
    import waitress

    from kiosk import MAX_REQUEST, create_app
    from kiosk.slips import api

    settings = Settings.load()
    database = settings.database()
    shape = "process" if database.two_writers_safe else "thread"
    sender = threading.Thread(
        target=run_for_ever, args=(database, settings, 30.0, lambda outcome: None, threading.Event()), daemon=True
    )

    def begun() -> None:
        """What else this process does once the start is done, now or when the disk lets it."""
        with database.write() as session:
            state.remember(session, sync_shape=shape)
        if shape == "thread" and sender.ident is None:
            sender.start()

    start = boot.Start(
        database, settings, counted=True, then=begun,
        secrets=((settings.instance / "kiosk.slips", api.secret),),  # for the one-stop software, before it asks
    )  # fmt: skip
    app = create_app(settings, start)
    if start.served_elsewhere:
        fail("already_serving", "Thiết bị này đang chạy ở một tiến trình khác. Dừng tiến trình đó trước.")
    click.echo(f"{database.engine_name}; sync: {shape}; http://{host}:{port}", err=True)
    if (warning := allowed_hosts.exposure(host, port)) is not None:
        click.echo(warning, err=True)
    waitress.serve(app, host=host, port=port, threads=4, ident=None, clear_untrusted_proxy_headers=True,
        max_request_body_size=MAX_REQUEST,
    )


@cli.command(name="sync")
@click.option("--once", is_flag=True, help="Run once and end.")
@click.option("--every", default=30.0, show_default=True, help="Seconds between two runs.")
@click.option("--json", "as_json", is_flag=True, help="Print what each run did as JSON.")
def sync_command(once: bool, every: float, as_json: bool) -> None:
    """Seal idle drafts, send what the centre has not signed for, fetch new reference data."""
    database, settings = opened()
    if not database.two_writers_safe and not WriterLock(settings.instance / "kiosk.serving").taken:
        fail(
            "serve_syncs", f"{database.engine_name} cho phép một tiến trình ghi; serve đang tự gửi. Không cần lệnh này."
        )
    with database.read() as session:
        if state.identity(session) is None:
            not_paired(settings)

    def told(outcome: client.Outcome) -> None:
        if as_json:
            click.echo(json.dumps(outcome.as_json(), ensure_ascii=False))
        elif once or outcome.sent or outcome.state != "ok":
            click.echo(f"{outcome.state}: sent {outcome.sent}, waiting {outcome.waiting} {outcome.detail}".rstrip())

    if not once:
        run_for_ever(database, settings, every, told, threading.Event())
    try:
        outcome = run_once(database, settings)
    except Exception as error:  # a locked store, a full disk: one document and one sentence all the same
        outcome = client.Outcome("failed", detail=type(error).__name__)
    told(outcome)
    if outcome.state != "ok":
        fail(outcome.state, f"Phiếu còn nguyên trên máy; sẽ gửi lại khi có mạng. ({outcome.detail or outcome.state})")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(as_json: bool) -> None:
    """Say how the desk is."""
    database, settings = opened()
    with database.read() as session:
        say(health.status(session, settings), as_json)


for _command in (
    slip_command, pin_command, export_command, take_receipts_command, salvage_command, drill, bundle, starting_command
):
    cli.add_command(_command)


@cli.command(name="demo-serve", hidden=True)
@click.option("--centre", required=True)
@click.option("--code")
@click.option("--port", default=8001)
def demo_serve(centre: str, code: str | None, port: int) -> None:
    """Pair the demo's desk if it is not yet, mint one slip to try, and serve."""
    database, settings = opened()
    now = clock.now()
    with database.read() as session:
        identity = state.identity(session)
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
        state.remember(session, centre_url=centre, public_url=centre)  # the demo's ports may change between two starts
        minted = minting.mint(
            session, device_key.load(settings.key_file), now, stage=Stage.SUBMISSION, procedure="1.001193", due_days=3
        )
    say({"device": identity.device, "slip_url": minted.url, "pin": staff_pin}, as_json=True)
    database.close()
    _serve("127.0.0.1", port)
