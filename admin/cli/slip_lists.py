"""`hailong admin slips`: lists of slips that people should look at."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import click
from sqlalchemy.orm import Session

from admin import jobs
from admin.cli.base import now_ms, opened, tell
from admin.ledgers import signing_keys
from admin.statistics import unrecorded_slips
from admin.statistics.unrecorded_slips import Unrecorded
from translations.terminal.groups import TranslatedGroup

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
#: Why a slip is not confirmed, in words (`unrecorded_slips.WHY`).
_WHY = {
    "forked": "có hai sổ cùng tên máy",
    "lost": "máy đã mất",
    "not_come": "sổ chưa về tới phiếu này",
}


@click.group(cls=TranslatedGroup, name="slips")
def slips_group() -> None:
    """Slips that were handed out at desks."""


@slips_group.command(name="unrecorded")
@_JSON
def unrecorded_command(as_json: bool) -> None:
    """List slips that were answered although the ledger of their desk's device does not hold them. They count."""
    words = "phiếu QR đã được dùng mà sổ của máy không có. Câu trả lời trên các phiếu này vẫn được tính."
    _list(unrecorded_slips.listed, words, "Không có phiếu QR nào được dùng mà sổ của máy không có.", as_json)


@slips_group.command(name="unconfirmed")
@_JSON
def unconfirmed_command(as_json: bool) -> None:
    """List answered slips that no ledger confirms: it is forked, lost, or did not come so far. They count."""
    words = (
        "phiếu QR đã được dùng mà chưa xác nhận được: sổ của máy chưa về tới, đã mất hoặc có hai bản. Điều đó không "
        "có nghĩa là phiếu sai; câu trả lời trên các phiếu này vẫn được tính."
    )
    none = "Không có phiếu QR nào được dùng mà chưa xác nhận được."
    _list(unrecorded_slips.listed_unconfirmed, words, none, as_json)


def _list(asked: Callable[[Session], Sequence[Unrecorded]], words: str, none: str, as_json: bool) -> None:
    database, settings = opened()
    jobs.settle(database, signing_keys.load(settings), now_ms())
    with database.read() as session:
        found = asked(session)
    if as_json:
        click.echo(json.dumps({"n": len(found), "slips": [one.as_json() for one in found]}, ensure_ascii=False))
        return
    for one in found:
        place, why = one.desk or one.agency or "–", f" · {_WHY[one.why]}" if one.why else ""
        tell(f"{one.device}/{one.epoch} · phiếu số {one.serial} · dòng {one.seq} · {one.day} · {place}{why}")
    tell(f"{len(found)} {words}" if found else none)
