"""`hailong admin devices`: pairing codes, the list of devices, approval, and withdrawal."""

from __future__ import annotations

import datetime
import json
import sys
from typing import NoReturn

import click
from sqlalchemy import select

from admin.cli.base import fail, opened, say, signing, tell
from admin.devices import pairing, withdrawal
from admin.ledgers import centre_clock
from models import clock
from models.keys import fingerprint
from models.tables.device import Device, Epoch, PairingCode
from models.vocabulary import DeviceState
from translations.formats import folded
from translations.terminal.groups import TranslatedGroup


@click.group(cls=TranslatedGroup)
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
        known = session.get(Device, device)
        if code is None or code.vk is None or known is None or known.state not in pairing.PAIRABLE:
            fail("not_waiting", f"Thiết bị {device} không chờ duyệt.")
        code.approved = True
        code.expires_ms = at.ms + pairing.VALID_MS
    click.echo(device)


@devices.command(name="suspend")
@click.argument("device")
def devices_suspend(device: str) -> None:
    """Take nothing from DEVICE and give it nothing until it is resumed; its slips work."""
    _act(device, "suspend")
    tell(f"{device}: đã tạm dừng. Máy vẫn nhận đánh giá và giữ lại. Mở lại: hailong admin devices resume {device}")


@devices.command(name="resume")
@click.argument("device")
def devices_resume(device: str) -> None:
    """Take from DEVICE again, which was suspended, or reported lost and found as it was."""
    _act(device, "resume")
    database, _ = opened()
    with database.read() as session:
        state = withdrawal.find(session, device).state
    if state == DeviceState.FORKED:
        tell(f"{device}: không còn tạm dừng hay báo mất, nhưng {_STANDS[state].format(name='này')}.")
        return
    tell(f"{device}: dùng lại được. Phiếu giữ trên máy sẽ tự gửi.")


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


#: What is done to a device → what it means, line by line; what was said of slips is told before it is done.
_MEANS = {
    "lost": (
        "Trung tâm không nhận gì thêm từ máy này và không gửi gì cho máy; phiếu còn nằm trên máy sẽ không được nhận.",
        "{slips} phiếu QR máy đã in mà chưa dùng vẫn dùng được đến hết hạn; phiếu ghi giờ in sau lúc này thì không.",
        "Ai cầm máy vẫn in được phiếu ghi giờ cũ: nếu máy bị lấy cắp, dùng hailong admin devices revoke.",
    ),
    "revoke": (
        "Trung tâm không nhận gì thêm từ máy này và không gửi gì cho máy; phiếu còn nằm trên máy sẽ không được nhận.",
        "{slips} phiếu QR máy đã in mà chưa dùng sẽ KHÔNG dùng được nữa; câu trả lời đã có vẫn được tính.",
        "Không mở lại được thiết bị này.",
    ),
}


#: The state in which a device is → what is said of it where something cannot be done with it.
_STANDS = {
    "new": "máy {name} chưa ghép xong",
    "pending": "khóa của máy {name} chưa được duyệt. Xem: hailong admin devices approve --help",
    "active": "máy {name} đang dùng",
    "suspended": "máy {name} đang tạm dừng. Mở lại: hailong admin devices resume {name}",
    "forked": "sổ của máy {name} bị tách thành hai, cần xem lại trước khi dùng tiếp",
    "lost": "máy {name} đã báo mất, trung tâm không nhận gì từ máy. Đã tìm thấy: hailong admin devices resume {name}",
    "revoked": "máy {name} đã thu hồi, không mở lại được; phiếu QR của máy không dùng được nữa. Quầy cần máy khác: "
    "hailong admin devices enrol",
}


def _withdraw(name: str, what: str, yes: bool, as_json: bool) -> None:
    """Say what it means that a device is lost or revoked, and do it if it is wanted."""
    database, _ = opened()
    at = signing(database)
    try:
        with database.read() as session:
            known = withdrawal.effect(session, name, what, at.ms)
    except withdrawal.DeviceError as error:
        _refused(error, name)
    lines = [line.format(slips=known.slips) for line in _MEANS[what]]
    if known.missing:
        lines.append(f"{known.missing} dòng trong sổ của máy đã thấy từ bên ngoài mà chưa về trung tâm: coi như mất.")
    for line in lines:
        click.echo(folded(line, sys.stderr), err=True)
    if not yes:
        fail("not_confirmed", f"Chưa làm gì. Nếu đúng là muốn vậy: hailong admin devices {what} {name} --yes")
    changed = _act(name, what)
    if as_json:
        value = {"device": name, "desk": known.desk, "was": known.state, "state": withdrawal.ACTS[what][1].value,
                 "changed": changed, "slips": known.slips, "missing": known.missing}  # fmt: skip
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    tell(f"{name}: {'đã báo mất' if what == 'lost' else 'đã thu hồi'}{'' if changed else ' từ trước'}.")
    if known.desk:
        tell(f"Ghép máy khác cho quầy: hailong admin devices enrol {known.desk}, rồi hailong kiosk enrol ở máy mới.")


def _act(name: str, what: str) -> bool:
    """Do it; False if it was so already."""
    database, _ = opened()
    at = signing(database)
    try:
        with database.write() as session:
            changed = withdrawal.act(session, name, what, at.ms)
            centre_clock.signed(session, at.ms)  # slips are judged by when their device was lost
            return changed
    except withdrawal.DeviceError as error:
        _refused(error, name)


def _refused(error: withdrawal.DeviceError, name: str) -> NoReturn:
    why = {
        "unknown_device": f"không có thiết bị {name}. Xem: hailong admin devices list",
        "not_a_desk_device": f"{name} là sổ của chính trung tâm, không phải thiết bị ở quầy",
    }.get(error.code) or _STANDS[error.state].format(name=name)
    fail(error.code, f"Không có gì thay đổi: {why}.")
