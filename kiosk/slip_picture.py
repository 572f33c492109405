"""The slip as a thermal printer prints it: one bit, whole dots, 203 dpi; 576 dots wide (80 mm) or 384 (58 mm).

Imported only when a slip is drawn; Pillow and qrcode stay out of the kiosk's start.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from kiosk import qr
from kiosk.reference import Reference
from kiosk.slips import Minted
from models import typed_code
from models.clock import HCM
from models.vocabulary import Stage
from translations import current_locale, formats
from translations import gettext as _

BLACK, WHITE = 0, 1
FACES = Path(__file__).resolve().parent / "static" / "slip"
#: Words that begin a line well.
_JOINTS = ("và", "and", "or")
_PAUSES = (",", ".", ":", "?")
#: Smaller text fills in on a thermal printer.
TEXT = 28


@dataclass(frozen=True, slots=True)
class Paper:
    """A width of paper, all in dots. `module` is a square of the QR, at most."""

    width: int
    margin: int
    module: int
    title: int
    face: int


PAPERS = {576: Paper(576, 24, 9, 42, 72), 384: Paper(384, 14, 6, 32, 60)}


def stage_line(stage: Stage) -> str:
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
    return qr.paper_svg(url)


def qr_text(url: str) -> str:
    """The QR in half blocks, for a terminal with a light ground."""
    out = io.StringIO()
    qr.on_paper(url).print_ascii(out=out, invert=True)
    return out.getvalue()


@cache
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    import fontpkg_be_vietnam_pro as package

    folder = Path(package.__file__).parent
    name = "BeVietnamPro-Bold.ttf" if bold else "BeVietnamPro-Medium.ttf"
    return ImageFont.truetype(next(folder.rglob(name)), size)


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    font: ImageFont.FreeTypeFont

    @property
    def length(self) -> float:
        return self.font.getlength(self.text)


def _words(text: str, font: ImageFont.FreeTypeFont) -> list[_Word]:
    """The words of a text; a number stays with what it counts, a last number with what is before it."""
    bound = re.sub(r" (?=\d+$)|(?<=·) |(?<= \d\d) ", "\u00a0", text)
    return [_Word(word, font) for word in bound.split(" ") if word]


def _wrapped(words: Sequence[_Word], room: float) -> list[list[_Word]]:
    """Lines no longer than `room` dots; a word that is longer stands alone."""
    lines: list[list[_Word]] = [[]]
    for word in words:
        if lines[-1] and _length([*lines[-1], word]) > room:
            lines.append([])
        lines[-1].append(word)
    return lines


def _balanced(words: Sequence[_Word], room: float) -> list[list[_Word]]:
    """As few lines as possible, about equally long, parted where the sentence pauses if that costs little."""
    count = len(_wrapped(words, room))
    best: dict[tuple[int, int], tuple[float, list[list[_Word]]]] = {(0, 0): (0.0, [])}
    for end in range(1, len(words) + 1):
        for start in range(end):
            line = list(words[start:end])
            if _length(line) > room and len(line) > 1:
                continue
            pauses = end == len(words) or words[end - 1].text.endswith(_PAUSES) or words[end].text in _JOINTS
            cost = (1 - _length(line) / room) ** 2 + (0.0 if pauses else 0.15)
            for lines in range(1, count + 1):
                before = best.get((start, lines - 1))
                if before and (end, lines) not in best or before and before[0] + cost < best[end, lines][0]:
                    best[end, lines] = before[0] + cost, [*before[1], line]
    return best[len(words), count][1]


def _length(line: Sequence[_Word]) -> float:
    return sum(word.length for word in line) + sum(word.font.getlength(" ") for word in line[1:])


class _Roll:
    """Paper that grows downwards."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.room = paper.width - 2 * paper.margin
        self.image = Image.new("1", (paper.width, 4000), WHITE)
        self.draw = ImageDraw.Draw(self.image)
        self.draw.fontmode = "1"
        self.y = 28

    def centred(self, text: str, size: int = TEXT, *, bold: bool = False) -> None:
        """A paragraph in the middle, its lines about equally long."""
        for line in _balanced(_words(text, _font(size, bold)), self.room):
            self._line(line, (self.paper.width - _length(line)) / 2, size)

    def address(self, text: str) -> None:
        """An address in bold; one that is longer than the paper is wide goes on at a dot or stroke."""
        font, line = _font(TEXT, True), ""
        for part in re.findall(r"[./:]?[^./:]+", text):
            if line and font.getlength(line + part) > self.room:
                self.centred(line, bold=True)
                line = ""
            line += part
        self.centred(line, bold=True)

    def entry(self, label: str, value: str) -> None:
        """A label and its value in bold, from the left margin."""
        for line in _wrapped([*_words(label, _font(TEXT)), *_words(value, _font(TEXT, True))], self.room):
            self._line(line, self.paper.margin, TEXT)

    def _line(self, line: Sequence[_Word], x: float, size: int) -> None:
        for word in line:
            self.draw.text((round(x), self.y), word.text, font=word.font, fill=BLACK)
            x += word.length + word.font.getlength(" ")
        self.y += round(size * 1.36)

    def gap(self, dots: int) -> None:
        """Empty paper."""
        self.y += dots

    def band(self) -> None:
        """The double band: 4 dots and 2 dots."""
        left, right = self.paper.margin, self.paper.width - self.paper.margin - 1
        self.draw.rectangle((left, self.y, right, self.y + 3), fill=BLACK)
        self.draw.rectangle((left, self.y + 8, right, self.y + 9), fill=BLACK)
        self.y += 26

    def tear(self) -> None:
        """A dashed line."""
        self.y += 14
        for x in range(self.paper.margin, self.paper.width - self.paper.margin - 7, 12):
            self.draw.rectangle((x, self.y, x + 7, self.y + 1), fill=BLACK)
        self.y += 18

    def code(self, url: str) -> None:
        """The QR on whole dots."""
        modules = qr.on_paper(url).get_matrix()
        side = min(self.paper.module, self.paper.width // len(modules))
        left = (self.paper.width - len(modules) * side) // 2
        for row, cells in enumerate(modules):
            for column, dark in enumerate(cells):
                if dark:
                    x, y = left + column * side, self.y + row * side
                    self.draw.rectangle((x, y, x + side - 1, y + side - 1), fill=BLACK)
        self.y += len(modules) * side

    def typed(self, code: str) -> None:
        """The code to type, as large as fits on one line."""
        text = typed_code.grouped(code).replace(" ", "\u00a0")
        sizes = range(44, TEXT, -2)
        self.centred(text, next((size for size in sizes if _font(size, True).getlength(text) <= self.room), TEXT),
                     bold=True)  # fmt: skip

    def faces(self) -> None:
        """The five line faces, in the order of every channel."""
        size, step = self.paper.face, self.room / 5
        for score in range(1, 6):
            with Image.open(FACES / f"face-{score}.png") as drawn:
                face = drawn.convert("L").resize((size, size), Image.Resampling.LANCZOS)
            x = round(self.paper.margin + step * (score - 0.5) - size / 2)
            self.image.paste(face.convert("1", dither=Image.Dither.NONE), (x, self.y))
        self.y += size + 8

    def cut(self) -> Image.Image:
        """The paper up to here."""
        return self.image.crop((0, 0, self.paper.width, self.y + 24))


def picture(minted: Minted, known: Reference, width: int = 576) -> Image.Image:
    """The slip of `minted` in the current language, one bit a dot. `width` of the paper: a key of `PAPERS`."""
    language = current_locale()
    minted_day = datetime.fromtimestamp(minted.minted_ms / 1000, HCM).date()
    paper = PAPERS[width]
    roll = _Roll(paper)
    roll.centred(known.agency_name.text(language).upper(), 30, bold=True)
    roll.centred(known.centre_line.text(language))
    roll.gap(6)
    roll.centred(stage_line(minted.stage))
    roll.gap(8)
    roll.band()
    roll.centred(_("Please rate our service"), paper.title, bold=True)
    roll.gap(6)
    if minted.procedure:
        roll.entry(_("Procedure:"), minted.procedure.name.text(language))
    if minted.due_days is not None:
        roll.entry(_("Result due:"), formats.day(minted_day + timedelta(days=minted.due_days)))
    else:
        roll.entry(_("Date:"), formats.day(minted_day))
    roll.code(minted.url)
    roll.centred(_("Scan with your phone"), 32, bold=True)
    roll.centred(_("1 minute · no app to install · anonymous"))
    roll.gap(10)
    roll.faces()
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
    if minted.due_days is not None:
        roll.centred(_("This code works once, until 30 days after the result is due."))
    else:
        roll.centred(_("This code works once, for 30 days from today."))
    if known.phone:
        roll.centred(_("Feedback line: %(phone)s", phone=known.phone.replace(" ", "\u00a0")))
    return roll.cut()
