"""The figures of a page as rows of a file: exactly what the page shows, nothing more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from admin import sentences
from admin.dashboard.overview import Factor, Overview, Row
from admin.figures.queries import AgencyRow, Figure
from translations import formats
from translations import gettext as _

Cells = list[str]


def head() -> Cells:
    """The names of the columns."""
    scores = [_("Very dissatisfied"), _("Dissatisfied"), _("Neutral"), _("Satisfied"), _("Very satisfied")]
    return [
        _("Part"), _("Name"), _("Answers"), _("Index (%)"), _("From (%)"), _("To (%)"), *scores, _("Remark"),
    ]  # fmt: skip


def line(part: str, name: Any, figure: Figure, remark: str = "") -> Cells:
    """One figure; what may not be shown is empty and says why."""
    ends = [formats.decimal(end, 2) for end in figure.interval] if figure.interval else ["", ""]
    counts = [str(count) for count in figure.counts] if figure.counts and figure.satisfied is not None else [""] * 5
    index = "" if figure.index is None else formats.decimal(figure.index, 2)
    n = "" if figure.n is None and figure.shown != "under_5" else str(figure.n) if figure.n is not None else "<5"
    return [part, sentences.spoken(name), n, index, *ends, *counts, remark or sentences.why(figure)]


def of_overview(view: Overview, title: str) -> Iterator[Cells]:
    """The page of the province."""
    yield head()
    yield from of_parts(view.head.figure, view.head.months, view.factors, view.channels.rows, title)
    yield from (line(_("Agency"), row.name, row.figure, sentences.verdict(row.verdict)) for row in view.rows)


def of_parts(
    figure: Figure, months: Sequence[tuple[str, Figure]], factors: Sequence[Factor], channels: Sequence[Row], title: str
) -> Iterator[Cells]:
    """The parts every page has: the headline, the months, the factors and the channels."""
    yield line(_("Index"), title, figure)
    yield from (line(_("Month"), formats.month(month), found) for month, found in months)
    yield from (line(_("Factor"), factor.name, factor.figure) for factor in factors[1:])
    yield from (line(_("Channel"), row.name, row.figure) for row in channels)


def of_agencies(rows: Sequence[AgencyRow]) -> Iterator[Cells]:
    """The list of agencies."""
    yield head()
    yield from (line(_("Agency"), row.name, row.figure, sentences.verdict(row.verdict)) for row in rows)
