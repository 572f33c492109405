"""`hailong kiosk pin`, `export`, `take-receipts`: commands of local staff at the console."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kiosk.auth import pin, sessions
from kiosk.cli.base import fail, not_paired, opened, say
from kiosk.cli.status_lines import staying
from kiosk.desk import device_key, spare_copy, state
from kiosk.sync import usb_export
from models import clock

_PIN = {
    "pin_length": "Mã PIN phải có từ 6 đến 12 chữ số. Mã cũ vẫn còn hiệu lực.",
    "pin_guessable": "Mã PIN này quá dễ đoán (số lặp lại hoặc liền nhau). Mã cũ vẫn còn hiệu lực; hãy chọn mã khác.",
}
_NOT_WRITTEN = {
    "no_box": "Máy chưa nhận được khóa của trung tâm: hãy nối mạng một lần rồi thử lại.",
    "damaged": "Sổ trên máy này có dòng bị hỏng nên chưa ghi được tệp. Giữ nguyên máy; xem: hailong kiosk status",
    "not_written": "Chưa ghi được tệp: xem lại chỗ trống và quyền ghi rồi thử lại.",
}
_NOT_TAKEN = {
    "not_found": "Không đọc được tệp. Không có gì thay đổi; hãy kiểm tra tên tệp.",
    "not_carried": "Tệp này không phải tệp biên nhận của trung tâm. Không có gì thay đổi.",
    "damaged": "Tệp biên nhận bị hỏng hoặc thiếu. Không có gì thay đổi; hãy chép lại từ trung tâm.",
    "other_device": "Biên nhận này của thiết bị khác. Không có gì thay đổi; hãy chọn đúng tệp.",
    "other_centre": "Biên nhận này không do trung tâm đã ghép ký. Không có gì thay đổi.",
}


@click.command(name="pin")
@click.option("--pin-stdin", is_flag=True, help="Read the new PIN from standard input.")
def pin_command(pin_stdin: bool) -> None:
    """Set a new staff PIN, 6 to 12 digits; ends the sessions that are open."""
    database, settings = opened()
    if pin_stdin:
        typed = sys.stdin.readline().strip()
    else:
        typed = click.prompt("PIN", hide_input=True, confirmation_prompt=True)
    try:
        with database.write() as session:
            pin.set_pin(session, typed, clock.now())
            sessions.end_all(session)
            spare_copy.write(session, settings.instance)
    except pin.BadPin as error:
        fail(error.code, _PIN[error.code])
    click.echo("Đã đổi mã PIN.")


@click.command(name="export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def export_command(file: Path, as_json: bool) -> None:
    """Write what the centre has not signed for to FILE (or into that folder); the centre alone can read it."""
    database, settings = opened()
    now = clock.now()
    try:
        with database.write() as session:
            if state.read(session).identity is None:
                not_paired(settings)
            pin.note(session, "export", now)
        done = usb_export.write(database, device_key.load(settings.key_file), settings, now, file)
    except usb_export.NotWritten as error:
        fail(error.code, f"{_NOT_WRITTEN[error.code]} {staying(database, settings)}")
    say({"file": str(done.path), "entries": done.entries, "ratings": done.ratings, "to": done.to}, as_json)


@click.command(name="take-receipts")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def take_receipts_command(file: Path, as_json: bool) -> None:
    """Take the centre's signed receipts from FILE: what they name need not be sent again."""
    database, settings = opened()
    with database.read() as session:
        identity = state.read(session).identity
    if identity is None:
        not_paired(settings)
    try:
        took = usb_export.take(database, identity, file, clock.now())
    except usb_export.NotTaken as error:
        fail(error.code, _NOT_TAKEN[error.code])
    say({"acked": took.acked, "ratings": took.ratings, "state": took.state}, as_json)
