"""Failures that can befall any command of the centre, each with its stable code and its sentence.

A sentence says what happened, what is safe and what to do.
"""

from __future__ import annotations

import datetime
import os
import traceback
from pathlib import Path

from sqlalchemy import exc

from admin.ledgers.centre_clock import EARLIEST_MS, ClockDoubted
from admin.ledgers.key_register import KeyRefused
from admin.settings import BadSettings, UnfinishedRestore, instance_folder
from models import clock
from models.migrations.migrate import NotOurStore, Standing
from models.storage import store_faults
from models.storage.database import check_place, file_of
from models.storage.store_faults import StoreFault

FAILED = {
    StoreFault.FULL: "Ổ đĩa đầy; không có gì bị ghi dở, không có gì bị xoá. Giải phóng chỗ rồi chạy lại.",
    StoreFault.READ_ONLY: "Không được phép ghi (hoặc đọc) ở đó, hoặc ổ đĩa chỉ cho đọc; không có gì bị ghi dở. "
    "Kiểm tra quyền của thư mục dữ liệu và ổ đĩa rồi chạy lại.",
    StoreFault.BUSY: "Kho dữ liệu đang bận; không có gì bị ghi dở. Chạy lại sau ít phút.",
    StoreFault.DAMAGED: "Tệp kho dữ liệu bị hỏng; không có gì bị ghi thêm. Giữ nguyên tệp, khôi phục bản sao lưu vào "
    "thư mục trống.",
    StoreFault.UNREACHABLE: "Chưa mở được kho dữ liệu; không có gì bị ghi dở. "
    "Kiểm tra máy chủ cơ sở dữ liệu và DATABASE_URL.",
    StoreFault.BAD_URL: "DATABASE_URL (hoặc database_url trong admin.cfg) chưa dùng được; không có gì thay đổi. "
    "Viết như sqlite:////srv/hailong/admin.sqlite hoặc postgresql://….",
    StoreFault.OTHER: "Kho dữ liệu báo lỗi; lệnh dừng, không có gì bị ghi dở.",
}
#: Of a store that is not at this version's schema.
STANDINGS = {
    Standing.EMPTY: ("not_upgraded", "Kho dữ liệu còn trống. Chạy: hailong admin upgrade"),
    Standing.OLDER: ("not_upgraded", "Kho dữ liệu thuộc phiên bản cũ hơn. Chạy: hailong admin upgrade"),
    Standing.NEWER: (
        "store_newer",
        "Kho dữ liệu thuộc phiên bản mới hơn phần mềm này; không có gì thay đổi. Dùng lại phần mềm mới hơn.",
    ),
    Standing.OTHER: (
        "other_store",
        "Đây là kho của một thiết bị ở quầy, không phải của trung tâm; không có gì thay đổi. Kiểm tra DATABASE_URL.",
    ),
    Standing.FOREIGN: (
        "other_store",
        "Đây không phải kho dữ liệu của trung tâm, hoặc kho đã hỏng; không có gì thay đổi. "
        "Kiểm tra DATABASE_URL, hoặc khôi phục bản sao lưu vào thư mục trống.",
    ),
}
UNFINISHED = (
    "Một lần khôi phục ở đây bị ngắt giữa chừng nên chưa mở gì; bản sao lưu chỉ được đọc. "
    "Chạy lại: hailong admin restore DIR"
)
_CANNOT_OPEN = 14  # SQLITE_CANTOPEN
_UNOPENED = (
    "Không mở được tệp kho dữ liệu: thư mục hoặc ổ đĩa của tệp chỉ cho đọc, hoặc không đủ quyền. "
    "Không có gì thay đổi; cấp quyền ghi ở thư mục đó (xem số liệu cũng cần) rồi chạy lại."
)
#: The file in the instance folder that takes the details of a fault of the program.
DETAILS = "errors.log"
_LARGEST = 1 << 20


def said(error: BaseException) -> tuple[str, str] | None:
    """The stable code and the sentence for a failure of settings, store, keys, disk or machine; None for a fault of the
    program. No password stands in it."""
    if isinstance(error, BadSettings):
        return error.code, str(error)
    if isinstance(error, KeyRefused):
        return error.code, error.sentence
    if isinstance(error, ClockDoubted):
        return error.code, doubted(error)
    if isinstance(error, UnfinishedRestore):
        return "restore_unfinished", UNFINISHED
    if isinstance(error, NotOurStore):
        return STANDINGS[error.standing]
    if not isinstance(error, store_faults.FAILURES):
        return None
    what = error.orig if isinstance(error, exc.DBAPIError) and error.orig else error
    kind = store_faults.kind(error)
    if kind is StoreFault.OTHER and getattr(what, "sqlite_errorcode", 0):  # SQLite that cannot even make its log
        kind = store_faults.kind_in(error, instance_folder())
    if getattr(what, "sqlite_errorcode", 0) & 0xFF == _CANNOT_OPEN:
        return StoreFault.READ_ONLY.value, _UNOPENED
    if isinstance(what, OSError) and kind is StoreFault.OTHER:
        place = f" {os.fsdecode(what.filename)}" if isinstance(what.filename, (str, bytes)) else ""
        return "file_failed", f"Không đọc hoặc ghi được{place}; không có gì bị ghi dở. ({what.strerror or what})"
    reason = " ".join(str(what).split())[:200]
    return kind.value, f"{FAILED[kind]} ({reason or type(what).__name__})"


def doubted(doubt: ClockDoubted) -> str:
    """What is wrong with the centre's clock, and what to do."""
    shows = f"Đồng hồ máy này chỉ {moment(doubt.now_ms)}"
    if doubt.now_ms < EARLIEST_MS:
        return f"{shows}, chắc chắn sai. Lệnh này chưa ghi gì. Chỉnh lại ngày giờ của máy rồi chạy lại."
    newest = moment(doubt.newest_ms or 0)
    off = f"lùi so với lần ký gần nhất ({newest})"
    if doubt.code == "clock_ahead":
        off = f"hơn 31 ngày sau lần ký gần nhất ({newest})"
    return (
        f"{shows}, {off}. Lệnh này chưa ghi gì. Sai thì chỉnh lại ngày giờ của máy; đúng thì chạy: "
        "hailong admin clock confirm"
    )


def moment(ms: int) -> str:
    """A moment (ms since 1970, UTC) as Vietnam's clocks show it: `2026-10-14 09:30:00`."""
    return f"{datetime.datetime.fromtimestamp(ms // 1000, clock.HCM):%Y-%m-%d %H:%M:%S}"


def absent(url: str) -> tuple[str, str] | None:
    """The code and sentence for a store of SQLite whose file is not there; looking makes none. Raises `BadStoreUrl`."""
    check_place(url)
    file = file_of(url)
    if file is None or file.exists():
        return None
    return "no_store", (
        f"Không có kho dữ liệu ở {file}. Trung tâm mới: chạy hailong admin upgrade. Trung tâm đã chạy: tìm lại tệp đó "
        "hoặc khôi phục bản sao lưu; không có gì thay đổi."
    )


def kept_details(error: BaseException, where: str) -> Path | None:
    """Write the details of `error`, met at `where`, for whoever mends the program; the file, or None when there is
    none to be written. The last full file is kept beside it."""
    path = instance_folder() / DETAILS
    moment = datetime.datetime.fromtimestamp(clock.now().t // 1000, clock.HCM).isoformat()
    try:
        if path.exists() and path.stat().st_size > _LARGEST:
            os.replace(path, path.with_suffix(".log.1"))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as f:
            f.write(f"{moment} {where}\n{''.join(traceback.format_exception(error))}\n")
    except OSError:
        return None
    return path
