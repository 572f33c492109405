"""CSV rows of a page's figures: exactly what the page shows, nothing more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from admin.presentation import figure_csv_cells, period_words, phrases
from admin.presentation.breakdown_rows import FigureRow
from admin.presentation.channel_gap_chart import GapChart
from admin.presentation.figure_csv_cells import Cells
from admin.presentation.headline import Headline
from admin.presentation.other_methods import MethodComparison
from admin.statistics import queries
from admin.statistics.queries import AgencyRow, Figure
from translations import formats
from translations import gettext as _


def make_header_row() -> Cells:
    """The names of the columns. The value is a share, a difference in percentage points or a number, as the name
    says."""
    scores = [_("Very dissatisfied"), _("Dissatisfied"), _("Neutral"), _("Satisfied"), _("Very satisfied")]
    return [
        _("Part"), _("Name"), _("Answers"), _("Index (%)"), _("From (%)"), _("To (%)"), *scores,
        *(f"{score} (%)" for score in scores), _("Value"), _("Remark"),
    ]  # fmt: skip


def make_figure_row(
    part: str, name: Any, figure: Figure, remark: str = "", value: str = "", *, spread: bool = False
) -> Cells:
    """One figure, with how the answers were spread if the page shows it; what may not be shown is empty and says
    why."""
    counts, shares = [""] * 5, [""] * 5
    if spread and figure.counts and figure.satisfied is not None:
        counts = [str(count) for count in figure.counts]
        shares = [figure_csv_cells.percent_cell(Fraction(100 * count, sum(figure.counts))) for count in figure.counts]
    why = remark or phrases.explain_hidden_index(figure)
    return [part, phrases.localize_text(name), *figure_csv_cells.figure_cells(figure), *counts, *shares, value, why]


def make_non_figure_row(
    part: str,
    name: Any,
    *,
    value: str = "",
    remark: str = "",
    answers: str = "",
    index: Fraction | None = None,
    ends: Sequence[Any] | None = None,
) -> Cells:
    """Something that is no figure of answers."""
    low, high = (formats.decimal(end, 2) for end in ends) if ends else ("", "")
    return [
        part,
        phrases.localize_text(name),
        answers,
        figure_csv_cells.percent_cell(index),
        low,
        high,
        *[""] * 10,
        value,
        remark,
    ]


def make_headline_rows(view: Headline, title: str) -> Iterator[Cells]:
    """The head every page has: the index, what stands beside it, what it is compared with, and the months."""
    yield make_figure_row(_("Index"), title, view.figure, spread=True)
    yield from (
        make_non_figure_row(_("Index"), "".join(text for _bold, text in sentences)) for sentences in view.second_said
    )
    if view.second.differs and view.second.figure:
        out = str(view.second.excluded)
        yield make_non_figure_row(
            _("Second index"), _("without excluded answers"), index=view.second.figure.index, value=out
        )
    if view.rate is not None:
        yield make_non_figure_row(_("Response rate"), title, value=figure_csv_cells.percent_cell(view.rate))
    for one in view.beside:
        remark = _("counted in the index") if one.counted else _("not counted in the index")
        remark = "" if one.counted is None else remark
        yield make_non_figure_row(_("Beside the index"), one.words, answers=one.count, remark=remark)
    if view.moved is not None:
        yield make_non_figure_row(
            _("Compared with"),
            view.before_words,
            index=view.earlier.index,
            value=figure_csv_cells.percent_cell(view.moved.difference),
            remark=phrases.describe_change_certainty(view.moved),
        )
    if view.said:
        yield make_non_figure_row(_("In words"), "".join(text for _bold, text in view.said))
    yield make_non_figure_row(_("In words"), view.trend_summary)
    yield from (make_non_figure_row(_("Break"), words) for words in view.broken)
    yield from (make_figure_row(_("Month"), formats.month(month), figure) for month, figure in view.months)


def make_running_rows(counts: queries.RunningCounts | None) -> Iterator[Cells]:
    """What was collected today and this month, by desk where that was asked for; nothing for those who do not see it.
    """
    if counts is not None:
        lines = [(phrases.localize_text(one.name) or _("No desk named"), one.count) for one in counts.desks]
        yield from _running(counts, [*lines, (_("In all"), queries.Count(counts.today, counts.this_month))])


def make_agency_running_rows(counts: queries.RunningCounts | None, agencies: Sequence[AgencyRow]) -> Iterator[Cells]:
    """The same by the agencies that are `agencies`."""
    if counts is not None:
        yield from _running(counts, [(phrases.localize_text(row.name), counts.of_agency(row.key)) for row in agencies])


def _running(counts: queries.RunningCounts, lines: Sequence[tuple[str, queries.Count]]) -> Iterator[Cells]:
    until = "" if counts.until_ms is None else _("to %(time)s", time=phrases.describe_moment(counts.until_ms))
    month = period_words.describe_period(counts.month)
    for name, count in lines:
        yield make_non_figure_row(
            _("Being collected"), f"{name}, {_('Today').lower()}", answers=str(count.today), remark=until
        )
        yield make_non_figure_row(_("Being collected"), f"{name}, {month}", answers=str(count.month), remark=until)


def make_breakdown_rows(
    channels: Sequence[FigureRow], stages: Sequence[FigureRow], gap: GapChart, ways: MethodComparison
) -> Iterator[Cells]:
    """What an index is made of: channels, stages, desk against later, and other ways to compute it."""
    yield from make_named_figure_rows(_("Channel"), channels, share=True)
    yield from make_named_figure_rows(_("Stage"), stages, share=True)
    for one in gap.lines:
        yield make_non_figure_row(_("Desk minus later"), one.name, answers=one.n, ends=one.interval,
                    value=figure_csv_cells.percent_cell(one.difference))  # fmt: skip
        yield make_non_figure_row(_("at the desk"), one.name, index=one.desk)
        yield make_non_figure_row(_("later"), one.name, index=one.later)
    yield make_non_figure_row(_("Desk minus later"), gap.summary, value=gap.pairs, remark=_("transactions rated twice"))
    yield from (
        make_non_figure_row(_("Computed in another way"), way.name, index=way.index, ends=way.ends, remark=way.note)
        for way in ways.rows
    )


def make_named_figure_rows(part: str, rows: Sequence[FigureRow], *, share: bool = False) -> Iterator[Cells]:
    """Named figures, with their share of the whole where the page shows it."""
    yield from (make_figure_row(part, row.name, row.figure, value=row.share if share else "") for row in rows)


def make_agency_rows(
    rows: Sequence[AgencyRow], groups: Sequence[tuple[Any, Sequence[AgencyRow]]], total: int, province: Figure,
    counts: queries.RunningCounts | None,
) -> Iterator[Cells]:  # fmt: skip
    """The list of agencies, narrowed from `total`, by group, and the province as what they are compared with."""
    yield make_header_row()
    yield make_non_figure_row(_("Agencies"), _("in all"), value=str(total))
    yield make_non_figure_row(_("Agencies"), _("on this list"), value=str(len(rows)))
    yield from (make_non_figure_row(_("Group"), words, value=str(len(members))) for words, members in groups)
    yield make_non_figure_row(_("Index"), _("Whole province"), index=province.index)
    yield from (
        make_figure_row(_("Agency"), row.name, row.figure, phrases.describe_verdict(row.verdict)) for row in rows
    )
    yield from make_agency_running_rows(counts, rows)
