"""`hailong admin apikeys`: the keys of other systems that announce slips."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import click

from admin.cli.base import fail, now_ms, open_store, print_json
from translations import gettext, ngettext
from translations.formats import DASH
from translations.terminal.groups import TranslatedGroup

if TYPE_CHECKING:
    from models.tables.slip_record import ApiKey

#: A key may announce at least one full request within a minute; as many as a key gets by itself.
LEAST_PER_MINUTE, PER_MINUTE = 200, 600


@click.group(cls=TranslatedGroup)
def apikeys() -> None:
    """Keys of systems that announce slips (POST /api/v1/slips)."""


@apikeys.command(name="add")
@click.argument("name")
@click.option("--agency", required=True, help="Key of the agency it may announce for, with all under it.")
@click.option(
    "--per-minute", type=click.IntRange(LEAST_PER_MINUTE, 100_000), default=PER_MINUTE, show_default=True,
    help="Slips it may announce within a minute.",
)  # fmt: skip
@click.option(
    "--decider", "deciders", multiple=True, metavar="KEY",
    help="An agency it may name as deciding; may be given several times.",
)  # fmt: skip
def add(name: str, agency: str, per_minute: int, deciders: tuple[str, ...]) -> None:
    """Make a key for the system NAME and print it, this once."""
    from admin.api.slips import api_keys
    from admin.statistics.tallies.agency_tree import UnknownAgency

    if not 1 <= len(name) <= 80:
        raise click.UsageError(gettext("The name has 1 to 80 characters."))
    database, _settings = open_store()
    try:
        with database.write() as session:
            secret = api_keys.add_key(session, name, agency, now_ms(), per_minute, deciders)
    except UnknownAgency as error:
        _unknown_agency(error.args[0])
    except api_keys.ApiKeyRefused as error:
        fail(error.code, str(error))
    click.echo(secret)


@apikeys.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def listed(as_json: bool) -> None:
    """All keys: name, agency, limit, whether revoked. Never the key itself."""
    from admin.api.slips import api_keys

    database, _settings = open_store()
    with database.read() as session:
        keys = api_keys.list_keys(session)
        rows = [
            {"name": row.name, "agency": row.agency_key, "per_minute": row.per_minute, "created_ms": row.created_ms,
             "revoked_ms": row.revoked_ms, "deciders": row.deciders}
            for row in keys
        ]  # fmt: skip
        lines = [_line(row) for row in keys]
    if as_json:
        print_json(rows)
    for line in () if as_json else lines:
        click.echo(line)


def _line(key: ApiKey) -> str:
    """What the list says of a key."""
    limit = ngettext("%(n)s slip a minute", "%(n)s slips a minute", key.per_minute)
    deciders_text = gettext("any decider")
    if key.deciders is not None:
        deciders_text = gettext("deciders: %(agencies)s", agencies=", ".join(key.deciders) or DASH)
    revoked = "  " + gettext("revoked") if key.revoked_ms else ""
    return f"{key.name}  {key.agency_key}  {limit}  {deciders_text}{revoked}"


@apikeys.command(name="deciders")
@click.argument("name")
@click.argument("agencies", nargs=-1)
def deciders_command(name: str, agencies: tuple[str, ...]) -> None:
    """Let the key of the system NAME name AGENCIES as deciding, and no others; without any, none."""
    from admin.api.slips import api_keys
    from admin.statistics.tallies.agency_tree import UnknownAgency

    database, _settings = open_store()
    try:
        with database.write() as session:
            api_keys.set_deciders(session, name, agencies)
    except api_keys.ApiKeyRefused as error:
        fail(error.code, str(error))
    except UnknownAgency as error:
        _unknown_agency(error.args[0])
    click.echo(f"{name}  {', '.join(sorted(set(agencies))) or DASH}")


@apikeys.command(name="revoke")
@click.argument("name")
def revoke(name: str) -> None:
    """Take the key of the system NAME out of use, for good."""
    from admin.api.slips import api_keys

    database, _settings = open_store()
    try:
        with database.write() as session:
            api_keys.revoke_key(session, name, now_ms())
    except api_keys.ApiKeyRefused as error:
        fail(error.code, str(error))
    click.echo(name)


def _unknown_agency(key: str) -> NoReturn:
    fail("unknown_agency", gettext("There is no agency %(agency)s; nothing has changed.", agency=key))
