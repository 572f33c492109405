"""`hailong kiosk slip`: slips without a network, for every paper and printer of an office."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kiosk.cli.base import end_not_paired, fail, open_store, print_result
from models.vocabulary import Stage
from translations import gettext as _

if TYPE_CHECKING:
    from kiosk.desk import reference
    from kiosk.slips import minting
    from models.clock import Moment
    from models.keys import SigningKey
    from models.storage.database import Database

#: The most slips of one call: ten A4 sheets.
MOST = 80


@click.command(name="slip")
@click.option("--stage", type=click.Choice([stage.value for stage in Stage]), help="Needed for new slips.")
@click.option("--procedure", help="Procedure code, as the centre knows it.")
@click.option("--due", help="Day the result is due, as 2026-11-30.")
@click.option("--locale", default="vi", show_default=True)
@click.option("--paper", type=click.Choice(["80", "58", "a5", "a4"]), default="80", show_default=True,
              help="Rolls of 80 and 58 mm; a5: block for the corner of a form; a4: sheet to cut, eight slips.")
@click.option("--format", "form", type=click.Choice(["png", "pdf", "escpos"]), default="png", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option("--print", "printer", help="Thermal printer: /dev/usb/lp0, LPT1 or host:9100.")
@click.option("--count", type=click.IntRange(1, MOST), default=1, show_default=True, help="How many slips.")
@click.option("--again", type=click.IntRange(1, 2**31 - 1), metavar="SERIAL",
              help="Make none: draw or print the slip with this serial again (--count: those from it on).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def slip_command(
    stage: str | None, procedure: str | None, due: str | None, locale: str, paper: str, form: str,
    output: Path | None, printer: str | None, count: int, again: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Mint single-use slips without a network; draw, save or print them."""
    from kiosk.cli.slip_print_lines import report_print
    from kiosk.desk import device_key, reference, state
    from kiosk.error_catalogue.slip_errors import SLIP
    from kiosk.slips import minting, slip_image, slip_paper_formats
    from kiosk.slips.printer import print_out
    from models import clock
    from translations import use_locale

    if (stage is None) is (again is None) or (again is not None and (procedure or due)):
        raise click.UsageError(_("--stage STAGE for new slips, or --again SERIAL alone"))
    if paper in ("a5", "a4") and (form == "escpos" or printer):
        raise click.UsageError(_("ESC/POS prints on rolls: --paper 80 or 58"))
    if form == "png" and output and count > (slip_paper_formats.ON_A4 if paper == "a4" else 1):
        raise click.UsageError(_("a PNG holds one page: --format pdf"))
    if output is None and printer is None and (count > 1 or form != "png" or paper == "a4"):
        raise click.UsageError(_("-o FILE or --print PRINTER: where the slips go"))
    database, settings = open_store()
    now = clock.now()
    try:
        day = date.fromisoformat(due) if due else None
    except ValueError:
        raise click.BadParameter(_("--due: a day as 2026-11-30")) from None
    with database.read() as session:
        desk = reference.read_reference(session)
        if state.read_state(session).identity is None or desk is None:
            end_not_paired(settings)
        days = minting.days_until_due(session, now, day) if day else None
        minted = minting.find_slips(session, again, count) if again is not None else []
    if again is not None and not minted:
        fail(SLIP, "unknown_slip", serial=again, count=count)
    if stage is not None:
        values: dict[str, Any] = {"stage": Stage(stage), "procedure": procedure, "due_days": days}
        desk, minted = _mint(database, device_key.load_device_key(settings.key_file), now, count, values)
    first = minted[0]
    try:
        with use_locale(locale):
            png, svg = slip_paper_formats.write_slip_pictures(first, desk, settings.instance / "slips", paper)
            if output:
                output.write_bytes(slip_paper_formats.render_slips(minted, desk, paper, form))
            commands = slip_paper_formats.render_slips(minted, desk, paper, "escpos") if printer else b""
    except OSError as error:
        fail(SLIP, "not_drawn", why=error.strerror, serial=first.serial)
    print_known = report_print(print_out(commands, printer), printer, first.serial, count, paper) if printer else None
    result = {"serial": first.serial, "token": first.token, "code": first.code, "url": first.url, "png": str(png),
              "svg": str(svg)}  # fmt: skip
    if output:
        result["file"] = str(output)
    if print_known:
        result["print"] = print_known
    if not as_json:
        click.echo(slip_image.qr_text(first.url))
        print_result(result, as_json)
        return
    more = [{"token": one.token, "code": one.code, "url": one.url} for one in minted]
    print_result({**result, "slips": more} if count > 1 else result, as_json)


def _mint(
    database: Database, key: SigningKey, now: Moment, count: int, values: dict[str, Any]
) -> tuple[reference.Reference, list[minting.PrintableSlip]]:
    from kiosk.desk import reference
    from kiosk.error_catalogue.slip_errors import SLIP
    from kiosk.slips import minting

    try:
        with database.write() as session:
            desk = reference.read_reference(session)
            minted = minting.mint_slips(session, key, now, count, **values)
    except minting.UnknownProcedure:
        fail(SLIP, "unknown_procedure", procedure=values["procedure"])
    except minting.DeviceWithdrawn:
        fail(SLIP, "device_withdrawn")
    except ValueError:
        fail(SLIP, "bad_due")
    assert desk is not None
    return desk, minted
