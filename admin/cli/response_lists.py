"""`hailong admin responses list`: responses that people should look at."""

from __future__ import annotations

import click

from admin.cli.base import fail, now_ms, open_store, print_json, print_sentence
from admin.cli.figures import describe_refusal
from translations import gettext, lazy, ngettext
from translations.formats import DASH

#: List → what is said when it is empty.
_NONE = {
    "ignored": lazy("There are no answers of which a field was passed over."),
    "joined": lazy("There are no answers joined over two devices."),
    "not-counted": lazy("There are no answers that are not counted."),
}


def _sum(name: str, n: int) -> str:
    """How many stand in a list, and what that means."""
    if name == "not-counted":
        return ngettext("%(n)s answer is kept and not counted.", "%(n)s answers are kept and not counted.", n)
    if name == "ignored":
        return ngettext(
            "%(n)s answer is counted, without the fields that the writing device may not state.",
            "%(n)s answers are counted, without the fields that the writing device may not state.", n,
        )  # fmt: skip
    return ngettext(
        "%(n)s answer is joined to one of another device on the same stage of the dossier, at the same agency.",
        "%(n)s answers are joined to one of another device on the same stage of the dossier, at the same agency.", n,
    )  # fmt: skip


@click.command(name="list")
@click.argument("name", metavar="LIST", type=click.Choice(tuple(_NONE)))
@click.argument("agency", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_command(name: str, agency: str | None, as_json: bool) -> None:
    """List responses of AGENCY, or of all: not-counted, ignored (a field was passed over), joined (over two devices).

    Tells ledgers and reasons, never a score.
    """
    from admin import jobs
    from admin.cli import uncounted_reason_words
    from admin.ledgers import signing_keys
    from admin.responses import listings
    from models.tables.agency import Agency

    database, settings = open_store()
    jobs.update_responses_and_tallies(database, signing_keys.load_centre_keys(settings), now_ms())
    with database.read() as session:
        if agency is not None and session.get(Agency, agency) is None:
            fail("unknown_agency", describe_refusal("unknown_agency"))
        responses = listings.list_responses(session, name, agency)
    if as_json:
        print_json({"list": name, "n": len(responses), "responses": [one.as_json() for one in responses]})
        return
    for one in responses:
        why = {
            "not-counted": uncounted_reason_words.describe_reason(one.reason),
            "ignored": uncounted_reason_words.describe_fields(one.ignored),
            "joined": ", ".join(one.joined),
        }[name]
        print_sentence(gettext(
            "%(device)s/%(epoch)s · line %(seq)s · %(day)s · %(agency)s · %(why)s", device=one.device, epoch=one.epoch,
            seq=one.seq, day=one.day, agency=one.agency or DASH, why=why,
        ))  # fmt: skip
    print_sentence(_sum(name, len(responses)) if responses else str(_NONE[name]))
