"""CSV rows of the province's overview: exactly what the page shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from admin.dashboard.alert_list import Cue
from admin.dashboard.coverage_list import Coverage
from admin.dashboard.overview import Overview
from admin.presentation import phrases
from admin.presentation.csv_cells import Cells
from admin.presentation.figure_rows import head, line, of_headline, of_parts, of_running, of_running_at, plain
from admin.statistics.queries import Running
from translations import gettext as _


def of_overview(
    view: Overview, title: str, cues: Sequence[Cue], coverage: Coverage | None, counts: Running | None
) -> Iterator[Cells]:
    """The page of the province; `coverage` and `counts` only for those whose page shows them."""
    yield head()
    yield from of_headline(view.head, title)
    yield from (line(_("Factor"), factor.name, factor.figure, spread=True) for factor in view.factors[1:])
    yield plain(_("In words"), view.factor_summary)
    yield from of_parts(view.channels.rows, view.stages.rows, view.gap, view.ways)
    yield from of_running(counts)
    yield plain(_("Needs attention"), _("in all"), value=str(len(cues)))
    yield from (plain(_("Needs attention"), cue.words, remark=cue.note) for cue in cues)
    yield plain(_("Agencies"), _("in all"), value=str(view.standing.total), remark=view.standing.summary)
    for group in view.standing.groups:
        yield plain(_("Group"), group.words, value=str(len(group.rows)), remark=group.summary)
    yield from (line(_("Agency"), row.name, row.figure, phrases.verdict(row.verdict)) for row in view.rows)
    yield from of_running_at(counts, view.rows)
    if coverage:
        yield plain(_("Without an index"), coverage.summary)
        for count in coverage.counts:
            yield plain(_("Without an index"), count.words, value=str(count.n), remark=count.names)
