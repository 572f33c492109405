"""The poster of a desk as a PDF: one A4 sheet with the QR of its open page.

It is to be hung where it can be scanned while sitting.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import qrcode
from qrcode.constants import ERROR_CORRECT_Q
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from admin.pdf import fonts, symbols
from admin.pdf.fonts import BOLD, REGULAR, FontFamily
from admin.pdf.text import draw_text_line, measure_text_width
from admin.reports.document.bar_chart import answer_names
from models.design_tokens import colour
from translations import gettext as _
from translations import use_locale

_WIDE, _HIGH = A4
_LEFT, _RIGHT = 20 * mm, A4[0] - 20 * mm
_MIDDLE = A4[0] / 2
_CODE = 104 * mm
#: The lower edge of the faces, their size, and what the lines between them and the code need.
_FACES, _FACE, _UNDER_CODE = 63 * mm, 20 * mm, 16 * mm


@dataclass(frozen=True)
class Poster:
    """What stands on it: names, the question, the province's telephone ('' for none), the centre's address."""

    agency: str
    desk: str
    question: str
    code: str
    public_url: str
    phone: str = ""

    @property
    def url(self) -> str:
        """The address in the QR, in capitals where that opens the same page."""
        return f"{self.public_url.rstrip('/')}/D/{quote(self.code)}".upper()

    @property
    def typed(self) -> str:
        """The address as people read it."""
        return f"{self.public_url.rstrip('/').partition('://')[2]}/d/{quote(self.code)}"


def draw_poster(poster: Poster, faces: FontFamily, locale: str = "vi") -> bytes:
    """The sheet as a PDF; the same bytes for the same words."""
    out = io.BytesIO()
    with use_locale(locale), fonts.use_fonts(faces):
        canvas = Canvas(out, pagesize=A4, invariant=1, lang=locale)
        canvas.setTitle(f"{poster.agency} · {poster.desk}")
        canvas.setAuthor("Hài Lòng")
        _head(canvas, poster)
        foot = _lines(canvas, poster.question, BOLD, 34, _HIGH - 64 * mm, colour("lam-d"))
        _code(canvas, poster, foot - 4 * mm)
        _faces(canvas, _FACES)
        _foot(canvas, poster)
        canvas.save()
    return out.getvalue()


def _band(canvas: Any, y: float) -> None:
    """Two blue bands from edge to edge."""
    canvas.setStrokeColor(colour("lam"))
    for weight, at in ((3, y), (1, y - 5.5)):
        canvas.setLineWidth(weight)
        canvas.line(0, at, _WIDE, at)


def _head(canvas: Any, poster: Poster) -> None:
    _band(canvas, _HIGH - 38 * mm)
    symbols.draw_symbol(canvas, "brand", _LEFT, _HIGH - 32 * mm, 19 * mm, colour("lam"))
    canvas.setFillColor(colour("ink"))
    size = _fitting(poster.agency, BOLD, 25, _RIGHT - _LEFT - 26 * mm)
    draw_text_line(canvas, _LEFT + 26 * mm, _HIGH - 21 * mm, poster.agency, BOLD, size)
    canvas.setFillColor(colour("ink-2"))
    draw_text_line(canvas, _LEFT + 26 * mm, _HIGH - 30 * mm, poster.desk, REGULAR, 18)


def _fitting(text: str, face: str, size: float, room: float) -> float:
    """The largest size up to `size` at which a line fits."""
    return min(size, size * room / measure_text_width(text, face, size))


def _lines(canvas: Any, text: str, face: str, size: float, y: float, ink: str, room: float = _RIGHT - _LEFT) -> float:
    """Centred lines from the base line `y` downwards, evenly filled; returns the last base line."""
    canvas.setFillColor(ink)
    words, lines = text.split(), [""]
    count = max(1, -(-int(measure_text_width(text, face, size)) // int(room * 0.92)))
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        full = measure_text_width(longer, face, size) > max(
            room / 2, measure_text_width(text, face, size) / count * 1.08
        )
        if full and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    for line in lines:
        draw_text_line(canvas, _MIDDLE, y, line, face, size, align="middle")
        y -= size * 1.3
    return y + size * 1.3


def _code(canvas: Any, poster: Poster, top: float) -> None:
    """The QR, as large as the question leaves room for, with what to do and the address to type."""
    size = min(_CODE, top - _FACES - _FACE - _UNDER_CODE)
    code: qrcode.QRCode[qrcode.image.base.BaseImage] = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=4)
    code.add_data(poster.url)
    code.make(fit=True)
    rows = code.get_matrix()
    dot = size / len(rows)
    left = _MIDDLE - size / 2
    canvas.setFillColor(colour("black"))
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            run = 0
            while x + run < len(row) and row[x + run]:
                run += 1
            if run:
                canvas.rect(left + x * dot, top - (y + 1) * dot, run * dot, dot, stroke=0, fill=1)
            x += run or 1
    canvas.setFillColor(colour("ink"))
    draw_text_line(canvas, _MIDDLE, top - size - 3 * mm, _("Scan with your phone's camera"), BOLD, 20, align="middle")
    canvas.setFillColor(colour("ink-2"))
    fitting = _fitting(poster.typed, REGULAR, 14, _RIGHT - _LEFT)
    draw_text_line(canvas, _MIDDLE, top - size - 11 * mm, poster.typed, REGULAR, fitting, align="middle")


def _faces(canvas: Any, y: float) -> None:
    """The five faces in their order, each with its word."""
    room = (_RIGHT - _LEFT) / 5
    for number, word in enumerate(answer_names(), 1):
        middle = _LEFT + room * (number - 0.5)
        symbols.draw_symbol(canvas, f"face-{number}", middle - _FACE / 2, y, _FACE, colour("ink"))
        canvas.setFillColor(colour("ink"))
        size = _fitting(word, BOLD, 12, room - 3)
        draw_text_line(canvas, middle, y - 7 * mm, word, BOLD, size, align="middle")


def _foot(canvas: Any, poster: Poster) -> None:
    lines = [
        _("Anonymous. We never ask for name, ID card, password, OTP or money."),
        _("Did you get a slip with a QR? Please scan that one: it counts in the index."),
    ]
    if poster.phone:
        lines.append(_("Telephone of the province: %(number)s", number=poster.phone))
    y = 41 * mm
    canvas.setFillColor(colour("ink"))
    for line in lines:
        draw_text_line(canvas, _MIDDLE, y, line, REGULAR, _fitting(line, REGULAR, 14, _RIGHT - _LEFT), align="middle")
        y -= 7 * mm
    _band(canvas, 14 * mm)
