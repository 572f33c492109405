"""`hailong admin clock`: the centre's clock beside what it signed, and a person's word for it."""

from __future__ import annotations

import click

from admin.cli.base import WHO, fail, now_ms, open_store, print_json, print_warning
from translations import gettext
from translations.terminal.groups import TranslatedGroup


@click.group(cls=TranslatedGroup, name="clock", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def clock_group(ctx: click.Context, as_json: bool) -> None:
    """Show the centre's clock beside the newest time it signed; exit 1 while nothing is written by it."""
    if ctx.invoked_subcommand is not None:
        return
    from admin.ledgers import centre_clock
    from models.clock import date_and_time

    database, _settings = open_store()
    with database.read() as session:
        reading = centre_clock.read_clock(session, clock_ms := now_ms())
    newest, confirmed, doubt = reading.newest_ms, reading.confirmed_ms, reading.doubt
    if as_json:
        document = {"ok": doubt is None, "reason": doubt.code if doubt else None, "now_ms": clock_ms,
                 "newest_signed_ms": newest, "confirmed_ms": confirmed}  # fmt: skip
        print_json(document)
    else:
        signed = date_and_time(newest) if newest else gettext("nothing was signed yet")
        rows = [
            (gettext("This machine's clock"), date_and_time(clock_ms)),
            (gettext("Latest signature"), signed),
            (gettext("Latest confirmation"), date_and_time(confirmed) if confirmed else gettext("never yet")),
        ]
        for name, value in rows:
            click.echo(f"{name:<20} {value}")
    if doubt is not None:
        fail(doubt.code, str(doubt))


@clock_group.command(name="confirm")
@click.option("--yes", is_flag=True, help="For scripts: the machine's date and time were looked at and are right.")
def confirm(yes: bool) -> None:
    """Confirm that the machine's clock is right, so that the centre signs by it again. Asks for today's date."""
    from admin.ledgers import centre_clock
    from models import clock
    from models.clock import date_and_time

    database, _settings = open_store()
    with database.read() as session:
        doubt = centre_clock.read_clock(session, now_ms()).doubt
    if doubt is None:
        print_warning(gettext("The clock fits what was signed; there is nothing to confirm, nothing has changed."))
        return
    impossible = doubt.now_ms < centre_clock.EARLIEST_MS
    print_warning(
        gettext("This machine's clock shows %(now)s (time of Vietnam).", now=date_and_time(doubt.now_ms))
    )
    if not impossible and not yes:
        _ask_for_today(clock.local_day(doubt.now_ms))
    try:
        with database.write() as session:
            centre_clock.confirm_clock(session, now_ms(), WHO)
    except centre_clock.ClockImpossible:
        fail("clock_impossible", gettext(
            "This time is certainly wrong and cannot be confirmed. Nothing has changed; set the machine's "
            "date and time."
        ))  # fmt: skip
    print_warning(
        gettext("Confirmed; the centre signs by this clock. Devices at the desks learn of it with their next sync.")
    )


def _ask_for_today(today: str) -> None:
    """Let a person say by another clock which day it is."""
    question = gettext(
        "Look at a calendar or another clock. If the machine is right, type today's date (year-month-day)"
    )
    try:
        typed = str(click.prompt(question, default="", show_default=False, err=True))
    except click.Abort:
        click.echo(err=True)  # what follows does not stand behind the question
        typed = ""
    if typed.strip() != today:
        fail("not_confirmed", gettext(
            "What was typed is not the day of this machine, or nothing was typed. Nothing has changed."
        ))  # fmt: skip
