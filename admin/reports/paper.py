"""The report of a month as an official paper: from the frozen figures to the bytes of a PDF.

The last step of the journey of a response. Nothing is looked up or counted here; the same figures with the same
faces give the same bytes, so that a printed paper can be checked against the store years later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from admin.reports import (
    paper_boxes,
    paper_head,
    paper_notes,
    paper_page,
    paper_period,
    paper_text,
    paper_words,
)
from admin.reports.fonts import FontFamily, in_use
from admin.reports.paper_bar import bar_block
from admin.reports.paper_page import DENSITIES, PAGED, Block, Density, Sheet, text_block
from admin.reports.paper_text import BOLD, ITALIC, centred, paragraph
from translations import gettext as _
from translations import use_locale

#: How a Vietnamese paper ends.
_END = "./."
#: Across every page of invented data, in every language: whoever finds the sheet is to see what it is.
_STAMP = "SỐ LIỆU GIẢ ĐỊNH"


def draw(figures: Mapping[str, Any], *, locale: str = "vi", fonts: FontFamily) -> bytes:
    """The PDF of a frozen figures document (version 1), A4 upright, one page unless its names are very long.

    `locale` is the language of the words; the prescribed head stays Vietnamese. Raises `FontError` when a face
    cannot be used, KeyError when the document lacks a required field, ValueError for an unknown version.
    """
    if figures["v"] != 1:
        raise ValueError(f"figures document of version {figures['v']}, known is 1")
    with use_locale(locale), in_use(fonts):
        return paper_page.render(_blocks(figures), _sheet(figures, locale))


def _blocks(figures: Mapping[str, Any]) -> list[Block]:
    """The roomiest setting that holds on one page, else a setting for two."""
    for density in DENSITIES:
        blocks = _set(figures, density)
        if paper_page.fits(blocks):
            return blocks
    return _set(figures, PAGED)


def _set(figures: Mapping[str, Any], density: Density) -> list[Block]:
    """Everything on the page from top to bottom."""
    form = paper_text.body(density.size, density.leading)
    blocks = [
        paper_head.head_block(figures["paper"], paper_period.year_of_paper(figures["period"])),
        paper_head.title_block(_("REPORT"), paper_words.title(figures), density.gap),
        text_block(paragraph(form, paper_words.opening(figures)), density.gap * 1.5),
        text_block(paragraph(form, paper_words.definition(figures)), density.gap),
        paper_boxes.headline_block(paper_boxes.headline(figures), density.gap),
    ]
    full = paper_words.full(figures)
    channels = paper_words.channels(figures) if full else ""
    if channels:
        blocks.append(text_block(paragraph(centred(12.5, 1.26, BOLD), channels), density.gap * 0.7))
    if figures.get("dossiers"):
        blocks.append(paper_boxes.dossier_block(figures["dossiers"], density.gap))
    if full:
        blocks.append(text_block(paragraph(form, paper_words.summary(figures)), density.gap))
        blocks.append(bar_block(figures["rows"], density.pitch, density.gap + 3))
        caption = _(
            "Figure 1. The five answers. Right of the zero line is the index; at the left both dissatisfied levels."
        )
        blocks.append(text_block(paragraph(centred(11.5, 1.26, ITALIC), caption), 1))
    else:
        blocks.append(text_block(paragraph(form, paper_words.too_few(figures)), density.gap))
    return blocks + _closed(form, figures, density)


def _closed(form: Any, figures: Mapping[str, Any], density: Density) -> list[Block]:
    """The last sentences with the closing sign, and the signature, which never stands on a page alone."""
    closing = paper_notes.closing(figures) or _("This is the report of the period.")
    blocks = [text_block(paragraph(form, closing.removesuffix(".") + _END), density.gap, with_next=True)]
    if figures["paper"].get("signer_lines"):
        blocks.append(paper_boxes.signature_block(figures["paper"], density.gap + 2))
    return blocks


def _sheet(figures: Mapping[str, Any], locale: str) -> Sheet:
    """What stands on every page: stamp, foot and the properties of the file."""
    right = _("Verify code %(code)s", code=figures["code"]) if figures.get("code") else _("Preview, not issued")
    if figures.get("revision", 1) > 1:
        right += " · " + _("revision %(n)s", n=figures["revision"])
    left = [_("Illustration, invented data")] if figures["practice"] else []
    if paper_words.full(figures) and figures.get("method_version"):
        left.append(paper_words.made(figures))
    return Sheet(
        stamp=_STAMP if figures["practice"] else "",
        foot_left=" · ".join(left),
        foot_right=right,
        title=" ".join([_("REPORT"), *paper_words.title(figures)]),
        author=paper_text.local(figures["paper"]["body_name"], locale),
        locale=locale,
    )
