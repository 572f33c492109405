"""`hailong admin follow-up`: whether follow-up codes are given out in the province."""

from __future__ import annotations

import click

from admin.cli.base import WHO, now_ms, opened, say_json, tell
from translations import gettext


@click.command(name="follow-up")
@click.argument("word", type=click.Choice(["on", "off"]), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def follow_up_command(word: str | None, as_json: bool) -> None:
    """Say whether somebody answers what citizens write: `on` gives follow-up codes out, `off` (as at the beginning)
    gives none. Without a word: how it stands."""
    from admin.desks import province_replies

    if word is not None and as_json:
        raise click.UsageError(gettext("--json only tells how it stands; leave out on or off."))
    database, _ = opened()
    if word is not None:
        with database.write() as session:
            province_replies.promise(session, word == "on", WHO, now_ms())
    with database.read() as session:
        on = province_replies.promised(session)
    if as_json:
        say_json({"follow_up": on})
    elif on:
        tell(gettext(
            "on: tablets and phones give out follow-up codes. Each code is a promise to answer; somebody must answer."
        ))  # fmt: skip
    else:
        tell(gettext("off: no follow-up codes are given out. Codes given out before can still be looked up."))
