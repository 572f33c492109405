"""The bar chart of the report: five answers to each side of a zero line.

Zero lies between "neutral" and "satisfied". What lies right of zero is the index, printed at the far right; left of it
stand 3, 2, 1 outward with the sum of 1 and 2 as a number. Made for black-and-white printing: the answers differ by
solid, hatch, dots and two greys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from reportlab.lib.units import mm

from admin.pdf.page import WIDTH, Block
from admin.pdf.text import BOLD, ITALIC, REGULAR, draw_text_line, measure_text_width
from admin.reports.document.wording import factor_label
from models.design_tokens import PRINT
from translations import formats
from translations import gettext as _

#: The column of the labels, unless one needs more to stand there in `_SMALLEST`; and how far one may reach over it.
_LABELS = 47 * mm
_SMALLEST = 11.0
_OVER = 2 * mm
_INDEX_COLUMN = 14 * mm
_NUMBER_ROOM = 8 * mm
_SIZE = 12.0
_NUMBER_SIZE = 11.0
_LEGEND = 18.0
_AXIS = 15.0


def answer_names() -> list[str]:
    """The five answers, 1 to 5, in the current language."""
    return [
        _("Very dissatisfied"), _("Dissatisfied"), _("Neutral"), _("Satisfied"), _("Very satisfied"),
    ]


def bar_block(rows: Sequence[Mapping[str, Any]], pitch: float, before: float) -> Block:
    """The chart with its legend and axis; a row with null counts says that it is not published. It stays
    with the caption after it."""
    left_end = max([20.0, *(float(_left(row["counts"])) for row in rows if row.get("counts"))])
    start = _labels(rows) + _NUMBER_ROOM
    scale = (WIDTH - start - _INDEX_COLUMN) / (left_end + 100)
    zero = start + left_end * scale
    height = _LEGEND + pitch * len(rows) + _AXIS

    def draw(canvas: Any, x: float, y: float) -> None:
        _legend(canvas, x, y)
        top, foot = y - _LEGEND, y - _LEGEND - pitch * len(rows)
        _axis(canvas, x + zero, scale, left_end, top, foot)
        for position, row in enumerate(rows):
            middle = top - pitch * (position + 0.5)
            _row(canvas, x, x + zero, scale, middle, pitch * 0.68, row, start - _NUMBER_ROOM + _OVER)

    return Block(height, draw, before, with_next=True)


def _labels(rows: Sequence[Mapping[str, Any]]) -> float:
    """How wide the column of the labels is."""
    names = [(factor_label(row["id"]), BOLD if row["id"] == "overall" else REGULAR) for row in rows]
    widest = max((measure_text_width(name, face, _SMALLEST) for name, face in names), default=0.0)
    return _LABELS if widest <= _LABELS + _OVER else widest


def _left(counts: Sequence[int]) -> Fraction:
    """The share of the answers 1 to 3, in per cent."""
    return Fraction(100 * sum(counts[:3]), sum(counts) or 1)


def _axis(canvas: Any, zero: float, scale: float, left_end: float, top: float, foot: float) -> None:
    canvas.setFillColor(PRINT["ink"])
    for mark in range(-int(left_end // 20) * 20, 101, 20):
        at = zero + mark * scale
        canvas.setStrokeColor(PRINT["ink"] if mark == 0 else PRINT["rule"])
        canvas.setLineWidth(1.0 if mark == 0 else 0.5)
        canvas.line(at, top, at, foot)
        draw_text_line(canvas, at, foot - 12, formats.number(abs(mark)), REGULAR, 10.5, align="middle")


def _legend(canvas: Any, x: float, y: float) -> None:
    names, swatch, gap = answer_names(), 13.0, 4.0
    size = 11.5
    room = WIDTH - 16 - len(names) * (swatch + gap) - 4 * 5
    size = min(size, size * room / sum(measure_text_width(name, REGULAR, size) for name in names))
    space = (WIDTH - 16 - sum(swatch + gap + measure_text_width(name, REGULAR, size) for name in names)) / 5
    at, base = x, y - 10
    for fill, name in zip(_FILLS, names, strict=True):
        fill(canvas, at, base - 1, swatch, 10)
        canvas.setFillColor(PRINT["ink"])
        draw_text_line(canvas, at + swatch + gap, base, name, REGULAR, size)
        at += swatch + gap + measure_text_width(name, REGULAR, size) + min(space, 14)
    draw_text_line(canvas, x + WIDTH, base, "%", ITALIC, size, align="right")


def _row(
    canvas: Any, x: float, zero: float, scale: float, middle: float, thickness: float, row: Mapping[str, Any],
    room: float,
) -> None:  # fmt: skip
    overall = row["id"] == "overall"
    base = middle - _SIZE * 0.34
    canvas.setFillColor(PRINT["ink"])
    face = BOLD if overall else REGULAR
    label = factor_label(row["id"])
    size = min(_SIZE, _SIZE * room / measure_text_width(label, face, _SIZE))
    draw_text_line(canvas, x, base, label, face, size)
    counts: Sequence[int] = row.get("counts") or ()
    total = sum(counts)
    if not total or row.get("index") is None:
        words = _("No answers") if row.get("n") == 0 else _("Fewer than 30 answers, not published")
        canvas.setFillColor(PRINT["paper"])
        canvas.rect(
            zero + 3, base - 3, measure_text_width(words, ITALIC, _NUMBER_SIZE) + 6, _SIZE + 2, stroke=0, fill=1
        )
        canvas.setFillColor(PRINT["ink"])
        draw_text_line(canvas, zero + 6, base, words, ITALIC, _NUMBER_SIZE)
        return
    lengths = [float(Fraction(100 * count, total)) * scale for count in counts]
    bottom = middle - thickness / 2
    at = zero
    for level in (2, 1, 0):
        at -= lengths[level]
        _segment(canvas, level, at, bottom, lengths[level], thickness)
    _sum_at_left(canvas, at, middle, formats.decimal(Fraction(100 * (counts[0] + counts[1]), total)))
    at = zero
    for level in (3, 4):
        _segment(canvas, level, at, bottom, lengths[level], thickness)
        number = formats.decimal(Fraction(100 * counts[level], total))
        if measure_text_width(number, REGULAR, _NUMBER_SIZE) + 6 <= lengths[level]:
            canvas.setFillColor(PRINT["ink"] if level == 3 else PRINT["paper"])
            centre, base_line = at + lengths[level] / 2, middle - _NUMBER_SIZE * 0.34
            draw_text_line(canvas, centre, base_line, number, REGULAR, _NUMBER_SIZE, align="middle")
        at += lengths[level]
    canvas.setFillColor(PRINT["ink"])
    draw_text_line(canvas, x + WIDTH, base, _index(row), BOLD, _SIZE, align="right")


def _index(row: Mapping[str, Any]) -> str:
    """The index of a row with one decimal, from its counts where they give it exactly."""
    counts = row["counts"]
    exact = Fraction(100 * (counts[3] + counts[4]), sum(counts))
    same = formats.rounded(exact, 2) == Decimal(row["index"])
    return formats.decimal(exact if same else row["index"])


def _sum_at_left(canvas: Any, at: float, middle: float, number: str) -> None:
    """The sum of 1 and 2 left of the bar, on white so that no grid line runs through it."""
    wide = measure_text_width(number, REGULAR, _NUMBER_SIZE)
    canvas.setFillColor(PRINT["paper"])
    canvas.rect(at - wide - 5, middle - _NUMBER_SIZE * 0.42, wide + 3, _NUMBER_SIZE * 0.9, stroke=0, fill=1)
    canvas.setFillColor(PRINT["ink"])
    draw_text_line(canvas, at - 4, middle - _NUMBER_SIZE * 0.34, number, REGULAR, _NUMBER_SIZE, align="right")


def _segment(canvas: Any, level: int, x: float, y: float, wide: float, high: float) -> None:
    if wide > 0:
        _FILLS[level](canvas, x, y, wide, high)


def _outlined(canvas: Any, x: float, y: float, wide: float, high: float, fill: str) -> None:
    canvas.setFillColor(fill)
    canvas.setStrokeColor(PRINT["ink"])
    canvas.setLineWidth(0.6)
    canvas.rect(x, y, wide, high, stroke=1, fill=1)


def _patterned(canvas: Any, x: float, y: float, wide: float, high: float, pattern: Callable[[], None]) -> None:
    """A white box with a pattern clipped to it and an outline over it."""
    _outlined(canvas, x, y, wide, high, PRINT["paper"])
    canvas.saveState()
    clip = canvas.beginPath()
    clip.rect(x, y, wide, high)
    canvas.clipPath(clip, stroke=0, fill=0)
    pattern()
    canvas.restoreState()
    canvas.rect(x, y, wide, high, stroke=1, fill=0)


def _solid(canvas: Any, x: float, y: float, wide: float, high: float) -> None:
    _outlined(canvas, x, y, wide, high, PRINT["ink"])


def _hatch(canvas: Any, x: float, y: float, wide: float, high: float) -> None:
    def lines() -> None:
        canvas.setLineWidth(1.5)
        at = x - high
        while at < x + wide:
            canvas.line(at, y, at + high, y + high)
            at += 4.0

    _patterned(canvas, x, y, wide, high, lines)


def _dots(canvas: Any, x: float, y: float, wide: float, high: float) -> None:
    def dots() -> None:
        canvas.setFillColor(PRINT["ink"])
        step, row = 2.7, 0
        up = y + step / 2
        while up < y + high:
            across = x + (step / 2 if row % 2 else step)
            while across < x + wide:
                canvas.circle(across, up, 0.5, stroke=0, fill=1)
                across += step
            up, row = up + step * 0.8, row + 1

    _patterned(canvas, x, y, wide, high, dots)


def _light(canvas: Any, x: float, y: float, wide: float, high: float) -> None:
    _outlined(canvas, x, y, wide, high, PRINT["light"])


def _dark(canvas: Any, x: float, y: float, wide: float, high: float) -> None:
    _outlined(canvas, x, y, wide, high, PRINT["dark"])


#: The fills of the answers 1 to 5.
_FILLS = (_solid, _hatch, _dots, _light, _dark)
