"""The base of the centre's commands: opening the store, printing a result, ending with one sentence."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import click
from sqlalchemy import exc

import translations
from admin.ledgers.key_register import KeyRefused
from admin.settings import Settings, UnfinishedRestore
from models import clock
from models.migrations import migrate
from models.storage import store_faults
from models.storage.database import Database
from models.storage.store_faults import StoreFault
from models.tables.declarative_base import CENTRAL

#: What befell the store or the machine: what is safe, what to do.
FAILED = {
    StoreFault.FULL: "Ổ đĩa đầy; không có gì bị ghi dở, dữ liệu đã có còn nguyên. Giải phóng chỗ rồi chạy lại.",
    StoreFault.READ_ONLY: "Không ghi được vào ổ đĩa hoặc thư mục này; không có gì thay đổi. "
    "Kiểm tra quyền ghi và ổ đĩa rồi chạy lại.",
    StoreFault.BUSY: "Kho dữ liệu đang bận; không có gì thay đổi. Chạy lại sau ít phút.",
    StoreFault.DAMAGED: "Tệp kho dữ liệu bị hỏng; không có gì thay đổi. Giữ nguyên tệp, khôi phục bản sao lưu vào "
    "thư mục trống.",
    StoreFault.UNREACHABLE: "Chưa mở được kho dữ liệu; không có gì thay đổi. "
    "Kiểm tra máy chủ cơ sở dữ liệu và DATABASE_URL.",
    StoreFault.BAD_URL: "DATABASE_URL không phải địa chỉ kho dữ liệu; không có gì thay đổi. "
    "Viết như sqlite:///… hoặc postgresql://….",
    StoreFault.OTHER: "Máy hoặc kho dữ liệu báo lỗi; lệnh dừng, không có gì bị ghi dở.",
}

UNFINISHED = (
    "Một lần khôi phục ở đây bị ngắt giữa chừng nên chưa mở gì; bản sao lưu còn nguyên. "
    "Chạy lại: hailong admin restore DIR"
)


def fail(code: str, message: str) -> NoReturn:
    """End the command with exit code 1, a stable code and one sentence."""
    click.echo(f"{code}: {message}", err=True)
    sys.exit(1)


class Commands(click.Group):
    """A group of commands that ends with one sentence when the store, its keys, the disk or the machine fail.

    What a command says about its own subject it catches itself; here arrives what can befall any of them.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyRefused as error:
            fail(error.code, error.sentence)
        except UnfinishedRestore:
            fail("restore_unfinished", UNFINISHED)
        except store_faults.FAILURES as error:
            store_failed(error)


def store_failed(error: BaseException) -> NoReturn:
    """End the command because of a failure of the store or the machine: its stable code and its sentence."""
    kind = store_faults.kind(error)
    what = error.orig if isinstance(error, exc.DBAPIError) and error.orig else error
    reason = " ".join(str(what).split())[:200]
    fail(kind.value, f"{FAILED[kind]} ({reason or type(what).__name__})")


def opened() -> tuple[Database, Settings]:
    """The central store, which must be at the present schema, and the settings."""
    settings = Settings.load()
    translations.look(settings.instance / "languages")
    database = settings.database()
    at = migrate.current(database)
    if at != migrate.HEADS[CENTRAL]:
        fail("not_upgraded", "Kho dữ liệu chưa có hoặc chưa đúng phiên bản. Chạy: hailong admin upgrade")
    return database, settings


def now_ms() -> int:
    """The centre's clock, ms since 1970 (UTC)."""
    return clock.now().t


def say(value: dict[str, Any], as_json: bool) -> None:
    """Print a result: one JSON document, or a line a field."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    width = max(len(name) for name in value)
    for name, inner in value.items():
        shown = json.dumps(inner, ensure_ascii=False) if isinstance(inner, (dict, list)) else inner
        click.echo(f"{name:<{width}}  {'' if shown is None else shown}")
