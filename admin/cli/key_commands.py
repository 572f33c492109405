"""`hailong admin keys`: every key of the centre with its state, and the way out when one is lost."""

from __future__ import annotations

import datetime
import json
import unicodedata
from typing import Any

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.cli.base import fail, opened, signing
from admin.ledgers import centre_clock, key_register, key_replacement, recorder, signing_keys
from admin.ledgers.key_register import Found
from admin.settings import Settings
from models import clock
from models.keys import fingerprint
from models.protocol import entry_chain
from models.storage.database import Database
from models.tables.device import Epoch
from translations.terminal.groups import TranslatedGroup

#: What each key is for, and what is lost with it, a sentence each.
PURPOSES = {
    "centre.key": "ký biên nhận và chứng thư của thiết bị",
    "centre.box": "mở tệp mang tay của quầy không có mạng",
    "centre.codes": "mã gõ tay dưới mã QR của phiếu",
    "centre.pages": "niêm phong trang và mã theo dõi trên điện thoại",
    "c-web-1.key": "ký sổ phiếu từ điện thoại và của phần mềm một cửa",
    "c-import.key": "ký sổ phiếu giấy đã nhập",
}
LOST = {
    "centre.key": (
        "Thiết bị ở quầy không tin biên nhận của trung tâm nữa, phải ghép lại từng máy; phiếu chúng gửi vẫn được nhận.",
        "Thiết bị được ghép sau bản sao lưu này không tự trở lại bằng chứng thư cũ được nữa.",
    ),
    "centre.box": (
        "Tệp mang tay đã niêm phong cho khóa cũ không mở được nữa; thiết bị giữ phiếu đến khi có biên nhận, phải xuất "
        "lại sau khi thiết bị đồng bộ qua mạng một lần.",
    ),
    "centre.codes": (
        "Mã gõ tay trên các phiếu đã in không dùng được nữa; mã QR trên cùng phiếu vẫn dùng được.",
        "Mỗi quầy in mã dùng được trở lại sau lần đồng bộ kế tiếp.",
    ),
    "centre.pages": (
        "Trang đang mở trên điện thoại và màn hình cán bộ phải mở lại; phiếu đang điền dở được giữ.",
        "Mở lại trang cảm ơn sẽ thấy mã theo dõi khác, không tra được; mã đã ghi lại trước đây vẫn tra được.",
        "Điện thoại đã đánh giá ở mã QR dán tường hôm nay có thể đánh giá thêm một lần.",
    ),
    "c-web-1.key": (
        "Không phiếu nào bị xóa: sổ c-web-1 đóng ở dòng cuối và mở kỳ mới; không ai ghi thêm vào kỳ cũ nữa.",
    ),
    "c-import.key": (
        "Không phiếu nào bị xóa: sổ c-import đóng ở dòng cuối và mở kỳ mới; không ai ghi thêm vào kỳ cũ nữa.",
    ),
}
STATES = {
    "ok": "đúng chỗ", "missing": "THIẾU TỆP", "other": "KHÓA KHÁC", "damaged": "TỆP HỎNG",
    "unregistered": "chưa ghi nhận",
}  # fmt: skip
#: What is typed as the second confirmation.
ACCEPTED = "chấp nhận mất"


@click.group(cls=TranslatedGroup, name="keys", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def keys_group(ctx: click.Context, as_json: bool) -> None:
    """List every key of the centre with its state; exit 1 if one is not as it should be. Needs no secret."""
    if ctx.invoked_subcommand is not None:
        return
    database, settings = opened()
    with database.read() as session:
        found = key_register.look(session, settings.instance)
        epochs = _epochs(session)
    if as_json:
        rows = [_row(one, epochs) for one in found]
        click.echo(json.dumps({"ok": all(one.state == "ok" for one in found), "keys": rows}, ensure_ascii=False))
    for one in () if as_json else found:
        mark = fingerprint(one.known.public) if one.known else "-"
        since = _day(one.known.since_ms) if one.known else "-"
        epoch = f"; kỳ sổ {epochs[one.name]}" if one.name in epochs else ""
        click.echo(f"{one.name:<13} {STATES[one.state]:<13} {mark:<19} {since:<10} {PURPOSES[one.name]}{epoch}")
        for old in one.former:
            until = _day(old.until_ms or 0)
            click.echo(f"{'':<13} {'đã thay':<13} {fingerprint(old.public):<19} {_day(old.since_ms):<10} đến {until}")
    key_register.check(found, settings.instance)


@keys_group.command(name="replace")
@click.argument("name", type=click.Choice(key_register.FILES))
@click.option("--yes", is_flag=True, help="First confirmation, for scripts: this key is to be replaced.")
@click.option("--yes-lost", is_flag=True, help="Second confirmation, for scripts: the named losses are accepted.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def keys_replace(name: str, yes: bool, yes_lost: bool, as_json: bool) -> None:
    """Put a new key in the place of NAME when no backup holds the old one. Says what goes with it; asks twice."""
    database, settings = opened()
    with database.read() as session:
        here = next(one for one in key_register.look(session, settings.instance) if one.name == name)
        devices = key_replacement.pinned(session) if name == key_register.CENTRE else []
        epoch = _epochs(session).get(name)
    if here.state == "unregistered":
        raise key_register.KeyRefused(here.state, [name], settings.instance)
    if epoch is not None and epoch >= entry_chain.MAX_EPOCH:
        fail(
            "name_ended",
            f"Sổ của {name} đã đến kỳ cuối ({entry_chain.MAX_EPOCH}), không mở được kỳ mới. Không có gì thay "
            "đổi. Khôi phục tệp khóa cũ từ bản sao lưu, hoặc gọi nơi hỗ trợ.",
        )
    lines = [f"{name}: {PURPOSES[name]}; hiện {STATES[here.state].lower()}.", *LOST[name]]
    if devices:
        lines.append(f"Phải ghép lại {len(devices)} thiết bị: {', '.join(devices)}.")
    for line in lines:
        click.echo(line, err=True)
    _confirmed(yes, f"Gõ {name} để thay khóa này", name)
    _confirmed(yes_lost, f"Gõ “{ACCEPTED}” để xác nhận những điều trên", ACCEPTED)
    done = key_replacement.replace(database, settings.instance, name, signing(database).ms, "command line")
    waits = _begin_epochs(database, settings)
    with database.read() as session:
        epoch = _epochs(session).get(name)
    if as_json:
        value = {"name": name, "fingerprint": fingerprint(done.public), "kept": done.aside, "lost": list(LOST[name]),
                 "devices": list(done.devices), "epoch": epoch}  # fmt: skip
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        click.echo(fingerprint(done.public))
    if done.aside:
        click.echo(f"Tệp cũ được giữ: {done.aside}", err=True)
    click.echo("Đang chạy máy chủ trung tâm thì khởi động lại; sao lưu tệp khóa mới ngay.", err=True)
    if done.devices:
        click.echo(
            "Với từng thiết bị: dừng dịch vụ ở máy, mang tệp xuất (hailong kiosk export) về nhận cho hết, cất các tệp "
            "kiosk.sqlite* sang chỗ khác (không xóa; máy còn kho thì không ghép lại được), rồi hailong admin devices "
            "enrol QUẦY, hailong kiosk enrol ở máy và chạy lại dịch vụ.", err=True,
        )  # fmt: skip
    if waits:
        click.echo(waits, err=True)


def _confirmed(already: bool, question: str, wanted: str) -> None:
    if already:
        return
    try:
        typed = str(click.prompt(question, default="", show_default=False, err=True))
    except click.Abort:
        click.echo(err=True)  # what follows does not stand behind the question
        typed = ""
    if _plain(typed) != _plain(wanted):
        fail("not_confirmed", "Chưa xác nhận. Không có gì thay đổi.")


def _plain(text: str) -> str:
    """A text as a console without Vietnamese writes it."""
    letters = unicodedata.normalize("NFD", " ".join(text.split()).casefold().replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _begin_epochs(database: Database, settings: Settings) -> str | None:
    """Begin the epochs of recorders whose key is a new one; says what is still in the way, or None."""
    try:
        centre = signing_keys.load(settings)
    except key_register.KeyRefused as error:
        return f"{error.code}: {error.sentence}"
    at = signing(database)
    for device in centre.recorder_keys:
        with database.write() as session:
            recorder.ready(session, centre, device, at.ms)
            centre_clock.signed(session, at.ms)
    return None


def _epochs(session: Session) -> dict[str, int]:
    """The file of each recorder's key → the number of its ledger's epoch."""
    newest = select(Epoch.device_id, func.max(Epoch.epoch)).group_by(Epoch.device_id)
    found: dict[str, int] = {device: epoch for device, epoch in session.execute(newest)}
    return {file: found[device] for device, file in key_register.RECORDERS.items() if device in found}


def _row(one: Found, epochs: dict[str, int]) -> dict[str, Any]:
    return {
        "name": one.name,
        "purpose": PURPOSES[one.name],
        "state": one.state,
        "fingerprint": fingerprint(one.known.public) if one.known else None,
        "since": _moment(one.known.since_ms) if one.known else None,
        "epoch": epochs.get(one.name),
        "replaced": [
            {"fingerprint": fingerprint(old.public), "since": _moment(old.since_ms),
             "until": _moment(old.until_ms or 0)}
            for old in one.former
        ],
    }  # fmt: skip


def _moment(ms: int) -> str:
    return datetime.datetime.fromtimestamp(ms / 1000, clock.HCM).isoformat(timespec="seconds")


def _day(ms: int) -> str:
    return clock.local_day(ms)
