"""The image of a slip as a thermal printer prints it: one bit, whole dots, 203 dpi.

It is 576 dots wide (80 mm) or 384 (58 mm). Imported only when a slip is drawn; Pillow and qrcode stay out of the
kiosk's start.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta

from PIL import Image

from kiosk import qr_code
from kiosk.desk.reference import Reference
from kiosk.slips.minting import PrintableSlip
from kiosk.slips.slip_column import WHITE, Column
from models.clock import HCM
from models.vocabulary import Stage
from translations import current_locale, formats
from translations import gettext as _


@dataclass(frozen=True, slots=True)
class PaperWidth:
    """A width of paper, all in dots. `module` is a square of the QR, at most."""

    width: int
    margin: int
    module: int
    title: int
    face: int


PAPERS = {576: PaperWidth(576, 24, 9, 42, 72), 384: PaperWidth(384, 14, 6, 32, 60)}


def describe_stage(stage: Stage) -> str:
    """Which paper the slip goes with."""
    return {
        Stage.SUBMISSION: _("with the receipt of the dossier and appointment for the result"),
        Stage.SUPPLEMENT: _("with the request to complete the dossier"),
        Stage.REFUSAL: _("with the refusal of the dossier"),
        Stage.RESULT: _("with the result of the dossier"),
        Stage.GUIDANCE: _("after guidance at the desk"),
    }[stage]


def qr_svg(url: str) -> bytes:
    """The QR alone as an SVG picture on white, 1 mm a module, without style attributes."""
    return qr_code.draw_paper_svg(url)


def qr_text(url: str) -> str:
    """The QR in half blocks, for a terminal with a light ground."""
    out = io.StringIO()
    qr_code.make_paper_code(url).print_ascii(out=out, invert=True)
    return out.getvalue()


def describe_subject(column: Column, minted: PrintableSlip) -> None:
    """What the slip is about: the procedure, and the day the result is due or today's, where the desk knows it."""
    day = datetime.fromtimestamp(minted.minted_ms / 1000, HCM).date()
    if minted.procedure:
        column.entry(_("Procedure:"), minted.procedure.name.text(current_locale()))
    if minted.due_days is not None:
        column.entry(_("Result due:"), formats.day(day + timedelta(days=minted.due_days)))
    elif minted.minted_ms:
        column.entry(_("Date:"), formats.day(day))


def describe_validity(minted: PrintableSlip) -> str:
    """How often and how long the code works; without a date no day is promised."""
    if minted.due_days is not None:
        return _("This code works once, until 30 days after the result is due.")
    return _("This code works once, for 30 days from today.") if minted.minted_ms else _("This code works once.")


def draw_slip(minted: PrintableSlip, desk: Reference, width: int = 576) -> Image.Image:
    """The slip of `minted` in the current language, one bit a dot. `width` of the paper: a key of `PAPERS`."""
    language = current_locale()
    paper = PAPERS[width]
    image = Image.new("1", (width, 4000), WHITE)
    roll = Column(image, paper.margin, width - 2 * paper.margin, 28)
    roll.centred(desk.agency_name.text(language).upper(), 30, bold=True)
    roll.centred(desk.centre_line.text(language))
    roll.gap(6)
    roll.centred(describe_stage(minted.stage))
    roll.gap(8)
    roll.band()
    roll.centred(_("Please rate our service"), paper.title, bold=True)
    roll.gap(6)
    describe_subject(roll, minted)
    roll.code(minted.url, paper.module, width)
    roll.centred(_("Scan with your phone"), 32, bold=True)
    roll.centred(_("1 minute · no app to install · anonymous"))
    roll.gap(10)
    roll.faces(paper.face)
    roll.tear()
    roll.centred(_("The province's page:"), bold=True)
    roll.address(minted.host)
    roll.centred(_("It never asks for ID card, password, OTP or money."), bold=True)
    roll.tear()
    if minted.code:
        roll.centred(_("Cannot scan? Open"))
        roll.address(minted.typed_at)
        roll.centred(_("and type the code"))
        roll.typed(minted.code)
        roll.tear()
    roll.centred(describe_validity(minted))
    if desk.phone:
        roll.centred(_("Feedback line: %(phone)s", phone=desk.phone.replace(" ", "\u00a0")))
    return image.crop((0, 0, width, roll.y + 24))
