"""The masthead of an official paper: issuer, name of the state, number, place and date, title.

These words are prescribed and stay Vietnamese on a paper in any language; number, day and month stay blank for the
office to fill in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reportlab.lib.units import mm

from admin.pdf.page import WIDTH, Block, draw_rule
from admin.pdf.text import (
    BLANK,
    BOLD,
    ITALIC,
    REGULAR,
    clean_text,
    draw_text_line,
    make_centred_style,
    make_paragraph,
    measure_text_width,
)

#: The words that are prescribed, with places for what differs from paper to paper.
PRESCRIBED: dict[str, str] = json.loads(
    (Path(__file__).parent / "data" / "prescribed_words.json").read_text(encoding="utf-8")
)
_NATION, _MOTTO = PRESCRIBED["nation"], PRESCRIBED["motto"]

_GUTTER = 3 * mm
_LEADING = 1.27
#: A line under a text is between a third and half as long as the text.
_SHARE = 0.4
#: Lines of an issuer's name from which it is set in the smallest size allowed.
_MANY = 3


def head_block(paper: Mapping[str, Any], year: int) -> Block:
    """The head: `paper` is the part of the figures document that says who issues the paper; `year` is its date's."""
    right_column, left_column = _columns()
    issuer = [clean_text(line).upper() for line in paper["issuer_lines"]]
    superior = clean_text(paper.get("superior") or "").upper()
    wrapped = sum(measure_text_width(line, BOLD, 12.5) / left_column for line in issuer)
    size = 12.0 if wrapped > _MANY else 12.5
    left = [make_paragraph(make_centred_style(size, _LEADING), superior)] if superior else []
    left += [make_paragraph(make_centred_style(size, _LEADING, BOLD), line) for line in issuer]
    heights = [item.wrap(left_column, 1000)[1] for item in left]
    left_height = sum(heights) + 6
    right_height = 12.5 * _LEADING + 13.5 * _LEADING + 4
    number = _number(paper)
    dated = make_paragraph(
        make_centred_style(13.5, _LEADING, ITALIC),
        PRESCRIBED["dated"].format(place=clean_text(paper["place"]), blank=BLANK, year=year),
    )
    dated_height = dated.wrap(right_column, 1000)[1]
    upper = max(left_height, right_height) + 5

    def draw(canvas: Any, x: float, y: float) -> None:
        top = y
        for item, height in zip(left, heights, strict=True):
            item.drawOn(canvas, x, top - height)
            top -= height
        middle = x + left_column / 2
        half = min(measure_text_width(issuer[-1], BOLD, size), left_column) * _SHARE / 2 if issuer else 0.0
        draw_rule(canvas, middle - half, middle + half, top - 4.5)
        draw_text_line(canvas, middle, y - upper - 13.5, number, REGULAR, 13, align="middle")

        centre = x + WIDTH - right_column / 2
        draw_text_line(canvas, centre, y - 12.5, _NATION, BOLD, 12.5, align="middle")
        base = y - 12.5 * _LEADING - 13.5
        draw_text_line(canvas, centre, base, _MOTTO, BOLD, 13.5, align="middle")
        half = measure_text_width(_MOTTO, BOLD, 13.5) / 2
        draw_rule(canvas, centre - half, centre + half, base - 5, 0.8)
        dated.drawOn(canvas, x + WIDTH - right_column, y - upper - dated_height)

    return Block(upper + max(dated_height, 13 * _LEADING), draw)


def number_fits(paper: Mapping[str, Any]) -> bool:
    """Whether the line with the paper's number and short form stands in its column."""
    return bool(measure_text_width(_number(paper), REGULAR, 13) <= _columns()[1] + _GUTTER)


def _columns() -> tuple[float, float]:
    """How wide the right and the left column of the head are."""
    right = measure_text_width(_NATION, BOLD, 12.5) + 4
    return right, WIDTH - right - _GUTTER


def _number(paper: Mapping[str, Any]) -> str:
    return PRESCRIBED["number"].format(blank=BLANK, abbr=clean_text(paper["abbr"]))


def title_block(kind: str, lines: Sequence[str], before: float) -> Block:
    """The type of the document and what it is about, bold, with a line under it."""
    form = make_centred_style(14, 1.26, BOLD)
    items = [make_paragraph(form, line) for line in (kind, *lines)]
    heights = [item.wrap(WIDTH, 1000)[1] for item in items]
    longest = min(max(measure_text_width(line, BOLD, 14) for line in lines), WIDTH)

    def draw(canvas: Any, x: float, y: float) -> None:
        top = y
        for item, height in zip(items, heights, strict=True):
            item.drawOn(canvas, x, top - height)
            top -= height
        middle, half = x + WIDTH / 2, longest * _SHARE / 2
        draw_rule(canvas, middle - half, middle + half, top - 4)

    return Block(sum(heights) + 6, draw, before)
