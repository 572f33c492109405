"""`hailong admin ingest-file`: a file carried by hand from a desk without a network, taken in."""

from __future__ import annotations

import json
from pathlib import Path

import click

from admin.cli.base import fail, opened, say, signing
from admin.ledgers import signing_keys
from admin.sync import usb_import
from models.protocol import sealed_file
from models.storage import whole_file

_REFUSED = {
    "not_carried": "Tệp này không phải tệp do thiết bị đánh giá xuất ra. Không có gì thay đổi; hãy chọn đúng tệp.",
    "damaged": "Tệp bị hỏng hoặc thiếu. Không có gì thay đổi; thiết bị giữ phiếu đến khi có biên nhận, hãy xuất lại.",
    "too_large": "Tệp chứa nhiều hơn mức cho phép. Không có gì thay đổi; thiết bị giữ phiếu đến khi có biên nhận, hãy "
    "xuất lại.",
    "other_centre": "Tệp này niêm phong cho một trung tâm khác. Không có gì thay đổi; hãy nộp cho đúng trung tâm.",
    "unknown_device": "Trung tâm không biết thiết bị này. Không có gì thay đổi; thiết bị phải được ghép ở đây.",
}
_STATES = {
    "gap": "Thiết bị phải xuất lại từ một dòng cũ hơn. Mang tệp biên nhận về máy, rồi xuất lại.",
    "fork": "Sổ của thiết bị mâu thuẫn với sổ đã nhận. Cả hai được giữ; mang tệp biên nhận về máy và xem lại thiết bị.",
    "stopped": "Thiết bị đang bị tạm dừng hoặc thu hồi nên chưa nhận thêm. Thiết bị giữ phiếu đến khi có biên nhận.",
}


@click.command(name="ingest-file")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--reply", type=click.Path(path_type=Path, dir_okay=False), help="Where to write the signed receipts.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def ingest_file(file: Path, reply: Path | None, as_json: bool) -> None:
    """Take in a FILE that a desk exported; write the receipts to carry back beside it."""
    database, settings = opened()
    try:
        raw = whole_file.read(file, sealed_file.MAX_FILE)
    except OSError as error:
        fail("not_found", f"Không đọc được tệp {file.name} ({error.strerror}). Không có gì thay đổi.")
    if len(raw) > sealed_file.MAX_FILE:
        fail("not_carried", _REFUSED["not_carried"])
    try:
        at = signing(database)
        done = usb_import.take_in(database, signing_keys.load(settings), raw, at.ms, at.confirmed_ms or 0)
    except usb_import.Refused as error:
        fail(error.code, _REFUSED[error.code])
    name = file.stem if done.device in file.stem else f"{file.stem}-{done.device}"
    back = reply or file.with_name(name + sealed_file.REPLY_SUFFIX)
    try:
        whole_file.put(back, done.replies)
    except OSError as error:
        fail("not_written", f"Đã nhận phiếu, chưa ghi được biên nhận ({error.strerror}). Chạy lại với --reply.")
    result = {
        "device": done.device, "epoch": done.epoch, "batches": done.batches, "entries": done.entries,
        "accepted": done.accepted, "state": done.state, "seq": done.seq, "reply": str(back),
    }  # fmt: skip
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        say(result, as_json=False)
    if done.state != "ok":
        fail(done.state, _STATES[done.state])
