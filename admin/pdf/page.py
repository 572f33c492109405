"""The page of a PDF: margins, page numbers, foot with the verify code, stamp, and stacked blocks.

A4 upright with the margins of Nghị định 30/2020/NĐ-CP: top and bottom 20 mm, left 30 mm, right 15 mm. Lengths are
points. A block knows its height and draws itself from its upper left corner.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from admin.pdf.fonts import BOLD, REGULAR
from admin.pdf.text import clean_text, draw_text_line, measure_text_width
from models.design_tokens import PRINT

SHEET_WIDTH, SHEET_HEIGHT = A4
LEFT, RIGHT, TOP, BOTTOM = 30 * mm, 15 * mm, 20 * mm, 20 * mm
WIDTH = SHEET_WIDTH - LEFT - RIGHT
HEIGHT = SHEET_HEIGHT - TOP - BOTTOM
_FOOT = 11 * mm
_NUMBER = 11 * mm
#: The QR with its quiet zone: wide and high, and how far it stands above the edge of the sheet. It ends below the text.
_QR = 16 * mm
_QR_FOOT = 3 * mm
_STAMP_ANGLE = 54
_STAMP_LENGTH = 255 * mm


@dataclass(frozen=True)
class Density:
    """How closely a page is set: distance of two bars, line height as a ratio, space between paragraphs (6 or more),
    and the size of running text."""

    pitch: float
    leading: float
    gap: float
    size: float = 13.0


#: From roomy to tight; a paper takes the first that holds it on one page. Lines never come closer than 1.26. Running
#: text is 13 pt as prescribed; only names of unusual length bring it below, before a second page is begun.
DENSITIES = (
    Density(24, 1.32, 8),
    Density(22, 1.30, 7),
    Density(20, 1.28, 6),
    Density(18, 1.26, 6),
    Density(16.5, 1.26, 6),
    Density(16, 1.26, 6, 12.5),
    Density(14.5, 1.26, 6, 12),
    Density(13.5, 1.26, 6, 11.5),
    Density(13, 1.26, 6, 11),
)
#: The same for papers of later editions: bars come closer before running text is made smaller.
CLOSER_DENSITIES = (*DENSITIES[:5], Density(14.4, 1.26, 6), *DENSITIES[5:])
#: The setting of a paper that needs a second page all the same.
PAGED = DENSITIES[2]


@dataclass(frozen=True)
class Block:
    """One piece of the page. `with_next` keeps it on the page of the block after it."""

    height: float
    draw: Callable[[Any, float, float], None]
    before: float = 0.0
    with_next: bool = False


@dataclass(frozen=True)
class Sheet:
    """What stands on every page beside the text."""

    stamp: str
    foot_left: str
    foot_right: str
    title: str
    author: str
    locale: str
    #: under `foot_right`, and a QR beside both: rows of dark modules or not, with their quiet zone
    foot_under: str = ""
    qr: Sequence[Sequence[bool]] = ()


def text_block(paragraph: Any, before: float = 0.0, *, inset: float = 0.0, with_next: bool = False) -> Block:
    """A block of one paragraph over the width of the page, or narrower by `inset` on both sides."""
    _, height = paragraph.wrap(WIDTH - 2 * inset, HEIGHT)

    def draw(canvas: Any, x: float, y: float) -> None:
        paragraph.drawOn(canvas, x + inset, y - height)

    return Block(height, draw, before, with_next)


def fits_one_page(blocks: Sequence[Block]) -> bool:
    """Whether the blocks hold on one page."""
    return bool(sum(block.height + block.before for block in blocks) <= HEIGHT)


def has_too_high_block(blocks: Sequence[Block]) -> bool:
    """Whether a block is higher than a page: it would run over the lower edge."""
    return any(block.height > HEIGHT for block in blocks)


def foot_fits(sheet: Sheet) -> bool:
    """Whether both ends of the foot stand beside each other, and beside the QR where there is one."""
    room = WIDTH - _beside(sheet)
    ends = measure_text_width(sheet.foot_left, REGULAR, 10) + measure_text_width(sheet.foot_right, REGULAR, 10)
    return bool(ends < room and measure_text_width(sheet.foot_under, REGULAR, 10) < room)


def split_into_pages(blocks: Sequence[Block]) -> list[list[Block]]:
    """The blocks by page. A block that asks to stay with the next one goes over with it."""
    pages: list[list[Block]] = [[]]
    room = HEIGHT
    for block in blocks:
        needed = block.height + (block.before if pages[-1] else 0.0)
        if needed > room and pages[-1]:
            carried: list[Block] = []
            while len(pages[-1]) > 1 and pages[-1][-1].with_next:
                carried.insert(0, pages[-1].pop())
            pages.append(carried)
            room = HEIGHT - sum(b.height + b.before for b in carried)
            needed = block.height + (block.before if carried else 0.0)
        pages[-1].append(block)
        room -= needed
    return pages


def render_pdf(blocks: Sequence[Block], sheet: Sheet) -> bytes:
    """The PDF: the same blocks give the same bytes."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, initialFontName=REGULAR, lang=sheet.locale, pageCompression=1)
    canvas.setTitle(clean_text(sheet.title))
    canvas.setAuthor(clean_text(sheet.author))
    canvas.setCreator("Hài Lòng")
    for number, page in enumerate(split_into_pages(blocks), start=1):
        _furniture(canvas, sheet, number)
        y = SHEET_HEIGHT - TOP
        for position, block in enumerate(page):
            y -= block.before if position else 0.0
            canvas.saveState()
            block.draw(canvas, LEFT, y)
            canvas.restoreState()
            y -= block.height
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def draw_rule(canvas: Any, x1: float, x2: float, y: float, thickness: float = 0.5) -> None:
    """A level line in ink."""
    canvas.setStrokeColor(PRINT["ink"])
    canvas.setLineWidth(thickness)
    canvas.line(x1, y, x2, y)


def _beside(sheet: Sheet) -> float:
    """How much of the foot's width the QR takes; its quiet zone parts it from the words."""
    return _QR if sheet.qr else 0.0


def _draw_qr(canvas: Any, rows: Sequence[Sequence[bool]]) -> None:
    """The QR in the lower margin, its dark part flush with the right edge of the text; black on white."""
    module = _QR / len(rows)
    quiet = next(number for number, row in enumerate(rows) if any(row)) * module
    left, top = LEFT + WIDTH - _QR + quiet, _QR_FOOT + _QR
    canvas.setFillColor(PRINT["paper"])
    canvas.rect(left, _QR_FOOT, _QR, _QR, stroke=0, fill=1)
    canvas.setFillColor(PRINT["ink"])
    path = canvas.beginPath()
    for number, row in enumerate(rows):
        start = 0
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                path.rect(left + start * module, top - (number + 1) * module, length * module, module)
            start += length
    canvas.drawPath(path, stroke=0, fill=1)


def _furniture(canvas: Any, sheet: Sheet, number: int) -> None:
    """The stamp first, so that all text stands over it; the foot; from the second page on the page number."""
    if sheet.stamp:
        canvas.saveState()
        canvas.setFillColor(PRINT["stamp"])
        canvas.translate(SHEET_WIDTH / 2, SHEET_HEIGHT / 2)
        canvas.rotate(_STAMP_ANGLE)
        size = 100 * _STAMP_LENGTH / measure_text_width(sheet.stamp, BOLD, 100)
        draw_text_line(canvas, 0, -0.35 * size, sheet.stamp, BOLD, size, align="middle")
        canvas.restoreState()
    canvas.setFillColor(PRINT["ink"])
    draw_text_line(canvas, LEFT, _FOOT, sheet.foot_left, REGULAR, 10)
    draw_text_line(canvas, LEFT + WIDTH - _beside(sheet), _FOOT, sheet.foot_right, REGULAR, 10, align="right")
    if sheet.foot_under:
        draw_text_line(canvas, LEFT + WIDTH - _beside(sheet), _FOOT - 13, sheet.foot_under, REGULAR, 10, align="right")
    if sheet.qr:
        _draw_qr(canvas, sheet.qr)
    if number > 1:
        draw_text_line(canvas, SHEET_WIDTH / 2, SHEET_HEIGHT - _NUMBER, str(number), REGULAR, 13, align="middle")
