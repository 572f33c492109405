"""`hailong admin responses list`: responses that people should look at."""

from __future__ import annotations

import json

import click

from admin import jobs
from admin.cli import reason_words
from admin.cli.base import fail, now_ms, opened, tell
from admin.cli.figures import REFUSALS
from admin.ledgers import signing_keys
from admin.responses import listings
from models.tables.agency import Agency

_NONE = {
    "not-counted": "Không có phiếu nào không được tính.",
    "ignored": "Không có phiếu nào bị bỏ qua một mục.",
    "joined": "Không có phiếu nào được ghép giữa hai thiết bị.",
}
_FOUND = {
    "not-counted": "phiếu được giữ nhưng không được tính.",
    "ignored": "phiếu được tính, trừ những mục mà máy ghi không được phép khai.",
    "joined": "phiếu được ghép với phiếu của thiết bị khác về cùng một bước của hồ sơ, tại cùng cơ quan.",
}


@click.command(name="list")
@click.argument("name", metavar="LIST", type=click.Choice(sorted(listings.LISTS)))
@click.argument("agency", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_command(name: str, agency: str | None, as_json: bool) -> None:
    """List responses of AGENCY, or of all: not-counted, ignored (a field was passed over), joined (over two devices).

    Tells ledgers and reasons, never a score.
    """
    database, settings = opened()
    jobs.settle(database, signing_keys.load(settings), now_ms())
    with database.read() as session:
        if agency is not None and session.get(Agency, agency) is None:
            fail("unknown_agency", REFUSALS["unknown_agency"])
        found = listings.listed(session, name, agency)
    if as_json:
        document = {"list": name, "n": len(found), "responses": [one.as_json() for one in found]}
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    for one in found:
        why = {
            "not-counted": reason_words.reason(one.reason), "ignored": reason_words.fields(one.ignored),
            "joined": ", ".join(one.joined),
        }[name]  # fmt: skip
        tell(f"{one.device}/{one.epoch} · dòng {one.seq} · {one.day} · {one.agency or '–'} · {why}")
    tell(f"{len(found)} {_FOUND[name]}" if found else _NONE[name])
