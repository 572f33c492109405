"""Paper formats of slips: rolls of 80 and 58 mm, the corner of an A5 form, an A4 sheet to cut.

The A5 forms are the law's. The corner block goes on the receipt, the request to complete a dossier and the refusal (TT
01/2018/TT-VPCP Điều 12): as a picture of its own for the one-stop software that prints the form, or as an A5 page that
is white but for the block, for a form that goes through the printer a second time. Its frame and faces tell it from the
dossier's own QR. Everything is one bit a dot; a PDF holds exactly these dots at their true size.
"""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from kiosk.desk.reference import Reference
from kiosk.slips import escpos
from kiosk.slips.minting import PrintableSlip
from kiosk.slips.slip_column import BLACK, WHITE, Column
from kiosk.slips.slip_image import PAPERS, describe_stage, describe_subject, describe_validity, draw_slip, qr_svg
from translations import current_locale
from translations import gettext as _

#: Dots per inch of thermal heads, and of pages.
HEAD, PAGE = 203, 300
#: Dots of a roll's printable width; what is left of the paper on each side in a PDF, in dots.
ROLLS = {"80": (576, 32), "58": (384, 40)}
#: Paper and format: what can be made of slips.
KINDS = (*ROLLS, "a5", "a4")
FORMATS = ("png", "pdf", "escpos")
#: Slips on one A4 sheet, two in a row.
ON_A4 = 8


class NotOnThisPaper(ValueError):
    """This format or this number of slips does not go with the paper."""


def mm_to_dots(length: float) -> int:
    """Millimetres in dots of a page."""
    return round(length * PAGE / 25.4)


BLOCK = mm_to_dots(88)
_A5, _A4 = (mm_to_dots(148), mm_to_dots(210)), (mm_to_dots(210), mm_to_dots(297))
_CARD = (_A4[0] // 2, _A4[1] // 4)
_MARGIN = mm_to_dots(7)


def render_slips(slips: Sequence[PrintableSlip], desk: Reference, paper: str, form: str) -> bytes:
    """The bytes of the file for `slips` on `paper` (of `KINDS`) as `form` (of `FORMATS`), in the current language.
    Raises `NotOnThisPaper`: one picture holds one slip or one sheet, and a thermal printer takes rolls."""
    if form == "escpos":
        if paper not in ROLLS:
            raise NotOnThisPaper("escpos: 80, 58")
        return b"".join(escpos.encode_raster(draw_slip(one, desk, ROLLS[paper][0])) for one in slips)
    pages = _pages(slips, desk, paper, whole=form == "pdf")
    if form == "pdf":
        return _pdf(pages, HEAD if paper in ROLLS else PAGE, slips[0].minted_ms)
    if len(pages) > 1:
        raise NotOnThisPaper("png: one picture")
    out, dpi = io.BytesIO(), HEAD if paper in ROLLS else PAGE
    pages[0].save(out, "PNG", dpi=(dpi, dpi))
    return out.getvalue()


def _pages(slips: Sequence[PrintableSlip], desk: Reference, paper: str, whole: bool) -> list[Image.Image]:
    if paper == "a4":
        return [draw_sheet(slips[at : at + ON_A4], desk) for at in range(0, len(slips), ON_A4)]
    if paper == "a5":
        return [_cornered(draw_corner(one, desk)) if whole else draw_corner(one, desk) for one in slips]
    width, edge = ROLLS[paper]
    images = [draw_slip(one, desk, width) for one in slips]
    return [_on(one, edge) for one in images] if whole else images


def draw_corner(minted: PrintableSlip, desk: Reference) -> Image.Image:
    """The block for the corner of a form, 88 mm wide, framed: QR, title, faces, and how to go on without a camera."""
    image = Image.new("1", (BLOCK, mm_to_dots(80)), WHITE)
    left = Column(image, 8, mm_to_dots(36), 10)
    left.code(minted.url, 7, mm_to_dots(36))
    right = Column(image, left.left + left.room + 6, BLOCK - left.room - 30, 24, text=32)
    _invite(right, minted)
    height = max(left.y, right.y) + 14
    frame = ImageDraw.Draw(image)
    frame.rectangle((0, 0, BLOCK - 1, height - 1), outline=BLACK, width=4)
    return image.crop((0, 0, BLOCK, height))


def draw_card(minted: PrintableSlip, desk: Reference) -> Image.Image:
    """A slip that stands alone, an eighth of an A4 sheet; long names make its words smaller."""
    for text in (32, 30, 28, 26, 24):
        image, bottom = _card(minted, desk, text)
        if bottom <= _CARD[1] - mm_to_dots(3):
            break
    return image


def _card(minted: PrintableSlip, desk: Reference, text: int) -> tuple[Image.Image, int]:
    language = current_locale()
    image = Image.new("1", _CARD, WHITE)
    head = Column(image, _MARGIN, _CARD[0] - 2 * _MARGIN, mm_to_dots(4), text)
    head.centred(desk.agency_name.text(language).upper(), text + 4, bold=True)
    head.centred(desk.centre_line.text(language))
    head.centred(describe_stage(minted.stage))
    head.gap(6)
    head.band()
    describe_subject(head, minted)
    left = Column(image, _MARGIN - 28, mm_to_dots(41), head.y - 8)
    left.code(minted.url, 8, min(mm_to_dots(41), _CARD[1] - left.y))
    right = Column(image, left.left + left.room, _CARD[0] - left.left - left.room - _MARGIN, head.y + 4, text)
    _invite(right, minted)
    right.gap(8)
    right.centred(describe_validity(minted))
    return image, right.y


def draw_sheet(slips: Sequence[PrintableSlip], desk: Reference) -> Image.Image:
    """An A4 page with up to eight slips and dashed lines to cut along."""
    page = Image.new("1", _A4, WHITE)
    ink = ImageDraw.Draw(page)
    for place, minted in enumerate(slips):
        page.paste(draw_card(minted, desk), (place % 2 * _CARD[0], place // 2 * _CARD[1]))
    for y in (_CARD[1], 2 * _CARD[1], 3 * _CARD[1]):
        for x in range(0, _A4[0], 36):
            ink.rectangle((x, y - 1, x + 17, y), fill=BLACK)
    for y in range(0, _A4[1], 36):
        ink.rectangle((_CARD[0] - 1, y, _CARD[0], y + 17), fill=BLACK)
    return page


def _invite(column: Column, minted: PrintableSlip) -> None:
    column.centred(_("Please rate our service"), column.text + 14, bold=True)
    column.gap(4)
    column.faces(60)
    column.gap(4)
    if minted.code:
        column.centred(_("Scan with your phone, or open"))
        column.address(minted.typed_at)
        column.centred(_("and type the code"))
        column.typed(minted.code)
    else:
        column.centred(_("Scan with your phone"))
        column.address(minted.host)
    column.gap(4)
    column.centred(_("It never asks for ID card, password, OTP or money."))


def _cornered(block: Image.Image) -> Image.Image:
    """An A5 page with the block in its lower right corner, 8 mm from the edges."""
    page = Image.new("1", _A5, WHITE)
    page.paste(block, (_A5[0] - block.width - mm_to_dots(8), _A5[1] - block.height - mm_to_dots(8)))
    return page


def _on(roll: Image.Image, edge: int) -> Image.Image:
    page = Image.new("1", (roll.width + 2 * edge, roll.height), WHITE)
    page.paste(roll, (edge, 0))
    return page


def _pdf(pages: Sequence[Image.Image], dpi: int, minted_ms: int) -> bytes:
    day = time.gmtime(minted_ms / 1000) if minted_ms else None
    out, made_on = io.BytesIO(), {"creationDate": day, "modDate": day}
    pages[0].save(
        out, "PDF", resolution=dpi, save_all=True, append_images=list(pages[1:]), title=_("QR slip"),
        producer="Hài Lòng", **made_on,
    )  # fmt: skip
    return out.getvalue()


def write_slip_pictures(minted: PrintableSlip, desk: Reference, folder: Path, paper: str = "80") -> tuple[Path, Path]:
    """Write the slip as a picture (PNG, one bit) for `paper` (one of `kiosk.slips.slip_paper_formats.KINDS`) and its QR
    alone (SVG); returns both paths."""

    folder.mkdir(parents=True, exist_ok=True)
    png, svg = folder / f"{minted.serial:06d}.png", folder / f"{minted.serial:06d}.svg"
    png.write_bytes(render_slips([minted], desk, paper, "png"))
    svg.write_bytes(qr_svg(minted.url))
    return png, svg


assert {width for width, _edge in ROLLS.values()} == set(PAPERS)
