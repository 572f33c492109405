"""The commands about desks: what there is, and how each is set."""

from __future__ import annotations

import click
from sqlalchemy import select

from admin.command import fail, opened
from models.agency import Agency, Desk


@click.group()
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
    database, _ = opened()
    with database.write() as session:
        if session.get(Agency, agency_key) is None:
            fail("unknown_agency", f"Không có cơ quan {agency_key}. Nhập cơ quan trước, rồi thêm quầy.")
        if session.get(Desk, code) is not None:
            fail("desk_exists", f"Quầy {code} đã có. Chọn mã khác.")
        taken = select(Desk).where(Desk.agency_key == agency_key, Desk.name_vi == name)
        if session.scalars(taken).first() is not None:
            fail("desk_exists", f"Cơ quan này đã có quầy tên {name}. Chọn tên khác.")
        session.add(Desk(code=code, agency_key=agency_key, name_vi=name, name_en=name_en, factors=factors))
    click.echo(code)
