"""`hailong admin apikeys`: the keys of other systems that announce slips."""

from __future__ import annotations

import json

import click

from admin.api.slips import api_keys
from admin.api.slips.request import MOST
from admin.cli.base import fail, now_ms, opened
from admin.statistics.tallies.agency_tree import UnknownAgency
from translations.terminal.groups import TranslatedGroup


@click.group(cls=TranslatedGroup)
def apikeys() -> None:
    """Keys of systems that announce slips (POST /api/v1/slips)."""


@apikeys.command(name="add")
@click.argument("name")
@click.option("--agency", required=True, help="Key of the agency it may announce for, with all under it.")
@click.option(
    "--per-minute", type=click.IntRange(MOST, 100_000), default=api_keys.PER_MINUTE, show_default=True,
    help="Slips it may announce within a minute.",
)  # fmt: skip
@click.option(
    "--decider", "deciders", multiple=True, metavar="KEY",
    help="An agency it may name as deciding; may be given several times.",
)  # fmt: skip
def add(name: str, agency: str, per_minute: int, deciders: tuple[str, ...]) -> None:
    """Make a key for the system NAME and print it, this once."""
    if not 1 <= len(name) <= 80:
        raise click.UsageError("NAME: 1 to 80 characters")
    database, _settings = opened()
    try:
        with database.write() as session:
            secret = api_keys.add(session, name, agency, now_ms(), per_minute, deciders)
    except UnknownAgency as error:
        fail("unknown_agency", f"Không có cơ quan {error.args[0]}; không có gì thay đổi.")
    except api_keys.KeyRefused as error:
        fail(error.code, f"Đã có khóa tên {name}; đặt tên khác, hoặc thu hồi khóa cũ rồi đặt tên mới.")
    click.echo(secret)


@apikeys.command(name="list")
@click.option("--json", "as_json", is_flag=True)
def listed(as_json: bool) -> None:
    """All keys: name, agency, limit, whether revoked. Never the key itself."""
    database, _settings = opened()
    with database.read() as session:
        rows = [
            {"name": row.name, "agency": row.agency_key, "per_minute": row.per_minute, "created_ms": row.created_ms,
             "revoked_ms": row.revoked_ms, "deciders": row.deciders}
            for row in api_keys.every(session)
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        named = "any decider" if row["deciders"] is None else "deciders " + (", ".join(row["deciders"]) or "–")
        revoked = "  revoked" if row["revoked_ms"] else ""
        click.echo(f"{row['name']}  {row['agency']}  {row['per_minute']}/min  {named}{revoked}")


@apikeys.command(name="deciders")
@click.argument("name")
@click.argument("agencies", nargs=-1)
def deciders_command(name: str, agencies: tuple[str, ...]) -> None:
    """Let the key of the system NAME name AGENCIES as deciding, and no others; without any, none."""
    database, _settings = opened()
    try:
        with database.write() as session:
            api_keys.decide(session, name, agencies)
    except api_keys.KeyRefused as error:
        fail(error.code, f"Không có khóa tên {name}; xem danh sách: hailong admin apikeys list")
    except UnknownAgency as error:
        fail("unknown_agency", f"Không có cơ quan {error.args[0]}; không có gì thay đổi.")
    click.echo(f"{name}  {', '.join(sorted(set(agencies))) or '–'}")


@apikeys.command(name="revoke")
@click.argument("name")
def revoke(name: str) -> None:
    """Take the key of the system NAME out of use, for good."""
    database, _settings = opened()
    try:
        with database.write() as session:
            api_keys.revoke(session, name, now_ms())
    except api_keys.KeyRefused as error:
        fail(error.code, f"Không có khóa tên {name}; xem danh sách: hailong admin apikeys list")
    click.echo(name)
