"""`hailong admin backup` and `restore`: the centre in one folder, and back into an empty place."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Any, NoReturn

import click
from sqlalchemy import exc

from admin.backup import Refused, creation, restoration
from admin.backup.manifest import Manifest
from admin.cli import failures
from admin.cli.base import fail, now_ms, say, store_failed
from admin.settings import Settings
from models import clock
from models.storage import store_faults
from models.storage.store_faults import StoreFault

STEPS = {
    "removed": "đã xoá một bản sao lưu bị ngắt giữa chừng trước đây",
    "store": "kho dữ liệu",
    "ledgers": "soát các sổ ghi phiếu",
    "files": "khoá, cấu hình, bản thu, báo cáo",
    "check": "mở kho đã chép và đối chiếu",
    "place": "đặt vào đúng chỗ",
    "read": "đọc lại từng tệp và đối chiếu",
}
TOOLS = (
    "Cài gói postgresql-client-{version} (Debian) hoặc bộ PostgreSQL {version}; nếu đã có ở nơi khác thì ghi thư "
    "mục đó vào "
    "HAILONG_PG_BIN hoặc pg_bin trong admin.cfg, rồi chạy lại. Kho dữ liệu không thay đổi."
)
REFUSALS = {
    "no_folder": "Không có thư mục {folder}: có thể ổ đĩa sao lưu chưa được gắn. Chưa ghi gì; gắn ổ đĩa hoặc tạo "
    "thư mục.",
    "not_a_new_folder": "Thư mục {folder} không trống, không ghi đè. Chưa ghi gì; mỗi lần dùng một tên mới, ví "
    "dụ theo ngày.",
    "mount_point": "{folder} là gốc của một ổ đĩa. Chưa ghi gì; hãy chỉ một thư mục mới trong đó, ví dụ "
    "{folder}/hailong.",
    "inside_instance": "{folder} nằm trong thư mục dữ liệu của trung tâm và sẽ mất cùng nó. Chưa ghi gì; chọn "
    "một ổ đĩa khác.",
    "backup_running": "Một lệnh sao lưu khác đang ghi vào {folder}. Chưa ghi gì; chờ lệnh đó xong.",
    "nothing_to_back_up": "Ở đây chưa có kho dữ liệu nên không có gì để sao lưu. Kiểm tra HAILONG_INSTANCE và "
    "DATABASE_URL.",
    "no_room": "Ổ đĩa của {place} còn {free} MB, cần {needed} MB. Không có gì thay đổi; giải phóng chỗ hoặc chọn "
    "ổ đĩa khác.",
    "pg_tools_missing": "Không tìm thấy pg_dump và pg_restore ({place}) cho máy chủ PostgreSQL {version}. " + TOOLS,
    "pg_tools_old": "pg_dump và pg_restore tìm thấy là bản {found}, máy chủ là PostgreSQL {version}. " + TOOLS,
    "pg_dump_failed": "pg_dump dừng: {reason}. Không để lại bản dở, kho dữ liệu không thay đổi; sửa rồi chạy lại.",
    "pg_restore_failed": "pg_restore dừng: {reason}. Không có gì được ghi dở; sửa rồi chạy lại.",
    "store_damaged": "Kho dữ liệu bị hỏng ({reason}). Không để lại bản dở; giữ mọi bản sao lưu cũ, rồi chạy: "
    "hailong admin verify",
    "store_differs": "Bản chép không khớp với kho ở: {tables}. Không để lại bản dở; kiểm tra ổ đĩa rồi chạy lại.",
    "file_damaged": "Tệp {file} của bản sao lưu bị hỏng hoặc thiếu. Không có gì thay đổi; dùng một bản sao lưu khác.",
    "no_backup": "{folder} không phải bản sao lưu trọn vẹn (không có manifest.json). Không có gì thay đổi; chọn "
    "đúng thư mục.",
    "bad_manifest": "manifest.json trong {folder} bị hỏng. Không có gì thay đổi; dùng một bản sao lưu khác.",
    "newer_backup": "Bản sao lưu do một phiên bản Hài Lòng mới hơn ghi. Không có gì thay đổi; cài phiên bản đó "
    "rồi chạy lại.",
    "other_database": "Bản sao lưu là của {kind}. Không có gì thay đổi; đặt DATABASE_URL tới một kho {kind} "
    "trống rồi chạy lại.",
    "not_empty": "Nơi khôi phục không trống ({found}). Không có gì thay đổi; dùng một thư mục HAILONG_INSTANCE "
    "và một kho trống.",
    "restore_running": "Một lệnh khôi phục khác đang chạy ở đây. Không có gì thay đổi; chờ lệnh đó xong.",
}
FULL = {
    "backup": "Ổ đĩa của bản sao lưu đầy. Phần ghi dở đã xoá; lệnh này không đụng tới kho dữ liệu và các bản sao "
    "lưu cũ. Giải phóng chỗ hoặc chọn ổ đĩa khác.",
    "restore": "Ổ đĩa đầy. Phần ghi dở đã xoá, bản sao lưu chỉ được đọc; giải phóng chỗ rồi chạy lại.",
}
INCOMPLETE = (
    "Bản sao lưu đã ghi và đã đối chiếu, nhưng trung tâm thiếu hoặc không đọc được: {missing}. Giữ các bản sao "
    "lưu cũ còn "
    "có chúng; tìm lại các tệp đó, với sổ hỏng thì chạy: hailong admin verify"
)
NEXT = (
    "Đã khôi phục và đối chiếu bản sao lưu lúc {created}.",
    "Tiếp theo: hailong admin upgrade, rồi hailong admin serve ở đúng địa chỉ cũ.",
    "Phiếu ở các quầy sau lúc đó: quầy còn giữ thì tự gửi lại ở lần đồng bộ tới, mỗi phiếu tính một lần. "
    "Đừng ghép "
    "thêm thiết bị mới trước khi mọi quầy đã gửi.",
    "Phiếu trả lời trên điện thoại, phiếu giấy đã nhập và mọi thay đổi ở trung tâm sau lúc đó không có trong bản "
    "này: nhập "
    "lại các tệp; phiếu điện thoại thì không lấy lại được.",
)
ELSEWHERE = (
    "Lưu ý: admin.cfg vừa khôi phục chỉ tới một kho khác. Sửa database_url ở đó, hoặc luôn đặt DATABASE_URL như "
    "bây giờ."
)


class Progress:
    """What is being done, on stderr: on a terminal in place and to the percent, elsewhere a line a step."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._step = ""
        self._shown = -1

    def __call__(self, step: str, done: int, of: int) -> None:
        """Hear how much of a step is done."""
        percent = 100 * done // of if of else done >> 20
        if step != self._step:
            self.end()
            self._step, self._shown = step, -1
            if not self._terminal:
                click.echo(STEPS[step], err=True)
        if self._terminal and percent != self._shown:
            self._shown = percent
            amount = f"{percent} %" if of else f"{percent} MB" if step == "store" else ""
            click.echo(f"\r{STEPS[step]}  {amount}   ", err=True, nl=False)

    def end(self) -> None:
        """Leave the line."""
        if self._terminal and self._step:
            click.echo(err=True)
        self._step = ""


@click.command(name="backup")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def backup_command(folder: Path, as_json: bool) -> None:
    """Back up the centre to DIR, a new or empty folder on another disk, while it serves: store, keys, recordings,
    papers, configuration, all read again and compared. DIR holds the centre's keys: keep it as closely as those."""
    settings, progress = Settings.load(), Progress()
    try:
        made = creation.make(settings, folder, now_ms(), progress)
    except Refused as error:
        progress.end()
        if error.code == "nothing_to_back_up" and (absent := failures.absent(settings.database_url)):
            fail(*absent)
        _refuse(error, "backup")
    except store_faults.FAILURES as error:
        progress.end()
        _failed(error, "backup")
    progress.end()
    say(_summary(folder, made), as_json)
    if made.missing:
        shown = ", ".join(made.missing[:10]) + (" …" if len(made.missing) > 10 else "")
        fail("backup_incomplete", INCOMPLETE.format(missing=shown))


@click.command(name="restore")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def restore_command(folder: Path, as_json: bool) -> None:
    """Restore the backup in DIR to an empty place: HAILONG_INSTANCE names the folder, DATABASE_URL (or the backup's own
    admin.cfg) the store; a PostgreSQL database must be there and empty."""
    settings, progress = Settings.load(), Progress()
    try:
        restored = restoration.restore(folder, settings, progress)
    except Refused as error:
        progress.end()
        _refuse(error, "restore")
    except store_faults.FAILURES as error:
        progress.end()
        _failed(error, "restore")
    progress.end()
    say(_summary(folder, restored.backup), as_json)
    for sentence in NEXT:
        click.echo(sentence.format(created=_local(restored.backup.created_ms)), err=True)
    if restored.elsewhere:
        click.echo(ELSEWHERE, err=True)


def _summary(folder: Path, backup: Manifest) -> dict[str, Any]:
    tables = backup.facts["tables"]
    return {
        "folder": str(folder), "created": _local(backup.created_ms), "database": backup.engine,
        "schema": backup.schema, "files": len(backup.files), "bytes": backup.size, "entries": tables.get("entry", 0),
        "responses": tables.get("response", 0), "ledgers": len(backup.facts["ledgers"]), "missing": backup.missing,
    }  # fmt: skip


def _local(ms: int) -> str:
    """A moment (ms since 1970, UTC) as Vietnam's clocks show it."""
    return datetime.datetime.fromtimestamp(ms // 1000, clock.HCM).isoformat()


def _refuse(error: Refused, command: str) -> NoReturn:
    key = "not_a_new_folder" if (command, error.code) == ("backup", "not_empty") else error.code
    fail(error.code, REFUSALS[key].format(**error.about))


def _failed(error: exc.SQLAlchemyError | Exception, command: str) -> NoReturn:
    if store_faults.kind(error) is StoreFault.FULL:
        fail(StoreFault.FULL.value, FULL[command])
    store_failed(error)
