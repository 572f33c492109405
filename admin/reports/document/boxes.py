"""Boxes of the report, set apart from its text: headline figures, dossiers, and who signs.

Reads the frozen figures only, in the current language. A figure that may not be shown has no cell or says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from reportlab.lib.units import mm

from admin.pdf.page import WIDTH, Block, draw_rule
from admin.pdf.text import (
    BOLD,
    BOLD_ITALIC,
    ITALIC,
    REGULAR,
    Bold,
    clean_text,
    draw_text_line,
    make_centred_style,
    make_paragraph,
    make_style,
    measure_text_width,
)
from admin.reports.document import period_names, wording, wording_editions
from admin.reports.document.masthead import PRESCRIBED
from admin.reports.document.wording import Figures
from models.design_tokens import PRINT
from translations import formats
from translations import gettext as _

_VALUE = 22.0
#: Sizes for the words of a headline figure, largest first; the small line under them is a little smaller.
_SIZES = (12.5, 12.0, 11.5, 11.0)
_SMALLER = 0.5
_PAD = 7.0


@dataclass(frozen=True)
class HeadlineCell:
    """A headline figure: the value large, what it is, and how sure it is or what belongs to it."""

    value: str
    label: str
    note: str = ""


def make_headline_cells(figures: Figures) -> list[HeadlineCell]:
    """The headline figures that may be shown, four at most."""
    return list(_cells(figures))


def _cells(figures: Figures) -> Iterator[HeadlineCell]:
    has_index = wording.may_show_index(figures)
    if has_index:
        low, high = (formats.decimal(end) for end in figures["interval"])
        spread = _("from %(low)s to %(high)s", low=low, high=high)
        yield HeadlineCell(wording.index_words(figures), _("Satisfaction index"), spread)
    else:
        why = _("Not published") if figures["shown"] == "withheld" else _("Fewer than 30 answers, not published")
        why = _("No answers") if figures.get("n") == 0 else why
        yield HeadlineCell(formats.DASH, _("Satisfaction index"), why)
    yield HeadlineCell(wording.count_words(figures), _("Answers counted"), _response_rate(figures))
    agencies, procedures = figures.get("agencies"), figures.get("procedures")
    if agencies:
        none = _("%(n)s without any answer", n=formats.number(agencies["none"])) if agencies["none"] else ""
        yield HeadlineCell(
            f"{formats.number(agencies['enough'])}/{formats.number(agencies['total'])}",
            _("Agencies with 30 answers"), none,
        )
    elif procedures and has_index:
        hidden = procedures["total"] - procedures["enough"]
        yield HeadlineCell(
            f"{formats.number(procedures['enough'])}/{formats.number(procedures['total'])}",
            _("Procedures with 30 answers"),
            _("%(n)s not published", n=formats.number(hidden)) if hidden else "",
        )
    if has_index:
        yield from _fourth(figures)


def _fourth(figures: Figures) -> Iterator[HeadlineCell]:
    """How the index moved; without an earlier month, the target if there is one."""
    previous = figures.get("previous")
    if previous and previous.get("difference") is not None:
        before = period_names.write_short_period(previous["period"], figures["period"])
        label, note = _("percentage points since %(before)s", before=before), wording.error_words(previous)
        if wording_editions.is_first_edition(figures):
            label, note = _("percentage points"), _("since %(before)s, %(error)s", before=before, error=note)
        yield HeadlineCell(formats.signed(previous["difference"]), label, note)
    elif figures.get("target") is not None:
        yield HeadlineCell(wording.whole_or_tenth(figures["target"]), _("Target"))


def _response_rate(figures: Figures) -> str:
    """The response rate; nothing where the number of dossiers is unknown, or where it would give away a small n."""
    rate = (figures.get("response_rate") or {}).get("value")
    if rate is None or figures["shown"] in ("under_5", "withheld"):
        return ""
    return _("response rate %(rate)s", rate=formats.percent(rate))


def headline_block(cells: Sequence[HeadlineCell], before: float) -> Block:
    """The cells side by side between a thick and a thin line, as wide as their words ask for."""
    size = next((size for size in _SIZES if sum(_wished(cells, size)) <= WIDTH), _SIZES[-1])
    widths = _widths(_wished(cells, size))
    labels = [make_paragraph(make_style(size, 1.26), cell.label) for cell in cells]
    notes = [make_paragraph(make_style(size - _SMALLER, 1.26, face=ITALIC), cell.note) for cell in cells]
    rooms = [wide - _padding(position) for position, wide in enumerate(widths)]
    label_heights = [item.wrap(room, 500)[1] for item, room in zip(labels, rooms, strict=True)]
    note_heights = [
        item.wrap(room, 500)[1] if cell.note else 0.0 for item, room, cell in zip(notes, rooms, cells, strict=True)
    ]
    head = _VALUE * 1.24
    height = head + max(a + b for a, b in zip(label_heights, note_heights, strict=True)) + 5

    def draw(canvas: Any, x: float, y: float) -> None:
        draw_rule(canvas, x, x + WIDTH, y, 1.6)
        draw_rule(canvas, x, x + WIDTH, y - height, 0.6)
        at = x
        for position, cell in enumerate(cells):
            inner = at if position == 0 else at + _PAD
            if position:
                canvas.line(at, y, at, y - height)
            canvas.setFillColor(PRINT["ink"])
            draw_text_line(canvas, inner, y - _VALUE * 0.98, cell.value, BOLD, _VALUE)
            labels[position].drawOn(canvas, inner, y - head - label_heights[position])
            if cell.note:
                notes[position].drawOn(canvas, inner, y - head - label_heights[position] - note_heights[position])
            at += widths[position]

    return Block(height, draw, before)


def _padding(position: int) -> float:
    """The first cell begins at the margin, the others stand off from the line before them."""
    return _PAD if position == 0 else 2 * _PAD


def _wished(cells: Sequence[HeadlineCell], size: float) -> list[float]:
    """The room each cell asks for to need no second line, with labels of `size` points."""
    small = size - _SMALLER
    return [
        max(
            measure_text_width(cell.value, BOLD, _VALUE),
            measure_text_width(cell.label, REGULAR, size),
            measure_text_width(cell.note, ITALIC, small),
        )
        + _padding(position)
        + 1
        for position, cell in enumerate(cells)
    ]


def _widths(wished: Sequence[float]) -> list[float]:
    """The page shared out: spare room evenly; where it is short, the widest cells give way, all to the same width."""
    spare = WIDTH - sum(wished)
    if spare >= 0:
        return [wide + spare / len(wished) for wide in wished]
    room = WIDTH
    for left, wide in zip(range(len(wished), 0, -1), sorted(wished), strict=True):
        if wide > room / left:
            return [min(one, room / left) for one in wished]
        room -= wide
    return list(wished)


def dossier_block(dossiers: Mapping[str, Any], before: float) -> Block:
    """One line on the dossiers of the period, in a frame of its own."""
    rate = f" ({formats.percent(dossiers['on_time_rate'])})" if dossiers.get("on_time_rate") is not None else ""
    runs: list[tuple[str, ...]] = [
        (_("Dossiers"),),
        (_("received") + " ", Bold(formats.number(dossiers["received"]))),
        (_("handled") + " ", Bold(formats.number(dossiers["closed"]))),
        (_("on time or early") + " ", Bold(formats.number(dossiers["on_time"])), rate),
        *_overdue(dossiers),
    ]
    size, wished = 12.0, [measure_text_width("".join(run), BOLD, 12) + 10 for run in runs]
    if "overdue" in dossiers:
        size = next((one for one in _SIZES[1:] if sum(_run_widths(runs, one)) <= WIDTH), _SIZES[-1])
        wished = _run_widths(runs, size)
    form = make_centred_style(size, 1.26)
    widths = [wide * WIDTH / sum(wished) for wide in wished]
    items = [make_paragraph(form, *run) for run in runs]
    height = max(item.wrap(wide - 6, 500)[1] for item, wide in zip(items, widths, strict=True)) + 6

    def draw(canvas: Any, x: float, y: float) -> None:
        canvas.setStrokeColor(PRINT["ink"])
        canvas.setLineWidth(0.5)
        canvas.rect(x, y - height, WIDTH, height, stroke=1, fill=0)
        at = x
        for position, (item, wide) in enumerate(zip(items, widths, strict=True)):
            if position:
                canvas.line(at, y, at, y - height)
            _, high = item.wrap(wide - 6, 500)
            item.drawOn(canvas, at + 3, y - (height - high) / 2 - high)
            at += wide

    return Block(height, draw, before)


def _run_widths(runs: Sequence[tuple[str, ...]], size: float) -> list[float]:
    """The room each cell of the dossiers asks for to need no second line."""
    return [
        sum(measure_text_width(part, BOLD if isinstance(part, Bold) else REGULAR, size) for part in run)
        + len(run) * measure_text_width("x", REGULAR, size) / 2 + 5 for run in runs
    ]  # fmt: skip


def _overdue(dossiers: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """What was handled too late, with its share; nothing on papers whose figures do not name it."""
    late, closed = dossiers.get("overdue"), dossiers["closed"]
    if late is not None:
        share = f" ({formats.percent(Fraction(100 * late, closed))})" if closed else ""
        yield _("overdue") + " ", Bold(formats.number(late)), share


def signature_block(paper: Mapping[str, Any], before: float) -> Block:
    """Who receives the paper, at the left, and who signs it, at the right with room for hand and seal."""
    column = WIDTH / 2
    receivers = [clean_text(line) for line in paper.get("recipients") or ()]
    left = [make_paragraph(make_style(12, 1.26, face=BOLD_ITALIC), PRESCRIBED["recipients"])] if receivers else []
    for position, line in enumerate(receivers):
        end = "." if position == len(receivers) - 1 else ";"
        text = line.lstrip("- ").rstrip(";.")
        left.append(make_paragraph(make_style(11, 1.26), f"- {text}{end}"))
    right = [
        make_paragraph(make_centred_style(13.5, 1.26, BOLD), clean_text(line).upper()) for line in paper["signer_lines"]
    ]
    left_heights = [item.wrap(column - 4 * mm, 1000)[1] for item in left]
    right_heights = [item.wrap(column, 1000)[1] for item in right]
    height = max(sum(left_heights), sum(right_heights) + 17 * mm)

    def draw(canvas: Any, x: float, y: float) -> None:
        for items, heights, start in ((left, left_heights, x), (right, right_heights, x + column)):
            top = y
            for item, high in zip(items, heights, strict=True):
                item.drawOn(canvas, start, top - high)
                top -= high

    return Block(height, draw, before)
