"""`hailong admin slips`: lists of slips that people should look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from admin.cli.base import now_ms, open_store, print_json, print_sentence
from translations import gettext, lazy, ngettext
from translations.formats import DASH
from translations.terminal.groups import TranslatedGroup

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from admin.statistics.slips_missing_in_ledger import UnrecordedSlip

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
#: Why a slip is not confirmed, in words (`slips_missing_in_ledger.WHY`).
_WHY = {
    "forked": lazy("two ledgers under the device's name"),
    "lost": lazy("the device is gone"),
    "not_come": lazy("the ledger has not come as far as this slip"),
}


@click.group(cls=TranslatedGroup, name="slips")
def slips_group() -> None:
    """Slips that were handed out at desks."""


@slips_group.command(name="unrecorded")
@_JSON
def unrecorded_command(as_json: bool) -> None:
    """List slips that were answered although the ledger of their desk's device does not hold them. They count."""
    from admin.statistics import slips_missing_in_ledger

    slip_count = _list(slips_missing_in_ledger.list_unrecorded, as_json)
    if as_json:
        return
    if not slip_count:
        print_sentence(gettext("No QR slip was used that the device's ledger does not hold."))
        return
    print_sentence(ngettext(
        "%(n)s QR slip was used that the device's ledger does not hold. Its answer still counts.",
        "%(n)s QR slips were used that their devices' ledgers do not hold. Their answers still count.", slip_count,
    ))  # fmt: skip


@slips_group.command(name="unconfirmed")
@_JSON
def unconfirmed_command(as_json: bool) -> None:
    """List answered slips that no ledger confirms: it is forked, lost, or did not come so far. They count."""
    from admin.statistics import slips_missing_in_ledger

    slip_count = _list(slips_missing_in_ledger.list_unconfirmed, as_json)
    if as_json:
        return
    if not slip_count:
        print_sentence(gettext("No QR slip was used that is not confirmed yet."))
        return
    print_sentence(ngettext(
        "%(n)s QR slip was used that is not confirmed yet: the device's ledger has not come so far, is gone or has two "
        "versions. That does not mean that the slip is wrong; its answer still counts.",
        "%(n)s QR slips were used that are not confirmed yet: the device's ledger has not come so far, is gone or has "
        "two versions. That does not mean that the slips are wrong; their answers still count.", slip_count,
    ))  # fmt: skip


def _list(look_up: Callable[[Session], Sequence[UnrecordedSlip]], as_json: bool) -> int:
    """Print a list of slips; returns how many there are."""
    from admin import jobs
    from admin.ledgers import signing_keys

    database, settings = open_store()
    jobs.update_responses_and_tallies(database, signing_keys.load_centre_keys(settings), now_ms())
    with database.read() as session:
        slips = look_up(session)
    if as_json:
        print_json({"n": len(slips), "slips": [one.as_json() for one in slips]})
        return len(slips)
    for one in slips:
        place, why = one.desk or one.agency or DASH, f" · {_WHY[one.why]}" if one.why else ""
        print_sentence(gettext(
            "%(device)s/%(epoch)s · slip %(serial)s · line %(seq)s · %(day)s · %(place)s", device=one.device,
            epoch=one.epoch, serial=one.serial, seq=one.seq, day=one.day, place=place,
        ) + why)  # fmt: skip
    return len(slips)
