"""The drawing of slips: words, faces and QR codes in one bit, on whole dots.

`kiosk.slips.slip_image` and `kiosk.slips.slip_paper_formats` draw with it. Imported only when a slip is drawn; Pillow
and qrcode stay out of the kiosk's start.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from kiosk import qr_code
from models.protocol import slip_typed_code

VIETNAMESE_IS_DATA = "the words at which a line of a slip is broken"

BLACK, WHITE = 0, 1
FACES = Path(__file__).resolve().parents[1] / "static" / "slip"
#: Words that begin a line well, and signs that end one.
_JOINTS = ("và", "and", "or")
_PAUSES = (",", ".", ":", "?")
#: Smaller text fills in on a thermal printer.
TEXT = 28


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


def _cuts(parts: Sequence[str], lines: int, font: ImageFont.FreeTypeFont) -> list[str]:
    """The parts joined to so many lines, the longest as short as can be."""
    whole = "".join(parts)
    if lines == 1:
        return [whole]
    ways = ([*_cuts(parts[:at], lines - 1, font), "".join(parts[at:])] for at in range(lines - 1, len(parts)))
    return min(ways, key=lambda cut: max(map(font.getlength, cut)))


def _length(line: Sequence[_Word]) -> float:
    return sum(word.length for word in line) + sum(word.font.getlength(" ") for word in line[1:])


class Column:
    """A column of a picture, written from its top down. All lengths in dots; `text` is the size of plain words."""

    def __init__(self, image: Image.Image, left: int, width: int, top: int, text: int = TEXT) -> None:
        self.image, self.left, self.room, self.y, self.text = image, left, width, top, text
        self.draw = ImageDraw.Draw(image)
        self.draw.fontmode = "1"

    def centred(self, text: str, size: int = 0, *, bold: bool = False) -> None:
        """A paragraph in the middle, its lines about equally long."""
        size = size or self.text
        for line in _balanced(_words(text, _font(size, bold)), self.room):
            self._line(line, self.left + (self.room - _length(line)) / 2, size)

    def address(self, text: str, size: int = 0) -> None:
        """An address in bold; one that is longer than the paper is wide goes on as few lines as hold it, parted at its
        dots, about equally long."""
        for line in self._parted(text, _font(size or self.text, True)):
            self.centred(line, size, bold=True)

    def _parted(self, text: str, font: ImageFont.FreeTypeFont) -> Sequence[str]:
        parts = re.findall(r"[./:]?[^./:]+", text)
        if any(font.getlength(part) > self.room for part in parts):  # a name that is longer than a line by itself
            parts = list(text)
        for lines in range(1, len(parts) + 1):
            cuts = _cuts(parts, lines, font)
            if max(map(font.getlength, cuts)) <= self.room:
                return cuts
        return [text]

    def entry(self, label: str, value: str) -> None:
        """A label and its value in bold, from the left."""
        for line in _wrapped([*_words(label, _font(self.text)), *_words(value, _font(self.text, True))], self.room):
            self._line(line, self.left, self.text)

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
        right = self.left + self.room - 1
        self.draw.rectangle((self.left, self.y, right, self.y + 3), fill=BLACK)
        self.draw.rectangle((self.left, self.y + 8, right, self.y + 9), fill=BLACK)
        self.y += 26

    def tear(self) -> None:
        """A dashed line."""
        self.y += 14
        for x in range(self.left, self.left + self.room - 7, 12):
            self.draw.rectangle((x, self.y, x + 7, self.y + 1), fill=BLACK)
        self.y += 18

    def code(self, url: str, module: int, room: int) -> None:
        """The QR on whole dots in the middle of the column, a module at most `module` wide, the whole with its quiet
        zone at most `room`."""
        modules = qr_code.make_paper_code(url).get_matrix()
        side = min(module, room // len(modules))
        left = self.left + (self.room - len(modules) * side) // 2
        for row, cells in enumerate(modules):
            for column, dark in enumerate(cells):
                if dark:
                    x, y = left + column * side, self.y + row * side
                    self.draw.rectangle((x, y, x + side - 1, y + side - 1), fill=BLACK)
        self.y += len(modules) * side

    def typed(self, code: str, largest: int = 44) -> None:
        """The code to type, as large as fits on one line."""
        text = slip_typed_code.group_code(code).replace(" ", "\u00a0")
        sizes = range(largest, TEXT, -2)
        size = next((size for size in sizes if _font(size, True).getlength(text) <= self.room), TEXT)
        self.centred(text, size, bold=True)

    def faces(self, size: int) -> None:
        """The five line faces, in the order of every channel."""
        step = self.room / 5
        for score in range(1, 6):
            with Image.open(FACES / f"face-{score}.png") as picture:
                face = picture.convert("L").resize((size, size), Image.Resampling.LANCZOS)
            x = round(self.left + step * (score - 0.5) - size / 2)
            self.image.paste(face.convert("1", dither=Image.Dither.NONE), (x, self.y))
        self.y += size + 8
