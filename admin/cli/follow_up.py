"""`hailong admin follow-up`: whether follow-up codes are given out in the province."""

from __future__ import annotations

import json

import click

from admin.cli.base import now_ms, opened, tell
from admin.desks import province_replies

WHO = "command line"


@click.command(name="follow-up")
@click.argument("word", type=click.Choice(["on", "off"]), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def follow_up_command(word: str | None, as_json: bool) -> None:
    """Say whether somebody answers what citizens write: `on` gives follow-up codes out, `off` (as at the beginning)
    gives none. Without a word: how it stands."""
    if word is not None and as_json:
        raise click.UsageError("--json only tells how it stands; leave out on or off")
    database, _ = opened()
    if word is not None:
        with database.write() as session:
            province_replies.promise(session, word == "on", WHO, now_ms())
    with database.read() as session:
        on = province_replies.promised(session)
    if as_json:
        click.echo(json.dumps({"follow_up": on}))
    elif on:
        tell("on: máy và điện thoại phát mã theo dõi. Mỗi mã là một lời hứa trả lời; phải có người trả lời.")
    else:
        tell("off: không phát mã theo dõi. Mã đã phát trước đây vẫn xem được.")
