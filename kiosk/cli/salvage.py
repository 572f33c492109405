"""`hailong kiosk salvage`: what can be read of a store that was set aside, as a file for the centre."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kiosk.cli.base import fail, opened
from kiosk.desk import set_aside
from kiosk.sync import salvaged_lines
from kiosk.sync.salvaged_lines import Salvaged
from models import clock
from models.storage.process_lock import WriterLock

_WHY = {
    "nothing_readable": "không còn dòng nào đọc được",
    "no_certificate": "không đọc được chứng thư của thiết bị",
    "key_missing": "thiếu tệp khóa kiosk.key đã ký sổ này",
    "key_damaged": "tệp khóa kiosk.key bị hỏng",
    "key_other": "tệp khóa kiosk.key không phải khóa đã ký sổ này",
    "no_box": "máy chưa nhận được khóa của trung tâm; nối mạng một lần rồi chạy lại",
}


@click.command(name="salvage")
@click.argument("file", default="all")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File or folder to write; else instance/export.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def salvage_command(file: str, output: Path | None, as_json: bool) -> None:
    """Write what can be read of FILE, a store that was set aside (or of all), to a file for the centre."""
    database, settings = opened()
    kept = set_aside.kept(settings)
    chosen = kept if file == "all" else [path for path in kept if path.name == Path(file).name]
    if file != "all" and not chosen:
        names = ", ".join(path.name for path in kept) or "không có"
        fail("not_found", f"Không có kho nào tên {Path(file).name} được để riêng trên máy này. Đang có: {names}.")
    if not database.two_writers_safe:
        lock = WriterLock(settings.serving_file)
        if not lock.taken:
            fail("serve_syncs", f"{database.engine_name} cho phép một tiến trình ghi. Dừng serve rồi chạy lại.")
    to = output or settings.instance / "export"
    if output is None:
        to.mkdir(parents=True, exist_ok=True)
    if len(chosen) > 1 and not to.is_dir():
        raise click.UsageError("several stores: -o FOLDER")
    done = []
    for path in chosen:
        found, now = salvaged_lines.read(path), clock.now()
        with database.write() as session:
            drafts, box = salvaged_lines.take_drafts(session, found), salvaged_lines.box_of(session, found)
        done.append(salvaged_lines.bring_home(found, path, settings, now, box, to, drafts))
    if as_json:
        click.echo(json.dumps({"stores": [one.__dict__ for one in done]}, ensure_ascii=False))
        return
    if not done:
        click.echo("Không có kho nào được để riêng trên máy này.")
    for one in done:
        _tell(one)


def _tell(one: Salvaged) -> None:
    click.echo(
        f"{one.name}: đọc được {one.lines} dòng ({one.ratings} phiếu), không đọc được {one.unreadable} dòng; "
        f"trung tâm đã ký nhận {one.had} dòng; {one.drafts} phiếu chưa ghi sổ đã chuyển sang kho mới."
    )
    if one.file is not None:
        click.echo(f"  Tệp cho trung tâm: {one.file} (tại trung tâm: hailong admin ingest-file TỆP)")
    else:
        click.echo(f"  Chưa có tệp cho trung tâm: {_WHY.get(one.why, one.why)}. Kho cũ chỉ được đọc, không bị sửa.")
    if one.left_file is not None:
        click.echo(f"  {one.left} dòng chưa chắc nộp được theo cách này, giữ tại: {one.left_file}")
    if one.unsendable:
        click.echo(f"  {one.unsendable} phần kèm phiếu (ý kiến, mã) bị hỏng, không gửi được; ở lại trong kho cũ.")
