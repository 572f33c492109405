"""`hailong admin follow-up`: whether follow-up codes are given out in the province."""

from __future__ import annotations

import click

from admin.cli.base import WHO, now_ms, open_store, print_json, print_sentence
from translations import gettext


@click.command(name="follow-up")
@click.argument("word", type=click.Choice(["on", "off"]), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def follow_up_command(word: str | None, as_json: bool) -> None:
    """Say whether somebody answers what citizens write: `on` gives follow-up codes out, `off` (as at the beginning)
    gives none. Without a word: how it stands."""
    from admin.desks import follow_up_promise

    if word is not None and as_json:
        raise click.UsageError(gettext("--json only tells how it stands; leave out on or off."))
    database, _ = open_store()
    if word is not None:
        with database.write() as session:
            follow_up_promise.set_follow_up_promise(session, word == "on", WHO, now_ms())
    with database.read() as session:
        on = follow_up_promise.is_follow_up_promised(session)
    if as_json:
        print_json({"follow_up": on})
    elif on:
        print_sentence(gettext(
            "on: tablets and phones give out follow-up codes. Each code is a promise to answer; somebody must answer."
        ))  # fmt: skip
    else:
        print_sentence(gettext("off: no follow-up codes are given out. Codes given out before can still be looked up."))
