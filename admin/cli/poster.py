"""`hailong admin poster`: the sheet with the QR of a desk's open page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from admin.cli.base import fail, open_store, write_result_file
from translations import gettext

if TYPE_CHECKING:
    from models.tables.agency import Agency, Desk


@click.command(name="poster")
@click.argument("desk_code")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where the PDF is written.")
@click.option("--locale", default="vi", show_default=True, help="The language of the sheet.")
def poster(desk_code: str, output: Path | None, locale: str) -> None:
    """Draw the poster of DESK_CODE: one A4 page with the QR of its open page; prints the file's path."""
    from admin.instruments import store
    from admin.pdf import fonts
    from admin.survey import phone_drafts, poster_pdf

    database, settings = open_store()
    with database.read() as session:
        posted = phone_drafts.find_poster_desk(session, desk_code)
        if posted is None:
            fail("unknown_desk", gettext(
                "There is no desk %(desk)s. Add the desk first: hailong admin desks add …", desk=desk_code
            ))  # fmt: skip
        overall = store.read_current_instrument(session, "short").overall

    def name(row: Agency | Desk) -> str:
        return (locale != "vi" and row.name_en) or row.name_vi

    sheet = poster_pdf.Poster(
        name(posted.agency),
        name(posted.desk),
        overall.text.text(locale) if overall is not None else "",
        posted.desk.code,
        settings.public_url,
        settings.phone,
    )
    try:
        pdf = poster_pdf.draw_poster(sheet, fonts.find_font_family(settings.fonts), locale)
    except fonts.FontError as error:
        fail(error.code, gettext("The poster could not be drawn. The type: %(why)s", why=error))
    file_code = re.sub(r"[^\w.-]|\.\.", "_", posted.desk.code)  # an old desk's code may hold what no file's name may
    path = output or settings.instance / "posters" / f"ma-qr-{file_code}.pdf"
    write_result_file(path, pdf, gettext("No poster was written"))
    click.echo(click.format_filename(path))
