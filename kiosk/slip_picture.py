"""The slip as a thermal printer prints it: one bit, whole dots, 576 dots wide (80 mm at 203 dpi).

Imported only when a slip is drawn; Pillow and qrcode stay out of the kiosk's start.
"""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import qrcode
import qrcode.image.svg
from PIL import Image, ImageDraw, ImageFont
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_ALPHA_NUM, QRData

from kiosk.reference import Reference
from kiosk.slips import Minted
from models.clock import HCM
from models.vocabulary import Stage
from translations import current_locale, formats
from translations import gettext as _

WIDTH = 576
MARGIN = 24
MODULE = 9
BLACK, WHITE = 0, 1
FACES = Path(__file__).resolve().parent / "static" / "slip"


def stage_line(stage: Stage) -> str:
    """Which paper the slip goes with."""
    return {
        Stage.SUBMISSION: _("with the receipt of the dossier and appointment for the result"),
        Stage.SUPPLEMENT: _("with the request to complete the dossier"),
        Stage.REFUSAL: _("with the refusal of the dossier"),
        Stage.RESULT: _("with the result of the dossier"),
        Stage.GUIDANCE: _("after guidance at the desk"),
    }[stage]


def _code(url: str) -> qrcode.QRCode[qrcode.image.base.BaseImage]:
    """The QR of an address in capitals: alphanumeric mode, level M, quiet zone of 4 modules."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(QRData(url, mode=MODE_ALPHA_NUM, check_data=True))
    code.make(fit=True)
    return code


def qr_svg(url: str) -> bytes:
    """The QR alone as an SVG picture without style attributes."""
    out = io.BytesIO()
    _code(url).make_image(image_factory=qrcode.image.svg.SvgPathImage).save(out)
    return out.getvalue()


def qr_text(url: str) -> str:
    """The QR in half blocks, for a terminal with a light ground."""
    out = io.StringIO()
    _code(url).print_ascii(out=out, invert=True)
    return out.getvalue()


@cache
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    import fontpkg_be_vietnam_pro as package

    folder = Path(package.__file__).parent
    name = "BeVietnamPro-Bold.ttf" if bold else "BeVietnamPro-Medium.ttf"
    return ImageFont.truetype(next(folder.rglob(name)), size)


class _Roll:
    """Paper that grows downwards."""

    def __init__(self) -> None:
        self.image = Image.new("1", (WIDTH, 4000), WHITE)
        self.draw = ImageDraw.Draw(self.image)
        self.draw.fontmode = "1"
        self.y = 28

    def lines(self, text: str, size: int, *, bold: bool = False, left: bool = False) -> None:
        """A paragraph, wrapped at words, centred unless `left`."""
        font = _font(size, bold)
        line = ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if line and font.getlength(longer) > WIDTH - 2 * MARGIN:
                self._line(line, font, size, left)
                line = word
            else:
                line = longer
        self._line(line, font, size, left)

    def _line(self, text: str, font: ImageFont.FreeTypeFont, size: int, left: bool) -> None:
        x = MARGIN if left else (WIDTH - font.getlength(text)) / 2
        self.draw.text((round(x), self.y), text, font=font, fill=BLACK)
        self.y += round(size * 1.36)

    def gap(self, dots: int) -> None:
        """Empty paper."""
        self.y += dots

    def band(self) -> None:
        """The double band: 4 dots and 2 dots."""
        self.draw.rectangle((MARGIN, self.y, WIDTH - MARGIN, self.y + 3), fill=BLACK)
        self.draw.rectangle((MARGIN, self.y + 8, WIDTH - MARGIN, self.y + 9), fill=BLACK)
        self.y += 26

    def tear(self) -> None:
        """A dashed line."""
        self.y += 14
        for x in range(MARGIN, WIDTH - MARGIN, 14):
            self.draw.rectangle((x, self.y, x + 7, self.y + 1), fill=BLACK)
        self.y += 18

    def code(self, url: str) -> None:
        """The QR on whole dots."""
        modules = _code(url).get_matrix()
        left = (WIDTH - len(modules) * MODULE) // 2
        for row, cells in enumerate(modules):
            for column, dark in enumerate(cells):
                if dark:
                    x, y = left + column * MODULE, self.y + row * MODULE
                    self.draw.rectangle((x, y, x + MODULE - 1, y + MODULE - 1), fill=BLACK)
        self.y += len(modules) * MODULE

    def faces(self) -> None:
        """The five line faces, in the order of every channel."""
        step = (WIDTH - 2 * MARGIN) / 5
        for score in range(1, 6):
            with Image.open(FACES / f"face-{score}.png") as face:
                x = round(MARGIN + step * (score - 0.5) - face.width / 2)
                self.image.paste(face.convert("1", dither=Image.Dither.NONE), (x, self.y))
                height = face.height
        self.y += height + 8

    def cut(self) -> Image.Image:
        """The paper up to here."""
        return self.image.crop((0, 0, WIDTH, self.y + 24))


def picture(minted: Minted, known: Reference) -> Image.Image:
    """The slip of `minted` in the current language, one bit a dot."""
    language = current_locale()
    minted_day = datetime.fromtimestamp(minted.minted_ms / 1000, HCM).date()
    host = minted.url.split("//", 1)[1].split("/", 1)[0].lower()
    roll = _Roll()
    roll.lines(known.agency_name.text(language).upper(), 30, bold=True)
    roll.lines(known.centre_line.text(language), 28)
    roll.lines(stage_line(minted.stage), 28)
    roll.gap(8)
    roll.band()
    roll.lines(_("Please rate our service"), 42, bold=True)
    roll.gap(6)
    if minted.procedure:
        roll.lines(_("Procedure: %(name)s", name=minted.procedure.name.text(language)), 28, left=True)
    if minted.due_days is not None:
        due = formats.day(minted_day + timedelta(days=minted.due_days))
        roll.lines(_("Result due: %(day)s", day=due), 28, left=True)
    else:
        roll.lines(_("Date: %(day)s", day=formats.day(minted_day)), 28, left=True)
    roll.code(minted.url)
    roll.lines(_("Scan with your phone"), 32, bold=True)
    roll.lines(_("1 minute · no app to install · anonymous"), 28)
    roll.gap(10)
    roll.faces()
    roll.tear()
    roll.lines(_("The province's page: %(host)s", host=host), 28, bold=True)
    roll.lines(_("It never asks for ID card, password, OTP or money."), 28, bold=True)
    roll.tear()
    roll.lines(_("This code works once, until 30 days after the result is due."), 28)
    if known.phone:
        roll.lines(_("Feedback line: %(phone)s", phone=known.phone), 28)
    return roll.cut()
