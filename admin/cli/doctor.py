"""`hailong admin doctor`: the answers that the present rules would take otherwise."""

from __future__ import annotations

import json

import click

from admin.cli import reason_words
from admin.cli.base import opened, tell
from admin.responses import former_rules


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor_command(as_json: bool) -> None:
    """List answers from before the present rules that these would refuse, or take only in part. Changes nothing."""
    database, _settings = opened()
    with database.read() as session:
        found = former_rules.otherwise(session)
    if as_json:
        rows = [one.as_json(n) for one, n in found.items()]
        click.echo(json.dumps({"former_rules": rows}, ensure_ascii=False))
        return
    if not found:
        click.echo("Không có phiếu cũ nào mà quy tắc hiện nay sẽ xử lý khác.")
        return
    tell("Phiếu nhận trước quy tắc hiện nay, giữ nguyên kết quả; theo quy tắc hiện nay thì:")
    for one, n in found.items():
        why = reason_words.reason(one.why) if one.refused else f"bỏ qua mục {reason_words.fields([one.why])}"
        tell(f"  {one.agency}  {one.device}  {n} phiếu  {why}")
