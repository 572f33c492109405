"""`hailong admin devices`: pairing codes, the list of devices, approval of a key."""

from __future__ import annotations

import datetime
import json

import click
from sqlalchemy import select

from admin.cli.base import fail, opened, say, signing
from admin.devices import pairing
from models import clock
from models.keys import fingerprint
from models.tables.device import Device, Epoch, PairingCode


@click.group()
def devices() -> None:
    """Devices at the desks."""


@devices.command(name="enrol")
@click.argument("desk_code")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def devices_enrol(desk_code: str, as_json: bool) -> None:
    """Make a device for DESK_CODE and print its one-time pairing code."""
    database, _ = opened()
    try:
        at = signing(database)
        with database.write() as session:
            device, code, expires = pairing.offer(session, desk_code, at.ms, approved=True)
    except pairing.UnknownDesk:
        fail("unknown_desk", f"Không có quầy {desk_code}. Thêm quầy trước: hailong admin desks add …")
    until = datetime.datetime.fromtimestamp(expires / 1000, clock.HCM)
    say({"device": device, "code": code, "expires": until.isoformat(timespec="seconds")}, as_json)


@devices.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def devices_list(as_json: bool) -> None:
    """List devices with the fingerprint of their key."""
    database, _ = opened()
    with database.read() as session:
        keys = {epoch.device_id: epoch.vk for epoch in session.scalars(select(Epoch).order_by(Epoch.epoch))}
        keys |= {row.device_id: row.vk for row in session.scalars(select(PairingCode)) if row.vk}
        rows = [
            {"device": row.id, "desk": row.desk_code, "backlog": row.backlog,
             "state": "foreign" if row.foreign_ms and row.state == "active" else row.state,
             "last_seen": row.last_seen_ms, "fingerprint": fingerprint(keys[row.id]) if row.id in keys else None}
            for row in session.scalars(select(Device).order_by(Device.id))
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    for row in () if as_json else rows:
        click.echo(f"{row['device']:<19} {row['state']:<10} {row['desk'] or '':<20} {row['fingerprint'] or ''}")


@devices.command(name="approve")
@click.argument("device")
def devices_approve(device: str) -> None:
    """Approve the key that DEVICE shows; compare the fingerprints on both screens first."""
    database, _ = opened()
    at = signing(database)
    with database.write() as session:
        code = session.scalars(select(PairingCode).where(PairingCode.device_id == device)).first()
        if code is None or code.vk is None:
            fail("not_waiting", f"Thiết bị {device} không chờ duyệt.")
        code.approved = True
        code.expires_ms = at.ms + pairing.VALID_MS
    click.echo(device)
