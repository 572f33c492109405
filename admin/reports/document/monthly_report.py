"""The monthly report as an official paper: the bytes of a PDF, drawn from the frozen figures.

The last step of the journey of a response. Nothing is looked up or counted here; the same figures with the same
faces give the same bytes, so that a printed paper can be checked against the store years later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from admin.error_catalogue.report_errors import NOT_DRAWN
from admin.pdf import code_drawing, page, text
from admin.pdf.fonts import FontFamily, use_fonts
from admin.pdf.fonts import find_missing_letters as in_no_face
from admin.pdf.page import CLOSER_DENSITIES, DENSITIES, PAGED, Block, Density, Sheet, text_block
from admin.pdf.text import BOLD, ITALIC, make_centred_style, make_paragraph
from admin.reports.document import boxes, closing_notes, masthead, period_names, wording, wording_editions
from admin.reports.document.bar_chart import bar_block
from models.errors import CodedError
from translations import gettext as _
from translations import use_locale, use_words

#: How a Vietnamese paper ends.
_END = "./."
#: Across every page of invented data, in every language: whoever finds the sheet is to see what it is.
_STAMP = masthead.PRESCRIBED["invented"]


class ReportNotDrawn(CodedError):
    """A report cannot be drawn; as text it is why. What is stored stays as it was."""

    table = NOT_DRAWN


def draw_report(
    figures: Mapping[str, Any], *, locale: str = "vi", fonts: FontFamily, final: bool = False
) -> bytes:
    """The PDF of a frozen figures document (version 1), A4 upright, one page unless its names are very long.

    `locale` is the language of the words; the prescribed head stays Vietnamese. Raises `FontError` when a face
    cannot be used, KeyError when the document lacks a required field, ValueError for an unknown version. A paper that
    is to become `final` must show all that is written in it, or `ReportNotDrawn` is raised; one that was issued is
    drawn again as it was.
    """
    if figures["v"] != 1:
        raise ValueError(f"figures document of version {figures['v']}, known is 1")
    with use_locale(locale), use_words(wording_editions.edition_words(figures, locale)), use_fonts(fonts):
        blocks, sheet = _blocks(figures), _sheet(figures, locale)
        if final:
            _check(figures, blocks, sheet)
        return page.render_pdf(blocks, sheet)


def _check(figures: Mapping[str, Any], blocks: Sequence[Block], sheet: Sheet) -> None:
    """Refuse what would be drawn as empty boxes, over the edge of the page or over something else."""
    lacking = in_no_face(
        "".join(text.clean_text(part) for part in _texts([figures["paper"], figures.get("procedures")]))
    )
    if lacking:
        raise ReportNotDrawn("report_not_drawn.letters", letters=lacking[:20])
    if page.has_too_high_block(blocks):
        raise ReportNotDrawn("report_not_drawn.too_long")
    if not masthead.number_fits(figures["paper"]):
        raise ReportNotDrawn("report_not_drawn.abbreviation")
    if not page.foot_fits(sheet):
        raise ReportNotDrawn("report_not_drawn.foot")


def _texts(value: Any) -> Iterator[str]:
    """Every text of a part of the document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _blocks(figures: Mapping[str, Any]) -> list[Block]:
    """The roomiest setting that holds on one page, else a setting for two."""
    for density in DENSITIES if wording_editions.is_first_edition(figures) else CLOSER_DENSITIES:
        blocks = _set(figures, density)
        if page.fits_one_page(blocks):
            return blocks
    return _set(figures, PAGED)


def _set(figures: Mapping[str, Any], density: Density) -> list[Block]:
    """Everything on the page from top to bottom."""
    form = text.make_body_style(density.size, density.leading)
    blocks = [
        masthead.head_block(figures["paper"], period_names.signing_year(figures["period"])),
        masthead.title_block(_("REPORT"), wording.write_title_lines(figures), density.gap),
        *_days(figures, density),
        text_block(make_paragraph(form, wording.write_opening(figures)), density.gap * 1.5),
        text_block(make_paragraph(form, wording.write_definition(figures)), density.gap),
        boxes.headline_block(boxes.make_headline_cells(figures), density.gap),
    ]
    full = wording.may_show_index(figures)
    channels = wording.write_channels(figures) if full else ""
    if channels:
        blocks.append(text_block(make_paragraph(make_centred_style(12.5, 1.26, BOLD), channels), density.gap * 0.7))
    if figures.get("dossiers"):
        blocks.append(boxes.dossier_block(figures["dossiers"], density.gap))
    if full:
        blocks.append(text_block(make_paragraph(form, wording.write_summary(figures)), density.gap))
        blocks.append(bar_block(figures["rows"], density.pitch, density.gap + 3))
        caption = _(
            "Figure 1. The five answers. Right of the zero line is the index; at the left both dissatisfied levels."
        )
        blocks.append(text_block(make_paragraph(make_centred_style(11.5, 1.26, ITALIC), caption), 1))
    else:
        blocks.append(text_block(make_paragraph(form, wording.write_too_few_answers(figures)), density.gap))
    return blocks + _closed(form, figures, density)


def _days(figures: Mapping[str, Any], density: Density) -> list[Block]:
    """The line with the first and the last day of the period, which papers of earlier versions do not have."""
    words = period_names.write_period_days(figures)
    return [text_block(make_paragraph(make_centred_style(13, 1.26, ITALIC), words), density.gap)] if words else []


def _closed(form: Any, figures: Mapping[str, Any], density: Density) -> list[Block]:
    """The last sentences with the closing sign, and the signature, which never stands on a page alone."""
    closing = closing_notes.write_closing_paragraph(figures) or _("This is the report of the period.")
    blocks = [text_block(make_paragraph(form, closing.removesuffix(".") + _END), density.gap, with_next=True)]
    if figures["paper"].get("signer_lines"):
        blocks.append(boxes.signature_block(figures["paper"], density.gap + 2))
    return blocks


def _modules(address: str) -> Sequence[Sequence[bool]]:
    """The QR that opens the frozen figures: the address in capitals, which makes it small."""
    return code_drawing.make_qr_modules(address.upper())


def _sheet(figures: Mapping[str, Any], locale: str) -> Sheet:
    """What stands on every page: stamp, foot and the properties of the file."""
    right = _("Verify code %(code)s", code=figures["code"]) if figures.get("code") else _("Preview, not issued")
    if figures.get("revision", 1) > 1:
        right += " · " + _("revision %(n)s", n=figures["revision"])
    address = figures.get("verify_at", "") if figures.get("code") else ""
    left = [_("Illustration, invented data")] if figures["practice"] else []
    if wording.may_show_index(figures) and figures.get("method_version"):
        left.append(wording.write_method_versions(figures))
    return Sheet(
        stamp=_STAMP if figures["practice"] else "",
        foot_left=" · ".join(left),
        foot_right=right,
        foot_under=_("Check it at %(address)s", address=address.partition("://")[2]) if address else "",
        qr=_modules(f"{address}{figures['code']}") if address else (),
        title=" ".join([_("REPORT"), *wording.write_title_lines(figures)]),
        author=text.localized_name(figures["paper"]["body_name"], locale),
        locale=locale,
    )
