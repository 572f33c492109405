"""The base of the desk's commands: opening the store, printing a result, ending with one sentence."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import click
from sqlalchemy import exc

from kiosk.desk import device_key, set_aside
from kiosk.settings import BadSettings, Settings, instance_folder
from models.migrations import migrate
from models.storage import store_faults
from models.storage.database import Database
from models.storage.store_faults import StoreFault
from models.tables.declarative_base import KIOSK
from translations.formats import folded
from translations.terminal.groups import TranslatedGroup

NOT_PAIRED = "not_paired", "Thiết bị chưa được ghép. Chạy: hailong kiosk enrol URL MÃ"
SET_ASIDE = (
    "Kho của máy bị hỏng, đã để riêng ({name}); phiếu mới được giữ trên máy này. Ghép lại: hailong kiosk enrol URL MÃ; "
    "lấy phiếu trong kho cũ: hailong kiosk salvage"
)
KEY_UNUSABLE = (
    "Tệp khóa kiosk.key bị thiếu hoặc hỏng; máy không gửi được, không in được phiếu QR. "
    "Đặt lại tệp khóa, hoặc báo tỉnh."
)

#: What befell the store or the machine, and what to do. What became of the ratings only `status` can tell.
FAILED = {
    StoreFault.FULL: "Ổ đĩa đầy; không có gì bị ghi dở. Giải phóng chỗ rồi chạy lại.",
    StoreFault.READ_ONLY: "Không ghi được vào ổ đĩa hoặc thư mục này; không có gì bị ghi dở. "
    "Kiểm tra quyền ghi và ổ đĩa rồi chạy lại.",
    StoreFault.BUSY: "Kho của thiết bị đang bận; không có gì bị ghi dở. Chạy lại sau ít phút.",
    StoreFault.DAMAGED: "Tệp kho của thiết bị bị hỏng; lệnh này không đụng tới tệp. "
    "Chạy lại hailong kiosk serve: máy để riêng tệp hỏng rồi nhận phiếu tiếp.",
    StoreFault.NEWER: "Kho do phiên bản mới hơn của chương trình tạo ra; không có gì thay đổi. Cài phiên bản đó.",
    StoreFault.FOREIGN: "Tệp kho không phải kho của thiết bị này; không có gì thay đổi. Kiểm tra thư mục dữ liệu.",
    StoreFault.UNREACHABLE: "Chưa mở được kho của thiết bị; không có gì thay đổi. Kiểm tra thư mục dữ liệu.",
    StoreFault.BAD_URL: "Chưa mở được kho của thiết bị; không có gì thay đổi. Kiểm tra thư mục dữ liệu.",
    StoreFault.OTHER: "Máy báo lỗi; lệnh dừng, không có gì bị ghi dở.",
}


def fail(code: str, message: str) -> NoReturn:
    """End the command with exit code 1, a stable code and one sentence."""
    click.echo(folded(printable(f"{code}: {message}"), sys.stderr), err=True)
    sys.exit(1)


class Commands(TranslatedGroup):
    """A group of commands that ends with one sentence when the store, the disk or the machine fails.

    What a command says about its own subject it catches itself; here arrives what can befall any of them.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BadSettings as error:
            fail("bad_settings", f"{error}. Chưa có gì thay đổi; sửa lại rồi chạy lại.")
        except device_key.KeyUnusable as error:
            fail(error.code, KEY_UNUSABLE)
        except store_faults.FAILURES as error:
            store_failed(error)


def store_failed(error: BaseException) -> NoReturn:
    """End the command because of a failure of the store or the machine: its stable code and its sentence."""
    kind = store_faults.kind_in(error, instance_folder())
    what = error.orig if isinstance(error, exc.DBAPIError) and error.orig else error
    reason = " ".join(str(what).split())[:200]
    fail(kind.value, f"{FAILED[kind]} ({reason or type(what).__name__})")


def not_paired(settings: Settings) -> NoReturn:
    """End the command because this machine has no certificate: never had one, or not since its store was set aside."""
    kept = set_aside.kept(settings)
    if kept:
        fail("store_set_aside", SET_ASIDE.format(name=kept[-1].name))
    fail(*NOT_PAIRED)


def opened(*, strict: bool = True) -> tuple[Database, Settings]:
    """The desk's store, created or migrated, and its settings. A damaged store is left as it is: only the start of
    `serve` sets one aside. `strict`: the command ends when the settings cannot be used (`BadSettings`)."""
    settings = Settings.load(strict=strict)
    if set_aside.unfinished(settings) is not None or set_aside.log_without_store(settings):
        fail(StoreFault.DAMAGED.value, FAILED[StoreFault.DAMAGED])
    database = settings.database()
    migrate.upgrade(database, KIOSK)
    return database, settings


def say(value: dict[str, Any], as_json: bool) -> None:
    """Print a result: one JSON document, or a line a field."""
    if as_json:
        click.echo(printable(json.dumps(value, ensure_ascii=False)))
    else:
        width = max(len(name) for name in value)
        for name, inner in value.items():
            click.echo(printable(f"{name:<{width}}  {inner if not isinstance(inner, dict) else json.dumps(inner)}"))


def printable(text: str) -> str:
    """`text`, where the bytes of a file's name that are no UTF-8 are written as Python writes them."""
    return text.encode(errors="backslashreplace").decode()
