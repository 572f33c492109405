"""`hailong admin desks`: adding desks, listing them, and changing their settings."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import click
from sqlalchemy import select, update

from admin.cli.base import fail, now_ms, opened
from admin.desks import desk_settings, province_hours
from admin.responses import judged_again
from models.reference.opening_hours import BadHours
from models.tables.agency import Agency, Desk
from models.tables.device import Device, Epoch
from translations.terminal.groups import TranslatedGroup

WHO = "command line"
#: It stands in addresses, on paper and in names of files.
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,39}\Z")


@click.group(cls=TranslatedGroup)
def desks() -> None:
    """Desks, where citizens are served."""


@desks.command(name="add")
@click.argument("agency_key")
@click.argument("code")
@click.argument("name")
@click.option("--name-en", default="")
@click.option("--factors/--no-factors", default=False, help="Ask the factor questions on the tablet too.")
def desks_add(agency_key: str, code: str, name: str, name_en: str, factors: bool) -> None:
    """Add desk CODE, called NAME, to the agency AGENCY_KEY."""
    if not _CODE.match(code) or ".." in code:
        fail("bad_code", "Mã quầy phải có 1–40 chữ không dấu, số, dấu chấm, gạch (A-Z a-z 0-9 . _ -), như NB-14329-Q1.")
    if not name.strip():
        fail("bad_name", "Quầy phải có tên, như «Quầy 1».")
    database, _ = opened()
    with database.read() as session:
        here = session.get(Desk, code) is not None
    if here:
        judged_again.again(database, judged_again.UNKNOWN_DESK)  # whoever added it may have been stopped
    with database.write() as session:
        if session.get(Agency, agency_key) is None:
            fail("unknown_agency", f"Không có cơ quan {agency_key}. Nhập cơ quan trước, rồi thêm quầy.")
        if session.get(Desk, code) is not None:
            fail("desk_exists", f"Quầy {code} đã có. Chọn mã khác.")
        taken = select(Desk).where(Desk.agency_key == agency_key, Desk.name_vi == name)
        if session.scalars(taken).first() is not None:
            fail("desk_exists", f"Cơ quan này đã có quầy tên {name}. Chọn tên khác.")
        session.add(Desk(code=code, agency_key=agency_key, name_vi=name, name_en=name_en, factors=factors))
        session.flush()
        waited = select(Epoch.device_id).where(Epoch.desk_code == code)  # a restored centre may know it no more
        session.execute(update(Device).where(Device.desk_code.is_(None), Device.id.in_(waited)).values(desk_code=code))
    judged_again.again(database, judged_again.UNKNOWN_DESK)
    click.echo(code)


@desks.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def desks_list(as_json: bool) -> None:
    """List every desk with how it is set."""
    database, settings = opened()
    with database.read() as session:
        rows = [
            {"desk": row.code, "agency": row.agency_key, "name": row.name_vi, "factors": row.factors,
             "typing": row.typing, "follow_up": row.follow_up, "hours": row.hours}
            for row in desk_settings.listed(session)
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    for row in () if as_json else rows:
        on = [name for name in ("factors", "typing", "follow_up") if row[name]]
        own = "giờ riêng" if row["hours"] else "giờ của tỉnh"
        click.echo(f"{row['desk']:<20} {row['name']:<20} {own:<14} {' '.join(on)}")
    problem = province_hours.problem(settings.instance)
    if problem is not None:
        click.echo(f"bad_hours: {problem}. Đang dùng giờ mặc định của phần mềm.", err=True)


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
    if file is not None and hours_default:
        raise click.UsageError("--hours and --hours-default exclude each other")
    database, _ = opened()
    with database.write() as session:
        desk = session.get(Desk, code)
        if desk is None:
            fail("unknown_desk", f"Không có quầy {code}. Xem: hailong admin desks list")
        now = desk_settings.of(desk)
        wanted = replace(
            now,
            factors=now.factors if factors is None else factors,
            typing=now.typing if typing is None else typing,
            follow_up=now.follow_up if follow_up is None else follow_up,
            hours={} if hours_default else now.hours if file is None else _hours(file),
        )
        changed = desk_settings.change(session, desk, wanted, WHO, now_ms())
    click.echo(code if changed else f"{code} (như cũ)")


def _hours(file: Path) -> dict[str, object]:
    try:
        found = province_hours.read(file)
    except BadHours as error:
        fail("bad_hours", f"{error}. Không có gì thay đổi.")
    if not found.get("week"):
        fail("bad_hours", f"{file.name}: thiếu week. Không có gì thay đổi.")
    return found
