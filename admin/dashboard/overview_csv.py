"""CSV rows of the province's overview: exactly what the page shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from admin.dashboard.alert_list import Alert
from admin.dashboard.index_coverage_list import CoverageList
from admin.dashboard.overview import Overview
from admin.presentation import phrases
from admin.presentation.figure_csv_cells import Cells
from admin.presentation.figure_csv_rows import (
    make_agency_running_rows,
    make_breakdown_rows,
    make_figure_row,
    make_header_row,
    make_headline_rows,
    make_non_figure_row,
    make_running_rows,
)
from admin.statistics.queries import RunningCounts
from translations import gettext as _


def build_overview_rows(
    view: Overview, title: str, cues: Sequence[Alert], coverage: CoverageList | None, counts: RunningCounts | None
) -> Iterator[Cells]:
    """The page of the province; `coverage` and `counts` only for those whose page shows them."""
    yield make_header_row()
    yield from make_headline_rows(view.head, title)
    yield from (make_figure_row(_("Factor"), factor.name, factor.figure, spread=True) for factor in view.factors[1:])
    yield make_non_figure_row(_("In words"), view.factor_summary)
    yield from make_breakdown_rows(view.channels.rows, view.stages.rows, view.gap, view.ways)
    yield from make_running_rows(counts)
    yield make_non_figure_row(_("Needs attention"), _("in all"), value=str(len(cues)))
    yield from (make_non_figure_row(_("Needs attention"), cue.words, remark=cue.note) for cue in cues)
    yield make_non_figure_row(_("Agencies"), _("in all"), value=str(view.standing.total), remark=view.standing.summary)
    for group in view.standing.groups:
        yield make_non_figure_row(_("Group"), group.words, value=str(len(group.rows)), remark=group.summary)
    yield from (
        make_figure_row(_("Agency"), row.name, row.figure, phrases.describe_verdict(row.verdict)) for row in view.rows
    )
    yield from make_agency_running_rows(counts, view.rows)
    if coverage:
        yield make_non_figure_row(_("Without an index"), coverage.summary)
        for count in coverage.counts:
            yield make_non_figure_row(_("Without an index"), count.words, value=str(count.n), remark=count.names)
