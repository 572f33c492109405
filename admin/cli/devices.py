"""`hailong admin devices`: pairing codes, the list of devices, approval, and withdrawal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from admin.cli.base import (
    fail,
    open_store,
    print_json,
    print_result,
    print_sentence,
    print_warning,
    require_signing_clock,
)
from translations import gettext, lazy, ngettext
from translations.terminal.groups import TranslatedGroup

if TYPE_CHECKING:
    from admin.devices import withdrawal


@click.group(cls=TranslatedGroup)
def devices() -> None:
    """Devices at the desks."""


@devices.command(name="enrol")
@click.argument("desk_code")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def devices_enrol(desk_code: str, as_json: bool) -> None:
    """Make a device for DESK_CODE and print its one-time pairing code."""
    import datetime

    from admin.devices import pairing
    from models import clock

    database, _ = open_store()
    try:
        at = require_signing_clock(database)
        with database.write() as session:
            device, code, expires = pairing.offer_pairing(session, desk_code, at.ms, approved=True)
    except pairing.UnknownDesk:
        fail("unknown_desk", gettext(
            "There is no desk %(desk)s. Add the desk first: hailong admin desks add …", desk=desk_code
        ))  # fmt: skip
    until = datetime.datetime.fromtimestamp(expires / 1000, clock.HCM)
    print_result({"device": device, "code": code, "expires": until.isoformat(timespec="seconds")}, as_json)


@devices.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def devices_list(as_json: bool) -> None:
    """List devices with the fingerprint of their key."""
    from sqlalchemy import select

    from models.keys import fingerprint
    from models.tables.device import Device, Epoch, PairingCode

    database, _ = open_store()
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
        print_json(rows)
    for row in () if as_json else rows:
        state = str(_STATES.get(str(row["state"]), row["state"]))
        click.echo(f"{row['device']:<19} {state:<14} {row['desk'] or '':<20} {row['fingerprint'] or ''}")


@devices.command(name="approve")
@click.argument("device")
def devices_approve(device: str) -> None:
    """Approve the key that DEVICE shows; compare the fingerprints on both screens first."""
    from sqlalchemy import select

    from admin.devices import pairing
    from models.tables.device import Device, PairingCode

    database, _ = open_store()
    at = require_signing_clock(database)
    with database.write() as session:
        code = session.scalars(select(PairingCode).where(PairingCode.device_id == device)).first()
        device_row = session.get(Device, device)
        if code is None or code.vk is None or device_row is None or device_row.state not in pairing.PAIRABLE:
            fail("not_waiting", gettext("The device %(device)s does not wait for approval.", device=device))
        code.approved = True
        code.expires_ms = at.ms + pairing.VALID_MS
    click.echo(device)


@devices.command(name="suspend")
@click.argument("device")
def devices_suspend(device: str) -> None:
    """Take nothing from DEVICE and give it nothing until it is resumed; its slips work."""
    _act(device, "suspend")
    print_sentence(gettext(
        "%(device)s: suspended. It still takes ratings and keeps them. To resume: hailong admin devices resume "
        "%(device)s", device=device,
    ))  # fmt: skip


@devices.command(name="resume")
@click.argument("device")
def devices_resume(device: str) -> None:
    """Take from DEVICE again, which was suspended, or reported lost and found as it was."""
    from admin.devices import withdrawal
    from models.vocabulary import DeviceState

    _act(device, "resume")
    database, _ = open_store()
    with database.read() as session:
        state = withdrawal.find_desk_device(session, device).state
    if state == DeviceState.FORKED:
        print_sentence(gettext(
            "%(device)s: no longer suspended or reported lost, but its ledger has parted into two and must be looked "
            "at before it is used again.", device=device,
        ))  # fmt: skip
        return
    print_sentence(gettext("%(device)s: in use again. It sends what it kept by itself.", device=device))


@devices.command(name="lost")
@click.argument("device")
@click.option("--yes", is_flag=True, help="Do it; without this only what it means is said.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def devices_lost(device: str, yes: bool, as_json: bool) -> None:
    """Report DEVICE lost: nothing is taken from it or given to it; slips it made before now work on."""
    _withdraw(device, "lost", yes, as_json)


@devices.command(name="revoke")
@click.argument("device")
@click.option("--yes", is_flag=True, help="Do it; without this only what it means is said.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def devices_revoke(device: str, yes: bool, as_json: bool) -> None:
    """Revoke DEVICE for good (stolen, copied): nothing is taken or given, and none of its slips works any more."""
    _withdraw(device, "revoke", yes, as_json)


#: The state of a device → its word in the list.
_STATES = {
    "new": lazy("not paired yet"), "pending": lazy("waits"), "active": lazy("in use"), "suspended": lazy("suspended"),
    "forked": lazy("two ledgers"), "lost": lazy("lost"), "revoked": lazy("revoked"), "foreign": lazy("another centre"),
}  # fmt: skip
_NOTHING_TAKEN = lazy(
    "The centre takes nothing more from this device and gives it nothing; answers still on it will not be taken."
)


def _meaning(act: str, effect: withdrawal.WithdrawalEffect) -> list[str]:
    """What it means that a device is reported lost or revoked, a sentence each; it is told before it is done."""
    lines = [str(_NOTHING_TAKEN)]
    if act == "lost":
        lines += [
            ngettext(
                "%(n)s QR slip that was printed and not used works until it expires; a slip that names a time of print "
                "after now does not.",
                "%(n)s QR slips that were printed and not used work until they expire; a slip that names a time of "
                "print after now does not.", effect.slips,
            ),
            gettext(
                "Whoever holds the device can still print slips that name an earlier time: if it was stolen, use "
                "hailong admin devices revoke."
            ),
        ]  # fmt: skip
    else:
        lines += [
            ngettext(
                "%(n)s QR slip that was printed and not used will NOT work any more; answers already given still "
                "count.",
                "%(n)s QR slips that were printed and not used will NOT work any more; answers already given still "
                "count.", effect.slips,
            ),
            gettext("This device cannot be taken back into use."),
        ]  # fmt: skip
    if effect.missing:
        lines.append(ngettext(
            "%(n)s line of the device's ledger was seen from outside and did not come to the centre: count it as gone.",
            "%(n)s lines of the device's ledger were seen from outside and did not come to the centre: count them as "
            "gone.", effect.missing,
        ))  # fmt: skip
    return lines


#: What was done → what is said of it; the second where it was so already.
_DONE = {
    "lost": (lazy("%(device)s: reported lost."), lazy("%(device)s: was reported lost before.")),
    "revoke": (lazy("%(device)s: revoked."), lazy("%(device)s: was revoked before.")),
}


def _withdraw(name: str, act: str, yes: bool, as_json: bool) -> None:
    """Say what it means that a device is lost or revoked, and do it if it is wanted."""
    from admin.devices import withdrawal

    database, _ = open_store()
    at = require_signing_clock(database)
    try:
        with database.read() as session:
            effect = withdrawal.find_withdrawal_effect(session, name, act, at.ms)
    except withdrawal.DeviceError as error:
        fail(error.code, str(error))
    for line in _meaning(act, effect):
        print_warning(line)
    if not yes:
        fail("not_confirmed", gettext(
            "Nothing was done. If this is what is wanted: hailong admin devices %(act)s %(device)s --yes",
            act=act, device=name,
        ))  # fmt: skip
    changed = _act(name, act)
    if as_json:
        print_json({"device": name, "desk": effect.desk, "was": effect.state, "state": withdrawal.ACTS[act][1].value,
                  "changed": changed, "slips": effect.slips, "missing": effect.missing})  # fmt: skip
        return
    print_sentence(_DONE[act][not changed] % {"device": name})
    if effect.desk:
        print_sentence(gettext(
            "To pair another device for the desk: hailong admin devices enrol %(desk)s, then hailong kiosk enrol on "
            "the new device.", desk=effect.desk,
        ))  # fmt: skip


def _act(name: str, act: str) -> bool:
    """Do it; False if it was so already."""
    from admin.devices import withdrawal
    from admin.ledgers import centre_clock

    database, _ = open_store()
    at = require_signing_clock(database)
    try:
        with database.write() as session:
            changed = withdrawal.change_device_state(session, name, act, at.ms)
            centre_clock.record_signed_time(session, at.ms)  # slips are judged by when their device was lost
            return changed
    except withdrawal.DeviceError as error:
        fail(error.code, str(error))
