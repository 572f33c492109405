"""`hailong admin desks`: adding desks, listing them, and changing their settings."""

from __future__ import annotations

import re
from pathlib import Path

import click

from admin.cli.base import WHO, fail, now_ms, open_store, print_json, print_warning
from translations import gettext
from translations.terminal.groups import TranslatedGroup

#: It stands in addresses, on paper and in names of files.
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,39}\Z")


@click.group(cls=TranslatedGroup)
def desks() -> None:
    """Desks, where citizens are served."""


@desks.command(name="add")
@click.argument("agency_key")
@click.argument("code")
@click.argument("name")
@click.option("--name-en", default="", help="Its name in English.")
@click.option("--factors/--no-factors", default=False, help="Ask the factor questions on the tablet too.")
def desks_add(agency_key: str, code: str, name: str, name_en: str, factors: bool) -> None:
    """Add desk CODE, called NAME, to the agency AGENCY_KEY."""
    from sqlalchemy import select, update

    from admin.responses import rejudgement
    from models.tables.agency import Agency, Desk
    from models.tables.device import Device, Epoch

    if not _CODE.match(code) or ".." in code:
        fail("bad_code", gettext(
            "A desk's code has 1–40 letters without marks, digits, dots, dashes (A-Z a-z 0-9 . _ -), like NB-14329-Q1."
        ))  # fmt: skip
    if not name.strip():
        fail("bad_name", gettext("A desk must have a name, like «Desk 1»."))
    database, _ = open_store()
    with database.read() as session:
        is_known = session.get(Desk, code) is not None
    if is_known:
        rejudgement.rejudge_responses(database, rejudgement.UNKNOWN_DESK)  # whoever added it may have been stopped
    with database.write() as session:
        if session.get(Agency, agency_key) is None:
            fail("unknown_agency", gettext(
                "There is no agency %(agency)s. Import the agency first, then add the desk.", agency=agency_key
            ))  # fmt: skip
        if session.get(Desk, code) is not None:
            fail("desk_exists", gettext("There is a desk %(desk)s already. Choose another code.", desk=code))
        same_name = select(Desk).where(Desk.agency_key == agency_key, Desk.name_vi == name)
        if session.scalars(same_name).first() is not None:
            fail("desk_exists", gettext(
                "This agency has a desk named %(name)s already. Choose another name.", name=name
            ))  # fmt: skip
        session.add(Desk(code=code, agency_key=agency_key, name_vi=name, name_en=name_en, factors=factors))
        session.flush()
        waited = select(Epoch.device_id).where(Epoch.desk_code == code)  # a restored centre may know it no more
        session.execute(update(Device).where(Device.desk_code.is_(None), Device.id.in_(waited)).values(desk_code=code))
    rejudgement.rejudge_responses(database, rejudgement.UNKNOWN_DESK)
    click.echo(code)


@desks.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def desks_list(as_json: bool) -> None:
    """List every desk with how it is set."""
    from admin.desks import desk_settings, province_hours

    database, settings = open_store()
    with database.read() as session:
        rows = [
            {"desk": row.code, "agency": row.agency_key, "name": row.name_vi, "factors": row.factors,
             "typing": row.typing, "follow_up": row.follow_up, "hours": row.hours}
            for row in desk_settings.list_desks(session)
        ]  # fmt: skip
    if as_json:
        print_json(rows)
    words = {
        "factors": gettext("factor questions"), "typing": gettext("typing"), "follow_up": gettext("follow-up codes"),
    }  # fmt: skip
    for row in () if as_json else rows:
        on = [word for setting, word in words.items() if row[setting]]
        hours = gettext("own hours") if row["hours"] else gettext("province's hours")
        click.echo(f"{row['desk']:<20} {row['name']:<20} {hours:<14} {' · '.join(on)}".rstrip())
    problem = province_hours.find_hours_problem(settings.instance)
    if problem is not None:
        print_warning("bad_hours: " + gettext("%(problem)s. The program's usual hours are in use.", problem=problem))


@desks.command(name="set")
@click.argument("code")
@click.option("--factors/--no-factors", default=None, help="Ask the factor questions on the tablet too.")
@click.option("--typing/--no-typing", default=None, help="Let people type on the tablet.")
@click.option("--follow-up/--no-follow-up", default=None, help="Give out follow-up codes.")
@click.option("--hours", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Its own hours, a JSON file: week (1 … 7: spans) and, if wanted, closed (days).")
@click.option("--hours-default", is_flag=True, help="The province's hours again.")
def desks_set(
    code: str, factors: bool | None, typing: bool | None, follow_up: bool | None, file: Path | None,
    hours_default: bool,
) -> None:  # fmt: skip
    """Set desk CODE; what is not named stays. The tablet follows with its next sync."""
    from dataclasses import replace

    from admin.desks import desk_settings
    from models.tables.agency import Desk

    if file is not None and hours_default:
        raise click.UsageError(gettext("Give one of %(one)s and %(other)s.", one="--hours", other="--hours-default"))
    database, _ = open_store()
    with database.write() as session:
        desk = session.get(Desk, code)
        if desk is None:
            fail("unknown_desk", gettext(
                "There is no desk %(desk)s. See: hailong admin desks list", desk=code
            ))  # fmt: skip
        now = desk_settings.read_desk_settings(desk)
        new_settings = replace(
            now,
            factors=now.factors if factors is None else factors,
            typing=now.typing if typing is None else typing,
            follow_up=now.follow_up if follow_up is None else follow_up,
            hours={} if hours_default else now.hours if file is None else _hours(file),
        )
        changed = desk_settings.change_desk_settings(session, desk, new_settings, WHO, now_ms())
    click.echo(code if changed else gettext("%(desk)s (as before)", desk=code))


def _hours(file: Path) -> dict[str, object]:
    from admin.desks import province_hours
    from models.reference.opening_hours import BadHours

    try:
        hours = province_hours.read_hours_file(file)
    except BadHours as error:
        fail("bad_hours", gettext("%(problem)s. Nothing has changed.", problem=error))
    if not hours.get("week"):
        fail("bad_hours", gettext("%(file)s: week is missing. Nothing has changed.", file=file.name))
    return hours
