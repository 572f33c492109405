"""CSV cells of a figure: numbers with two decimals, empty where nothing may be shown."""

from __future__ import annotations

from fractions import Fraction

from admin.statistics.queries import Figure
from translations import formats

Cells = list[str]


def figure_cells(figure: Figure) -> Cells:
    """Answers, index and both ends of the interval."""
    ends = [formats.decimal(end, 2) for end in figure.interval] if figure.interval else ["", ""]
    return [answers_cell(figure), percent_cell(figure.index), *ends]


def answers_cell(figure: Figure) -> str:
    """How many answers, as far as that may be said."""
    if figure.n is not None:
        return str(figure.n)
    return "<5" if figure.shown == "under_5" else ""


def percent_cell(value: Fraction | None) -> str:
    """An index, a share or a difference; empty without one."""
    return "" if value is None else formats.decimal(value, 2)
