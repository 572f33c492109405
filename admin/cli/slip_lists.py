"""`hailong admin slips`: lists of slips that people should look at."""

from __future__ import annotations

import json

import click

from admin import jobs
from admin.cli.base import now_ms, opened
from admin.ledgers import signing_keys
from admin.statistics import unrecorded_slips


@click.group(name="slips")
def slips_group() -> None:
    """Slips that were handed out at desks."""


@slips_group.command(name="unrecorded")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def unrecorded_command(as_json: bool) -> None:
    """List slips that were answered although the ledger of their desk's device does not hold them. They count."""
    database, settings = opened()
    jobs.settle(database, signing_keys.load(settings), now_ms())
    with database.read() as session:
        found = unrecorded_slips.listed(session)
    if as_json:
        click.echo(json.dumps({"n": len(found), "slips": [one.as_json() for one in found]}, ensure_ascii=False))
        return
    for one in found:
        place = one.desk or one.agency or "–"
        click.echo(f"{one.device}/{one.epoch} · phiếu số {one.serial} · dòng {one.seq} · {one.day} · {place}")
    words = "phiếu hẹn đã được dùng mà sổ của máy không có. Câu trả lời trên các phiếu này vẫn được tính."
    click.echo(f"{len(found)} {words}" if found else "Không có phiếu hẹn nào được dùng mà sổ của máy không có.")
