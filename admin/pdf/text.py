"""Text on paper: every word of a PDF, cleaned and escaped here, and set in one of a few styles.

Sizes and forms are those of Nghị định 30/2020/NĐ-CP, Phụ lục I. Lengths are points (1/72 inch) unless a name says mm.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Paragraph

from admin.pdf.fonts import BOLD, BOLD_ITALIC, ITALIC, REGULAR
from models.design_tokens import PRINT

#: A blank the office fills in by hand: a number, a day, a month.
BLANK = "\u00a0" * 8
FIRST_LINE = 1.27 * cm


class Bold(str):
    """A run of text set in bold."""


def clean_text(text: str) -> str:
    """Composed letters, no control characters, blanks and line ends as single spaces (fixed blanks stay).

    Decomposed letters would be drawn with their marks beside them.
    """
    composed = unicodedata.normalize("NFC", text)
    printable = "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn") else " " for c in composed)
    return " ".join(word for word in printable.split(" ") if word)


def lower_first_letter(text: str) -> str:
    """A name inside a sentence: its first letter small, unless it begins with an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def raise_first_letter(text: str) -> str:
    """A sentence's first letter large."""
    return text[:1].upper() + text[1:]


def localized_name(value: str | Mapping[str, str] | None, locale: str) -> str:
    """A name in the language of the paper, else in Vietnamese; plain text as it is; nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return clean_text(value)
    return clean_text(value.get(locale) or value.get("vi") or next(iter(value.values()), ""))


def make_style(
    size: float, leading: float, *, face: str = REGULAR, align: int = TA_LEFT, first: float = 0.0
) -> ParagraphStyle:
    """A style of `size` points whose lines stand `leading` times that apart."""
    return ParagraphStyle(
        f"{face}-{size}-{leading}-{align}",
        fontName=face,
        fontSize=size,
        leading=size * leading,
        alignment=align,
        firstLineIndent=first,
        textColor=PRINT["ink"],
        splitLongWords=1,
    )


def make_body_style(size: float, leading: float) -> ParagraphStyle:
    """Running text: justified, first line 1.27 cm in."""
    return make_style(size, leading, align=TA_JUSTIFY, first=FIRST_LINE)


def make_centred_style(size: float, leading: float, face: str = REGULAR) -> ParagraphStyle:
    return make_style(size, leading, face=face, align=TA_CENTER)


def make_paragraph(form: ParagraphStyle, *runs: str) -> Paragraph:
    """A paragraph of plain runs; a `Bold` run is bold. Nothing in a run is ever read as mark-up."""
    marked = []
    for run in runs:
        text = escape(_kept(run))
        marked.append(f"<b>{text}</b>" if isinstance(run, Bold) else text)
    return Paragraph("".join(marked), form)


def _kept(run: str) -> str:
    """A cleaned run that keeps the space at its ends, which part it from its neighbours."""
    text = clean_text(run)
    head = " " if run[:1] == " " and text else ""
    tail = " " if run[-1:] == " " and text else ""
    return f"{head}{text}{tail}"


def measure_text_width(text: str, face: str, size: float) -> float:
    """How long a line of text is, in points."""
    return float(stringWidth(clean_text(text), face, size))


def draw_text_line(canvas: Any, x: float, y: float, text: str, face: str, size: float, *, align: str = "left") -> None:
    """One line of text with its base line at `y`, and `x` at its left, middle or right."""
    canvas.setFont(face, size)
    draw = {"left": canvas.drawString, "middle": canvas.drawCentredString, "right": canvas.drawRightString}[align]
    draw(x, y, clean_text(text))


__all__ = [
    "BLANK",
    "BOLD",
    "BOLD_ITALIC",
    "ITALIC",
    "REGULAR",
    "Bold",
    "make_body_style",
    "make_centred_style",
    "clean_text",
    "localized_name",
    "lower_first_letter",
    "make_paragraph",
    "draw_text_line",
    "raise_first_letter",
    "make_style",
    "measure_text_width",
]
