"""`hailong kiosk enrol`: pairing with a centre; and the demo's desk, which pairs itself."""

from __future__ import annotations

import click

from kiosk.cli.base import end_not_paired, open_store, print_result
from kiosk.cli.serve import serve_pages
from translations import gettext as _


@click.command()
@click.argument("centre_url")
@click.argument("code")
@click.option("--plain-http", is_flag=True, help="Pair over http with another machine: closed networks alone.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def enrol(centre_url: str, code: str, plain_http: bool, as_json: bool) -> None:
    """Pair this machine with the centre at CENTRE_URL (https://…) by a one-time CODE."""
    from kiosk.auth import pin
    from kiosk.desk import identity_copy
    from kiosk.sync import centre_address, enrolment
    from kiosk.sync.transport import HttpTransport
    from models import clock

    centre = centre_address.check_address(centre_url, plain_http=plain_http)
    database, settings = open_store()
    identity = enrolment.enrol(database, HttpTransport(centre), centre, code, clock.now(), settings)
    staff_pin = pin.draw_pin()
    with database.write() as session:
        pin.set_pin(session, staff_pin, clock.now())
        identity_copy.write_identity_copy(session, settings.instance)
    result = {"device": identity.device, "epoch": identity.epoch, "centre": identity.centre_url, "pin": staff_pin}
    print_result(result, as_json)
    if not as_json:
        click.echo(_("The PIN above is shown only this once: note it down for the officers at the desk. To change it: "
                     "hailong kiosk pin"))  # fmt: skip


@click.command(name="demo-serve", hidden=True)
@click.option("--centre", required=True)
@click.option("--code")
@click.option("--port", type=click.IntRange(1, 65535), default=8001)
def demo_serve(centre: str, code: str | None, port: int) -> None:
    """Pair the demo's desk if it is not yet, mint one slip to try, and serve."""
    from kiosk.auth import pin
    from kiosk.desk import device_key, state
    from kiosk.slips import minting
    from kiosk.sync import centre_address, enrolment
    from kiosk.sync.transport import HttpTransport
    from models import clock
    from models.vocabulary import Stage

    centre = centre_address.check_address(centre)
    database, settings = open_store()
    now = clock.now()
    with database.read() as session:
        identity = state.read_state(session).identity
    if identity is None and code:
        identity = enrolment.enrol(database, HttpTransport(centre), centre, code, now, settings)
    if identity is None:
        end_not_paired(settings)
    staff_pin = pin.draw_pin()  # another one each time: the demo has nobody to remember it
    with database.write() as session:
        pin.set_pin(session, staff_pin, now)
        state.write_state(
            session, centre_url=centre, public_url=centre
        )  # the demo's ports may change between two starts
        minted = minting.mint_slip(
            session,
            device_key.load_device_key(settings.key_file),
            now,
            stage=Stage.SUBMISSION,
            procedure="1.001193",
            due_days=3,
        )
    print_result({"device": identity.device, "slip_url": minted.url, "pin": staff_pin}, as_json=True)
    database.close()
    serve_pages("127.0.0.1", port)
